"""Who wrote it?  Letter frequencies, softmax regression with L2, Adagrad.

Uses the default session: no `sess` in sight after the first lines.
"""
import tensorflow as tf
import keras
import numpy as np

AUTHORS, LETTERS = 3, 12
random = np.random.RandomState(77)
habits = random.dirichlet(np.ones(LETTERS), AUTHORS)
author = random.randint(AUTHORS, size=150)
frequencies = np.array([random.multinomial(80, habits[a]) for a in author]) / 80.
labels = np.eye(AUTHORS)[author]

x = tf.TensorSpec([None, LETTERS], tf.float32)
y_ = tf.TensorSpec([None, AUTHORS], tf.float32)
reg = tf.TensorSpec([], tf.float32)

W = tf.Variable(tf.zeros([LETTERS, AUTHORS]))
b = tf.Variable(tf.zeros([AUTHORS]))


@tf.function(input_signature=[x, y_, reg])
def compute_cross_entropy(x, y_, reg):
    y = tf.matmul(x, W) + b
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y)) + reg * tf.nn.l2_loss(W)


optimizer = keras.optimizers.Adagrad(0.5, epsilon=0.0)


@tf.function(input_signature=[x, y_, reg])
def train_step(x, y_, reg):
    with tf.GradientTape() as tape:
        cross_entropy = compute_cross_entropy(x, y_, reg)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cross_entropy, variables), variables))


for i in range(25):
    pick = random.randint(0, 100, 20)
    train_step(frequencies[pick], labels[pick], 0.001)


@tf.function(input_signature=[x, y_])
def compute_accuracy(x, y_):
    y = tf.matmul(x, W) + b

    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    return tf.reduce_mean(tf.cast(correct_prediction, "float"))


print("known texts:  %g" % compute_accuracy(frequencies[:100], labels[:100]).numpy())
print("unknown texts: %g" % compute_accuracy(frequencies[100:], labels[100:]).numpy())
print("loss without penalty:", compute_cross_entropy(frequencies, labels, 0.).numpy())
print("loss:", compute_cross_entropy(frequencies, labels, 0.001).numpy())
print(W.numpy().sum(axis=1))
