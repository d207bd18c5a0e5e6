"""Softmax regression whose weights are averaged over the steps; the averages are what is evaluated."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

BATCH_SIZE = 20
LEARNING_RATE_BASE = 0.4
LEARNING_RATE_DECAY = 0.9
MOVING_AVERAGE_DECAY = 0.95
TRAINING_STEPS = 40

rng = np.random.RandomState(4)
centers = rng.randn(3, 5)
labels = rng.randint(3, size=120)
points = (centers[labels] + 0.6 * rng.randn(120, 5)).astype(np.float32)
targets = np.eye(3, dtype=np.float32)[labels]

x = tf.placeholder(tf.float32, [None, 5], name="x-input")
y_ = tf.placeholder(tf.float32, [None, 3], name="y-input")

weights = tf.Variable(tf.zeros([5, 3]), name="weights")
biases = tf.Variable(tf.constant(0.1, shape=[3]), name="biases")


def inference(inputs, averages):
    # With averages, the shadow variables take the place of the weights.
    if averages is None:
        return tf.matmul(inputs, weights) + biases
    return tf.matmul(inputs, averages.average(weights)) + averages.average(biases)


y = inference(x, None)
cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=y, labels=y_))

global_step = tf.Variable(0, trainable=False)
learning_rate = tf.train.exponential_decay(LEARNING_RATE_BASE, global_step, 10, LEARNING_RATE_DECAY, staircase=True)
train_step = tf.train.GradientDescentOptimizer(learning_rate).minimize(cross_entropy, global_step=global_step)

# The averages follow the weights once these have taken their step
variable_averages = tf.train.ExponentialMovingAverage(MOVING_AVERAGE_DECAY, global_step)
with tf.control_dependencies([train_step]):
    train_op = variable_averages.apply(tf.trainable_variables())

average_y = inference(x, variable_averages)
correct_prediction = tf.equal(tf.argmax(average_y, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

with tf.Session() as sess:
    tf.global_variables_initializer().run()
    for i in range(TRAINING_STEPS):
        if i % 10 == 0:
            validate_acc = sess.run(accuracy, feed_dict={x: points, y_: targets})
            print("After %d steps, accuracy of the averaged model is %g" % (i, validate_acc))
        rows = rng.randint(120, size=BATCH_SIZE)
        sess.run(train_op, feed_dict={x: points[rows], y_: targets[rows]})
    gap = tf.reduce_max(tf.abs(weights - variable_averages.average(weights)))
    print("accuracy %g, weights and averages differ by %.3f" % (
        sess.run(accuracy, feed_dict={x: points, y_: targets}), sess.run(gap)))
