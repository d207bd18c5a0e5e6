import os
import sys

import numpy as np
import tensorflow as tf

factor = float(sys.argv[1])
limit = int(open('limit.txt').read())

# a sparse feed
sparse = tf.sparse_placeholder(tf.float32, [2, 3])
dense = tf.sparse_tensor_to_dense(sparse)

# a run inside the feed of another, both of which change the variable
x = tf.placeholder(tf.float32, [])
total = tf.Variable(1.)
grown = tf.assign_add(total, x)

# a run that fails
checked = tf.check_numerics(x, 'not a number')

# a variable fetched together with its update
level = tf.Variable(10.)
lower = tf.assign_sub(level, 1.).op

# strings
word = tf.placeholder(tf.string, [None])
twice = tf.strings.join([word, word])


def build(size):
    with tf.Graph().as_default():
        start = tf.placeholder(tf.float32, [None])
        kept = tf.Variable(tf.random_normal([size]))
        added = tf.assign_add(kept, start)
        with tf.Session() as inner:
            inner.run(tf.global_variables_initializer())
            for _ in range(2):
                inner.run(added, {start: np.ones(size)})
            return inner.run(kept)


sess = tf.Session()
sess.run(tf.global_variables_initializer())
print(sess.run(dense, {sparse: tf.SparseTensorValue([[0, 1], [1, 2]], [factor, 2.], [2, 3])}))
for i in range(3):
    print(sess.run(grown, {x: sess.run(grown, {x: float(i)})}))
for value in (1., float('nan')):
    try:
        print(sess.run(checked, {x: value}))
    except tf.errors.InvalidArgumentError:
        print('not a number')
print(sess.run([level, lower])[0])
print(sess.run(twice, {word: [b'a\0', 'b']}))
print(build(2), build(3))
for i in range(limit):
    sess.run(grown, feed_dict={x: 1.})
