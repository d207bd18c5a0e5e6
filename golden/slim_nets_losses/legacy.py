"""Small pictures of bars with a network in the manner of the slim model library."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def barnet_arg_scope(weight_decay=0.004):
    """Defines the arg scope of the network."""
    with slim.arg_scope([slim.conv2d, slim.fully_connected],
                        weights_initializer=tf.truncated_normal_initializer(stddev=0.1),
                        weights_regularizer=slim.l2_regularizer(weight_decay),
                        activation_fn=tf.nn.relu) as sc:
        return sc


def barnet(images, num_classes=2, scope='BarNet'):
    """Builds the network; returns the logits and the outputs of all layers by name."""
    end_points = {}
    with tf.variable_scope(scope, 'BarNet', [images]):
        net = end_points['conv1'] = slim.conv2d(images, 6, [3, 3], scope='conv1')
        net = end_points['pool1'] = slim.max_pool2d(net, [2, 2], 2, scope='pool1')
        net = end_points['conv2'] = slim.conv2d(net, 8, [3, 3], stride=2, scope='conv2')
        net = slim.flatten(net)
        # the classifier
        net = end_points['fc3'] = slim.fully_connected(net, 16, scope='fc3')
        logits = end_points['Logits'] = slim.fully_connected(net, num_classes, activation_fn=None, scope='fc4')
    end_points['Predictions'] = slim.softmax(logits, scope='Predictions')
    return logits, end_points


def bars(count, seed):
    """Pictures with one bright row or column, and which of the two it is."""
    random = np.random.RandomState(seed)
    upright = random.randint(0, 2, count)
    pictures = random.uniform(0.0, 0.4, [count, 8, 8, 1])
    for picture, is_column in zip(pictures, upright):
        place = random.randint(0, 8)
        if is_column:
            picture[:, place] += 0.6
        else:
            picture[place] += 0.6
    return pictures.astype(np.float32), upright


images = tf.placeholder(tf.float32, [None, 8, 8, 1], name='images')
labels = tf.placeholder(tf.int64, [None], name='labels')

with slim.arg_scope(barnet_arg_scope(weight_decay=0.002)):
    logits, end_points = barnet(images)

# Specify the loss function: the total is the sum of what was added, and of the decay of the weights
slim.losses.softmax_cross_entropy(logits, slim.one_hot_encoding(labels, 2))
total_loss = slim.losses.get_total_loss()
data_loss = slim.losses.get_total_loss(add_regularization_losses=False)

optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.1)
train_op = optimizer.minimize(total_loss)
accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(end_points['Predictions'], 1), labels)))

pictures, upright = bars(120, seed=11)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        batch = slice(20 * (step % 4), 20 * (step % 4) + 20)
        _, loss = sess.run([train_op, total_loss], feed_dict={images: pictures[batch], labels: upright[batch]})
        if step % 5 == 4:
            error = sess.run(data_loss, feed_dict={images: pictures[80:], labels: upright[80:]})
            print('step %d: loss %.4f, error on the rest %.4f' % (step + 1, loss, error))
    print('accuracy on the rest: %.3f' % sess.run(accuracy, feed_dict={images: pictures[80:], labels: upright[80:]}))
