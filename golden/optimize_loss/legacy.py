"""A classifier of points that is trained with tf.contrib.layers.optimize_loss."""

from __future__ import print_function

import numpy as np
import tensorflow as tf

n_inputs = 4
n_hidden = 16
n_classes = 3
learning_rate = 0.1
max_grad_norm = 1.0

# Make some points around three centers
rng = np.random.RandomState(3)
centers = rng.uniform(-2.0, 2.0, [n_classes, n_inputs])
labels = rng.randint(0, n_classes, 200)
points = centers[labels] + rng.normal(0.0, 0.7, [200, n_inputs])

X = tf.placeholder(tf.float32, [None, n_inputs], name="X")
y = tf.placeholder(tf.int64, [None], name="y")

hidden = tf.contrib.layers.fully_connected(X, n_hidden, activation_fn=tf.nn.tanh, scope="hidden")
logits = tf.contrib.layers.fully_connected(hidden, n_classes, activation_fn=None, scope="logits")
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
accuracy = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))

global_step = tf.train.get_or_create_global_step()

# Train with a rate that gets smaller, and gradients that are not too large
train_op = tf.contrib.layers.optimize_loss(
    loss=loss,
    global_step=global_step,
    learning_rate=learning_rate,
    optimizer="SGD",
    clip_gradients=max_grad_norm,
    learning_rate_decay_fn=lambda rate, step: tf.train.exponential_decay(rate, step, 10, 0.9))

init = tf.global_variables_initializer()

with tf.Session() as sess:
    sess.run(init)
    for epoch in range(5):
        for start in range(0, 160, 40):
            batch = {X: points[start:start + 40], y: labels[start:start + 40]}
            train_loss = sess.run(train_op, feed_dict=batch)
        test_accuracy = sess.run(accuracy, feed_dict={X: points[160:], y: labels[160:]})
        print("Step", sess.run(global_step), "loss:", train_loss, "accuracy:", test_accuracy)
