"""Two ways down a valley with tf.gradients: plain descent, and Newton's method with second derivatives."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

start = np.array([1.5, -0.5])
rate = tf.placeholder(tf.float64, [], name='rate')

position = tf.Variable(start, name='position')
x, y = position[0], position[1]
height = (1. - x) ** 2 + 5. * (y - x ** 2) ** 2

# First derivatives
slope, = tf.gradients(height, position)
# Second derivatives, one row for each component
curvature = tf.stack([tf.gradients(slope[i], position)[0] for i in range(2)])

# plain descent
descend = tf.assign_sub(position, rate * slope)

# Newton: solve for the step
newton_step = tf.matrix_solve(curvature, tf.expand_dims(slope, 1))
newton = position.assign(position - tf.squeeze(newton_step, [1]))

reset = position.assign(start)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())

    for i in range(8):
        where = sess.run(descend, feed_dict={rate: 0.02})
    print('descent ends at', where, 'height', sess.run(height))

    sess.run(reset)
    print('slope at the start:', sess.run(slope))
    for i in range(4):
        sess.run(newton)
        print('newton', i, sess.run([x, y]), 'height %.3e' % sess.run(height))

    print('curvature there:\n', curvature.eval())
