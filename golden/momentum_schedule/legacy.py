"""Two heads on one layer: a Momentum optimizer with a decaying rate, and one Adam object for two train ops."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data = rng.rand(64, 6).astype(np.float32)
values = (data.dot(rng.rand(6)) + 0.1 * rng.randn(64)).astype(np.float32)
signs = (values > values.mean()).astype(np.float32)

inputs = tf.placeholder(tf.float32, [None, 6])
value = tf.placeholder(tf.float32, [None])
sign = tf.placeholder(tf.float32, [None])

hidden_w = tf.Variable(0.3 * rng.randn(6, 8), dtype=tf.float32, name='hidden_w')
value_w = tf.Variable(0.3 * rng.randn(8), dtype=tf.float32, name='value_w')
sign_w = tf.Variable(0.3 * rng.randn(8), dtype=tf.float32, name='sign_w')

hidden = tf.tanh(tf.matmul(inputs, hidden_w))
value_loss = tf.reduce_mean(tf.square(tf.reduce_sum(hidden * value_w, 1) - value))
sign_logits = tf.reduce_sum(hidden * sign_w, 1)
sign_loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=sign, logits=sign_logits))

# The whole network first, with a rate that decays at every step
global_step = tf.Variable(0, trainable=False)
rate = tf.train.polynomial_decay(0.1, global_step, 12, end_learning_rate=0.01, power=0.5)
momentum = tf.train.MomentumOptimizer(rate, 0.9)
pretrain = momentum.minimize(value_loss + sign_loss, global_step=global_step)

# Then each head for itself
optimizer = tf.train.AdamOptimizer(learning_rate=0.02, beta1=0.5)
train_value = optimizer.minimize(value_loss, var_list=[value_w])
train_sign = optimizer.minimize(sign_loss, var_list=[sign_w])

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(15):
        rows = rng.randint(64, size=16)
        feed = {inputs: data[rows], value: values[rows], sign: signs[rows]}
        _, a, b, current = sess.run([pretrain, value_loss, sign_loss, rate], feed_dict=feed)
        if step % 5 == 0:
            print('%2d  value %.4f  sign %.4f  rate %.4f' % (step, a, b, current))
    for step in range(10):
        sess.run(train_value, feed_dict={inputs: data, value: values})
        if step % 2:
            _, b = sess.run([train_sign, sign_loss], feed_dict={inputs: data, sign: signs})
    print('sign loss %.4f' % b)
