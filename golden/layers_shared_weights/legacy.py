"""A generator learns to draw parabolas; the discriminator sees real and drawn ones with the same weights."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(5)
np.random.seed(5)

POINTS = 11
NOISE = 4
RATE = 0.002
GRID = np.linspace(-1, 1, POINTS)


def parabolas(count):
    height = np.random.uniform(1, 2, size=[count, 1])
    return height * GRID ** 2 + (height - 1)


with tf.variable_scope('generator'):
    noise = tf.placeholder(tf.float32, [None, NOISE])
    g_hidden = tf.layers.dense(noise, 32, tf.nn.relu)
    drawn = tf.layers.dense(g_hidden, POINTS)

with tf.variable_scope('discriminator'):
    real = tf.placeholder(tf.float32, [None, POINTS])
    d_real = tf.layers.dense(real, 32, tf.nn.relu, name='hidden')
    p_real = tf.layers.dense(d_real, 1, tf.nn.sigmoid, name='probability')
    # the same layers, for what was drawn
    d_drawn = tf.layers.dense(drawn, 32, tf.nn.relu, name='hidden', reuse=True)
    p_drawn = tf.layers.dense(d_drawn, 1, tf.nn.sigmoid, name='probability', reuse=True)

d_loss = -tf.reduce_mean(tf.log(p_real) + tf.log(1 - p_drawn))
g_loss = tf.reduce_mean(tf.log(1 - p_drawn))

d_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='discriminator')
g_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='generator')
train_d = tf.train.AdamOptimizer(RATE).minimize(d_loss, var_list=d_vars)
train_g = tf.train.AdamOptimizer(RATE).minimize(g_loss, var_list=g_vars)

sess = tf.Session()
sess.run(tf.global_variables_initializer())

for step in range(50):
    ideas = np.random.randn(16, NOISE)
    pictures, p, loss = sess.run(
        [drawn, p_real, d_loss, train_d, train_g], {noise: ideas, real: parabolas(16)})[:3]
    if step % 10 == 0:
        print('%d: p(real) %.3f, loss %.3f' % (step, p.mean(), loss))

print(sess.run(drawn, {noise: np.ones([1, NOISE])}).shape)
