"""Which way does the bar go?  A small convolutional network with dropout.

Pictures are 8 x 8 with one bar: horizontal, vertical or diagonal.
"""
from __future__ import division, print_function, absolute_import

import tensorflow as tf
import keras
import numpy as np

# ---- data ------------------------------------------------------------

def make_bars(count, seed):
    r = np.random.RandomState(seed)
    pictures = r.normal(0., 0.1, (count, 8, 8))
    kinds = r.randint(0, 3, count)
    for picture, kind in zip(pictures, kinds):
        at = r.randint(1, 7)
        if kind == 0:
            picture[at, :] += 1.
        elif kind == 1:
            picture[:, at] += 1.
        else:
            picture[np.arange(8), np.arange(8)] += 1.
    return pictures.reshape(count, 64), np.eye(3)[kinds]

train_x, train_y = make_bars(120, 5)
test_x, test_y = make_bars(30, 6)

# ---- settings --------------------------------------------------------
learning_rate = 0.005
num_steps = 12
batch_size = 20
display_step = 4

num_input = 64    # 8 * 8 pixels
num_classes = 3
dropout = 0.75    # probability to keep a unit

X = tf.TensorSpec([None, num_input], tf.float32)
Y = tf.TensorSpec([None, num_classes], tf.float32)
keep_prob = tf.TensorSpec(None, tf.float32)  # dropout (keep probability)

# ---- layers ----------------------------------------------------------

def conv2d(x, W, b, strides=1):
    # convolution, bias, relu
    x = tf.nn.conv2d(x, W, strides=[1, strides, strides, 1], padding='SAME')
    x = tf.nn.bias_add(x, b)
    return tf.nn.relu(x)


def maxpool2d(x, k=2):
    return tf.nn.max_pool(x, ksize=[1, k, k, 1], strides=[1, k, k, 1], padding='SAME')


def conv_net(x, weights, biases, dropout):
    # rows of pixels become pictures: batch, height, width, channel
    x = tf.reshape(x, shape=[-1, 8, 8, 1])

    conv1 = conv2d(x, weights['wc1'], biases['bc1'])
    conv1 = maxpool2d(conv1, k=2)

    conv2 = conv2d(conv1, weights['wc2'], biases['bc2'])
    conv2 = maxpool2d(conv2, k=2)

    # Fully connected layer
    fc1 = tf.reshape(conv2, [-1, weights['wd1'].get_shape().as_list()[0]])
    fc1 = tf.add(tf.matmul(fc1, weights['wd1']), biases['bd1'])
    fc1 = tf.nn.relu(fc1)
    fc1 = tf.nn.dropout(fc1, rate=1 - dropout)

    return tf.add(tf.matmul(fc1, weights['out']), biases['out'])

weights = {
    # 3x3 conv, 1 input, 4 outputs
    'wc1': tf.Variable(tf.random.truncated_normal([3, 3, 1, 4], stddev=0.3)),
    # 3x3 conv, 4 inputs, 8 outputs
    'wc2': tf.Variable(tf.random.truncated_normal([3, 3, 4, 8], stddev=0.2)),
    # fully connected, 2*2*8 inputs, 16 outputs
    'wd1': tf.Variable(tf.random.truncated_normal([2*2*8, 16], stddev=0.2)),
    'out': tf.Variable(tf.random.truncated_normal([16, num_classes], stddev=0.2))
}

biases = {
    'bc1': tf.Variable(tf.constant(0.1, shape=[4])),
    'bc2': tf.Variable(tf.constant(0.1, shape=[8])),
    'bd1': tf.Variable(tf.constant(0.1, shape=[16])),
    'out': tf.Variable(tf.constant(0.1, shape=[num_classes]))
}

optimizer = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)


@tf.function(input_signature=[X, Y, keep_prob])
def train_step(X, Y, keep_prob):
    with tf.GradientTape() as tape:
        # ---- model -----------------------------------------------------------
        logits = conv_net(X, weights, biases, keep_prob)

        loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
            logits=logits, labels=Y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss_op, variables), variables))


def accuracy_of(logits, Y):
    prediction = tf.nn.softmax(logits)

    correct_pred = tf.equal(tf.argmax(prediction, 1), tf.argmax(Y, 1))
    return tf.reduce_mean(tf.cast(correct_pred, tf.float32))


@tf.function(input_signature=[X, Y, keep_prob])
def evaluate(X, Y, keep_prob):
    logits = conv_net(X, weights, biases, keep_prob)

    loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(
        logits=logits, labels=Y))
    accuracy = accuracy_of(logits, Y)
    return loss_op, accuracy


@tf.function(input_signature=[X, Y, keep_prob])
def compute_accuracy(X, Y, keep_prob):
    logits = conv_net(X, weights, biases, keep_prob)
    return accuracy_of(logits, Y)


# ---- training --------------------------------------------------------
for step in range(1, num_steps+1):
    rows = np.arange(step * batch_size, (step + 1) * batch_size) % len(train_x)
    batch_x, batch_y = train_x[rows], train_y[rows]
    train_step(batch_x, batch_y, dropout)
    if step % display_step == 0 or step == 1:
        # nothing is dropped when we look at the loss
        loss, acc = [value.numpy() for value in evaluate(batch_x, batch_y, 1.0)]
        print("Step %d, loss= %.4f, accuracy= %.3f" % (step, loss, acc))

print("Testing Accuracy:", \
    compute_accuracy(test_x, test_y, 1.0).numpy())
