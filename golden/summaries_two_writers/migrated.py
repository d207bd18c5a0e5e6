"""Which of two noisy rings does a point lie on? Losses, accuracy and activations go to TensorBoard."""
import numpy as np
import tensorflow as tf
import keras

rng = np.random.RandomState(7)


def rings(count):
    angles = rng.uniform(0, 2 * np.pi, count)
    labels = rng.randint(0, 2, count)
    radii = 0.6 + 0.7 * labels + rng.normal(0, 0.1, count)
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    return points.astype(np.float32), np.eye(2, dtype=np.float32)[labels]


train_points, train_labels = rings(120)
valid_points, valid_labels = rings(40)

epochs = 4
batch_size = 30
hidden = 6

points = tf.TensorSpec([None, 2], tf.float32)
labels = tf.TensorSpec([None, 2], tf.float32)

with tf.name_scope("hidden"):
    w1 = tf.Variable(tf.random.truncated_normal([2, hidden], stddev=0.8), name="weights")
    b1 = tf.Variable(tf.zeros([hidden]), name="biases")

with tf.name_scope("output"):
    w2 = tf.Variable(tf.random.truncated_normal([hidden, 2], stddev=0.5), name="weights")
    b2 = tf.Variable(tf.zeros([2]), name="biases")


def forward(points, labels):
    with tf.name_scope("hidden"):
        activations = tf.nn.relu(tf.matmul(points, w1) + b1)
    with tf.name_scope("output"):
        logits = tf.matmul(activations, w2) + b2
    with tf.name_scope("loss"):
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    with tf.name_scope("accuracy"):
        hits = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1))
        accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
    return activations, loss, accuracy


@tf.function(input_signature=[points, labels])
def evaluate(points, labels):
    activations, loss, accuracy = forward(points, labels)
    return {
        "hidden/activations": activations,
        "loss/cross_entropy": loss,
        "accuracy_1": accuracy,
    }, accuracy, tf.identity(global_step)


global_step = tf.Variable(0, trainable=False, name="global_step")
optimizer = keras.optimizers.Adam(0.05, epsilon=1e-08)


@tf.function(input_signature=[points, labels])
def train_step(points, labels):
    with tf.GradientTape() as tape:
        activations, loss, accuracy = forward(points, labels)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    global_step.assign_add(1)
    return {
        "hidden/activations": activations,
        "loss/cross_entropy": loss,
        "accuracy_1": accuracy,
    }


train_writer = tf.summary.create_file_writer("logs/train")
valid_writer = tf.summary.create_file_writer("logs/valid")
for epoch in range(epochs):
    order = rng.permutation(len(train_points))
    for i in range(0, len(order), batch_size):
        batch = order[i:i + batch_size]
        feed = {"points": train_points[batch], "labels": train_labels[batch]}
        summary = train_step(**feed)
        if i % (2 * batch_size) == 0:
            with train_writer.as_default(step=epoch * len(order) + i):
                # How far apart are the units?
                tf.summary.histogram("hidden/activations", summary["hidden/activations"])
                tf.summary.scalar("loss/cross_entropy", summary["loss/cross_entropy"])
                # Not in the scope, where it would be accuracy/accuracy
                tf.summary.scalar("accuracy_1", summary["accuracy_1"])
    summary, score, step = tf.nest.map_structure(lambda value: value.numpy(), evaluate(valid_points, valid_labels))
    with valid_writer.as_default(step=step):
        tf.summary.histogram("hidden/activations", summary["hidden/activations"])
        tf.summary.scalar("loss/cross_entropy", summary["loss/cross_entropy"])
        tf.summary.scalar("accuracy_1", summary["accuracy_1"])
    print("epoch %d: accuracy %.3f" % (epoch, score))
train_writer.close()
valid_writer.close()
