"""Transfer a first layer from another tool, then train the rest with an L1 penalty and a norm limit."""

import numpy as np
import tensorflow as tf
import keras

n_inputs, n_hidden, n_outputs = 4, 6, 3
n_steps, batch_size = 6, 16
scale, limit = 0.01, 1.2

rng = np.random.RandomState(7)
data = rng.randn(96, n_inputs).astype(np.float32)
labels = (data.sum(axis=1) > 0).astype(np.int64) + (data[:, 0] > 0.8)
their_weights = rng.randn(n_inputs, n_hidden) * 0.5
their_bias = [0.1] * n_hidden

X = tf.TensorSpec([None, n_inputs], tf.float32)
y = tf.TensorSpec([None], tf.int64)

hidden_layer = keras.layers.Dense(n_hidden, activation=tf.nn.relu, name="hidden")
logits_layer = keras.layers.Dense(n_outputs, name="logits")


def logits_of(X):
    with tf.name_scope("net"):
        hidden = hidden_layer(X)
        logits = logits_layer(hidden)
    return logits


@tf.function
def compute_last():
    # Only the last layer is punished and limited
    last = logits_layer.kernel
    return tf.identity(last)


@tf.function(input_signature=[X, y])
def compute_loss(X, y):
    logits = logits_of(X)
    last = logits_layer.kernel
    with tf.name_scope("loss"):
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.add(tf.reduce_mean(entropy), scale * tf.reduce_sum(tf.abs(last)), name="total")
    return loss


compute_loss.get_concrete_function()  # makes the variables of the layers


with tf.name_scope("train"):
    optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[X, y])
def train_step(X, y):
    with tf.GradientTape() as tape:
        loss = compute_loss(X, y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


@tf.function
def limit_weights():
    last = logits_layer.kernel

    limited = tf.clip_by_norm(last, clip_norm=limit, axes=0)
    last.assign(limited)


print("variables:", ["hidden/kernel:0", "hidden/bias:0", "logits/kernel:0", "logits/bias:0"])
print("the loss is", "loss/total:0", "of", "loss/total")

hidden_layer.kernel.assign(their_weights)
hidden_layer.bias.assign(their_bias)
for step in range(n_steps):
    rows = slice(step * batch_size, (step + 1) * batch_size)
    train_step(data[rows], labels[rows])
    limit_weights()
    print(step, compute_loss(data, labels).numpy())


@tf.function(input_signature=[X])
def compute_shares(X):
    logits = logits_of(X)
    with tf.name_scope("net"):
        probabilities = tf.nn.softmax(logits, name="probabilities")

    return probabilities


print(compute_shares(data[:3]).numpy())
print(compute_loss(data[:8], labels[:8]).numpy())
values = {
    "hidden/kernel:0": hidden_layer.kernel.numpy(),
    "hidden/bias:0": hidden_layer.bias.numpy(),
    "logits/kernel:0": compute_last().numpy(),
    "logits/bias:0": logits_layer.bias.numpy(),
}
print("norms:", np.linalg.norm(values["logits/kernel:0"], axis=0))
