"""Every way to ask for values: lists, tuples, dicts, nesting, and feeds made step by step."""
from __future__ import print_function

import collections

import numpy as np
import tensorflow as tf

Summary = collections.namedtuple("Summary", ["low", "high"])

values = tf.TensorSpec([None], tf.float32)
scale = tf.TensorSpec([], tf.float32)
shift = tf.TensorSpec([], tf.float32)


@tf.function(input_signature=[values, scale, shift])
def compute_moved(values, scale, shift):
    scaled = values * scale
    return scaled + shift


@tf.function(input_signature=[values, scale, shift])
def compute_total(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    return tf.reduce_sum(moved)


@tf.function(input_signature=[shift, tf.TensorSpec(None, tf.float32)])
def compute_total_2(shift, scaled):
    moved = scaled + shift
    return tf.reduce_sum(moved)


@tf.function(input_signature=[values, scale, shift])
def evaluate(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    mean, variance = tf.nn.moments(moved, axes=[0])
    return mean, variance


@tf.function(input_signature=[values, scale, shift])
def compute(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    mean, variance = tf.nn.moments(moved, axes=[0])
    return {"mean": mean, "ends": [tf.reduce_min(moved), tf.reduce_max(moved)]}


@tf.function(input_signature=[values, scale, shift])
def evaluate_2(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    left, right = tf.split(moved, 2)
    return left, right


@tf.function(input_signature=[values, scale, shift])
def compute_right(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    left, right = tf.split(moved, 2)
    return right


numbers = np.array([4, 1, 3, 2])
feed = {"values": numbers, "scale": 1.}
feed["shift"] = 10

# one tensor, a list, a tuple
print(compute_total(**feed).numpy())
print([value.numpy() for value in evaluate(**feed)])
m, v = [value.numpy() for value in evaluate(**feed)]
print("mean %.2f, variance %.2f" % (m, v))

# a list of one
only, = [compute_total(**feed).numpy()]
print(only, compute_total(**feed).numpy())

# a dict, and things inside things
stats = tf.nest.map_structure(lambda value: value.numpy(), compute(**feed))
print(stats["mean"], stats["ends"])


@tf.function(input_signature=[values])
def compute_summary(values):
    return Summary(low=tf.reduce_min(values), high=tf.reduce_max(values))


summary = tf.nest.map_structure(lambda value: value.numpy(), compute_summary(numbers))
print(summary.low, summary.high)


@tf.function(input_signature=[values, scale, shift])
def compute_wanted(values, scale, shift):
    moved = compute_moved(values, scale, shift)
    total = tf.reduce_sum(moved)

    # fetches kept in a list, tensors in a list
    return [total, moved]


t, moved_value = tf.nest.map_structure(lambda value: value.numpy(), compute_wanted(**feed))
print(t, moved_value.tolist())
print([p.tolist() for p in [value.numpy() for value in evaluate_2(**feed)]], compute_right(**feed).numpy())

# another value for the default, and for a tensor in the middle
feed.update({"scale": 2.})
print(compute_moved(**feed).numpy())
print(compute_total_2(0.5, [1., 1.]).numpy())


@tf.function(input_signature=[values])
def compute_2(values):
    return values + 1


@tf.function(input_signature=[scale])
def compute_square(scale):
    return tf.square(scale)


print(compute_2([0.5]).numpy(), compute_square(1.0).numpy())
