"""Crosses and squares: a small convolutional network with batch normalization."""
import numpy as np
import tensorflow as tf
import keras


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization of images as TensorFlow 1 computed it, by the fused kernel.

    The moving variance follows the variance over N - 1 elements, where `keras.layers.BatchNormalization` takes the one
    over N, and the outputs round as they did (Keras: up to 7e-7 otherwise). Where that does not matter, use Keras' layer.
    """

    def call(self, inputs, training=False):
        if len(inputs.shape) != 4:
            return super().call(inputs, training=training)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma if self.scale else tf.ones_like(self.moving_mean),
            offset=self.beta if self.center else tf.zeros_like(self.moving_mean),
            mean=tf.constant([]) if training else self.moving_mean,
            variance=tf.constant([]) if training else self.moving_variance,
            epsilon=max(self.epsilon, 1.001e-5),
            data_format="NCHW" if self.axis == 1 else "NHWC",
            is_training=bool(training),
        )
        if training:
            self.moving_mean.assign_sub((self.moving_mean - mean) * (1 - self.momentum))
            self.moving_variance.assign_sub((self.moving_variance - variance) * (1 - self.momentum))
        return outputs


SIZE = 8
STEPS = 30

rng = np.random.RandomState(1)


def draw(count):
    """Noisy pictures of crosses (0) and of squares (1)."""
    images = rng.normal(0, 0.3, [count, SIZE, SIZE, 1])
    labels = rng.randint(0, 2, count)
    for image, label in zip(images, labels):
        row, column = rng.randint(0, 4, 2)
        if label:
            image[row:row + 5, [column, column + 4]] += 1
            image[[row, row + 4], column:column + 5] += 1
        else:
            image[row:row + 5, column + 2] += 1
            image[row + 2, column:column + 5] += 1
    return images, labels


tf.random.set_seed(1)

pictures = tf.TensorSpec([None, SIZE, SIZE, 1], tf.float32)
classes = tf.TensorSpec([None], tf.int32)

conv1_conv2d = keras.layers.Conv2D(6, 3, padding='same', use_bias=False)
norm1 = FusedBatchNormalization(name='norm1')
pool1_layer = keras.layers.MaxPooling2D(pool_size=2, strides=2)

conv2_conv2d = keras.layers.Conv2D(8, [3, 3], padding='same', use_bias=False)
norm2 = FusedBatchNormalization(name='norm2')
pool2_layer = keras.layers.AveragePooling2D(pool_size=4, strides=4)

flatten = keras.layers.Flatten()
logits_layer = keras.layers.Dense(2)


def logits_of(pictures, is_training):
    # convolution, normalization, activation: twice
    conv1 = conv1_conv2d(pictures)
    conv1 = norm1(conv1, training=is_training)
    conv1 = tf.nn.relu(conv1)
    pool1 = pool1_layer(conv1)

    conv2 = conv2_conv2d(pool1)
    conv2 = norm2(conv2, training=is_training)
    conv2 = tf.nn.relu(conv2)
    pool2 = pool2_layer(conv2)

    return logits_layer(flatten(pool2))


@tf.function(input_signature=[pictures, classes])
def compute_accuracy(pictures, classes):
    logits = logits_of(pictures, is_training=False)
    correct = tf.equal(tf.cast(tf.argmax(logits, 1), tf.int32), classes)
    return tf.reduce_mean(tf.cast(correct, tf.float32))


optimizer = keras.optimizers.SGD(0.1, momentum=0.9)


@tf.function(input_signature=[pictures, classes])
def train_step(pictures, classes):
    with tf.GradientTape() as tape:
        logits = logits_of(pictures, is_training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


test_images, test_labels = draw(100)

for step in range(1, STEPS + 1):
    images, labels = draw(40)
    value = train_step(images, labels).numpy()
    if step % 10 == 0:
        score = compute_accuracy(test_images, test_labels).numpy()
        print('%d: loss %.4f, %.0f%% of the test pictures' % (step, value, 100 * score))
