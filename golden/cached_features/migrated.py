"""Transfer learning: the frozen lower layers are computed once, and training is fed what they gave."""
import numpy as np
import tensorflow as tf
import keras

n_inputs = 8
n_hidden1 = 12  # frozen
n_hidden2 = 6   # frozen and cached
n_hidden3 = 5
n_outputs = 3
learning_rate = 0.05
n_epochs = 4
n_batches = 3

rnd = np.random.RandomState(1)
X_train = rnd.rand(30, n_inputs).astype(np.float32)
y_train = rnd.randint(0, n_outputs, 30)
X_valid = rnd.rand(9, n_inputs).astype(np.float32)
y_valid = rnd.randint(0, n_outputs, 9)

X = tf.TensorSpec((None, n_inputs), tf.float32)
y = tf.TensorSpec([None], tf.int32)

hidden1_layer = keras.layers.Dense(n_hidden1, activation=tf.nn.relu, name="hidden1")
hidden2_layer = keras.layers.Dense(n_hidden2, activation=tf.nn.relu, name="hidden2")
hidden3_layer = keras.layers.Dense(n_hidden3, activation=tf.nn.relu, name="hidden3")
outputs = keras.layers.Dense(n_outputs, name="outputs")


def hidden3_of(hidden2):
    with tf.name_scope("dnn"):
        hidden2_stop = tf.stop_gradient(hidden2)  # nothing below is trained
        hidden3 = hidden3_layer(hidden2_stop)
    return hidden3


@tf.function(input_signature=[X])
def compute_hidden2(X):
    with tf.name_scope("dnn"):
        hidden1 = hidden1_layer(X)
        hidden2 = hidden2_layer(hidden1)
    return hidden2


@tf.function(input_signature=[tf.TensorSpec([None, n_hidden3], tf.float32)])
def compute_logits(hidden3):
    with tf.name_scope("dnn"):
        logits = outputs(hidden3)
    return logits


def loss_of(y, logits):
    with tf.name_scope("loss"):
        xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(xentropy, name="loss")
    return loss


@tf.function(input_signature=[X, y])
def compute_loss(X, y):
    hidden2 = compute_hidden2(X)
    hidden3 = hidden3_of(hidden2)
    with tf.name_scope("dnn"):
        logits = outputs(hidden3)
    return loss_of(y, logits)


@tf.function(input_signature=[y, tf.TensorSpec([None, n_hidden2], tf.float32)])
def compute_accuracy(y, hidden2):
    hidden3 = hidden3_of(hidden2)
    with tf.name_scope("dnn"):
        logits = outputs(hidden3)
    with tf.name_scope("eval"):
        correct = tf.nn.in_top_k(predictions=logits, targets=y, k=1)
        accuracy = tf.reduce_mean(tf.cast(correct, tf.float32), name="accuracy")
    return accuracy


with tf.name_scope("train"):
    optimizer = keras.optimizers.SGD(learning_rate)


@tf.function(input_signature=[y, tf.TensorSpec([None, n_hidden2], tf.float32)])
def train_step(y, hidden2):
    with tf.GradientTape() as tape:
        hidden3 = hidden3_of(hidden2)
        with tf.name_scope("dnn"):
            logits = outputs(hidden3)
        loss = loss_of(y, logits)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


@tf.function(input_signature=[X])
def compute_softened(X):
    hidden2 = compute_hidden2(X)
    hidden3 = hidden3_of(hidden2)
    with tf.name_scope("dnn"):
        logits = outputs(hidden3)

    temperature = tf.constant(1.0)
    return tf.nn.softmax(logits / temperature)


@tf.function(input_signature=[X, tf.TensorSpec([], tf.float32)])
def compute_softened_2(X, temperature):
    hidden2 = compute_hidden2(X)
    hidden3 = hidden3_of(hidden2)
    with tf.name_scope("dnn"):
        logits = outputs(hidden3)
    return tf.nn.softmax(logits / temperature)


# Pixels that the runs have scaled already: they feed the quotient itself.
pixels = tf.TensorSpec([None, 4], tf.float32)


@tf.function(input_signature=[pixels])
def compute_brightness(pixels):
    return tf.reduce_mean(pixels, axis=1)


h2_cache = compute_hidden2(X_train).numpy()
h2_cache_valid = compute_hidden2(X_valid).numpy()

for epoch in range(n_epochs):
    shuffled_idx = rnd.permutation(len(X_train))
    hidden2_batches = np.array_split(h2_cache[shuffled_idx], n_batches)
    y_batches = np.array_split(y_train[shuffled_idx], n_batches)
    for hidden2_batch, y_batch in zip(hidden2_batches, y_batches):
        train_step(y_batch, hidden2_batch)

    accuracy_val = compute_accuracy(y_valid, h2_cache_valid).numpy()
    print(epoch, "Validation accuracy: %.4f" % accuracy_val)


@tf.function(input_signature=[X])
def compute_codings(X):
    hidden2 = compute_hidden2(X)
    hidden3 = hidden3_of(hidden2)

    return hidden3


codings_val = compute_codings(X_valid[:2]).numpy()
print(np.round(compute_logits(codings_val).numpy(), 4))
print(np.round(compute_softened(X_valid[:2]).numpy(), 4))
print(np.round(compute_softened_2(X_valid[:2], 5.0).numpy(), 4))
print(compute_brightness([[0.0, 0.5, 0.5, 1.0]]).numpy())
print("Loss: %.4f" % compute_loss(X_valid, y_valid).numpy())
