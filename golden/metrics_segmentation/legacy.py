"""Pixels sorted into three classes by a linear model, and how well that goes in each epoch."""

from __future__ import print_function

import numpy as np
import tensorflow as tf

CLASSES = 3
SIZE = 6
EPOCHS = 3
BATCH = 4


def pictures(count, seed):
    """Pictures of two channels; the class of a pixel depends on both. Class 2 is rare."""
    random = np.random.RandomState(seed)
    x = random.uniform(-1, 1, [count, SIZE, SIZE, 2]).astype(np.float32)
    y = (x[..., 0] > 0).astype(np.int64)
    y[x[..., 1] > 0.8] = 2
    return x, y


def evaluation(labels, logits, weights):
    """What is measured: each metric as a pair of its value and its update."""
    predictions = tf.argmax(logits, axis=-1)
    rare = tf.nn.softmax(logits)[..., 2]
    with tf.variable_scope('evaluation'):
        metrics = {
            'accuracy': tf.metrics.accuracy(labels, predictions),
            'mean_iou': tf.metrics.mean_iou(labels, predictions, CLASSES),  # over the classes seen
            # the classes count alike here
            'per_class': tf.metrics.mean_per_class_accuracy(labels, predictions, num_classes=CLASSES),
            'inside': tf.metrics.accuracy(labels, predictions, weights=weights, name='inside'),
            'rare': tf.metrics.recall(tf.equal(labels, 2), tf.equal(predictions, 2)),
        }
    return metrics, rare


# inputs
x = tf.placeholder(tf.float32, [None, SIZE, SIZE, 2], name='x')
y = tf.placeholder(tf.int64, [None, SIZE, SIZE], name='y')
inside = tf.placeholder(tf.float32, [None, SIZE, SIZE], name='inside')

# model
w = tf.Variable([[0.1, 0.2, -0.1], [0.0, -0.2, 0.1]], name='w')
b = tf.Variable(tf.zeros([CLASSES]), name='b')
logits = tf.reshape(tf.matmul(tf.reshape(x, [-1, 2]), w) + b, [-1, SIZE, SIZE, CLASSES])
loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
train_op = tf.train.GradientDescentOptimizer(2.0).minimize(loss)

# evaluation
metrics, rare = evaluation(y, logits, inside)
auc, auc_update = tf.metrics.auc(tf.equal(y, 2), rare, num_thresholds=50, name='rare_auc')
update_metrics = tf.group(auc_update, *[update for _, update in metrics.values()])
start_metrics = tf.variables_initializer(tf.get_collection(tf.GraphKeys.LOCAL_VARIABLES, scope='evaluation'))
values = {name: pair[0] for name, pair in metrics.items()}

train_x, train_y = pictures(24, seed=1)
test_x, test_y = pictures(10, seed=2)
border = np.zeros([SIZE, SIZE])
border[1:-1, 1:-1] = 1.0

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    for epoch in range(EPOCHS):
        for start in range(0, len(train_x), BATCH):
            sess.run(train_op, feed_dict={x: train_x[start:start + BATCH], y: train_y[start:start + BATCH]})
        sess.run(start_metrics)
        for start in range(0, len(test_x), BATCH):  # the last batch is smaller
            batch = test_x[start:start + BATCH]
            sess.run(update_metrics, feed_dict={x: batch, y: test_y[start:start + BATCH], inside: [border] * len(batch)})
        found = sess.run(values)
        print('epoch %d:' % (epoch + 1), ', '.join('%s %.4f' % item for item in sorted(found.items())))
    print('area under the curve of the rare class: %.4f' % sess.run(auc))
