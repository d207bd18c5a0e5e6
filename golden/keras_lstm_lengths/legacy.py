"""An LSTM over sequences of any length, trained by a TF1 session on batches of changing length."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Input, LSTM

n_features = 2

# None: every batch may have its own number of time steps
x = Input(shape=(None, n_features))
h = LSTM(6)(x)
y_hat = Dense(1)(h)

y = tf.placeholder(tf.float32, [None, 1])
loss = tf.reduce_mean(tf.squared_difference(y, y_hat))
optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.1)
train_op = optimizer.minimize(loss)

np.random.seed(11)
batches = []
for n_steps in (3, 7, 5):
    series = np.random.normal(size=(8, n_steps, n_features))
    batches.append((series, series[:, :, 0].mean(axis=1, keepdims=True)))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(10):
        total = 0.0
        for series, mean in batches:
            _, l = sess.run([train_op, loss], feed_dict={x: series, y: mean})
            total += l
        print('epoch %d total loss %.6f' % (epoch, total))
    for series, _ in batches:
        print(series.shape, sess.run(y_hat, feed_dict={x: series[:1]}))
