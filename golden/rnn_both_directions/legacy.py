"""Tell in which half of a sequence a bump is, by cells that read it in both directions."""
import numpy as np
import tensorflow as tf

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


X = tf.placeholder(tf.float32, [None, n_steps, 1])
lengths = tf.placeholder(tf.int32, [None])
y = tf.placeholder(tf.int32, [None])


def both_ways(x, n_units):
    # One cell for each direction
    cell_fw = tf.nn.rnn_cell.GRUCell(n_units)
    cell_bw = tf.nn.rnn_cell.GRUCell(n_units)
    outputs, states = tf.nn.bidirectional_dynamic_rnn(
        cell_fw, cell_bw, x, sequence_length=lengths, dtype=tf.float32)
    return tf.concat(outputs, 2), tf.concat([states[0], states[1]], 1)


read, last = both_ways(X, n_hidden)

# A second pass, step by step, over what the first one made of the sequence
walker = tf.nn.rnn_cell.BasicLSTMCell(4)
state = walker.zero_state(tf.shape(X)[0], tf.float32)
with tf.variable_scope('walk'):
    for step in range(n_steps):
        output, state = walker(read[:, step], state)

features = tf.concat([last, output, state.c], axis=1)
logits = tf.layers.dense(features, 2, name='logits')
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.GradientDescentOptimizer(0.3).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for iteration in range(20):
        values, sizes, labels = batch(12)
        _, mean = sess.run([training_op, loss], {X: values, lengths: sizes, y: labels})
        if iteration % 5 == 0:
            print(iteration, 'loss:', mean)

    values, sizes, labels = batch(30)
    print('accuracy:', sess.run(accuracy, {X: values, lengths: sizes, y: labels}))
