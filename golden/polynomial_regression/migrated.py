"""Polynomial regression: a cubic through noisy points, in an interactive session."""
# %% Imports
import numpy as np
import tensorflow as tf
import keras

# %% Points to fit
n_observations = 40
xs = np.linspace(-1.5, 1.5, n_observations)
ys = np.sin(2. * xs) + np.random.RandomState(9).uniform(-0.2, 0.2, n_observations)

# %% Placeholders for input and output
X = tf.TensorSpec(None, tf.float32)
Y = tf.TensorSpec(None, tf.float32)

# %% One coefficient for each power, the constant term apart
degree = 3
coefficients = tf.Variable(np.zeros(degree), dtype=tf.float32, name='coefficients')
bias = tf.Variable(0.1, name='bias')


@tf.function(input_signature=[X])
def predict(X):
    Y_pred = bias
    for power in range(1, degree + 1):
        Y_pred = tf.add(tf.multiply(tf.pow(X, power), coefficients[power - 1]), Y_pred)
    return Y_pred


@tf.function(input_signature=[X, Y])
def compute_cost(X, Y):
    Y_pred = predict(X)

    # %% Distance between what we have and what we want
    cost = tf.reduce_sum(tf.pow(Y_pred - Y, 2)) / (n_observations - 1)

    # %% and a small penalty on the coefficients
    return tf.add(cost, tf.multiply(1e-4, tf.nn.l2_loss(coefficients)))


# %% Adagrad would do as well
learning_rate = 0.05
optimizer = keras.optimizers.SGD(learning_rate, momentum=0.9)


@tf.function(input_signature=[X, Y])
def train_step(X, Y):
    with tf.GradientTape() as tape:
        cost = compute_cost(X, Y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))


# Fit all training data
n_epochs = 40
prev_training_cost = 0.0
for epoch_i in range(n_epochs):
    train_step(xs, ys)

    training_cost = compute_cost(xs, ys).numpy()
    if epoch_i % 10 == 0:
        print(epoch_i, training_cost)

    # Stop when it does not get better
    if np.abs(prev_training_cost - training_cost) < 1e-5:
        break
    prev_training_cost = training_cost

print(coefficients.numpy())
print(predict([-1., 0., 1.]).numpy())
