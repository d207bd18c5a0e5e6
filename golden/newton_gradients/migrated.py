"""Two ways down a valley with tf.gradients: plain descent, and Newton's method with second derivatives."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

start = np.array([1.5, -0.5])
rate = tf.TensorSpec([], tf.float64)

position = tf.Variable(start, name='position')


@tf.function
def evaluate():
    x, y = position[0], position[1]
    return x, y


@tf.function
def compute_height():
    x, y = position[0], position[1]
    return (1. - x) ** 2 + 5. * (y - x ** 2) ** 2


@tf.function
def compute_slope():
    height = compute_height()

    # First derivatives
    slope, = tf.gradients(height, position)
    return slope


@tf.function
def compute_curvature():
    slope = compute_slope()
    # Second derivatives, one row for each component
    return tf.stack([tf.gradients(slope[i], position)[0] for i in range(2)])


@tf.function(input_signature=[rate])
def descend(rate):
    slope = compute_slope()

    # plain descent
    return position.assign_sub(rate * slope)


@tf.function
def newton():
    slope = compute_slope()
    curvature = tf.stack([tf.gradients(slope[i], position)[0] for i in range(2)])

    # Newton: solve for the step
    newton_step = tf.linalg.solve(curvature, tf.expand_dims(slope, 1))
    position.assign(position - tf.squeeze(newton_step, [1]))


@tf.function
def reset():
    position.assign(start)


for i in range(8):
    where = descend(0.02).numpy()
print('descent ends at', where, 'height', compute_height().numpy())

reset()
print('slope at the start:', compute_slope().numpy())
for i in range(4):
    newton()
    print('newton', i, [value.numpy() for value in evaluate()], 'height %.3e' % compute_height().numpy())

print('curvature there:\n', compute_curvature().numpy())
