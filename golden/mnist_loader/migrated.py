"""Logistic regression with the data loader of the MNIST tutorial.

The four files of the data set are written here with made-up pictures, so that nothing is downloaded.
"""
from __future__ import print_function

import gzip
import os
import struct
import tempfile

import numpy as np
import tensorflow as tf
import keras

# ---- files in the format of MNIST ------------------------------------
data_dir = tempfile.mkdtemp()


def write_files(prefix, count, seed):
    """`count` pictures of 28 x 28: the digit is the place of a bright square."""
    random = np.random.RandomState(seed)
    digits = random.randint(0, 10, count)
    pictures = np.zeros((count, 28, 28))
    for picture, digit in zip(pictures, digits):
        row, column = divmod(digit, 4)
        picture[row * 9:row * 9 + 7, column * 7:column * 7 + 7] = random.randint(150, 250)
    with gzip.open(os.path.join(data_dir, prefix + "-images-idx3-ubyte.gz"), "wb") as images:
        images.write(struct.pack(">IIII", 2051, count, 28, 28) + pictures.astype(np.uint8).tobytes())
    with gzip.open(os.path.join(data_dir, prefix + "-labels-idx1-ubyte.gz"), "wb") as labels:
        labels.write(struct.pack(">II", 2049, count) + digits.astype(np.uint8).tobytes())

write_files("train", 94, seed=1)
write_files("t10k", 40, seed=2)

# ---- import MNIST data -----------------------------------------------
import mnist_data as input_data
np.random.seed(0)
mnist = input_data.read_data_sets(data_dir, one_hot=True, validation_size=30)

# Parameters
learning_rate = 0.1
training_epochs = 2
batch_size = 8

x = tf.TensorSpec([None, 784], tf.float32) # 28*28 = 784 pixels
y = tf.TensorSpec([None, 10], tf.float32) # 0-9 => 10 classes

W = tf.Variable(tf.zeros([784, 10]))
b = tf.Variable(tf.zeros([10]))

optimizer = keras.optimizers.SGD(learning_rate)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = tf.matmul(x, W) + b

        cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))
    return cost


@tf.function(input_signature=[x, y])
def compute_accuracy(x, y):
    logits = tf.matmul(x, W) + b
    pred = tf.nn.softmax(logits) # Softmax

    correct_prediction = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
    return tf.reduce_mean(tf.cast(correct_prediction, tf.float32))


for epoch in range(training_epochs):
    avg_cost = 0.
    total_batch = int(mnist.train.num_examples/batch_size)
    for i in range(total_batch):
        batch_xs, batch_ys = mnist.train.next_batch(batch_size)
        c = train_step(batch_xs, batch_ys).numpy()
        avg_cost += c / total_batch
    print("Epoch:", '%04d' % (epoch+1), "cost=", "{:.9f}".format(avg_cost))
    print("  validation:", compute_accuracy(mnist.validation.images, mnist.validation.labels).numpy())

print("Accuracy:", compute_accuracy(mnist.test.images[:30], mnist.test.labels[:30]).numpy())
