"""Several tf.Variables, joined by tf.concat, are the input of a Keras model; they are trained with it."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

n_users, n_items, n_factors = 6, 4, 3

users = tf.Variable(tf.fill([n_users, n_factors], 0.3), name='users')
ages = tf.Variable(np.linspace(0.0, 1.0, n_users, dtype=np.float32)[:, None], trainable=False)
bias = tf.Variable(tf.ones([n_users, 1]), name='bias')

profile = tf.concat([users, ages, bias], axis=1)
scorer = tf.keras.Sequential([
    layers.Dense(8, activation='relu', input_shape=(n_factors + 2,)),
    layers.Dense(n_items),
])
scores = scorer(profile)

ratings = tf.placeholder(tf.float32, shape=(n_users, n_items))
mask = tf.placeholder(tf.float32, shape=(n_users, n_items))
loss = tf.reduce_sum(mask * tf.square(scores - ratings)) / tf.reduce_sum(mask)
step = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

np.random.seed(4)
table = np.random.randint(1, 6, size=(n_users, n_items)) / 5.0
seen = np.random.rand(n_users, n_items) < 0.7

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(25):
        sess.run(step, feed_dict={ratings: table, mask: seen})
    print('loss on seen %.6f' % sess.run(loss, feed_dict={ratings: table, mask: seen}))
    print('loss on all %.6f' % sess.run(loss, feed_dict={ratings: table, mask: np.ones_like(table)}))
    learned, predicted = sess.run([bias, scores])
    print(learned.ravel())
    print(predicted[0])
