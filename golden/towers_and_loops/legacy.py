"""A small regression network in towers: each tower gets its part of the batch, all share their weights."""
import numpy as np
import tensorflow as tf

# Parameters
learning_rate = 0.05
num_towers = 2
batch_size = 8
correction_sizes = [3, 2]

rng = np.random.RandomState(3)
data = rng.uniform(-1, 1, size=(40, 4)).astype(np.float32)
target = np.tanh(data.sum(axis=1, keepdims=True)).astype(np.float32)

with tf.name_scope("inputs"):
    x = tf.placeholder(tf.float32, [batch_size, 4], name="x")
    y = tf.placeholder(tf.float32, [batch_size, 1], name="y")
    keep = tf.placeholder(tf.float32, [], name="keep")


def tower(inputs, reuse):
    """The network of one tower."""
    with tf.variable_scope("tower", reuse=reuse):
        net = tf.layers.dense(inputs, 6, activation=tf.nn.relu, name="hidden0")
        net = tf.layers.dense(net, 5, activation=tf.nn.relu, name="hidden1")
        # the output has a scale of its own
        scale = tf.get_variable("scale", [1], initializer=tf.ones_initializer())
        return tf.layers.dense(net, 1, name="output") * scale


# One tower for each part of the batch
outputs = []
reuse_variables = False
for i in range(num_towers):
    with tf.device("/cpu:0"):
        part = x[i * batch_size // num_towers:(i + 1) * batch_size // num_towers]
        outputs.append(tower(part, reuse_variables))
        reuse_variables = True
prediction = tf.concat(outputs, axis=0)

# A correction by layers one after the other
correction = prediction
for i, size in enumerate(correction_sizes):
    correction = tf.layers.dense(correction, size, name="correction%d" % i)
    correction = tf.nn.tanh(correction) * keep
prediction = tf.layers.dense(tf.concat([prediction, correction], axis=1), 1, name="head")

loss = tf.reduce_mean(tf.square(prediction - y))
with tf.variable_scope("head", reuse=True):
    kernel = tf.get_variable("kernel")
# The weights of the head are kept small
penalty = 0.01 * tf.nn.l2_loss(kernel)
train = tf.train.AdamOptimizer(learning_rate).minimize(loss + penalty)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        start = step % 5 * batch_size
        feed = {x: data[start:start + batch_size], y: target[start:start + batch_size], keep: 0.9}
        _, value = sess.run([train, loss], feed_dict=feed)
        if step % 5 == 0:
            print("step %d: loss %.4f" % (step, value))
    print("loss %.4f" % sess.run(loss, feed_dict={x: data[:batch_size], y: target[:batch_size], keep: 1.0}))
