"""Two ways down a valley with tf.gradients: plain descent, and Newton's method with second derivatives."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

start = np.array([1.5, -0.5])
rate = tf.TensorSpec([], tf.float64, name='rate')

position = tf.Variable(start, name='position')


@tf.function(input_signature=[])
def compute_height():
    x, y = position[0], position[1]
    return (1. - x) ** 2 + 5. * (y - x ** 2) ** 2


# First derivatives
@tf.function(input_signature=[])
def compute_slope():
    with tf.GradientTape() as tape:
        height = compute_height()
    return tape.gradient(height, position)


# Second derivatives, one row for each component
@tf.function(input_signature=[])
def compute_curvature():
    with tf.GradientTape(persistent=True) as tape:
        slope = compute_slope()
        components = [slope[i] for i in range(2)]
    return tf.stack([tape.gradient(components[i], position) for i in range(2)])


# plain descent
@tf.function(input_signature=[rate])
def descend(rate):
    return position.assign_sub(rate * compute_slope())


# Newton: solve for the step
@tf.function(input_signature=[])
def newton():
    newton_step = tf.linalg.solve(compute_curvature(), tf.expand_dims(compute_slope(), 1))
    position.assign(position - tf.squeeze(newton_step, [1]))


for i in range(8):
    where = descend(0.02).numpy()
print('descent ends at', where, 'height', compute_height().numpy())

position.assign(start)
print('slope at the start:', compute_slope().numpy())
for i in range(4):
    newton()
    print('newton', i, [position[0].numpy(), position[1].numpy()], 'height %.3e' % compute_height().numpy())

print('curvature there:\n', compute_curvature().numpy())
