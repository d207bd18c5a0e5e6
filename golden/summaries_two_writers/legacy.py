"""Which of two noisy rings does a point lie on? Losses, accuracy and activations go to TensorBoard."""
import numpy as np
import tensorflow as tf

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

points = tf.placeholder(tf.float32, [None, 2], name="points")
labels = tf.placeholder(tf.float32, [None, 2], name="labels")

with tf.name_scope("hidden"):
    w1 = tf.Variable(tf.truncated_normal([2, hidden], stddev=0.8), name="weights")
    b1 = tf.Variable(tf.zeros([hidden]), name="biases")
    activations = tf.nn.relu(tf.matmul(points, w1) + b1)
    # How far apart are the units?
    tf.summary.histogram("activations", activations)

with tf.name_scope("output"):
    w2 = tf.Variable(tf.truncated_normal([hidden, 2], stddev=0.5), name="weights")
    b2 = tf.Variable(tf.zeros([2]), name="biases")
    logits = tf.matmul(activations, w2) + b2

with tf.name_scope("loss"):
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    tf.summary.scalar("cross_entropy", loss)

with tf.name_scope("accuracy"):
    hits = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1))
    accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
# Not in the scope, where it would be accuracy/accuracy
tf.summary.scalar("accuracy", accuracy)

global_step = tf.Variable(0, trainable=False, name="global_step")
train_op = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=global_step)
merged = tf.summary.merge_all()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    train_writer = tf.summary.FileWriter("logs/train", sess.graph)
    valid_writer = tf.summary.FileWriter("logs/valid")
    for epoch in range(epochs):
        order = rng.permutation(len(train_points))
        for i in range(0, len(order), batch_size):
            batch = order[i:i + batch_size]
            feed = {points: train_points[batch], labels: train_labels[batch]}
            _, summary = sess.run([train_op, merged], feed_dict=feed)
            if i % (2 * batch_size) == 0:
                train_writer.add_summary(summary, epoch * len(order) + i)
        summary, score, step = sess.run(
            [merged, accuracy, global_step], {points: valid_points, labels: valid_labels})
        valid_writer.add_summary(summary, step)
        print("epoch %d: accuracy %.3f" % (epoch, score))
    train_writer.close()
    valid_writer.close()
