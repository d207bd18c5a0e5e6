"""Digits with a small convolutional network in the manner of slim: arg scopes, repeat, end points."""

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim


def arg_scope(weight_decay=0.0005, stddev=0.1):
    """The arguments that all layers have in common."""
    with slim.arg_scope([slim.conv2d, slim.fully_connected],
                        activation_fn=tf.nn.relu,
                        weights_initializer=tf.truncated_normal_initializer(0.0, stddev),
                        biases_initializer=tf.constant_initializer(0.05),
                        weights_regularizer=slim.l2_regularizer(weight_decay)):
        with slim.arg_scope([slim.conv2d, slim.max_pool2d], padding='SAME') as sc:
            return sc


# Bright squares on the left or on the right
rng = np.random.RandomState(3)
targets = rng.randint(0, 2, 96)
images = rng.uniform(0.0, 0.3, [96, 12, 12, 1]).astype(np.float32)
for image, target in zip(images, targets):
    column = rng.randint(0, 3) + 6 * target
    row = rng.randint(0, 8)
    image[row:row + 4, column:column + 4] += 0.6

x = tf.placeholder(tf.float32, [None, 12, 12, 1], name='x')
y = tf.placeholder(tf.int32, [None], name='y')

# The network
with slim.arg_scope(arg_scope(weight_decay=0.001)):
    net = slim.repeat(x, 2, slim.conv2d, 4, [3, 3], scope='conv1')
    net = slim.max_pool2d(net, [2, 2], scope='pool1')  # 6x6
    net = slim.conv2d(net, 6, [3, 3], stride=2, scope='conv2')
    net = slim.flatten(net, scope='flatten')
    net = slim.stack(net, slim.fully_connected, [16, 8], scope='fc')
    with slim.arg_scope([slim.fully_connected], activation_fn=None):
        logits = slim.fully_connected(net, 2, scope='logits')
predictions = slim.softmax(logits)

loss = tf.losses.softmax_cross_entropy(slim.one_hot_encoding(y, 2), logits)
train_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(predictions, 1, output_type=tf.int32), y)))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(12):
        batch = slice(16 * (step % 5), 16 * (step % 5) + 16)
        _, value = sess.run([train_op, loss], feed_dict={x: images[batch], y: targets[batch]})
        if step % 4 == 3:
            print('step %d: loss %.4f' % (step, value))
    print('accuracy on the rest: %.2f' % sess.run(accuracy, feed_dict={x: images[80:], y: targets[80:]}))
