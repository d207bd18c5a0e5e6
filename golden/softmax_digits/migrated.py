"""
Softmax regression on very small pictures of digits.

Nothing to download: the digits are typed in below, 5 rows of 3 pixels each, and made noisy.
"""
from __future__ import division, print_function

import numpy as np
import tensorflow as tf
import keras

# ---------------------------------------------------------------------
#  Pictures
# ---------------------------------------------------------------------
GLYPHS = ["####.##.##.####", "..#..#..#..#..#", "###..#####..###", "###..####..####", "#.##.####..#..#",
          "####..###..####", "####..####.####", "###..#..#..#..#", "####.#####.####", "####.####..####"]


def draw(count, seed):
    """Returns `count` noisy pictures and their one-hot labels."""
    random = np.random.RandomState(seed)
    clean = np.array([[1. if mark == '#' else 0. for mark in glyph] for glyph in GLYPHS])
    digits = random.randint(0, 10, count)
    return clean[digits] + random.normal(0, 0.2, (count, 15)), np.eye(10)[digits]


train_images, train_labels = draw(240, seed=1)
test_images, test_labels = draw(60, seed=2)

# ---------------------------------------------------------------------
#  Model
# ---------------------------------------------------------------------
learning_rate = 0.5
training_epochs = 6
batch_size = 40
display_step = 2

x = tf.TensorSpec([None, 15], tf.float32)   # 5 x 3 pixels
y = tf.TensorSpec([None, 10], tf.float32)    # 0-9, one-hot

W = tf.Variable(tf.zeros([15, 10]))
b = tf.Variable(tf.zeros([10]))

optimizer = keras.optimizers.SGD(learning_rate)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        pred = tf.nn.softmax(tf.matmul(x, W) + b)  # class probabilities

        # cross entropy, written out
        cost = tf.reduce_mean(-tf.reduce_sum(y*tf.math.log(pred), axis=1))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))
    return cost


# ---------------------------------------------------------------------
#  Training
# ---------------------------------------------------------------------
for epoch in range(training_epochs):
    avg_cost = 0.
    total_batch = int(len(train_images)/batch_size)
    for i in range(total_batch):
        batch = slice(i * batch_size, (i + 1) * batch_size)
        # both the update and the value of the cost
        c = train_step(train_images[batch], train_labels[batch]).numpy()
        avg_cost += c / total_batch
    if (epoch+1) % display_step == 0:
        print("Epoch:", '%02d' % (epoch+1), "cost=", "{:.9f}".format(avg_cost))

print("Training is over")


@tf.function(input_signature=[x, y])
def compute_accuracy(x, y):
    pred = tf.nn.softmax(tf.matmul(x, W) + b)  # class probabilities

    # How often is the likeliest digit the right one?
    correct = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
    return tf.reduce_mean(tf.cast(correct, tf.float32))


print("Accuracy:", compute_accuracy(test_images, test_labels).numpy())
