"""Train a small network, save it, and go on training in a second session that restores it."""
import os

import numpy as np
import tensorflow as tf

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

x = tf.placeholder(tf.float32, [None, 2])
y = tf.placeholder(tf.float32, [None, 2])

# Layer weights and biases
weights = {
    'hidden': tf.Variable(tf.truncated_normal([2, n_hidden], stddev=0.5)),
    'out': tf.Variable(tf.truncated_normal([n_hidden, 2], stddev=0.5)),
}
biases = {
    'hidden': tf.Variable(tf.zeros([n_hidden])),
    'out': tf.Variable(tf.zeros([2])),
}

hidden = tf.nn.tanh(tf.matmul(x, weights['hidden']) + biases['hidden'])
logits = tf.matmul(hidden, weights['out']) + biases['out']

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))
optimizer = tf.train.AdamOptimizer(learning_rate).minimize(cost)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1)), tf.float32))

# Initializing the variables
init = tf.global_variables_initializer()

# Everything, with the state of the optimizer
saver = tf.train.Saver()

# The weights alone, under names of their own
weight_saver = tf.train.Saver({'hidden_weights': weights['hidden'], 'output_weights': weights['out']})

print('First session')
with tf.Session() as sess:
    sess.run(init)

    for step in range(n_steps):
        _, c = sess.run([optimizer, cost], feed_dict={x: points, y: labels})
        if step % 5 == 0:
            print('Step', step, 'cost', '%.4f' % c)

    # Save the model to disk
    save_path = saver.save(sess, model_path)
    print('Model saved in file: %s' % save_path)
    weight_saver.save(sess, weights_path, write_meta_graph=False)

print('Second session')
with tf.Session() as sess:
    sess.run(init)

    # Go on where the first session stopped
    saver.restore(sess, model_path)
    print('Accuracy', accuracy.eval({x: points, y: labels}))

    for step in range(n_steps):
        _, c = sess.run([optimizer, cost], feed_dict={x: points, y: labels})
        if step % 5 == 0:
            print('Step', step, 'cost', '%.4f' % c)
    print('Accuracy', accuracy.eval({x: points, y: labels}))

    # Back to the weights of the first session
    weight_saver.restore(sess, weights_path)
    print('Cost with old weights', sess.run(cost, feed_dict={x: points, y: labels}))
