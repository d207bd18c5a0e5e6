"""Who wrote it?  Letter frequencies, softmax regression with L2, Adagrad.

Uses the default session: no `sess` in sight after the first lines.
"""
import keras
import tensorflow as tf
import numpy as np

AUTHORS, LETTERS = 3, 12
random = np.random.RandomState(77)
habits = random.dirichlet(np.ones(LETTERS), AUTHORS)
author = random.randint(AUTHORS, size=150)
frequencies = np.array([random.multinomial(80, habits[a]) for a in author]) / 80.
labels = np.eye(AUTHORS)[author]

x = tf.TensorSpec(shape=[None, LETTERS], dtype=tf.float32)
y_ = tf.TensorSpec(shape=[None, AUTHORS], dtype=tf.float32)
reg = tf.TensorSpec(shape=[], dtype=tf.float32, name="reg")

W = tf.Variable(tf.zeros([LETTERS, AUTHORS]))
b = tf.Variable(tf.zeros([AUTHORS]))


def predict(x):
    return tf.matmul(x, W) + b


@tf.function(input_signature=[x, y_, reg])
def compute_cross_entropy(x, y_, reg=0.001):
    y = predict(x)
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y)) + reg * tf.nn.l2_loss(W)


optimizer = keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.1, epsilon=0.0)


@tf.function(input_signature=[x, y_, reg])
def train_step(x, y_, reg=0.001):
    with tf.GradientTape() as tape:
        cross_entropy = compute_cross_entropy(x, y_, reg)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cross_entropy, variables), variables))


for i in range(25):
    pick = random.randint(0, 100, 20)
    train_step(frequencies[pick], labels[pick])


@tf.function(input_signature=[x, y_])
def compute_accuracy(x, y_):
    y = predict(x)
    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    return tf.reduce_mean(tf.cast(correct_prediction, tf.float32))


print("known texts:  %g" % compute_accuracy(frequencies[:100], labels[:100]).numpy())
print("unknown texts: %g" % compute_accuracy(frequencies[100:], labels[100:]).numpy())
print("loss without penalty:", compute_cross_entropy(frequencies, labels, 0.).numpy())
print("loss:", compute_cross_entropy(frequencies, labels).numpy())
print(W.numpy().sum(axis=1))
