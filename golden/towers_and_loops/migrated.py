"""A small regression network in towers: each tower gets its part of the batch, all share their weights."""
import numpy as np
import tensorflow as tf
import keras

# Parameters
learning_rate = 0.05
num_towers = 2
batch_size = 8
correction_sizes = [3, 2]

rng = np.random.RandomState(3)
data = rng.uniform(-1, 1, size=(40, 4)).astype(np.float32)
target = np.tanh(data.sum(axis=1, keepdims=True)).astype(np.float32)

x = tf.TensorSpec([batch_size, 4], tf.float32)
y = tf.TensorSpec([batch_size, 1], tf.float32)
keep = tf.TensorSpec([], tf.float32)


class Tower(tf.Module):
    """The network of one tower."""

    def __init__(self):
        super().__init__()
        with tf.name_scope("tower"):
            self.hidden0 = keras.layers.Dense(6, activation=tf.nn.relu, name="hidden0")
            self.hidden1 = keras.layers.Dense(5, activation=tf.nn.relu, name="hidden1")
            # the output has a scale of its own
            self.scale = tf.Variable(tf.ones([1]), name="scale")
            self.output_layer = keras.layers.Dense(1, name="output")

    def __call__(self, inputs):
        net = self.hidden0(inputs)
        net = self.hidden1(net)
        return self.output_layer(net) * self.scale

tower = Tower()

dense_layers = []
for i, size in enumerate(correction_sizes):
    dense_layers.append(keras.layers.Dense(size, name="correction%d" % i))
head = keras.layers.Dense(1, name="head")


@tf.function(input_signature=[x, y, keep])
def compute_loss(x, y, keep):
    # One tower for each part of the batch
    outputs = []
    for i in range(num_towers):
        with tf.device("/cpu:0"):
            part = x[i * batch_size // num_towers:(i + 1) * batch_size // num_towers]
            outputs.append(tower(part))
    prediction = tf.concat(outputs, axis=0)

    # A correction by layers one after the other
    correction = prediction
    for dense in dense_layers:
        correction = dense(correction)
        correction = tf.nn.tanh(correction) * keep
    prediction = head(tf.concat([prediction, correction], axis=1))

    return tf.reduce_mean(tf.square(prediction - y))


optimizer = keras.optimizers.Adam(learning_rate, epsilon=1e-08)


@tf.function(input_signature=[x, y, keep])
def train_step(x, y, keep):
    with tf.GradientTape() as tape:
        loss = compute_loss(x, y, keep)
        kernel = head.kernel
        # The weights of the head are kept small
        penalty = 0.01 * tf.nn.l2_loss(kernel)
        loss_2 = loss + penalty
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss_2, variables), variables))
    return loss


for step in range(20):
    start = step % 5 * batch_size
    feed = {"x": data[start:start + batch_size], "y": target[start:start + batch_size], "keep": 0.9}
    value = train_step(**feed).numpy()
    if step % 5 == 0:
        print("step %d: loss %.4f" % (step, value))
print("loss %.4f" % compute_loss(data[:batch_size], target[:batch_size], 1.0).numpy())
