import os
import sys

import numpy as np
import tensorflow as tf

factor = float(sys.argv[1])
limit = int(open('limit.txt').read())

# a sparse feed
sparse = tf.SparseTensorSpec([2, 3], tf.float32)


@tf.function(input_signature=[sparse])
def to_dense(sparse):
    return tf.sparse.to_dense(sparse)


# a run inside the feed of another, both of which change the variable
x = tf.TensorSpec([], tf.float32)
total = tf.Variable(1.)


@tf.function(input_signature=[x])
def grow(x):
    return total.assign_add(x)


# a run that fails
@tf.function(input_signature=[x])
def check(x):
    return tf.debugging.check_numerics(x, 'not a number')


# a variable fetched together with its update
level = tf.Variable(10.)


@tf.function(input_signature=[])
def lower():
    before = tf.identity(level)
    level.assign_sub(1.)
    return before


# strings
word = tf.TensorSpec([None], tf.string)


@tf.function(input_signature=[word])
def double(word):
    return tf.strings.join([word, word])


def build(size):
    start = tf.TensorSpec([None], tf.float32)
    kept = tf.Variable(tf.random.normal([size]))

    @tf.function(input_signature=[start])
    def add(start):
        return kept.assign_add(start)

    for _ in range(2):
        add(np.ones(size))
    return kept.numpy()


print(to_dense(tf.SparseTensor([[0, 1], [1, 2]], [factor, 2.], [2, 3])).numpy())
for i in range(3):
    print(grow(grow(float(i)).numpy()).numpy())
for value in (1., float('nan')):
    try:
        print(check(value).numpy())
    except tf.errors.InvalidArgumentError:
        print('not a number')
print(lower().numpy())
print(double([b'a\0', 'b']).numpy())
print(build(2), build(3))
for i in range(limit):
    grow(1.)
