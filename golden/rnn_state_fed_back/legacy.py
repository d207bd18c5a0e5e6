"""Learn a text character by character, and write on from where it ended; the memory goes from step to step."""
import numpy as np
import tensorflow as tf

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

x = tf.placeholder(tf.int32, [batch_size, None], name='inputs')
y = tf.placeholder(tf.int32, [batch_size, None], name='labels')
keep_prob = tf.placeholder_with_default(1.0, [], name='keep_prob')

embeddings = tf.get_variable('embeddings', [num_classes, 6])
rnn_inputs = tf.nn.embedding_lookup(embeddings, x)


def lstm_cell():
    cell = tf.nn.rnn_cell.LSTMCell(state_size, use_peepholes=True)
    return tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=keep_prob)


# The memory of the first layer is kept between the runs
cell = tf.nn.rnn_cell.BasicLSTMCell(state_size, forget_bias=0.8)
init_state = cell.zero_state(batch_size, tf.float32)
with tf.variable_scope('read'):
    outputs, final_state = tf.nn.dynamic_rnn(cell, rnn_inputs, initial_state=init_state)

# What is above begins anew
upper = tf.nn.rnn_cell.MultiRNNCell([lstm_cell() for _ in range(num_layers)])
with tf.variable_scope('think'):
    rnn_outputs, states = tf.nn.dynamic_rnn(upper, outputs, dtype=tf.float32)

with tf.variable_scope('softmax'):
    W = tf.get_variable('W', [state_size, num_classes])
    b = tf.get_variable('b', [num_classes], initializer=tf.constant_initializer(0.0))
flat = tf.reshape(rnn_outputs, [-1, state_size])
logits = tf.matmul(flat, W) + b
predictions = tf.nn.softmax(logits)
spread = tf.reduce_mean(tf.abs(states[-1].h)) + tf.reduce_mean(tf.square(states[0].c))

losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.reshape(y, [-1]), logits=logits)
total_loss = tf.reduce_mean(losses)
train_step = tf.train.GradientDescentOptimizer(learning_rate).minimize(total_loss)

batch_length = len(data) // batch_size
rows = data[:batch_size * batch_length].reshape(batch_size, batch_length)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(3):
        state = None
        for start in range(0, batch_length - num_steps, num_steps):
            feed = {x: rows[:, start:start + num_steps], y: rows[:, start + 1:start + num_steps + 1], keep_prob: 0.8}
            if state is None:
                loss, size, state, _ = sess.run([total_loss, spread, final_state, train_step], feed)
            else:
                loss, size, state, _ = sess.run(
                    [total_loss, spread, final_state, train_step],
                    {x: rows[:, start:start + num_steps], y: rows[:, start + 1:start + num_steps + 1],
                     keep_prob: 0.8, init_state: state})
        print('epoch %d: loss %.5f, memory %.5f' % (epoch, loss, size))

    # Writing needs no labels
    chars = rows[:, -1:]
    for _ in range(4):
        shares, state = sess.run([predictions, final_state], feed_dict={x: chars, init_state: state})
        chars = shares.argmax(axis=1).reshape(batch_size, 1)
        print([vocabulary[code] for code in chars[:, 0]], shares.max())
