# -*- coding: utf-8 -*-

""" Autoencoder: 24 samples of a wave through a bottleneck of 3 numbers.

Encoder and decoder are functions; RMSProp trains them.
"""
from __future__ import division, print_function, absolute_import

import tensorflow as tf
import keras
import numpy as np


class RMSPropOptimizer(keras.optimizers.Optimizer):
    """RMSProp with the update rule of TensorFlow 1.

    The mean square starts at one, where that of `keras.optimizers.RMSprop` starts at zero: the first steps are much
    shorter here. A sparse gradient (an embedding) updates only the rows it holds. Where this need not be kept, use
    `keras.optimizers.RMSprop(learning_rate, rho=decay, momentum=momentum, epsilon=epsilon)`.
    """

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.decay = decay
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.mean_squares = self.add_optimizer_variables(variables, "mean_square", initializer="ones")
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        inputs = {
            "var": variable.handle,
            "ms": self.mean_squares[index].value.handle,
            "mom": self.momentums[index].value.handle,
            "lr": tf.cast(learning_rate, variable.dtype),
            "rho": tf.cast(self.decay, variable.dtype),
            "momentum": tf.cast(self.momentum, variable.dtype),
            "epsilon": tf.cast(self.epsilon, variable.dtype),
        }
        if isinstance(gradient, tf.IndexedSlices):
            indices, positions = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(indices))
            tf.raw_ops.ResourceSparseApplyRMSProp(grad=summed, indices=indices, **inputs)
        else:
            tf.raw_ops.ResourceApplyRMSProp(grad=gradient, **inputs)

    def get_config(self):
        config = {"decay": self.decay, "momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **config}


np.random.seed(8)
grid = np.linspace(0., 2 * np.pi, 24)
phases = np.random.uniform(0., 2 * np.pi, (128, 1))
waves = 0.5 + 0.4 * np.sin(grid + phases) * np.random.uniform(0.5, 1., (128, 1))

# Training Parameters
learning_rate = 0.01
num_steps = 30
batch_size = 32

display_step = 10
examples_to_show = 3

# Network Parameters
num_hidden_1 = 12 # first layer
num_hidden_2 = 3 # second layer (the bottleneck)
num_input = 24 # samples of one wave

# tf Graph input (no labels, only waves)
X = tf.TensorSpec([None, num_input], tf.float32)

weights = {
    'encoder_h1': tf.Variable(tf.random.normal([num_input, num_hidden_1], stddev=0.3)),
    'encoder_h2': tf.Variable(tf.random.normal([num_hidden_1, num_hidden_2], stddev=0.3)),
    'decoder_h1': tf.Variable(tf.random.normal([num_hidden_2, num_hidden_1], stddev=0.3)),
    'decoder_h2': tf.Variable(tf.random.normal([num_hidden_1, num_input], stddev=0.3)),
}
biases = {
    'encoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'encoder_b2': tf.Variable(tf.zeros([num_hidden_2])),
    'decoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'decoder_b2': tf.Variable(tf.zeros([num_input])),
}

def encoder(x):
    # sigmoid layer #1
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['encoder_h1']),
                                   biases['encoder_b1']))
    # sigmoid layer #2
    layer_2 = tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['encoder_h2']),
                                   biases['encoder_b2']))
    return layer_2


def decoder(x):
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['decoder_h1']),
                                   biases['decoder_b1']))
    layer_2 = tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['decoder_h2']),
                                   biases['decoder_b2']))
    return layer_2


@tf.function(input_signature=[X])
def compute_encoder_op(X):
    # Construct model
    return encoder(X)


@tf.function(input_signature=[X])
def compute_decoder_op(X):
    encoder_op = encoder(X)
    return decoder(encoder_op)


optimizer = RMSPropOptimizer(learning_rate)


@tf.function(input_signature=[X])
def train_step(X):
    with tf.GradientTape() as tape:
        decoder_op = compute_decoder_op(X)

        # Prediction
        y_pred = decoder_op
        # The target is the input
        y_true = X

        # Minimize the squared error
        loss = tf.reduce_mean(tf.pow(y_true - y_pred, 2))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


for i in range(1, num_steps+1):
    batch_x = waves[np.random.choice(len(waves), batch_size, replace=False)]

    l = train_step(batch_x).numpy()
    # Display loss per step
    if i % display_step == 0 or i == 1:
        print('Step %i: Batch Loss: %f' % (i, l))

# Encode and decode some waves, compare with the originals
g = compute_decoder_op(waves[:examples_to_show]).numpy()
for original, copy in zip(waves, g):
    print('largest error: %.3f' % np.abs(original - copy).max())

codes = compute_encoder_op(waves[:examples_to_show]).numpy()
print(codes.shape)
