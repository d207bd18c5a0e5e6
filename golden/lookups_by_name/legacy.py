"""Transfer a first layer from another tool, then train the rest with an L1 penalty and a norm limit."""

import numpy as np
import tensorflow as tf

n_inputs, n_hidden, n_outputs = 4, 6, 3
n_steps, batch_size = 6, 16
scale, limit = 0.01, 1.2

rng = np.random.RandomState(7)
data = rng.randn(96, n_inputs).astype(np.float32)
labels = (data.sum(axis=1) > 0).astype(np.int64) + (data[:, 0] > 0.8)
their_weights = rng.randn(n_inputs, n_hidden) * 0.5
their_bias = [0.1] * n_hidden

X = tf.placeholder(tf.float32, [None, n_inputs], name="X")
y = tf.placeholder(tf.int64, [None], name="y")

with tf.name_scope("net"):
    hidden = tf.layers.dense(X, n_hidden, activation=tf.nn.relu, name="hidden")
    logits = tf.layers.dense(hidden, n_outputs, name="logits")
    tf.nn.softmax(logits, name="probabilities")

graph = tf.get_default_graph()
# Only the last layer is punished and limited
last = graph.get_tensor_by_name("logits/kernel:0")

with tf.name_scope("loss"):
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.add(tf.reduce_mean(entropy), scale * tf.reduce_sum(tf.abs(last)), name="total")

with tf.name_scope("train"):
    training_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

limited = tf.clip_by_norm(last, clip_norm=limit, axes=0)
limit_weights = tf.assign(last, limited)
tf.add_to_collection("wanted", loss)
tf.add_to_collection("wanted", hidden)

assign_kernel = graph.get_operation_by_name("hidden/kernel/Assign")
assign_bias = graph.get_operation_by_name("hidden/bias/Assign")
init_kernel = assign_kernel.inputs[1]
init_bias = assign_bias.inputs[1]
init = tf.global_variables_initializer()

print("variables:", [v.name for v in tf.trainable_variables()])
print("the loss is", loss.name, "of", loss.op.name)

with tf.Session() as sess:
    sess.run(init, feed_dict={init_kernel: their_weights, init_bias: their_bias})
    for step in range(n_steps):
        rows = slice(step * batch_size, (step + 1) * batch_size)
        sess.run("train/GradientDescent", feed_dict={"X:0": data[rows], "y:0": labels[rows]})
        limit_weights.eval()
        print(step, sess.run("loss/total:0", feed_dict={X: data, y: labels}))

    shares = graph.get_tensor_by_name("net/probabilities:0")
    print(sess.run(shares, feed_dict={X: data[:3]}))
    print(sess.run(tf.get_collection("wanted")[0], feed_dict={X: data[:8], y: labels[:8]}))
    values = {v.name: v.eval() for v in tf.trainable_variables()}
    print("norms:", np.linalg.norm(values["logits/kernel:0"], axis=0))
