"""
Which of two moons does a point lie on?  tf.metrics keeps the scores of an epoch.

The points are made here; nothing to download.
"""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

EPOCHS = 4
BATCH = 25


def moons(count, seed):
    random = np.random.RandomState(seed)
    side = random.randint(0, 2, count)
    angle = random.uniform(0, np.pi, count)
    x = np.where(side == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(side == 0, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack([x, y], 1) + random.normal(0, 0.15, (count, 2)), side


points, sides = moons(200, seed=3)
held_out, held_out_sides = moons(70, seed=4)

# the network
xs = keras.Input(batch_shape=[None, 2])
ys = tf.TensorSpec([None], tf.int32)

hidden = keras.layers.Dense(12, tf.nn.tanh, name='hidden')(xs)
logits = keras.layers.Dense(2, name='logits')(hidden)
logits_model = keras.Model(xs, logits)

optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[tf.TensorSpec(xs.shape, xs.dtype), ys])
def train_step(xs, ys):
    with tf.GradientTape() as tape:
        logits = logits_model(xs)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ys, logits=logits))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


# the scores: each is a value, and an operation that counts one more batch
with tf.name_scope('scores'):
    accuracy = keras.metrics.Accuracy(name='accuracy')
    precision = keras.metrics.Precision()
    # of all batches of an epoch
    mean_loss = keras.metrics.Mean()


@tf.function(input_signature=[tf.TensorSpec(xs.shape, xs.dtype), ys])
def update_mean_loss(xs, ys):
    logits = logits_model(xs)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ys, logits=logits))
    with tf.name_scope('scores'):
        mean_loss_update = mean_loss(loss)
    return mean_loss_update


@tf.function(input_signature=[tf.TensorSpec(xs.shape, xs.dtype), ys])
def update_metrics(xs, ys):
    logits = logits_model(xs)
    guess = tf.argmax(logits, 1)
    with tf.name_scope('scores'):
        accuracy.update_state(ys, guess)
        precision.update_state(tf.cast(ys, tf.bool), tf.cast(guess, tf.bool))


for epoch in range(EPOCHS):
    accuracy.reset_state()
    precision.reset_state()
    mean_loss.reset_state()
    for start in range(0, len(points), BATCH):
        feed = {'xs': points[start:start + BATCH], 'ys': sides[start:start + BATCH]}
        train_step(**feed)
        running = update_mean_loss(**feed).numpy()
        update_metrics(**feed)
    print('epoch', epoch, 'running loss %.5f' % running)
    print('   accuracy %.4f, precision %.4f' % tuple([accuracy.result().numpy(), precision.result().numpy()]))

# once more, on points that were not trained on
accuracy.reset_state()
precision.reset_state()
mean_loss.reset_state()
update_metrics(held_out, held_out_sides)
score = accuracy.result().numpy()
print('held out: %.4f' % score, 'mean loss', mean_loss.result().numpy())
