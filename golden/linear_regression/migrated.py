'''
Hooke's law from measurements: how far does a spring stretch under a load?

A first TensorFlow program: two placeholders, two variables, one training loop.
'''

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

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
load = tf.TensorSpec(None, tf.float32)
stretch = tf.TensorSpec(None, tf.float32)

# What we learn
stiffness = tf.Variable(rng.randn(), name="stiffness")
offset = tf.Variable(rng.randn(), name="offset")


@tf.function(input_signature=[load, stretch])
def compute_held_out_loss(load, stretch):
    # The law: stretch is proportional to load
    predicted = tf.add(tf.multiply(load, stiffness), offset)
    return tf.reduce_sum(tf.pow(predicted - stretch, 2)) / (2 * held_out_loads.shape[0])


@tf.function(input_signature=[load, stretch])
def compute_loss(load, stretch):
    predicted = tf.add(tf.multiply(load, stiffness), offset)

    # Half the mean squared error
    return tf.reduce_sum(tf.pow(predicted-stretch, 2))/(2*n)


# plain gradient descent on both variables
optimizer = keras.optimizers.SGD(learning_rate)


@tf.function(input_signature=[load, stretch])
def train_step(load, stretch):
    with tf.GradientTape() as tape:
        loss = compute_loss(load, stretch)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


# Run it
# One point at a time
for epoch in range(epochs):
    for (l, s) in zip(loads, stretches):
        train_step(l, s)

    # Tell how it goes
    if (epoch+1) % report_every == 0:
        c = compute_loss(loads, stretches).numpy()
        print("epoch %03d" % (epoch+1), "loss = {:.6f}".format(c), \
            "k =", stiffness.numpy(), "b =", offset.numpy())

print("Done.")
final_loss = compute_loss(loads, stretches).numpy()
print("loss on the measurements:", final_loss, "k:", stiffness.numpy(), '\n')

# Points the program has not seen
held_out_loss = compute_held_out_loss(held_out_loads, held_out_stretches).numpy()
print("loss on held-out points:", held_out_loss)
print("difference:", abs(final_loss - held_out_loss))
