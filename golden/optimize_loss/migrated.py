"""A classifier of points that is trained with tf.contrib.layers.optimize_loss."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras

n_inputs = 4
n_hidden = 16
n_classes = 3
learning_rate = 0.1
max_grad_norm = 1.0

# Make some points around three centers
rng = np.random.RandomState(3)
centers = rng.uniform(-2.0, 2.0, [n_classes, n_inputs])
labels = rng.randint(0, n_classes, 200)
points = centers[labels] + rng.normal(0.0, 0.7, [200, n_inputs])

X = keras.Input(batch_shape=[None, n_inputs])
y = tf.TensorSpec([None], tf.int64)

hidden = keras.layers.Dense(n_hidden, activation=tf.nn.tanh, name="hidden")(X)
logits = keras.layers.Dense(n_classes, name="logits")(hidden)
logits_model = keras.Model(X, logits)


@tf.function(input_signature=[tf.TensorSpec(X.shape, X.dtype), y])
def compute_accuracy(X, y):
    logits = logits_model(X)
    return tf.reduce_mean(tf.cast(tf.nn.in_top_k(predictions=logits, targets=y, k=1), tf.float32))


global_step = tf.Variable(0, trainable=False, dtype=tf.int64, name="global_step")

# Train with a rate that gets smaller, and gradients that are not too large
decayed_learning_rate = keras.optimizers.schedules.ExponentialDecay(learning_rate, decay_steps=10, decay_rate=0.9)
optimizer = keras.optimizers.SGD(decayed_learning_rate)


@tf.function(input_signature=[tf.TensorSpec(X.shape, X.dtype), y])
def train_step(X, y):
    with tf.GradientTape() as tape:
        logits = logits_model(X)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    variables = tape.watched_variables()
    gradients = tape.gradient(loss, variables)
    gradients, _ = tf.clip_by_global_norm(gradients, max_grad_norm)
    optimizer.apply_gradients(zip(gradients, variables))
    global_step.assign_add(1)
    return tf.identity(loss)


for epoch in range(5):
    for start in range(0, 160, 40):
        batch = {"X": points[start:start + 40], "y": labels[start:start + 40]}
        train_loss = train_step(**batch).numpy()
    test_accuracy = compute_accuracy(points[160:], labels[160:]).numpy()
    print("Step", global_step.numpy(), "loss:", train_loss, "accuracy:", test_accuracy)
