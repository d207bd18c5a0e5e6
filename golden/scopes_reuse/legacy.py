"""
Are two short signals alike?  Both go through the same tower: its variables are made once and shared by their scope.

The tower and the head are trained in turns.
"""
from __future__ import print_function

import numpy as np
import tensorflow as tf

WIDTH, HIDDEN, CODE = 12, 8, 4


def signals(count, seed):
    """Pairs of waves, and 1 where both have the same frequency."""
    random = np.random.RandomState(seed)
    t = np.arange(WIDTH)
    first = random.randint(1, 4, count)
    same = random.randint(0, 2, count)
    second = np.where(same == 1, first, first % 3 + 1)

    def waves(frequency):
        phase = random.uniform(0, 2 * np.pi, (count, 1))
        return np.sin(frequency[:, None] * t * 0.5 + phase) + random.normal(0, 0.05, (count, WIDTH))

    return waves(first), waves(second), same.reshape(-1, 1).astype(np.float32)


left = tf.placeholder(tf.float32, [None, WIDTH], name='left')
right = tf.placeholder(tf.float32, [None, WIDTH], name='right')
same = tf.placeholder(tf.float32, [None, 1], name='same')

# all variables of the tower start like this
with tf.variable_scope('tower', initializer=tf.random_normal_initializer(stddev=0.4)) as tower:
    w1 = tf.get_variable('w1', [WIDTH, HIDDEN])
    b1 = tf.get_variable('b1', [HIDDEN], initializer=tf.zeros_initializer())
    h_left = tf.nn.relu(tf.matmul(left, w1) + b1)
    with tf.variable_scope('code'):
        w2 = tf.get_variable('w', [HIDDEN, CODE])
        code_left = tf.matmul(h_left, w2)

# the second tower has no variables of its own
with tf.variable_scope(tower, reuse=True):
    h_right = tf.nn.relu(tf.matmul(right, tf.get_variable('w1', [WIDTH, HIDDEN])) + tf.get_variable('b1', [HIDDEN]))
    code_right = tf.matmul(h_right, tf.get_variable('code/w', [HIDDEN, CODE]))

with tf.variable_scope('head'):
    scale = tf.get_variable('scale', [], initializer=tf.constant_initializer(-0.5))
    shift = tf.get_variable('shift', [], initializer=tf.constant_initializer(1.0))
    distance = tf.reduce_sum(tf.square(code_left - code_right), 1, keepdims=True)
    logits = scale * distance + shift

loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=same, logits=logits))

tower_variables = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='tower')
head_variables = [v for v in tf.trainable_variables() if v.name.startswith('head/')]
step = tf.train.get_or_create_global_step()

train_head = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=head_variables)
optimizer = tf.train.GradientDescentOptimizer(0.05)
gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, tower_variables), 1.0)
train_tower = optimizer.apply_gradients(zip(gradients, tower_variables), global_step=tf.train.get_global_step())

a, b, label = signals(160, seed=7)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(6):
        for start in range(0, len(a), 40):
            rows = slice(start, start + 40)
            sess.run(train_tower, feed_dict={left: a[rows], right: b[rows], same: label[rows]})
        _, value = sess.run([train_head, loss], feed_dict={left: a, right: b, same: label})
        print('epoch', epoch, 'steps', sess.run(step), 'loss %.5f' % value)
    guesses = sess.run(logits, feed_dict={left: a, right: b}) > 0
    print('right: %.3f' % np.mean(guesses == (label > 0.5)))
    print([v.name for v in tower_variables])
