"""A small classifier of points, written with tf.contrib.layers."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
from tensorflow.contrib.layers import batch_norm, fully_connected

n_inputs = 6
n_hidden1 = 24
n_hidden2 = 16
n_classes = 3

# Make some points around three centers
rng = np.random.RandomState(7)
centers = rng.uniform(-2.0, 2.0, [n_classes, n_inputs])
labels = rng.randint(0, n_classes, 240)
points = centers[labels] + rng.normal(0.0, 0.6, [240, n_inputs])

X = tf.placeholder(tf.float32, shape=(None, n_inputs), name="X")
y = tf.placeholder(tf.int64, shape=(None), name="y")
is_training = tf.placeholder(tf.bool, shape=(), name="is_training")

bn_params = {
    'is_training': is_training,
    'decay': 0.9,
    'updates_collections': None,
}

he_init = tf.contrib.layers.variance_scaling_initializer()

with tf.name_scope("dnn"):
    # Two hidden layers, both normalized
    hidden1 = fully_connected(X, n_hidden1, scope="hidden1",
                              activation_fn=tf.nn.elu,
                              weights_initializer=he_init,
                              normalizer_fn=batch_norm,
                              normalizer_params=bn_params)
    hidden2 = fully_connected(hidden1, n_hidden2, scope="hidden2",
                              normalizer_fn=batch_norm,
                              normalizer_params=bn_params)
    # No activation: these are the logits
    logits = fully_connected(hidden2, n_classes, scope="outputs", activation_fn=None)

with tf.name_scope("loss"):
    xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(xentropy, name="loss")

with tf.name_scope("train"):
    optimizer = tf.train.MomentumOptimizer(0.05, momentum=0.9)
    training_op = optimizer.minimize(loss)

with tf.name_scope("eval"):
    correct = tf.nn.in_top_k(logits, y, 1)
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

init = tf.global_variables_initializer()

n_epochs = 5
batch_size = 40

with tf.Session() as sess:
    init.run()
    for epoch in range(n_epochs):
        for start in range(0, 200, batch_size):
            X_batch = points[start:start + batch_size]
            y_batch = labels[start:start + batch_size]
            sess.run(training_op, feed_dict={is_training: True, X: X_batch, y: y_batch})
        acc_train = accuracy.eval(feed_dict={is_training: False, X: X_batch, y: y_batch})
        acc_test = accuracy.eval(feed_dict={is_training: False, X: points[200:], y: labels[200:]})
        print(epoch, "Train accuracy:", acc_train, "Test accuracy:", acc_test)
