"""Every way to ask for values: lists, tuples, dicts, nesting, and feeds made step by step."""
from __future__ import print_function

import collections

import numpy as np
import tensorflow as tf

Summary = collections.namedtuple("Summary", ["low", "high"])

values = tf.placeholder(tf.float32, [None], name="values")
scale = tf.placeholder_with_default(tf.constant(1.0), [], name="scale")
shift = tf.placeholder(tf.float32, [])

scaled = values * scale
moved = scaled + shift
total = tf.reduce_sum(moved)
mean, variance = tf.nn.moments(moved, axes=[0])
left, right = tf.split(moved, 2)

numbers = np.array([4, 1, 3, 2])
feed = {values: numbers, scale: 1.}
feed[shift] = 10

with tf.Session() as sess:
    # one tensor, a list, a tuple
    print(sess.run(total, feed))
    print(sess.run([mean, variance], feed))
    m, v = sess.run((mean, variance), feed_dict=feed)
    print("mean %.2f, variance %.2f" % (m, v))

    # a list of one
    only, = sess.run([total], feed)
    print(only, sess.run([total], feed)[0])

    # a dict, and things inside things
    stats = sess.run({"mean": mean, "ends": [tf.reduce_min(moved), tf.reduce_max(moved)]}, feed)
    print(stats["mean"], stats["ends"])
    summary = sess.run(Summary(low=tf.reduce_min(values), high=tf.reduce_max(values)), {values: numbers})
    print(summary.low, summary.high)

    # fetches kept in a list, tensors in a list
    wanted = [total, moved]
    t, moved_value = sess.run(wanted, feed_dict=feed)
    print(t, moved_value.tolist())
    print([p.tolist() for p in sess.run([left, right], feed)], sess.run(right, feed))

    # another value for the default, and for a tensor in the middle
    feed.update({scale: 2.})
    print(sess.run(moved, feed))
    print(sess.run(total, feed_dict={scaled: [1., 1.], shift: 0.5}))
    print(sess.run(values + 1, {values: [0.5]}), sess.run(tf.square(scale)))
