"""Learn a text character by character, and write on from where it ended; the memory goes from step to step."""
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


class FullLSTMCell(keras.layers.Layer):
    """The LSTM cell of TensorFlow 1 with its peepholes, clipping and projection, for `keras.layers.RNN`.

    Inputs and state have one kernel together, with the gates in the order i, j, f, o, and `forget_bias` is added as the
    forget gate is computed. With `num_proj` the output is a projection, without a bias, to that size.
    """

    def __init__(
        self, units, use_peepholes=False, cell_clip=None, num_proj=None, proj_clip=None, forget_bias=1.0,
        activation=tf.tanh, **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.use_peepholes = use_peepholes
        self.cell_clip = cell_clip
        self.num_proj = num_proj
        self.proj_clip = proj_clip
        self.forget_bias = forget_bias
        self.activation = activation
        self.output_size = num_proj or units
        self.state_size = [units, self.output_size]

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1] + self.output_size, 4 * self.units))
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer="zeros")
        if self.use_peepholes:
            self.w_f_diag = self.add_weight(name="w_f_diag", shape=(self.units,))
            self.w_i_diag = self.add_weight(name="w_i_diag", shape=(self.units,))
            self.w_o_diag = self.add_weight(name="w_o_diag", shape=(self.units,))
        if self.num_proj:
            self.projection = self.add_weight(name="projection", shape=(self.units, self.num_proj))

    def call(self, inputs, states):
        c, h = states
        gates = tf.nn.bias_add(tf.matmul(tf.concat([inputs, h], 1), self.kernel), self.bias)
        i, j, f, o = tf.split(gates, 4, axis=1)
        if self.use_peepholes:
            f = tf.sigmoid(f + self.forget_bias + self.w_f_diag * c)
            i = tf.sigmoid(i + self.w_i_diag * c)
        else:
            f = tf.sigmoid(f + self.forget_bias)
            i = tf.sigmoid(i)
        c = f * c + i * self.activation(j)
        if self.cell_clip is not None:
            c = tf.clip_by_value(c, -self.cell_clip, self.cell_clip)
        h = tf.sigmoid(o + self.w_o_diag * c if self.use_peepholes else o) * self.activation(c)
        if self.num_proj:
            h = tf.matmul(h, self.projection)
            if self.proj_clip is not None:
                h = tf.clip_by_value(h, -self.proj_clip, self.proj_clip)
        return h, [c, h]


class DropoutCell(keras.layers.Layer):
    """A recurrent cell with dropout on its inputs, its outputs and its state, at each step and at each call.

    Of an LSTM's state, `c` is kept whole. The `dropout` arguments of `keras.layers.LSTM` draw one mask for all steps.
    """

    def __init__(self, cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        self.input_keep_prob = input_keep_prob
        self.output_keep_prob = output_keep_prob
        self.state_keep_prob = state_keep_prob
        self.state_size = cell.state_size
        self.output_size = cell.output_size

    def build(self, input_shape):
        if not self.cell.built:
            self.cell.build(input_shape)
            self.cell.built = True

    def call(self, inputs, states):
        inputs = tf.nn.dropout(inputs, rate=1 - self.input_keep_prob)
        outputs, [*memory, h] = self.cell(inputs, states)
        h = tf.nn.dropout(h, rate=1 - self.state_keep_prob)
        return tf.nn.dropout(outputs, rate=1 - self.output_keep_prob), [*memory, h]


text = "the rain in spain stays mainly in the plain; the grain in the plain drains in the rain. "
vocabulary = sorted(set(text))
codes = {char: code for code, char in enumerate(vocabulary)}
data = np.array([codes[char] for char in text])

num_classes = len(vocabulary)
batch_size = 2
num_steps = 8
state_size = 10
num_layers = 2
learning_rate = 0.02

x = tf.TensorSpec([batch_size, None], tf.int32)
y = tf.TensorSpec([batch_size, None], tf.int32)
keep_prob = tf.TensorSpec([], tf.float32)

embeddings = tf.Variable(keras.initializers.GlorotUniform()([num_classes, 6]), name='embeddings')


def lstm_cell():
    cell = FullLSTMCell(state_size, use_peepholes=True)
    return cell


# The memory of the first layer is kept between the runs
cell = LSTMCell(state_size, forget_bias=0.8)
init_state_c = tf.TensorSpec([batch_size, state_size], tf.float32)
init_state_h = tf.TensorSpec([batch_size, state_size], tf.float32)
lstm = keras.layers.RNN(cell, return_sequences=True, return_state=True)

# What is above begins anew
cells = [lstm_cell() for _ in range(num_layers)]

with tf.name_scope('softmax'):
    W = tf.Variable(keras.initializers.GlorotUniform()([state_size, num_classes]), name='W')
    b = tf.Variable(tf.constant(0.0, shape=[num_classes]), name='b')


def forward(x, init_state_c, init_state_h, keep_prob):
    rnn_inputs = tf.nn.embedding_lookup(embeddings, x)
    with tf.name_scope('read'):
        outputs, final_state_c, final_state_h = lstm(rnn_inputs, initial_state=[init_state_c, init_state_h])
        final_state = [final_state_c, final_state_h]
    dropout_cells = [DropoutCell(inner_cell, output_keep_prob=keep_prob) for inner_cell in cells]
    upper = keras.layers.StackedRNNCells(dropout_cells)
    with tf.name_scope('think'):
        lstm_2 = keras.layers.RNN(upper, return_sequences=True, return_state=True)
        rnn_outputs, *states = lstm_2(outputs)
    flat = tf.reshape(rnn_outputs, [-1, state_size])
    logits = tf.matmul(flat, W) + b
    return final_state, states, logits


@tf.function(input_signature=[x, keep_prob, init_state_c, init_state_h])
def compute(x, keep_prob, init_state_c, init_state_h):
    final_state, _, logits = forward(x, init_state_c, init_state_h, keep_prob)
    predictions = tf.nn.softmax(logits)
    return [predictions, final_state]


optimizer = keras.optimizers.SGD(learning_rate)


@tf.function(input_signature=[x, y, keep_prob, init_state_c, init_state_h])
def train_step(x, y, keep_prob, init_state_c, init_state_h):
    with tf.GradientTape() as tape:
        final_state, states, logits = forward(x, init_state_c, init_state_h, keep_prob)

        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(y, [-1]), logits=logits)
        total_loss = tf.reduce_mean(losses)
    spread = tf.reduce_mean(tf.abs(states[-1][1])) + tf.reduce_mean(tf.square(states[0][0]))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(total_loss, variables), variables))
    return total_loss, spread, final_state


batch_length = len(data) // batch_size
rows = data[:batch_size * batch_length].reshape(batch_size, batch_length)

for epoch in range(3):
    state = None
    for start in range(0, batch_length - num_steps, num_steps):
        feed = {'x': rows[:, start:start + num_steps], 'y': rows[:, start + 1:start + num_steps + 1], 'keep_prob': 0.8}
        if state is None:
            loss, size, state = tf.nest.map_structure(lambda value: value.numpy(), train_step(**feed, init_state_c=tf.zeros([batch_size, state_size], tf.float32), init_state_h=tf.zeros([batch_size, state_size], tf.float32)))
        else:
            loss, size, state = tf.nest.map_structure(lambda value: value.numpy(), train_step(rows[:, start:start + num_steps], rows[:, start + 1:start + num_steps + 1], 0.8, state[0], state[1]))
    print('epoch %d: loss %.5f, memory %.5f' % (epoch, loss, size))

# Writing needs no labels
chars = rows[:, -1:]
for _ in range(4):
    shares, state = tf.nest.map_structure(lambda value: value.numpy(), compute(chars, 1.0, state[0], state[1]))
    chars = shares.argmax(axis=1).reshape(batch_size, 1)
    print([vocabulary[code] for code in chars[:, 0]], shares.max())
