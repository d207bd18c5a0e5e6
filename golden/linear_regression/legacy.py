'''
Hooke's law from measurements: how far does a spring stretch under a load?

A first TensorFlow program: two placeholders, two variables, one training loop.
'''

from __future__ import print_function

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(11)

# Settings
learning_rate = 0.04
epochs = 30
report_every = 10

# Measurements (newton, centimetre)
loads = np.asarray([0.2, 0.5, 0.9, 1.1, 1.6, 1.8, 2.2, 2.5, 2.7, 3.0])
stretches = 1.3 * loads + 0.4 + rng.normal(0., 0.05, loads.shape)
held_out_loads = np.asarray([0.3, 1.4, 2.9])
held_out_stretches = 1.3 * held_out_loads + 0.4

n = loads.shape[0]

# What we feed
load = tf.placeholder("float")
stretch = tf.placeholder("float")

# What we learn
stiffness = tf.Variable(rng.randn(), name="stiffness")
offset = tf.Variable(rng.randn(), name="offset")

# The law: stretch is proportional to load
predicted = tf.add(tf.multiply(load, stiffness), offset)

# Half the mean squared error
loss = tf.reduce_sum(tf.pow(predicted-stretch, 2))/(2*n)
# plain gradient descent on both variables
train = tf.train.GradientDescentOptimizer(learning_rate).minimize(loss)

# Sets the variables to their starting values
init = tf.global_variables_initializer()

# Run it
with tf.Session() as sess:

    sess.run(init)

    # One point at a time
    for epoch in range(epochs):
        for (l, s) in zip(loads, stretches):
            sess.run(train, feed_dict={load: l, stretch: s})

        # Tell how it goes
        if (epoch+1) % report_every == 0:
            c = sess.run(loss, feed_dict={load: loads, stretch: stretches})
            print("epoch %03d" % (epoch+1), "loss = {:.6f}".format(c), \
                "k =", sess.run(stiffness), "b =", sess.run(offset))

    print("Done.")
    final_loss = sess.run(loss, feed_dict={load: loads, stretch: stretches})
    print("loss on the measurements:", final_loss, "k:", sess.run(stiffness), '\n')

    # Points the program has not seen
    held_out_loss = sess.run(
        tf.reduce_sum(tf.pow(predicted - stretch, 2)) / (2 * held_out_loads.shape[0]),
        feed_dict={load: held_out_loads, stretch: held_out_stretches})
    print("loss on held-out points:", held_out_loss)
    print("difference:", abs(final_loss - held_out_loss))
