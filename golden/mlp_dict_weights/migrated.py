""" Two spirals and a perceptron with two hidden layers.

The weights live in dictionaries, the layers are built by a function.
"""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

# The two arms of the spiral
np.random.seed(3)
turns = np.sqrt(np.random.rand(200)) * 2.5 * np.pi
side = np.random.randint(0, 2, 200)
points = np.stack([np.cos(turns + np.pi * side), np.sin(turns + np.pi * side)], axis=1) * turns[:, None] / 8
points = (points + np.random.randn(200, 2) * 0.02).astype(np.float32)
classes = np.eye(2, dtype=np.float32)[side]

# Parameters
learning_rate = 0.01
num_steps = 60
batch_size = 50
display_step = 20

# Network Parameters
n_hidden_1 = 16 # 1st layer
n_hidden_2 = 16 # 2nd layer
num_input = 2 # a point in the plane
num_classes = 2 # which arm?

tf.random.set_seed(42)

# Graph input
X = tf.TensorSpec([None, num_input], tf.float32)
Y = tf.TensorSpec([None, num_classes], tf.float32)

# Weights & biases of all layers
weights = {
    'h1': tf.Variable(tf.random.normal([num_input, n_hidden_1])),
    'h2': tf.Variable(tf.random.normal([n_hidden_1, n_hidden_2], stddev=0.5)),
    'out': tf.Variable(tf.random.normal([n_hidden_2, num_classes]))
}
biases = {
    'b1': tf.Variable(tf.zeros([n_hidden_1])),
    'b2': tf.Variable(tf.zeros([n_hidden_2])),
    'out': tf.Variable(tf.zeros([num_classes]))
}


# The network
def perceptron(x):
    layer_1 = tf.nn.tanh(tf.add(tf.matmul(x, weights['h1']), biases['b1']))
    layer_2 = tf.nn.relu(tf.add(tf.matmul(layer_1, weights['h2']), biases['b2']))
    # one logit for each arm
    return tf.matmul(layer_2, weights['out']) + biases['out']

optimizer = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)


@tf.function(input_signature=[X, Y])
def train_step(X, Y):
    with tf.GradientTape() as tape:
        logits = perceptron(X)

        # Loss and optimizer
        loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
            logits=logits, labels=Y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss_op, variables), variables))


def accuracy_of(logits, Y):
    # Share of the points on the right arm
    correct_pred = tf.equal(tf.argmax(logits, 1), tf.argmax(Y, 1))
    return tf.reduce_mean(tf.cast(correct_pred, tf.float32))


@tf.function(input_signature=[X, Y])
def evaluate(X, Y):
    logits = perceptron(X)

    loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
        logits=logits, labels=Y))
    accuracy = accuracy_of(logits, Y)
    return loss_op, accuracy


@tf.function(input_signature=[X, Y])
def compute_accuracy(X, Y):
    logits = perceptron(X)
    return accuracy_of(logits, Y)


for step in range(1, num_steps+1):
    start = (step * batch_size) % 200
    batch_x, batch_y = points[start:start+batch_size], classes[start:start+batch_size]
    # Backprop
    train_step(batch_x, batch_y)
    if step % display_step == 0 or step == 1:
        # Loss and accuracy of this batch
        loss, acc = [value.numpy() for value in evaluate(batch_x, batch_y)]
        print("Step " + str(step) + ", batch loss= " + \
              "{:.4f}".format(loss) + ", accuracy= " + \
              "{:.3f}".format(acc))

print("Optimization finished")

print("Accuracy on all points:", \
    compute_accuracy(points, classes).numpy())
