"""Polynomial regression: a cubic through noisy points, in an interactive session."""
# %% Imports
import numpy as np
import tensorflow as tf

# %% Points to fit
n_observations = 40
xs = np.linspace(-1.5, 1.5, n_observations)
ys = np.sin(2. * xs) + np.random.RandomState(9).uniform(-0.2, 0.2, n_observations)

# %% Placeholders for input and output
X = tf.placeholder(tf.float32)
Y = tf.placeholder(tf.float32)

# %% One coefficient for each power, the constant term apart
degree = 3
coefficients = tf.Variable(np.zeros(degree), dtype=tf.float32, name='coefficients')
bias = tf.Variable(0.1, name='bias')
Y_pred = bias
for power in range(1, degree + 1):
    Y_pred = tf.add(tf.multiply(tf.pow(X, power), coefficients[power - 1]), Y_pred)

# %% Distance between what we have and what we want
cost = tf.reduce_sum(tf.pow(Y_pred - Y, 2)) / (n_observations - 1)

# %% and a small penalty on the coefficients
cost = tf.add(cost, tf.multiply(1e-4, tf.nn.l2_loss(coefficients)))

# %% Adagrad would do as well
learning_rate = 0.05
optimizer = tf.train.MomentumOptimizer(learning_rate, 0.9).minimize(cost)

# %% A session that is the default one from now on
sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())

# Fit all training data
n_epochs = 40
prev_training_cost = 0.0
for epoch_i in range(n_epochs):
    optimizer.run({X: xs, Y: ys})

    training_cost = cost.eval({X: xs, Y: ys})
    if epoch_i % 10 == 0:
        print(epoch_i, training_cost)

    # Stop when it does not get better
    if np.abs(prev_training_cost - training_cost) < 1e-5:
        break
    prev_training_cost = training_cost

print(coefficients.eval())
print(Y_pred.eval(feed_dict={X: [-1., 0., 1.]}))
