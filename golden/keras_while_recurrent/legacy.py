"""A hand-made recurrent cell: a while loop carries the state over the slices of a sequence."""
import numpy as np
import tensorflow as tf

K = tf.keras.backend

n_steps = 6
n_inputs = 3
n_units = 5

np.random.seed(7)
weights = np.random.uniform(-0.5, 0.5, size=(n_inputs + n_units, n_units)).astype(np.float32)

sequence = K.placeholder(shape=(None, n_steps, n_inputs), name='sequence')
target = tf.placeholder(tf.float32, [None, n_units], name='target')

W = tf.Variable(weights, name='W')
b = tf.Variable(tf.zeros([n_units]), name='b')


def more_steps(t, state):
    return t < n_steps


def next_state(t, state):
    x_t = sequence[:, t, :]
    joined = tf.concat([x_t, state], axis=1)
    return t + 1, tf.tanh(tf.matmul(joined, W) + b)


# The state starts as zeros, one row for each sequence of the batch
state_0 = tf.zeros([tf.shape(sequence)[0], n_units])
_, last_state = tf.while_loop(more_steps, next_state, [tf.constant(0), state_0])

loss = tf.reduce_mean(tf.square(last_state - target))
train_op = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

data = np.random.normal(size=(20, n_steps, n_inputs))
goal = np.tanh(data.sum(axis=1).dot(np.random.normal(size=(n_inputs, n_units))))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(20):
        _, epoch_loss = sess.run([train_op, loss], feed_dict={sequence: data, target: goal})
        if epoch % 5 == 0:
            print('epoch %d, loss %.6f' % (epoch, epoch_loss))
    print('states', sess.run(last_state, feed_dict={sequence: data[:2]}))
