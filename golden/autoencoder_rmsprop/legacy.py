# -*- coding: utf-8 -*-

""" Autoencoder: 24 samples of a wave through a bottleneck of 3 numbers.

Encoder and decoder are functions; RMSProp trains them.
"""
from __future__ import division, print_function, absolute_import

import tensorflow as tf
import numpy as np

np.random.seed(8)
grid = np.linspace(0., 2 * np.pi, 24)
phases = np.random.uniform(0., 2 * np.pi, (128, 1))
waves = 0.5 + 0.4 * np.sin(grid + phases) * np.random.uniform(0.5, 1., (128, 1))

# Training Parameters
learning_rate = 0.01
num_steps = 30
batch_size = 32

display_step = 10
examples_to_show = 3

# Network Parameters
num_hidden_1 = 12 # first layer
num_hidden_2 = 3 # second layer (the bottleneck)
num_input = 24 # samples of one wave

# tf Graph input (no labels, only waves)
X = tf.placeholder("float", [None, num_input])

weights = {
    'encoder_h1': tf.Variable(tf.random_normal([num_input, num_hidden_1], stddev=0.3)),
    'encoder_h2': tf.Variable(tf.random_normal([num_hidden_1, num_hidden_2], stddev=0.3)),
    'decoder_h1': tf.Variable(tf.random_normal([num_hidden_2, num_hidden_1], stddev=0.3)),
    'decoder_h2': tf.Variable(tf.random_normal([num_hidden_1, num_input], stddev=0.3)),
}
biases = {
    'encoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'encoder_b2': tf.Variable(tf.zeros([num_hidden_2])),
    'decoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'decoder_b2': tf.Variable(tf.zeros([num_input])),
}

def encoder(x):
    # sigmoid layer #1
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['encoder_h1']),
                                   biases['encoder_b1']))
    # sigmoid layer #2
    layer_2 = tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['encoder_h2']),
                                   biases['encoder_b2']))
    return layer_2


def decoder(x):
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['decoder_h1']),
                                   biases['decoder_b1']))
    layer_2 = tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['decoder_h2']),
                                   biases['decoder_b2']))
    return layer_2

# Construct model
encoder_op = encoder(X)
decoder_op = decoder(encoder_op)

# Prediction
y_pred = decoder_op
# The target is the input
y_true = X

# Minimize the squared error
loss = tf.reduce_mean(tf.pow(y_true - y_pred, 2))
optimizer = tf.train.RMSPropOptimizer(learning_rate).minimize(loss)

init = tf.global_variables_initializer()

# Start a session that stays open
sess = tf.Session()
sess.run(init)

for i in range(1, num_steps+1):
    batch_x = waves[np.random.choice(len(waves), batch_size, replace=False)]

    _, l = sess.run([optimizer, loss], feed_dict={X: batch_x})
    # Display loss per step
    if i % display_step == 0 or i == 1:
        print('Step %i: Batch Loss: %f' % (i, l))

# Encode and decode some waves, compare with the originals
g = sess.run(decoder_op, feed_dict={X: waves[:examples_to_show]})
for original, copy in zip(waves, g):
    print('largest error: %.3f' % np.abs(original - copy).max())

codes = sess.run(encoder_op, feed_dict={X: waves[:examples_to_show]})
print(codes.shape)

sess.close()
