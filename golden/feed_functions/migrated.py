"""A classifier whose feeds come from a function, and whose runs stand in helpers with names of their own."""
import os
import tempfile

import numpy as np
import tensorflow as tf
import keras

N_FEATURES = 6
N_CLASSES = 3
BATCH = 8

data = np.random.RandomState(0)
features = data.randn(48, N_FEATURES).astype(np.float32)
labels = np.argmax(features[:, :N_CLASSES] + 0.1 * data.randn(48, N_CLASSES), axis=1)

images_placeholder = tf.TensorSpec((None, N_FEATURES), tf.float32)
labels_placeholder = tf.TensorSpec((None,), tf.int64)
keep_prob = tf.TensorSpec(None, tf.float32)

weights = tf.Variable(tf.zeros([N_FEATURES, N_CLASSES]))
biases = tf.Variable(tf.zeros([N_CLASSES]))


@tf.function(input_signature=[images_placeholder, labels_placeholder, keep_prob])
def compute_loss(images_placeholder, labels_placeholder, keep_prob):
    logits = tf.matmul(images_placeholder * keep_prob, weights) + biases
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels_placeholder, logits=logits))


optimizer = keras.optimizers.Adagrad(0.5, epsilon=0.0)


@tf.function(input_signature=[images_placeholder, labels_placeholder, keep_prob])
def train_step(images_placeholder, labels_placeholder, keep_prob):
    with tf.GradientTape() as tape:
        loss = compute_loss(images_placeholder, labels_placeholder, keep_prob)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[images_placeholder, labels_placeholder, keep_prob])
def compute_eval_correct(images_placeholder, labels_placeholder, keep_prob):
    logits = tf.matmul(images_placeholder * keep_prob, weights) + biases
    return tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1), labels_placeholder), tf.int32))


def save_graph(run_id="graph"):
    logdir = os.path.join(tempfile.mkdtemp(), run_id)
    writer = tf.summary.create_file_writer(logdir)
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
        "images_placeholder": images_feed,
        "labels_placeholder": labels_feed,
        "keep_prob": keep,
    }
    return feed_dict


def do_eval(images, targets):
    """The share of right answers."""
    true_count = compute_eval_correct(images, targets, 1.0).numpy()
    precision = float(true_count) / len(images)
    print("  examples: %d  correct: %d  precision: %.4f" % (len(images), true_count, precision))
    return precision


print(save_graph())
for step in range(12):
    loss_value = train_step(**fill_feed_dict(step, step % 4 != 3)).numpy()
    if step % 4 == 0:
        feed_dict = fill_feed_dict(step, False)
    else:
        feed_dict = {"images_placeholder": features[:4], "labels_placeholder": labels[:4], "keep_prob": 1.0}
    print("Step %d: loss = %.4f, now %.4f" % (step, loss_value, compute_loss(**feed_dict).numpy()))
do_eval(features, labels)
half = feed_dict.copy()
half["keep_prob"] = 0.5
print("Loss on the last feeds: %.4f, with half of each input: %.4f" % (compute_loss(**feed_dict).numpy(), compute_loss(**half).numpy()))
do_eval(images=features[:9], targets=labels[:9])
