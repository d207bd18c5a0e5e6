"""A generator learns to draw parabolas; the discriminator sees real and drawn ones with the same weights."""
import numpy as np
import tensorflow as tf
import keras

tf.random.set_seed(5)
np.random.seed(5)

POINTS = 11
NOISE = 4
RATE = 0.002
GRID = np.linspace(-1, 1, POINTS)


def parabolas(count):
    height = np.random.uniform(1, 2, size=[count, 1])
    return height * GRID ** 2 + (height - 1)


g_hidden_layer = keras.layers.Dense(32, tf.nn.relu)
drawn_layer = keras.layers.Dense(POINTS)


with tf.name_scope('generator'):
    noise = tf.TensorSpec([None, NOISE], tf.float32)


@tf.function(input_signature=[noise])
def compute_drawn(noise):
    with tf.name_scope('generator'):
        g_hidden = g_hidden_layer(noise)
        drawn = drawn_layer(g_hidden)
    return drawn


hidden = keras.layers.Dense(32, tf.nn.relu, name='hidden')
probability = keras.layers.Dense(1, tf.nn.sigmoid, name='probability')

with tf.name_scope('discriminator'):
    real = tf.TensorSpec([None, POINTS], tf.float32)

d_optimizer = keras.optimizers.Adam(RATE, epsilon=1e-08)
g_optimizer = keras.optimizers.Adam(RATE, epsilon=1e-08)


@tf.function(input_signature=[noise, real])
def train_step(noise, real):
    with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
        drawn = compute_drawn(noise)
        with tf.name_scope('discriminator'):
            d_real = hidden(real)
            p_real = probability(d_real)
            # the same layers, for what was drawn
            d_drawn = hidden(drawn)
            p_drawn = probability(d_drawn)

        d_loss = -tf.reduce_mean(tf.math.log(p_real) + tf.math.log(1 - p_drawn))
        g_loss = tf.reduce_mean(tf.math.log(1 - p_drawn))

    d_vars = [*hidden.trainable_variables, *probability.trainable_variables]
    g_vars = [*g_hidden_layer.trainable_variables, *drawn_layer.trainable_variables]
    d_gradients = d_tape.gradient(d_loss, d_vars)
    g_gradients = g_tape.gradient(g_loss, g_vars)
    d_optimizer.apply_gradients(zip(d_gradients, d_vars))
    g_optimizer.apply_gradients(zip(g_gradients, g_vars))
    return drawn, p_real, d_loss


for step in range(50):
    ideas = np.random.randn(16, NOISE)
    pictures, p, loss = [value.numpy() for value in train_step(ideas, parabolas(16))]
    if step % 10 == 0:
        print('%d: p(real) %.3f, loss %.3f' % (step, p.mean(), loss))

print(compute_drawn(np.ones([1, NOISE])).numpy().shape)
