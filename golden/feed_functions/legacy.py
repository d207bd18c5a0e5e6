"""A classifier whose feeds come from a function, and whose runs stand in helpers with names of their own."""
import os
import tempfile

import numpy as np
import tensorflow as tf

N_FEATURES = 6
N_CLASSES = 3
BATCH = 8

data = np.random.RandomState(0)
features = data.randn(48, N_FEATURES).astype(np.float32)
labels = np.argmax(features[:, :N_CLASSES] + 0.1 * data.randn(48, N_CLASSES), axis=1)

images_placeholder = tf.placeholder(tf.float32, shape=(None, N_FEATURES))
labels_placeholder = tf.placeholder(tf.int64, shape=(None,))
keep_prob = tf.placeholder(tf.float32)

weights = tf.Variable(tf.zeros([N_FEATURES, N_CLASSES]))
biases = tf.Variable(tf.zeros([N_CLASSES]))
logits = tf.matmul(images_placeholder * keep_prob, weights) + biases
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels_placeholder, logits=logits))
train_op = tf.train.AdagradOptimizer(0.5).minimize(loss)
eval_correct = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1), labels_placeholder), tf.int32))


def save_graph(graph=None, run_id="graph"):
    if graph is None:
        graph = tf.get_default_graph()
    logdir = os.path.join(tempfile.mkdtemp(), run_id)
    writer = tf.summary.FileWriter(logdir, graph=graph)
    writer.close()
    return os.path.basename(logdir)


def fill_feed_dict(step, train):
    """The feeds of one step: a batch to train on, or everything."""
    if train:
        start = step * BATCH % len(features)
        images_feed, labels_feed, keep = features[start:start + BATCH], labels[start:start + BATCH], 0.5
    else:
        images_feed, labels_feed, keep = features, labels, 1.0
    feed_dict = {
        images_placeholder: images_feed,
        labels_placeholder: labels_feed,
        keep_prob: keep,
    }
    return feed_dict


def do_eval(session, correct, images_pl, labels_pl, keep_pl, images, targets):
    """The share of right answers."""
    true_count = session.run(correct, feed_dict={images_pl: images, labels_pl: targets, keep_pl: 1.0})
    precision = float(true_count) / len(images)
    print("  examples: %d  correct: %d  precision: %.4f" % (len(images), true_count, precision))
    return precision


print(save_graph())
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(12):
        _, loss_value = sess.run([train_op, loss], feed_dict=fill_feed_dict(step, step % 4 != 3))
        if step % 4 == 0:
            feed_dict = fill_feed_dict(step, False)
        else:
            feed_dict = {images_placeholder: features[:4], labels_placeholder: labels[:4], keep_prob: 1.0}
        print("Step %d: loss = %.4f, now %.4f" % (step, loss_value, sess.run(loss, feed_dict=feed_dict)))
    do_eval(sess, eval_correct, images_placeholder, labels_placeholder, keep_prob, features, labels)
    half = feed_dict.copy()
    half[keep_prob] = 0.5
    print("Loss on the last feeds: %.4f, with half of each input: %.4f" % (loss.eval(feed_dict), loss.eval(half)))
    do_eval(sess, eval_correct, images_placeholder, labels_placeholder, keep_prob, images=features[:9], targets=labels[:9])
