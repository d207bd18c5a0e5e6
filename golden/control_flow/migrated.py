"""Loops and branches inside the graph: while_loop, cond, scan, map_fn."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

# %% Square root by Heron's method: loop until the square is close enough
number = tf.TensorSpec([], tf.float32)


@tf.function(input_signature=[number])
def evaluate(number):
    guess0 = tf.maximum(number / 2., 1.)

    def not_close(step, guess):
        return tf.logical_and(step < 20, tf.abs(guess * guess - number) > 1e-4 * number)

    def improve(step, guess):
        return step + 1, 0.5 * (guess + number / guess)

    steps, root = tf.while_loop(not_close, improve, [tf.constant(0), guess0])
    return root, steps


# %% Fibonacci numbers: the result grows, so its shape must be left open
count = tf.TensorSpec((), tf.int32)


@tf.function(input_signature=[count])
def compute_fibonacci(count):
    _, fibonacci = tf.while_loop(
        lambda i, row: i < count,
        lambda i, row: (i + 1, tf.concat([row, [row[-1] + row[-2]]], 0)),
        loop_vars=[tf.constant(2), tf.constant([1, 1])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])
    return fibonacci


# %% A loss that is quadratic near zero and linear elsewhere
difference = tf.TensorSpec([], tf.float32)


@tf.function(input_signature=[difference])
def compute_huber(difference):
    return tf.cond(tf.abs(difference) < 1.,
                    lambda: 0.5 * tf.square(difference),
                    lambda: tf.abs(difference) - 0.5)


# %% Exponential smoothing of a series, and the largest value seen so far
series = tf.TensorSpec([None], tf.float32)


@tf.function(input_signature=[series])
def compute(series):
    smooth = tf.scan(lambda previous, value: 0.7 * previous + 0.3 * value, series)
    largest, position = tf.scan(
        lambda best, now: (tf.maximum(best[0], now[0]), tf.raw_ops.Select(condition=now[0] > best[0], x=now[1], y=best[1])),
        (series, tf.range(tf.shape(series)[0])))
    return [smooth, (largest, position)]


# %% One polynomial for each row
rows = tf.map_fn(lambda row: tf.reduce_sum(row) * row[0], tf.constant([[1., 2.], [3., 4.], [5., 6.]]))

for value in [2., 9., 1000.]:
    print("sqrt", value, "=", tuple(value.numpy() for value in evaluate(value)))

for n in (3, 8):
    print(compute_fibonacci(n).numpy())

print([float(compute_huber(d).numpy()) for d in np.linspace(-2, 2, 5)])

noisy = np.array([1., 3., 2., 5., 4., 4.5])
s, (l, p) = tf.nest.map_structure(lambda value: value.numpy(), compute(noisy))
print(s)
print(l, p)
print(rows.numpy())
