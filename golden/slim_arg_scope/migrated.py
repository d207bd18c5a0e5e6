"""Digits with a small convolutional network in the manner of slim: arg scopes, repeat, end points."""

import numpy as np
import tensorflow as tf
import keras


# Bright squares on the left or on the right
rng = np.random.RandomState(3)
targets = rng.randint(0, 2, 96)
images = rng.uniform(0.0, 0.3, [96, 12, 12, 1]).astype(np.float32)
for image, target in zip(images, targets):
    column = rng.randint(0, 3) + 6 * target
    row = rng.randint(0, 8)
    image[row:row + 4, column:column + 4] += 0.6

x = keras.Input(batch_shape=[None, 12, 12, 1])
y = tf.TensorSpec([None], tf.int32)

# The network
net = keras.layers.Conv2D(
    4, [3, 3], padding='same', activation=tf.nn.relu,
    kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05))(x)
net = keras.layers.Conv2D(
    4, [3, 3], padding='same', activation=tf.nn.relu,
    kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05))(net)
net = keras.layers.MaxPooling2D([2, 2], strides=2, padding='same', name='pool1')(net)  # 6x6
net = keras.layers.Conv2D(
    6, [3, 3], strides=2, padding='same', activation=tf.nn.relu,
    kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05), name='conv2')(net)
net = keras.layers.Flatten(name='flatten')(net)
net = keras.layers.Dense(
    16, activation=tf.nn.relu, kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05))(net)
net = keras.layers.Dense(
    8, activation=tf.nn.relu, kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05))(net)
logits = keras.layers.Dense(
    2, kernel_initializer=keras.initializers.TruncatedNormal(0.0, 0.1),
    bias_initializer=tf.constant_initializer(0.05), name='logits')(net)
logits_model = keras.Model(x, logits)

optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = logits_model(x)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(tf.one_hot(y, 2)), logits=logits))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), y])
def compute_accuracy(x, y):
    logits = logits_model(x)
    predictions = tf.nn.softmax(logits)
    return tf.reduce_mean(tf.cast(tf.equal(tf.argmax(predictions, 1, output_type=tf.int32), y), tf.float32))


for step in range(12):
    batch = slice(16 * (step % 5), 16 * (step % 5) + 16)
    value = train_step(images[batch], targets[batch]).numpy()
    if step % 4 == 3:
        print('step %d: loss %.4f' % (step, value))
print('accuracy on the rest: %.2f' % compute_accuracy(images[80:], targets[80:]).numpy())
