"""
A small network whose weights are kept small in three ways: by the regularizer of a variable, by that of a layer,
and by a function that adds the decay of the weights it makes to a collection.
"""
from __future__ import division, print_function

import numpy as np
import tensorflow as tf
import keras

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
    weights = tf.Variable(tf.random.truncated_normal(shape, stddev=0.3), name=name)
    return weights


# inputs
x = tf.TensorSpec([None, 2], tf.float32)
y = tf.TensorSpec([None, 1], tf.float32)

regularizer = keras.regularizers.L2(0.5 * REGULARIZATION)

with tf.name_scope('first'):
    w1 = decayed_weights('weights', [2, 10], wd=0.004)
    b1 = tf.Variable(tf.constant(0.1, shape=[10]), name='biases')

# the second layer: all of its variables are regularized
with tf.name_scope('second'):
    w2 = tf.Variable(tf.random.normal([10, 8], stddev=0.3), name='weights')
    b2 = tf.Variable(tf.zeros([8]), name='biases')

out = keras.layers.Dense(1, name='out')


def mse_of(x, y):
    with tf.name_scope('first'):
        hidden1 = tf.nn.relu(tf.matmul(x, w1) + b1)
    with tf.name_scope('second'):
        hidden2 = tf.nn.tanh(tf.matmul(hidden1, w2) + b2)

    prediction = out(hidden2)

    return tf.reduce_mean(tf.math.squared_difference(prediction, y))


@tf.function(input_signature=[x, y])
def evaluate(x, y):
    mse = mse_of(x, y)
    regularization = tf.add_n([
        regularizer(w2),
        regularizer(b2),
        0.001 * tf.reduce_sum(tf.abs(out.kernel)),
    ])
    return mse, regularization


optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        mse = mse_of(x, y)

        # everything that is added up: the error, the regularizers, and what the helper has collected
        total_loss = tf.add_n([
            mse,
            regularizer(w2),
            regularizer(b2),
            0.001 * tf.reduce_sum(tf.abs(out.kernel)),
        ]) + tf.add_n([tf.multiply(tf.nn.l2_loss(w1), 0.004, name='weight_decay')])
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(total_loss, variables), variables))
    return total_loss


data_x, data_y = waves(150, seed=5)

for step in range(STEPS):
    start = step * BATCH % len(data_x)
    feed = {'x': data_x[start:start + BATCH], 'y': data_y[start:start + BATCH]}
    loss = train_step(**feed).numpy()
    if step % 5 == 0:
        error, extra = [value.numpy() for value in evaluate(data_x, data_y)]
        print('step %2d  loss %.5f  error %.5f  regularization %.5f' % (step, loss, error, extra))
