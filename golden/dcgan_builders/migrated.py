"""A small generative adversarial network on synthetic images."""
import numpy as np
import tensorflow as tf
import keras

rng = np.random.RandomState(0)
images = rng.uniform(size=[64, 8, 8, 1]).astype(np.float32)
batch_size = 16
noise_dim = 12


# The generator: from noise to an image
class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(units=4 * 4 * 8)
        self.conv_transpose = keras.layers.Conv2DTranspose(1, 2, strides=2)

    def call(self, x):
        # A dense layer gives the first feature map
        x = self.dense(x)
        x = tf.nn.tanh(x)
        # To a 4-D array: (batch, height, width, channels)
        x = tf.reshape(x, shape=[-1, 4, 4, 8])
        # Deconvolution, image shape: (batch, 8, 8, 1)
        x = self.conv_transpose(x)
        # Values between 0 and 1
        x = tf.nn.sigmoid(x)
        return x


# The discriminator: from an image to the scores of real and fake
class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = keras.layers.Conv2D(4, 3)
        self.pool = keras.layers.AveragePooling2D(2, 2)
        self.flatten = keras.layers.Flatten()
        self.dense1 = keras.layers.Dense(16)
        self.dense2 = keras.layers.Dense(2)

    def call(self, x):
        x = self.conv(x)
        x = tf.nn.tanh(x)
        x = self.pool(x)
        x = self.flatten(x)
        x = self.dense1(x)
        x = tf.nn.tanh(x)
        # Two classes
        x = self.dense2(x)
        return x


noise_input = tf.TensorSpec([None, noise_dim], tf.float32)
real_input = tf.TensorSpec([None, 8, 8, 1], tf.float32)

generator = Generator()


@tf.function(input_signature=[noise_input])
def compute_gen_sample(noise_input):
    # Build the generator
    return generator(noise_input)


discriminator = Discriminator()

disc_target = tf.TensorSpec([None], tf.int32)
gen_target = tf.TensorSpec([None], tf.int32)

optimizer_gen = keras.optimizers.Adam(learning_rate=0.001, epsilon=1e-08)
optimizer_disc = keras.optimizers.Adam(learning_rate=0.001, epsilon=1e-08)


@tf.function(input_signature=[noise_input, real_input, disc_target, gen_target])
def train_step(noise_input, real_input, disc_target, gen_target):
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        gen_sample = generator(noise_input)
        # Build two discriminators that share their variables
        disc_real = discriminator(real_input)
        disc_fake = discriminator(gen_sample)
        disc_concat = tf.concat([disc_real, disc_fake], axis=0)
        stacked = discriminator(gen_sample)
        disc_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=disc_concat, labels=disc_target))
        gen_loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=stacked, labels=gen_target))

    # The variables of each network
    gen_vars = generator.trainable_variables
    disc_vars = discriminator.trainable_variables
    gen_gradients = gen_tape.gradient(gen_loss, gen_vars)
    disc_gradients = disc_tape.gradient(disc_loss, disc_vars)
    optimizer_gen.apply_gradients(zip(gen_gradients, gen_vars))
    optimizer_disc.apply_gradients(zip(disc_gradients, disc_vars))
    return gen_loss, disc_loss


for step in range(1, 11):
    batch = images[rng.choice(64, batch_size)]
    z = rng.uniform(-1., 1., size=[batch_size, noise_dim])
    targets = np.concatenate([np.ones([batch_size]), np.zeros([batch_size])], axis=0)
    feed_dict = {'real_input': batch, 'noise_input': z, 'disc_target': targets, 'gen_target': np.ones([batch_size])}
    gl, dl = [value.numpy() for value in train_step(**feed_dict)]
    if step % 5 == 0:
        print('Step %i: generator %f, discriminator %f' % (step, gl, dl))
sample = compute_gen_sample(rng.uniform(-1., 1., size=[4, noise_dim])).numpy()
print(sample.shape)
