"""Regression on a noisy parabola, with a function that adds one layer to the network."""
import numpy as np
import tensorflow as tf


# Add one more layer, and return its output
def add_layer(inputs, in_size, out_size, activation_function=None):
    Weights = tf.Variable(tf.random_normal([in_size, out_size]), name='W')
    biases = tf.Variable(tf.zeros([1, out_size]) + 0.1, name='b')  # rather not zero
    Wx_plus_b = tf.matmul(inputs, Weights) + biases
    if activation_function is None:
        outputs = Wx_plus_b
    else:
        outputs = activation_function(Wx_plus_b)
    return outputs


# Several hidden layers of one size
def hidden_layers(inputs, in_size, sizes):
    h = inputs
    for size in sizes:
        h = add_layer(h, in_size, size, tf.nn.tanh)
        in_size = size
    return h


# Make up some data
rng = np.random.RandomState(0)
x_data = np.linspace(-1, 1, 60)[:, np.newaxis]
y_data = np.square(x_data) - 0.5 + rng.normal(0, 0.05, x_data.shape)

xs = tf.placeholder(tf.float32, [None, 1])
ys = tf.placeholder(tf.float32, [None, 1])

# Two hidden layers, and the output layer
hidden = hidden_layers(xs, 1, [10, 6])
prediction = add_layer(hidden, 6, 1)

# The error between prediction and data
loss = tf.reduce_mean(tf.reduce_sum(tf.square(ys - prediction), reduction_indices=[1]))
train_step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(40):
        sess.run(train_step, feed_dict={xs: x_data, ys: y_data})
        if i % 10 == 0:
            print(i, sess.run(loss, feed_dict={xs: x_data, ys: y_data}))
    print(sess.run(prediction, feed_dict={xs: [[0.0], [0.5]]}))
