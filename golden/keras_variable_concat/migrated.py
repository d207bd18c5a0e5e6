"""Several tf.Variables, joined by tf.concat, are the input of a Keras model; they are trained with it."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
import keras

n_users, n_items, n_factors = 6, 4, 3

users = tf.Variable(tf.fill([n_users, n_factors], 0.3), name='users')
ages = tf.Variable(np.linspace(0.0, 1.0, n_users, dtype=np.float32)[:, None], trainable=False)
bias = tf.Variable(tf.ones([n_users, 1]), name='bias')

scorer = tf.keras.Sequential([
    layers.Dense(8, activation='relu', input_shape=(n_factors + 2,)),
    layers.Dense(n_items),
])


def scores_of():
    profile = tf.concat([users, ages, bias], axis=1)
    return scorer(profile)


@tf.function
def evaluate():
    scores = scores_of()
    return tf.identity(bias), scores


ratings = tf.TensorSpec((n_users, n_items), tf.float32)
mask = tf.TensorSpec((n_users, n_items), tf.float32)


@tf.function(input_signature=[ratings, mask])
def compute_loss(ratings, mask):
    scores = scores_of()
    return tf.reduce_sum(mask * tf.square(scores - ratings)) / tf.reduce_sum(mask)


optimizer = keras.optimizers.SGD(0.05)


@tf.function(input_signature=[ratings, mask])
def train_step(ratings, mask):
    with tf.GradientTape() as tape:
        loss = compute_loss(ratings, mask)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


np.random.seed(4)
table = np.random.randint(1, 6, size=(n_users, n_items)) / 5.0
seen = np.random.rand(n_users, n_items) < 0.7

for i in range(25):
    train_step(table, seen)
print('loss on seen %.6f' % compute_loss(table, seen).numpy())
print('loss on all %.6f' % compute_loss(table, np.ones_like(table)).numpy())
learned, predicted = [value.numpy() for value in evaluate()]
print(learned.ravel())
print(predicted[0])
