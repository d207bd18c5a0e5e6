"""Read a digit row by row with an LSTM that is unrolled by hand."""
from __future__ import print_function

import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

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
X = tf.placeholder("float", [None, timesteps, num_input])
Y = tf.placeholder("float", [None, num_classes])

weights = {'out': tf.Variable(tf.random_normal([num_hidden, num_classes]))}
biases = {'out': tf.Variable(tf.random_normal([num_classes]))}


def network(x, weights, biases):
    # A list of one tensor for each time step
    x = tf.unstack(x, timesteps, 1)

    # The cell, and its output at each step
    lstm_cell = rnn.BasicLSTMCell(num_hidden, forget_bias=1.0)
    outputs, states = rnn.static_rnn(lstm_cell, x, dtype=tf.float32)

    # The last output decides
    return tf.matmul(outputs[-1], weights['out']) + biases['out']


logits = network(X, weights, biases)
prediction = tf.nn.softmax(logits)

loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y))
optimizer = tf.train.GradientDescentOptimizer(learning_rate=learning_rate)
train_op = optimizer.minimize(loss_op)

correct_pred = tf.equal(tf.argmax(prediction, 1), tf.argmax(Y, 1))
accuracy = tf.reduce_mean(tf.cast(correct_pred, tf.float32))

init = tf.global_variables_initializer()

with tf.Session() as sess:
    sess.run(init)
    for step in range(1, steps + 1):
        batch_x, batch_y = next_batch(batch_size)
        sess.run(train_op, feed_dict={X: batch_x, Y: batch_y})
        if step % 5 == 0 or step == 1:
            loss, acc = sess.run([loss_op, accuracy], feed_dict={X: batch_x, Y: batch_y})
            print("step %d, loss %.4f, accuracy %.3f" % (step, loss, acc))

    test_x, test_y = next_batch(64)
    print("test accuracy:", sess.run(accuracy, feed_dict={X: test_x, Y: test_y}))
