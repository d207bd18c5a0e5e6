"""A small classifier of points, written with tf.contrib.layers."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization of images and vectors as tf.contrib.layers computed it, by the fused kernel for images.

    The moving variance follows the variance over N - 1 elements, where `keras.layers.BatchNormalization` takes the one
    over N, and the outputs round as they did (Keras: up to 7e-7 otherwise). Where that does not matter, use Keras' layer.
    """

    def call(self, inputs, training=False):
        if len(inputs.shape) == 2:
            return self.call(inputs[:, tf.newaxis, tf.newaxis], training)[:, 0, 0]
        if len(inputs.shape) != 4:
            return super().call(inputs, training=training)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma if self.scale else tf.ones_like(self.moving_mean),
            offset=self.beta if self.center else tf.zeros_like(self.moving_mean),
            mean=tf.constant([]) if training else self.moving_mean,
            variance=tf.constant([]) if training else self.moving_variance,
            epsilon=max(self.epsilon, 1.001e-5),
            is_training=bool(training),
        )
        if training:
            self.moving_mean.assign_sub((self.moving_mean - mean) * (1 - self.momentum))
            self.moving_variance.assign_sub((self.moving_variance - variance) * (1 - self.momentum))
        return outputs


n_inputs = 6
n_hidden1 = 24
n_hidden2 = 16
n_classes = 3

# Make some points around three centers
rng = np.random.RandomState(7)
centers = rng.uniform(-2.0, 2.0, [n_classes, n_inputs])
labels = rng.randint(0, n_classes, 240)
points = centers[labels] + rng.normal(0.0, 0.6, [240, n_inputs])

X = tf.TensorSpec((None, n_inputs), tf.float32)
y = tf.TensorSpec((None), tf.int64)

he_init = keras.initializers.VarianceScaling(scale=2.011727389, seed=keras.random.SeedGenerator())

hidden1_layer = keras.layers.Dense(n_hidden1, name="hidden1",
                          kernel_initializer=he_init,
                          use_bias=False)
hidden1_batch_norm = FusedBatchNormalization(momentum=0.9, scale=False)
hidden2_layer = keras.layers.Dense(n_hidden2, use_bias=False, name="hidden2")
hidden2_batch_norm = FusedBatchNormalization(momentum=0.9, scale=False)
outputs = keras.layers.Dense(n_classes, name="outputs")


def logits_of(X, is_training):
    with tf.name_scope("dnn"):
        # Two hidden layers, both normalized
        hidden1 = hidden1_layer(X)
        hidden1 = hidden1_batch_norm(hidden1, training=is_training)
        hidden1 = tf.nn.elu(hidden1)
        hidden2 = hidden2_layer(hidden1)
        hidden2 = hidden2_batch_norm(hidden2, training=is_training)
        hidden2 = tf.nn.relu(hidden2)
        # No activation: these are the logits
        logits = outputs(hidden2)
    return logits


with tf.name_scope("train"):
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)


@tf.function(input_signature=[X, y])
def train_step(X, y):
    with tf.GradientTape() as tape:
        logits = logits_of(X, is_training=True)
        with tf.name_scope("loss"):
            xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            loss = tf.reduce_mean(xentropy, name="loss")
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


@tf.function(input_signature=[X, y])
def compute_accuracy(X, y):
    logits = logits_of(X, is_training=False)
    with tf.name_scope("eval"):
        correct = tf.nn.in_top_k(predictions=logits, targets=y, k=1)
        accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
    return accuracy


n_epochs = 5
batch_size = 40

for epoch in range(n_epochs):
    for start in range(0, 200, batch_size):
        X_batch = points[start:start + batch_size]
        y_batch = labels[start:start + batch_size]
        train_step(X_batch, y_batch)
    acc_train = compute_accuracy(X_batch, y_batch).numpy()
    acc_test = compute_accuracy(points[200:], labels[200:]).numpy()
    print(epoch, "Train accuracy:", acc_train, "Test accuracy:", acc_test)
