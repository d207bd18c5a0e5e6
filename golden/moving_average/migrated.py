"""Softmax regression whose weights are averaged over the steps; the averages are what is evaluated."""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

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

x = tf.TensorSpec([None, 5], tf.float32)
y_ = tf.TensorSpec([None, 3], tf.float32)

weights = tf.Variable(tf.zeros([5, 3]), name="weights")
biases = tf.Variable(tf.constant(0.1, shape=[3]), name="biases")


def inference(inputs, averages):
    # With averages, the shadow variables take the place of the weights.
    if averages is None:
        return tf.matmul(inputs, weights) + biases
    return tf.matmul(inputs, averages.average(weights)) + averages.average(biases)

global_step = tf.Variable(0, trainable=False)
learning_rate = keras.optimizers.schedules.ExponentialDecay(LEARNING_RATE_BASE, decay_steps=10, decay_rate=LEARNING_RATE_DECAY, staircase=True)
optimizer = keras.optimizers.SGD(learning_rate)

# The averages follow the weights once these have taken their step
variable_averages = tf.train.ExponentialMovingAverage(MOVING_AVERAGE_DECAY, global_step)
variable_averages.apply([weights, biases])  # makes the averages: they start as the variables do


@tf.function(input_signature=[x, y_])
def train_step(x, y_):
    with tf.GradientTape() as tape:
        y = inference(x, None)
        cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=y, labels=y_))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cross_entropy, variables), variables))
    global_step.assign_add(1)
    variable_averages.apply([weights, biases])


@tf.function(input_signature=[x, y_])
def compute_accuracy(x, y_):
    average_y = inference(x, variable_averages)
    correct_prediction = tf.equal(tf.argmax(average_y, 1), tf.argmax(y_, 1))
    return tf.reduce_mean(tf.cast(correct_prediction, tf.float32))


for i in range(TRAINING_STEPS):
    if i % 10 == 0:
        validate_acc = compute_accuracy(points, targets).numpy()
        print("After %d steps, accuracy of the averaged model is %g" % (i, validate_acc))
    rows = rng.randint(120, size=BATCH_SIZE)
    train_step(points[rows], targets[rows])


@tf.function
def compute_gap():
    return tf.reduce_max(tf.abs(weights - variable_averages.average(weights)))


print("accuracy %g, weights and averages differ by %.3f" % (
    compute_accuracy(points, targets).numpy(), compute_gap().numpy()))
