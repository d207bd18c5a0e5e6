"""Two heads on one layer: a Momentum optimizer with a decaying rate, and one Adam object for two train ops."""
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras


class MomentumOptimizer(keras.optimizers.Optimizer):
    """Momentum with the update rule of TensorFlow 1.

    The learning rate scales the accumulated gradient as it is applied. `keras.optimizers.SGD` scales each gradient as
    it is accumulated, which gives other weights when the learning rate changes. A sparse gradient (an embedding)
    updates only the rows it holds. Where this need not be kept, use
    `keras.optimizers.SGD(learning_rate, momentum=momentum, nesterov=use_nesterov)`.
    """

    def __init__(self, learning_rate, momentum, use_nesterov=False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.use_nesterov = use_nesterov

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.accumulators = self.add_optimizer_variables(variables, "accumulator")

    def update_step(self, gradient, variable, learning_rate):
        inputs = {
            "var": variable.handle,
            "accum": self.accumulators[self._get_variable_index(variable)].value.handle,
            "lr": tf.cast(learning_rate, variable.dtype),
            "momentum": tf.cast(self.momentum, variable.dtype),
            "use_nesterov": self.use_nesterov,
        }
        if isinstance(gradient, tf.IndexedSlices):
            indices, positions = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(indices))
            tf.raw_ops.ResourceSparseApplyMomentum(grad=summed, indices=indices, **inputs)
        else:
            tf.raw_ops.ResourceApplyMomentum(grad=gradient, **inputs)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "use_nesterov": self.use_nesterov}


rng = np.random.RandomState(0)
data = rng.rand(64, 6).astype(np.float32)
values = (data.dot(rng.rand(6)) + 0.1 * rng.randn(64)).astype(np.float32)
signs = (values > values.mean()).astype(np.float32)

inputs = tf.TensorSpec([None, 6], tf.float32)
value = tf.TensorSpec([None], tf.float32)
sign = tf.TensorSpec([None], tf.float32)

hidden_w = tf.Variable(0.3 * rng.randn(6, 8), dtype=tf.float32, name='hidden_w')
value_w = tf.Variable(0.3 * rng.randn(8), dtype=tf.float32, name='value_w')
sign_w = tf.Variable(0.3 * rng.randn(8), dtype=tf.float32, name='sign_w')


def sign_loss_of(hidden, sign):
    sign_logits = tf.reduce_sum(hidden * sign_w, 1)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=sign, logits=sign_logits))


# The whole network first, with a rate that decays at every step
global_step = tf.Variable(0, trainable=False)
rate = keras.optimizers.schedules.PolynomialDecay(0.1, decay_steps=12, end_learning_rate=0.01, power=0.5)
momentum = MomentumOptimizer(rate, momentum=0.9)


@tf.function(input_signature=[inputs, value, sign])
def train_pre(inputs, value, sign):
    with tf.GradientTape() as tape:
        hidden = tf.tanh(tf.matmul(inputs, hidden_w))
        value_loss = tf.reduce_mean(tf.square(tf.reduce_sum(hidden * value_w, 1) - value))
        sign_loss = sign_loss_of(hidden, sign)
        loss = value_loss + sign_loss
    rate_value = rate(global_step)
    variables = tape.watched_variables()
    momentum.apply_gradients(zip(tape.gradient(loss, variables), variables))
    global_step.assign_add(1)
    return value_loss, sign_loss, rate_value


# Then each head for itself
optimizer = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.5, epsilon=1e-08)
optimizer.build([value_w, sign_w])


@tf.function(input_signature=[inputs, value])
def train_value(inputs, value):
    with tf.GradientTape() as tape:
        hidden = tf.tanh(tf.matmul(inputs, hidden_w))
        value_loss = tf.reduce_mean(tf.square(tf.reduce_sum(hidden * value_w, 1) - value))
    variables = [value_w]
    optimizer.apply_gradients(zip(tape.gradient(value_loss, variables), variables))


@tf.function(input_signature=[inputs, sign])
def train_sign(inputs, sign):
    with tf.GradientTape() as tape:
        hidden = tf.tanh(tf.matmul(inputs, hidden_w))
        sign_loss = sign_loss_of(hidden, sign)
    variables = [sign_w]
    optimizer.apply_gradients(zip(tape.gradient(sign_loss, variables), variables))
    return sign_loss


for step in range(15):
    rows = rng.randint(64, size=16)
    feed = {'inputs': data[rows], 'value': values[rows], 'sign': signs[rows]}
    a, b, current = [value.numpy() for value in train_pre(**feed)]
    if step % 5 == 0:
        print('%2d  value %.4f  sign %.4f  rate %.4f' % (step, a, b, current))
for step in range(10):
    train_value(data, values)
    if step % 2:
        b = train_sign(data, signs).numpy()
print('sign loss %.4f' % b)
