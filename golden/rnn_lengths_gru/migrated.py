"""Sum up sequences of different lengths with GRU cells on top of each other."""
import numpy as np
import tensorflow as tf
import keras


class GRUCell(keras.layers.Layer):
    """The GRU cell of TensorFlow 1, for `keras.layers.RNN`.

    The gates have one kernel, and a bias that starts at one; the candidate has its own. `keras.layers.GRU` has two
    kernels in another order, and other initial values.
    """

    def __init__(self, units, activation=tf.tanh, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = activation
        self.state_size = units
        self.output_size = units

    def build(self, input_shape):
        size = input_shape[-1] + self.units
        self.gate_kernel = self.add_weight(name="gate_kernel", shape=(size, 2 * self.units))
        self.gate_bias = self.add_weight(name="gate_bias", shape=(2 * self.units,), initializer="ones")
        self.candidate_kernel = self.add_weight(name="candidate_kernel", shape=(size, self.units))
        self.candidate_bias = self.add_weight(name="candidate_bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs, states):
        h = states[0]
        gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), self.gate_kernel), self.gate_bias)
        r, u = tf.split(tf.sigmoid(gates), 2, axis=1)
        candidate = tf.matmul(tf.concat([inputs, r * h], 1), self.candidate_kernel)
        c = self.activation(tf.nn.bias_add(candidate, self.candidate_bias))
        h = u * h + (1 - u) * c
        return h, [h]


class LSTMCell(keras.layers.Layer):
    """The LSTM cell of TensorFlow 1, for `keras.layers.RNN`.

    Inputs and state have one kernel together, with the gates in the order i, j, f, o, and `forget_bias` is added as the
    forget gate is computed. `keras.layers.LSTM` has two kernels in another order, and other initial values.
    """

    def __init__(self, units, forget_bias=1.0, activation=tf.tanh, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.forget_bias = forget_bias
        self.activation = activation
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1] + self.units, 4 * self.units))
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer="zeros")

    def call(self, inputs, states):
        c, h = states
        gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), self.kernel), self.bias)
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + self.forget_bias) + tf.sigmoid(i) * self.activation(j)
        h = self.activation(c) * tf.sigmoid(o)
        return h, [c, h]


n_steps = 6
n_inputs = 2
n_neurons = 8
n_layers = 2
learning_rate = 0.01

X = tf.TensorSpec([None, n_steps, n_inputs], tf.float32)
y = tf.TensorSpec([None], tf.float32)
seq_length = tf.TensorSpec([None], tf.int32)

layers = [GRUCell(n_neurons) for layer in range(n_layers)]
multi_layer_cell = keras.layers.StackedRNNCells(layers)
gru = keras.layers.RNN(multi_layer_cell, return_sequences=True, return_state=True, zero_output_for_mask=True)

# What is left of a sequence is read by one more cell, whose memory counts too
memory = LSTMCell(4)
lstm = keras.layers.RNN(memory, return_sequences=True, return_state=True, zero_output_for_mask=True)
total_layer = keras.layers.Dense(1, name='total')


def forward(X, seq_length):
    outputs, *states = gru(X, mask=tf.sequence_mask(seq_length, tf.shape(X)[1]))
    _, last_c, last_h = lstm(outputs, mask=tf.sequence_mask(seq_length, tf.shape(outputs)[1]))
    features = tf.concat([states[-1], last_h, last_c], axis=1)
    total = tf.squeeze(total_layer(features), axis=1)
    return outputs, total


@tf.function(input_signature=[X, seq_length])
def evaluate(X, seq_length):
    outputs, total = forward(X, seq_length)
    return outputs, total


optimizer = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)


@tf.function(input_signature=[X, y, seq_length])
def train_step(X, y, seq_length):
    with tf.GradientTape() as tape:
        _, total = forward(X, seq_length)

        loss = tf.reduce_mean(tf.square(total - y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


rng = np.random.RandomState(3)


def batch(size):
    lengths = rng.randint(1, n_steps + 1, size=size)
    values = rng.rand(size, n_steps, n_inputs)
    for row, length in zip(values, lengths):
        row[length:] = 0
    return values, values.sum(axis=(1, 2)), lengths


for step in range(25):
    X_batch, y_batch, lengths = batch(12)
    feed = {'X': X_batch, 'y': y_batch, 'seq_length': lengths}
    mse = train_step(**feed).numpy()
    if step % 6 == 0:
        print(step, "MSE:", mse)

X_test, y_test, lengths = batch(5)
values, sums = [value.numpy() for value in evaluate(X_test, lengths)]
print(values.shape, np.round(sums, 3), np.round(y_test, 3))
