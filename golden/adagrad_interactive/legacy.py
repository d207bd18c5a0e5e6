"""Who wrote it?  Letter frequencies, softmax regression with L2, Adagrad.

Uses the default session: no `sess` in sight after the first lines.
"""
import tensorflow as tf
import numpy as np

sess = tf.InteractiveSession()

AUTHORS, LETTERS = 3, 12
random = np.random.RandomState(77)
habits = random.dirichlet(np.ones(LETTERS), AUTHORS)
author = random.randint(AUTHORS, size=150)
frequencies = np.array([random.multinomial(80, habits[a]) for a in author]) / 80.
labels = np.eye(AUTHORS)[author]

x = tf.placeholder(tf.float32, shape=[None, LETTERS])
y_ = tf.placeholder(tf.float32, shape=[None, AUTHORS])
reg = tf.placeholder_with_default(0.001, shape=[], name="reg")

W = tf.Variable(tf.zeros([LETTERS, AUTHORS]))
b = tf.Variable(tf.zeros([AUTHORS]))

y = tf.matmul(x, W) + b
cross_entropy = tf.reduce_mean(
    tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y)) + reg * tf.nn.l2_loss(W)
train_step = tf.train.AdagradOptimizer(0.5).minimize(cross_entropy)

tf.initialize_all_variables().run()

for i in range(25):
    pick = random.randint(0, 100, 20)
    train_step.run(feed_dict={x: frequencies[pick], y_: labels[pick]})

correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct_prediction, "float"))
print("known texts:  %g" % accuracy.eval(feed_dict={x: frequencies[:100], y_: labels[:100]}))
print("unknown texts: %g" % accuracy.eval(feed_dict={x: frequencies[100:], y_: labels[100:]}))
print("loss without penalty:", cross_entropy.eval({x: frequencies, y_: labels, reg: 0.}))
print("loss:", sess.run(cross_entropy, {x: frequencies, y_: labels}))
print(W.eval().sum(axis=1))
