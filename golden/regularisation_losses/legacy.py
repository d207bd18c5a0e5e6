"""
A small network whose weights are kept small in three ways: by the regularizer of a variable, by that of a layer,
and by a function that adds the decay of the weights it makes to a collection.
"""
from __future__ import division, print_function

import numpy as np
import tensorflow as tf

BATCH = 30
STEPS = 25
REGULARIZATION = 0.01


def waves(count, seed):
    random = np.random.RandomState(seed)
    x = random.uniform(-2, 2, (count, 2))
    y = np.sin(x[:, :1]) * x[:, 1:] + random.normal(0, 0.05, (count, 1))
    return x.astype(np.float32), y.astype(np.float32)


def decayed_weights(name, shape, wd):
    """Makes weights, and adds their decay to the losses."""
    weights = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=0.3))
    if wd is not None:
        weight_decay = tf.multiply(tf.nn.l2_loss(weights), wd, name='weight_decay')
        tf.add_to_collection('decay', weight_decay)
    return weights


# inputs
x = tf.placeholder(tf.float32, [None, 2], name='x')
y = tf.placeholder(tf.float32, [None, 1], name='y')

regularizer = tf.contrib.layers.l2_regularizer(REGULARIZATION)

with tf.variable_scope('first'):
    w1 = decayed_weights('weights', [2, 10], wd=0.004)
    b1 = tf.get_variable('biases', [10], initializer=tf.constant_initializer(0.1))
    hidden1 = tf.nn.relu(tf.matmul(x, w1) + b1)

# the second layer: all of its variables are regularized
with tf.variable_scope('second', regularizer=regularizer):
    w2 = tf.get_variable('weights', [10, 8], initializer=tf.random_normal_initializer(stddev=0.3))
    b2 = tf.get_variable('biases', [8], initializer=tf.zeros_initializer())
    hidden2 = tf.nn.tanh(tf.matmul(hidden1, w2) + b2)

prediction = tf.layers.dense(hidden2, 1, name='out',
                             kernel_regularizer=tf.contrib.layers.l1_regularizer(0.001))

mse = tf.losses.mean_squared_error(labels=y, predictions=prediction)

# everything that is added up: the error, the regularizers, and what the helper has collected
total_loss = tf.losses.get_total_loss() + tf.add_n(tf.get_collection('decay'))
regularization = tf.losses.get_regularization_loss()

train = tf.train.GradientDescentOptimizer(0.1).minimize(total_loss)

data_x, data_y = waves(150, seed=5)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(STEPS):
        start = step * BATCH % len(data_x)
        feed = {x: data_x[start:start + BATCH], y: data_y[start:start + BATCH]}
        _, loss = sess.run([train, total_loss], feed_dict=feed)
        if step % 5 == 0:
            error, extra = sess.run([mse, regularization], feed_dict={x: data_x, y: data_y})
            print('step %2d  loss %.5f  error %.5f  regularization %.5f' % (step, loss, error, extra))
