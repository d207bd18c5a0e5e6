""" A generative adversarial network for points on a ring.

Two players, two losses, two optimizers; each optimizer may only touch its own variables.
"""

from __future__ import division, print_function, absolute_import

import numpy as np
import tensorflow as tf
import keras

# Training Params
num_steps = 24
batch_size = 32
learning_rate = 0.002

# Network Params
data_dim = 2
gen_hidden_dim = 16
disc_hidden_dim = 16
noise_dim = 4 # Noise data points

rng = np.random.RandomState(20)

# Glorot initialisation
def glorot_init(shape):
    return tf.random.normal(shape=shape, stddev=1. / tf.sqrt(shape[0] / 2.))

# Store layers weight & bias
weights = {
    'gen_hidden1': tf.Variable(glorot_init([noise_dim, gen_hidden_dim])),
    'gen_out': tf.Variable(glorot_init([gen_hidden_dim, data_dim])),
    'disc_hidden1': tf.Variable(glorot_init([data_dim, disc_hidden_dim])),
    'disc_out': tf.Variable(glorot_init([disc_hidden_dim, 1])),
}
biases = {
    'gen_hidden1': tf.Variable(tf.zeros([gen_hidden_dim])),
    'gen_out': tf.Variable(tf.zeros([data_dim])),
    'disc_hidden1': tf.Variable(tf.zeros([disc_hidden_dim])),
    'disc_out': tf.Variable(tf.zeros([1])),
}


# Generator: noise in, points out
def generator(x):
    hidden_layer = tf.nn.relu(tf.matmul(x, weights['gen_hidden1']) + biases['gen_hidden1'])
    return tf.matmul(hidden_layer, weights['gen_out']) + biases['gen_out']


# Discriminator: points in, probability of being real out
def discriminator(x):
    hidden_layer = tf.nn.relu(tf.matmul(x, weights['disc_hidden1']) + biases['disc_hidden1'])
    out_layer = tf.matmul(hidden_layer, weights['disc_out']) + biases['disc_out']
    return tf.nn.sigmoid(out_layer)

# Network Inputs
gen_input = tf.TensorSpec([None, noise_dim], tf.float32)
disc_input = tf.TensorSpec([None, data_dim], tf.float32)


@tf.function(input_signature=[gen_input])
def compute_gen_sample(gen_input):
    # Build the generator
    return generator(gen_input)


# Optimizers
optimizer_gen = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)
optimizer_disc = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)

# By default an optimizer updates every trainable variable that the loss depends on,
# so each gets the list of those it may change.
gen_vars = [weights['gen_hidden1'], weights['gen_out'],
            biases['gen_hidden1'], biases['gen_out']]
disc_vars = [weights['disc_hidden1'], weights['disc_out'],
            biases['disc_hidden1'], biases['disc_out']]


@tf.function(input_signature=[gen_input])
def train_gen(gen_input):
    with tf.GradientTape() as tape:
        gen_sample = generator(gen_input)
        disc_fake = discriminator(gen_sample)

        # Losses
        gen_loss = -tf.reduce_mean(tf.math.log(disc_fake))
    # Training operations
    optimizer_gen.apply_gradients(zip(tape.gradient(gen_loss, gen_vars), gen_vars))
    return gen_loss


@tf.function(input_signature=[gen_input, disc_input])
def train_disc(gen_input, disc_input):
    with tf.GradientTape() as tape:
        gen_sample = generator(gen_input)

        # Two discriminators: one looks at real points, one at generated ones
        disc_real = discriminator(disc_input)
        disc_fake = discriminator(gen_sample)
        disc_loss = -tf.reduce_mean(tf.math.log(disc_real) + tf.math.log(1. - disc_fake))
    optimizer_disc.apply_gradients(zip(tape.gradient(disc_loss, disc_vars), disc_vars))
    return disc_loss


# Start training
for i in range(1, num_steps+1):
    # Points on the ring
    angle = rng.uniform(0., 2. * np.pi, size=[batch_size, 1])
    batch_x = np.hstack([np.cos(angle), np.sin(angle)])
    # Noise for the generator
    z = rng.uniform(-1., 1., size=[batch_size, noise_dim])

    # Train: first the discriminator, then the generator
    dl = train_disc(z, batch_x).numpy()
    gl = train_gen(z).numpy()
    if i % 8 == 0 or i == 1:
        print('Step %i: Generator Loss: %f, Discriminator Loss: %f' % (i, gl, dl))

# Generate points from noise
z = rng.uniform(-1., 1., size=[5, noise_dim])
g = [compute_gen_sample(z).numpy()]
radius = np.sqrt(np.square(g[0]).sum(axis=1))
print("radius of generated points:", np.round(radius, 3))
