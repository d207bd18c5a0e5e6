"""Small pictures of bars with a network in the manner of the slim model library."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras


class Barnet(keras.Model):
    """Builds the network; returns the logits and the outputs of all layers by name."""

    def __init__(self, num_classes=2, scope='BarNet'):
        super().__init__()
        with tf.name_scope(scope):
            self.conv1 = keras.layers.Conv2D(
                6, [3, 3], padding="same", activation=tf.nn.relu,
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1), name='conv1')
            self.pool1 = keras.layers.MaxPooling2D([2, 2], strides=2, name='pool1')
            self.conv2 = keras.layers.Conv2D(
                8, [3, 3], strides=2, padding="same", activation=tf.nn.relu,
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1), name='conv2')
            self.flatten = keras.layers.Flatten()
            self.fc3 = keras.layers.Dense(
                16, activation=tf.nn.relu, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
                name='fc3')
            self.fc4 = keras.layers.Dense(
                num_classes, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1), name='fc4')

    def call(self, images):
        end_points = {}
        net = self.conv1(images)
        end_points['conv1'] = net
        net = self.pool1(net)
        end_points['pool1'] = net
        net = self.conv2(net)
        end_points['conv2'] = net
        net = self.flatten(net)
        # the classifier
        net = self.fc3(net)
        end_points['fc3'] = net
        logits = self.fc4(net)
        end_points['Logits'] = logits
        end_points['Predictions'] = tf.nn.softmax(logits)
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


images = tf.TensorSpec([None, 8, 8, 1], tf.float32)
labels = tf.TensorSpec([None], tf.int64)

barnet = Barnet()


@tf.function(input_signature=[images, labels])
def compute_data_loss(images, labels):
    logits, end_points = barnet(images)

    # Specify the loss function: the total is the sum of what was added, and of the decay of the weights
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(tf.one_hot(labels, 2)), logits=logits))
    return cross_entropy


optimizer = keras.optimizers.SGD(learning_rate=0.1)


@tf.function(input_signature=[images, labels])
def train_step(images, labels):
    with tf.GradientTape() as tape:
        logits, end_points = barnet(images)

        cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(tf.one_hot(labels, 2)), logits=logits))
        total_loss = tf.add_n([
            cross_entropy,
            0.002 * tf.nn.l2_loss(barnet.conv1.kernel),
            0.002 * tf.nn.l2_loss(barnet.conv2.kernel),
            0.002 * tf.nn.l2_loss(barnet.fc3.kernel),
            0.002 * tf.nn.l2_loss(barnet.fc4.kernel),
        ])
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(total_loss, variables), variables))
    return total_loss


@tf.function(input_signature=[images, labels])
def compute_accuracy(images, labels):
    logits, end_points = barnet(images)
    return tf.reduce_mean(tf.cast(tf.equal(tf.argmax(end_points['Predictions'], 1), labels), tf.float32))


pictures, upright = bars(120, seed=11)

for step in range(20):
    batch = slice(20 * (step % 4), 20 * (step % 4) + 20)
    loss = train_step(pictures[batch], upright[batch]).numpy()
    if step % 5 == 4:
        error = compute_data_loss(pictures[80:], upright[80:]).numpy()
        print('step %d: loss %.4f, error on the rest %.4f' % (step + 1, loss, error))
print('accuracy on the rest: %.3f' % compute_accuracy(pictures[80:], upright[80:]).numpy())
