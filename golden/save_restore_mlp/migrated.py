"""Train a small network, save it, and go on training in a second session that restores it."""
import os

import numpy as np
import tensorflow as tf
import keras


def read_checkpoint(checkpoint, path):
    """Read `path` into `checkpoint`, unless TensorFlow 1 wrote it: there these variables have other names."""
    if not tf.train.load_checkpoint(path).has_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"):
        raise ValueError(f"{path} is a checkpoint of TensorFlow 1: convert it with `migrator checkpoint`")
    checkpoint.read(path).assert_existing_objects_matched()


# Where the model is kept
model_dir = './model_dir'
model_path = os.path.join(model_dir, 'mlp.ckpt')
weights_path = os.path.join(model_dir, 'weights.ckpt')
if not os.path.exists(model_dir):
    os.makedirs(model_dir)

# Parameters
learning_rate = 0.01
n_steps = 25
n_hidden = 8

# Points on two rings
rng = np.random.RandomState(7)
angle = rng.uniform(0, 2 * np.pi, 120)
radius = np.where(np.arange(120) % 2 == 0, 1.0, 2.0) + rng.normal(0, 0.1, 120)
points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
labels = np.eye(2, dtype=np.float32)[np.arange(120) % 2]

x = tf.TensorSpec([None, 2], tf.float32)
y = tf.TensorSpec([None, 2], tf.float32)

# Layer weights and biases
weights = {
    'hidden': tf.Variable(tf.random.truncated_normal([2, n_hidden], stddev=0.5)),
    'out': tf.Variable(tf.random.truncated_normal([n_hidden, 2], stddev=0.5)),
}
biases = {
    'hidden': tf.Variable(tf.zeros([n_hidden])),
    'out': tf.Variable(tf.zeros([2])),
}


def logits_of(x):
    hidden = tf.nn.tanh(tf.matmul(x, weights['hidden']) + biases['hidden'])
    return tf.matmul(hidden, weights['out']) + biases['out']


@tf.function(input_signature=[x, y])
def compute_cost(x, y):
    logits = logits_of(x)

    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))


optimizer = keras.optimizers.Adam(learning_rate, epsilon=1e-08)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        cost = compute_cost(x, y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))
    return cost


@tf.function(input_signature=[x, y])
def compute_accuracy(x, y):
    logits = logits_of(x)
    return tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1)), tf.float32))


# Everything, with the state of the optimizer
optimizer.build([*weights.values(), *biases.values()])
saver = tf.train.Checkpoint(weights=weights, biases=biases, optimizer=optimizer)

# The weights alone, under names of their own
weight_saver = tf.train.Checkpoint(hidden_weights=weights['hidden'], output_weights=weights['out'])

print('First session')
for step in range(n_steps):
    c = train_step(points, labels).numpy()
    if step % 5 == 0:
        print('Step', step, 'cost', '%.4f' % c)

# Save the model to disk
save_path = saver.write(model_path)
print('Model saved in file: %s' % save_path)
weight_saver.write(weights_path)

print('Second session')
# Go on where the first session stopped
saver.read(model_path).assert_existing_objects_matched()
print('Accuracy', compute_accuracy(points, labels).numpy())

for step in range(n_steps):
    c = train_step(points, labels).numpy()
    if step % 5 == 0:
        print('Step', step, 'cost', '%.4f' % c)
print('Accuracy', compute_accuracy(points, labels).numpy())

# Back to the weights of the first session
read_checkpoint(weight_saver, weights_path)
print('Cost with old weights', compute_cost(points, labels).numpy())
