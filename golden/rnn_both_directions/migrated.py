"""Tell in which half of a sequence a bump is, by cells that read it in both directions."""
import numpy as np
import tensorflow as tf
import keras


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


n_steps = 7
n_hidden = 5
rng = np.random.RandomState(11)


def batch(size):
    labels = rng.randint(2, size=size)
    lengths = rng.randint(4, n_steps + 1, size=size)
    values = 0.1 * rng.rand(size, n_steps, 1)
    for row, label, length in zip(values, labels, lengths):
        row[0 if label else length - 1] += 1.0
        row[length:] = 0.0
    return values, lengths, labels


X = tf.TensorSpec([None, n_steps, 1], tf.float32)
lengths = tf.TensorSpec([None], tf.int32)
y = tf.TensorSpec([None], tf.int32)

# One cell for each direction
cell_fw = GRUCell(n_hidden)
cell_bw = GRUCell(n_hidden)
gru_fw = keras.layers.RNN(cell_fw, return_sequences=True, return_state=True, zero_output_for_mask=True)
gru_bw = keras.layers.RNN(cell_bw, return_sequences=True, return_state=True, zero_output_for_mask=True)

# A second pass, step by step, over what the first one made of the sequence
walker = LSTMCell(4)
logits_layer = keras.layers.Dense(2, name='logits')


def logits_of(lengths, X):
    def both_ways(x, n_units):
        mask = tf.sequence_mask(lengths, tf.shape(x)[1])
        outputs_fw, states_fw = gru_fw(x, mask=mask)
        outputs_bw, states_bw = gru_bw(tf.reverse_sequence(x, lengths, seq_axis=1), mask=mask)
        outputs_bw = tf.reverse_sequence(outputs_bw, lengths, seq_axis=1)
        outputs = (outputs_fw, outputs_bw)
        return tf.concat(outputs, 2), tf.concat([states_fw, states_bw], 1)

    read, last = both_ways(X, n_hidden)
    state = [tf.zeros([tf.shape(X)[0], 4], tf.float32), tf.zeros([tf.shape(X)[0], 4], tf.float32)]
    with tf.name_scope('walk'):
        for step in range(n_steps):
            output, state = walker(read[:, step], state)

    features = tf.concat([last, output, state[0]], axis=1)
    return logits_layer(features)


optimizer = keras.optimizers.SGD(0.3)


@tf.function(input_signature=[X, lengths, y])
def train_step(X, lengths, y):
    with tf.GradientTape() as tape:
        logits = logits_of(lengths, X)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[X, lengths, y])
def compute_accuracy(X, lengths, y):
    logits = logits_of(lengths, X)
    return tf.reduce_mean(tf.cast(tf.nn.in_top_k(predictions=logits, targets=y, k=1), tf.float32))


for iteration in range(20):
    values, sizes, labels = batch(12)
    mean = train_step(values, sizes, labels).numpy()
    if iteration % 5 == 0:
        print(iteration, 'loss:', mean)

values, sizes, labels = batch(30)
print('accuracy:', compute_accuracy(values, sizes, labels).numpy())
