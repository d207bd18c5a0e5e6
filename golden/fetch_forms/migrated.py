"""Every way to ask for values: lists, tuples, dicts, nesting, and feeds made step by step."""
from __future__ import print_function

import collections

import numpy as np
import tensorflow as tf

Summary = collections.namedtuple("Summary", ["low", "high"])

values = tf.TensorSpec([None], tf.float32, name="values")
scale = tf.TensorSpec([], tf.float32, name="scale")
shift = tf.TensorSpec([], tf.float32)


def compute_moved(values, shift, scale=1.0):
    scaled = values * scale
    return scaled + shift


@tf.function(input_signature=[values, shift, scale])
def compute_total(values, shift, scale=1.0):
    return tf.reduce_sum(compute_moved(values, shift, scale))


@tf.function(input_signature=[values, shift, scale])
def compute_moments(values, shift, scale=1.0):
    mean, variance = tf.nn.moments(compute_moved(values, shift, scale), axes=[0])
    return mean, variance


numbers = np.array([4, 1, 3, 2])

# one tensor, a list, a tuple
print(compute_total(numbers, 10).numpy())
print([value.numpy() for value in compute_moments(numbers, 10)])
m, v = (value.numpy() for value in compute_moments(numbers, 10))
print("mean %.2f, variance %.2f" % (m, v))

# a list of one
only = compute_total(numbers, 10).numpy()
print(only, compute_total(numbers, 10).numpy())


# a dict, and things inside things
@tf.function(input_signature=[values, shift, scale])
def compute_stats(values, shift, scale=1.0):
    moved = compute_moved(values, shift, scale)
    mean, _ = tf.nn.moments(moved, axes=[0])
    return {"mean": mean, "ends": [tf.reduce_min(moved), tf.reduce_max(moved)]}


stats = tf.nest.map_structure(lambda value: value.numpy(), compute_stats(numbers, 10))
print(stats["mean"], stats["ends"])


@tf.function(input_signature=[values])
def compute_summary(values):
    return Summary(low=tf.reduce_min(values), high=tf.reduce_max(values))


summary = tf.nest.map_structure(lambda value: value.numpy(), compute_summary(numbers))
print(summary.low, summary.high)


# fetches kept in a list, tensors in a list
@tf.function(input_signature=[values, shift, scale])
def compute_wanted(values, shift, scale=1.0):
    moved = compute_moved(values, shift, scale)
    return tf.reduce_sum(moved), moved


t, moved_value = (value.numpy() for value in compute_wanted(numbers, 10))
print(t, moved_value.tolist())


@tf.function(input_signature=[values, shift, scale])
def compute_parts(values, shift, scale=1.0):
    return tf.split(compute_moved(values, shift, scale), 2)


print([p.numpy().tolist() for p in compute_parts(numbers, 10)], compute_parts(numbers, 10)[1].numpy())

# another value for the default, and for a tensor in the middle
print(tf.function(compute_moved, input_signature=[values, shift, scale])(numbers, 10, 2.).numpy())


@tf.function(input_signature=[values, shift])
def compute_total_of_scaled(scaled, shift):
    return tf.reduce_sum(scaled + shift)


print(compute_total_of_scaled([1., 1.], 0.5).numpy())
print(tf.function(lambda values: values + 1, input_signature=[values])([0.5]).numpy(), tf.square(1.0).numpy())
