"""A small generative adversarial network on synthetic images."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
images = rng.uniform(size=[64, 8, 8, 1]).astype(np.float32)
batch_size = 16
noise_dim = 12


# The generator: from noise to an image
def generator(x, reuse=False):
    with tf.variable_scope('Generator', reuse=reuse):
        # A dense layer gives the first feature map
        x = tf.layers.dense(x, units=4 * 4 * 8)
        x = tf.nn.tanh(x)
        # To a 4-D array: (batch, height, width, channels)
        x = tf.reshape(x, shape=[-1, 4, 4, 8])
        # Deconvolution, image shape: (batch, 8, 8, 1)
        x = tf.layers.conv2d_transpose(x, 1, 2, strides=2)
        # Values between 0 and 1
        x = tf.nn.sigmoid(x)
        return x


# The discriminator: from an image to the scores of real and fake
def discriminator(x, reuse=False):
    with tf.variable_scope('Discriminator', reuse=reuse):
        x = tf.layers.conv2d(x, 4, 3)
        x = tf.nn.tanh(x)
        x = tf.layers.average_pooling2d(x, 2, 2)
        x = tf.layers.flatten(x)
        x = tf.layers.dense(x, 16)
        x = tf.nn.tanh(x)
        # Two classes
        x = tf.layers.dense(x, 2)
    return x


noise_input = tf.placeholder(tf.float32, shape=[None, noise_dim])
real_input = tf.placeholder(tf.float32, shape=[None, 8, 8, 1])

# Build the generator
gen_sample = generator(noise_input)

# Build two discriminators that share their variables
disc_real = discriminator(real_input)
disc_fake = discriminator(gen_sample, reuse=True)
disc_concat = tf.concat([disc_real, disc_fake], axis=0)
stacked = discriminator(gen_sample, reuse=True)

disc_target = tf.placeholder(tf.int32, shape=[None])
gen_target = tf.placeholder(tf.int32, shape=[None])
disc_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=disc_concat, labels=disc_target))
gen_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=stacked, labels=gen_target))

optimizer_gen = tf.train.AdamOptimizer(learning_rate=0.001)
optimizer_disc = tf.train.AdamOptimizer(learning_rate=0.001)

# The variables of each network
gen_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='Generator')
disc_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='Discriminator')
train_gen = optimizer_gen.minimize(gen_loss, var_list=gen_vars)
train_disc = optimizer_disc.minimize(disc_loss, var_list=disc_vars)

init = tf.global_variables_initializer()
with tf.Session() as sess:
    sess.run(init)
    for step in range(1, 11):
        batch = images[rng.choice(64, batch_size)]
        z = rng.uniform(-1., 1., size=[batch_size, noise_dim])
        targets = np.concatenate([np.ones([batch_size]), np.zeros([batch_size])], axis=0)
        feed_dict = {real_input: batch, noise_input: z, disc_target: targets, gen_target: np.ones([batch_size])}
        _, _, gl, dl = sess.run([train_gen, train_disc, gen_loss, disc_loss], feed_dict=feed_dict)
        if step % 5 == 0:
            print('Step %i: generator %f, discriminator %f' % (step, gl, dl))
    sample = sess.run(gen_sample, feed_dict={noise_input: rng.uniform(-1., 1., size=[4, noise_dim])})
    print(sample.shape)
