"""A hand-made recurrent cell: a while loop carries the state over the slices of a sequence."""
import numpy as np
import tensorflow as tf
import keras

n_steps = 6
n_inputs = 3
n_units = 5

np.random.seed(7)
weights = np.random.uniform(-0.5, 0.5, size=(n_inputs + n_units, n_units)).astype(np.float32)

sequence = tf.TensorSpec(shape=(None, n_steps, n_inputs), dtype=tf.float32)
target = tf.TensorSpec([None, n_units], tf.float32)

W = tf.Variable(weights, name='W')
b = tf.Variable(tf.zeros([n_units]), name='b')


def more_steps(t, state):
    return t < n_steps


@tf.function(input_signature=[sequence])
def compute_last_state(sequence):
    def next_state(t, state):
        x_t = sequence[:, t, :]
        joined = tf.concat([x_t, state], axis=1)
        return t + 1, tf.tanh(tf.matmul(joined, W) + b)

    # The state starts as zeros, one row for each sequence of the batch
    state_0 = tf.zeros([tf.shape(sequence)[0], n_units])
    _, last_state = tf.while_loop(more_steps, next_state, [tf.constant(0), state_0])
    return last_state


optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[sequence, target])
def train_step(sequence, target):
    with tf.GradientTape() as tape:
        last_state = compute_last_state(sequence)

        loss = tf.reduce_mean(tf.square(last_state - target))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


data = np.random.normal(size=(20, n_steps, n_inputs))
goal = np.tanh(data.sum(axis=1).dot(np.random.normal(size=(n_inputs, n_units))))

for epoch in range(20):
    epoch_loss = train_step(data, goal).numpy()
    if epoch % 5 == 0:
        print('epoch %d, loss %.6f' % (epoch, epoch_loss))
print('states', compute_last_state(data[:2]).numpy())
