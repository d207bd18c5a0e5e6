"""
Which of two moons does a point lie on?  tf.metrics keeps the scores of an epoch.

The points are made here; nothing to download.
"""
from __future__ import print_function

import numpy as np
import tensorflow as tf

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
xs = tf.placeholder(tf.float32, [None, 2], name='points')
ys = tf.placeholder(tf.int32, [None], name='sides')

hidden = tf.layers.dense(xs, 12, tf.nn.tanh, name='hidden')
logits = tf.layers.dense(hidden, 2, name='logits')
guess = tf.argmax(logits, 1)

loss = tf.losses.sparse_softmax_cross_entropy(labels=ys, logits=logits)
train_op = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

# the scores: each is a value, and an operation that counts one more batch
with tf.name_scope('scores'):
    accuracy, accuracy_update = tf.metrics.accuracy(labels=ys, predictions=guess, name='accuracy')
    precision, precision_update = tf.metrics.precision(labels=ys, predictions=guess)
    # of all batches of an epoch
    mean_loss, mean_loss_update = tf.metrics.mean(loss)

updates = tf.group(accuracy_update, precision_update)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())

    for epoch in range(EPOCHS):
        sess.run(tf.local_variables_initializer())  # count from zero again
        for start in range(0, len(points), BATCH):
            feed = {xs: points[start:start + BATCH], ys: sides[start:start + BATCH]}
            sess.run(train_op, feed_dict=feed)
            running = sess.run(mean_loss_update, feed_dict=feed)
            sess.run(updates, feed_dict=feed)
        print('epoch', epoch, 'running loss %.5f' % running)
        print('   accuracy %.4f, precision %.4f' % tuple(sess.run([accuracy, precision])))

    # once more, on points that were not trained on
    sess.run(tf.local_variables_initializer())
    sess.run(updates, feed_dict={xs: held_out, ys: held_out_sides})
    score = sess.run(accuracy)
    print('held out: %.4f' % score, 'mean loss', sess.run(mean_loss))
