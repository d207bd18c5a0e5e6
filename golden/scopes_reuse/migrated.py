"""
Are two short signals alike?  Both go through the same tower: its variables are made once and shared by their scope.

The tower and the head are trained in turns.
"""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

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


left = tf.TensorSpec([None, WIDTH], tf.float32)
right = tf.TensorSpec([None, WIDTH], tf.float32)
same = tf.TensorSpec([None, 1], tf.float32)

# all variables of the tower start like this
with tf.name_scope('tower'):
    w1 = tf.Variable(tf.random.normal([WIDTH, HIDDEN], stddev=0.4), name='w1')
    b1 = tf.Variable(tf.zeros([HIDDEN]), name='b1')
    with tf.name_scope('code'):
        w2 = tf.Variable(tf.random.normal([HIDDEN, CODE], stddev=0.4), name='w')

with tf.name_scope('head'):
    scale = tf.Variable(tf.constant(-0.5, dtype=tf.float32, shape=[]), name='scale')
    shift = tf.Variable(tf.constant(1.0, shape=[]), name='shift')


@tf.function(input_signature=[left, right])
def compute_logits(left, right):
    with tf.name_scope('tower'):
        h_left = tf.nn.relu(tf.matmul(left, w1) + b1)
        with tf.name_scope('code'):
            code_left = tf.matmul(h_left, w2)
    with tf.name_scope("tower/"):
        h_right = tf.nn.relu(tf.matmul(right, w1) + b1)
        code_right = tf.matmul(h_right, w2)
    with tf.name_scope('head'):
        distance = tf.reduce_sum(tf.square(code_left - code_right), 1, keepdims=True)
        logits = scale * distance + shift
    return logits


tower_variables = [w1, b1, w2]
head_variables = [v for v in [w1, b1, w2, scale, shift] if v.name.startswith('head/')]
step = tf.Variable(0, trainable=False, dtype=tf.int64, name="global_step")

optimizer_2 = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[left, right, same])
def train_head(left, right, same):
    with tf.GradientTape() as tape:
        logits = compute_logits(left, right)

        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=same, logits=logits))
    optimizer_2.apply_gradients(zip(tape.gradient(loss, head_variables), head_variables))
    return loss


optimizer = keras.optimizers.SGD(0.05)


@tf.function(input_signature=[left, right, same])
def train_tower(left, right, same):
    logits = compute_logits(left, right)

    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=same, logits=logits))
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, tower_variables), 1.0)
    optimizer.apply_gradients(zip(gradients, tower_variables))
    step.assign_add(1)


a, b, label = signals(160, seed=7)

for epoch in range(6):
    for start in range(0, len(a), 40):
        rows = slice(start, start + 40)
        train_tower(a[rows], b[rows], label[rows])
    value = train_head(a, b, label).numpy()
    print('epoch', epoch, 'steps', step.numpy(), 'loss %.5f' % value)
guesses = compute_logits(a, b).numpy() > 0
print('right: %.3f' % np.mean(guesses == (label > 0.5)))
print([v.name for v in tower_variables])
