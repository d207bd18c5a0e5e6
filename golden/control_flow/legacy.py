"""Loops and branches inside the graph: while_loop, cond, scan, map_fn."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

# %% Square root by Heron's method: loop until the square is close enough
number = tf.placeholder(tf.float32, shape=[], name="number")
guess0 = tf.maximum(number / 2., 1.)


def not_close(step, guess):
    return tf.logical_and(step < 20, tf.abs(guess * guess - number) > 1e-4 * number)


def improve(step, guess):
    return step + 1, 0.5 * (guess + number / guess)

steps, root = tf.while_loop(not_close, improve, [tf.constant(0), guess0])

# %% Fibonacci numbers: the result grows, so its shape must be left open
count = tf.placeholder(tf.int32, shape=(), name="count")
_, fibonacci = tf.while_loop(
    lambda i, row: i < count,
    lambda i, row: (i + 1, tf.concat([row, [row[-1] + row[-2]]], 0)),
    loop_vars=[tf.constant(2), tf.constant([1, 1])],
    shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])

# %% A loss that is quadratic near zero and linear elsewhere
difference = tf.placeholder(tf.float32, [])
huber = tf.cond(tf.abs(difference) < 1.,
                lambda: 0.5 * tf.square(difference),
                lambda: tf.abs(difference) - 0.5)

# %% Exponential smoothing of a series, and the largest value seen so far
series = tf.placeholder(tf.float32, [None])
smooth = tf.scan(lambda previous, value: 0.7 * previous + 0.3 * value, series)
largest, position = tf.scan(
    lambda best, now: (tf.maximum(best[0], now[0]), tf.where(now[0] > best[0], now[1], best[1])),
    (series, tf.range(tf.shape(series)[0])))

# %% One polynomial for each row
rows = tf.map_fn(lambda row: tf.reduce_sum(row) * row[0], tf.constant([[1., 2.], [3., 4.], [5., 6.]]))

with tf.Session() as sess:
    for value in [2., 9., 1000.]:
        print("sqrt", value, "=", sess.run((root, steps), feed_dict={number: value}))

    for n in (3, 8):
        print(sess.run(fibonacci, {count: n}))

    print([float(sess.run(huber, {difference: d})) for d in np.linspace(-2, 2, 5)])

    noisy = np.array([1., 3., 2., 5., 4., 4.5])
    s, (l, p) = sess.run([smooth, (largest, position)], feed_dict={series: noisy})
    print(s)
    print(l, p)
    print(sess.run(rows))
