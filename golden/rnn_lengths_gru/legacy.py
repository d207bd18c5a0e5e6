"""Sum up sequences of different lengths with GRU cells on top of each other."""
import numpy as np
import tensorflow as tf

n_steps = 6
n_inputs = 2
n_neurons = 8
n_layers = 2
learning_rate = 0.01

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.float32, [None])
seq_length = tf.placeholder(tf.int32, [None])

layers = [tf.nn.rnn_cell.GRUCell(num_units=n_neurons) for layer in range(n_layers)]
multi_layer_cell = tf.nn.rnn_cell.MultiRNNCell(layers)
outputs, states = tf.nn.dynamic_rnn(multi_layer_cell, X, dtype=tf.float32, sequence_length=seq_length)

# What is left of a sequence is read by one more cell, whose memory counts too
memory = tf.nn.rnn_cell.LSTMCell(num_units=4)
_, last = tf.nn.dynamic_rnn(memory, outputs, dtype=tf.float32, sequence_length=seq_length, scope='memory')
features = tf.concat([states[-1], last.h, last.c], axis=1)
total = tf.squeeze(tf.layers.dense(features, 1, name='total'), axis=1)

loss = tf.reduce_mean(tf.square(total - y))
optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate)
training_op = optimizer.minimize(loss)

init = tf.global_variables_initializer()

rng = np.random.RandomState(3)


def batch(size):
    lengths = rng.randint(1, n_steps + 1, size=size)
    values = rng.rand(size, n_steps, n_inputs)
    for row, length in zip(values, lengths):
        row[length:] = 0
    return values, values.sum(axis=(1, 2)), lengths


with tf.Session() as sess:
    init.run()
    for step in range(25):
        X_batch, y_batch, lengths = batch(12)
        feed = {X: X_batch, y: y_batch, seq_length: lengths}
        _, mse = sess.run([training_op, loss], feed_dict=feed)
        if step % 6 == 0:
            print(step, "MSE:", mse)

    X_test, y_test, lengths = batch(5)
    values, sums = sess.run([outputs, total], feed_dict={X: X_test, seq_length: lengths})
    print(values.shape, np.round(sums, 3), np.round(y_test, 3))
