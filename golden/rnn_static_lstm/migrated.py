"""Read a digit row by row with an LSTM that is unrolled by hand."""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras


class LSTMCell(keras.layers.Layer):
    """The LSTM cell of TensorFlow 1, for `keras.layers.RNN`.

    Inputs and state have one kernel together, with the gates in the order i, j, f, o, and `forget_bias` is added as the
    forget gate is computed. `keras.layers.LSTM` has two kernels in another order, and other initial values.
    """

    def __init__(self, units, forget_bias=1.0, activation=tf.tanh, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.forget_bias = forget_bias
        self.activation = activation
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1] + self.units, 4 * self.units))
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer="zeros")

    def call(self, inputs, states):
        c, h = states
        gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), self.kernel), self.bias)
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + self.forget_bias) + tf.sigmoid(i) * self.activation(j)
        h = self.activation(c) * tf.sigmoid(o)
        return h, [c, h]


# Training parameters
learning_rate = 0.1
steps = 25
batch_size = 16

# Network parameters
num_input = 8
timesteps = 8
num_hidden = 12
num_classes = 4

# Stripes of four directions, with noise
rng = np.random.RandomState(7)


def next_batch(size):
    labels = rng.randint(num_classes, size=size)
    images = 0.2 * rng.rand(size, timesteps, num_input)
    for image, label in zip(images, labels):
        if label < 2:
            image[label::2, :] += 1.0
        else:
            image[:, label - 2::2] += 1.0
    return images.astype(np.float32), np.eye(num_classes, dtype=np.float32)[labels]


# Graph input
X = tf.TensorSpec([None, timesteps, num_input], tf.float32)
Y = tf.TensorSpec([None, num_classes], tf.float32)

weights = {'out': tf.Variable(tf.random.normal([num_hidden, num_classes]))}
biases = {'out': tf.Variable(tf.random.normal([num_classes]))}

# The cell, and its output at each step
lstm_cell = LSTMCell(num_hidden)
lstm = keras.layers.RNN(lstm_cell, return_sequences=True)


def network(x, weights, biases):
    outputs = lstm(x)

    # The last output decides
    return tf.matmul(outputs[:, -1], weights['out']) + biases['out']

optimizer = keras.optimizers.SGD(learning_rate=learning_rate)


@tf.function(input_signature=[X, Y])
def train_step(X, Y):
    with tf.GradientTape() as tape:
        logits = network(X, weights, biases)

        loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss_op, variables), variables))


def accuracy_of(logits, Y):
    prediction = tf.nn.softmax(logits)

    correct_pred = tf.equal(tf.argmax(prediction, 1), tf.argmax(Y, 1))
    return tf.reduce_mean(tf.cast(correct_pred, tf.float32))


@tf.function(input_signature=[X, Y])
def evaluate(X, Y):
    logits = network(X, weights, biases)

    loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y))
    accuracy = accuracy_of(logits, Y)
    return loss_op, accuracy


@tf.function(input_signature=[X, Y])
def compute_accuracy(X, Y):
    logits = network(X, weights, biases)
    return accuracy_of(logits, Y)


for step in range(1, steps + 1):
    batch_x, batch_y = next_batch(batch_size)
    train_step(batch_x, batch_y)
    if step % 5 == 0 or step == 1:
        loss, acc = [value.numpy() for value in evaluate(batch_x, batch_y)]
        print("step %d, loss %.4f, accuracy %.3f" % (step, loss, acc))

test_x, test_y = next_batch(64)
print("test accuracy:", compute_accuracy(test_x, test_y).numpy())
