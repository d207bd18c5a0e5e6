"""Fuel consumption from three measurements: a dense network that normalizes its batches."""
import numpy as np
import tensorflow as tf

np.random.seed(7)
tf.set_random_seed(7)

BATCH_SIZE = 32
STEPS = 60
UNITS = 12

# made-up cars: weight, power and year, and what they burn
weight = np.random.uniform(0.8, 2.4, 400)
power = 40 + 60 * weight + np.random.normal(0, 8, 400)
year = np.random.randint(1, 12, 400)
features = np.column_stack([weight, power, year]).astype(np.float32)
litres = (3.0 + 2.5 * weight + 0.03 * power - 0.15 * year + np.random.normal(0, 0.2, 400))[:, np.newaxis]
train_x, test_x = features[:320], features[320:]
train_y, test_y = litres[:320], litres[320:]

inputs = tf.placeholder(tf.float32, [None, 3], name='inputs')
targets = tf.placeholder(tf.float32, [None, 1], name='targets')
training = tf.placeholder_with_default(False, shape=(), name='training')

# the measurements are normalized, and the second hidden layer before its activation
scaled = tf.layers.batch_normalization(inputs, training=training, momentum=0.9)
hidden = tf.layers.dense(scaled, UNITS, tf.nn.tanh, name='hidden1')
for_relu = tf.layers.dense(hidden, UNITS, use_bias=False, name='hidden2')
hidden = tf.nn.relu(tf.layers.batch_normalization(for_relu, training=training, momentum=0.9))
prediction = tf.layers.dense(hidden, 1, name='litres')

loss = tf.losses.mean_squared_error(targets, prediction)

# the moving averages are updated with every training step
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
with tf.control_dependencies(update_ops):
    train_op = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())

    for step in range(STEPS):
        chosen = np.random.choice(len(train_x), BATCH_SIZE, replace=False)
        _, batch_loss = sess.run(
            [train_op, loss],
            feed_dict={inputs: train_x[chosen], targets: train_y[chosen], training: True})
        if step % 20 == 0:
            # outside of training the moving averages are used
            print('step', step, 'batch', batch_loss, 'test', sess.run(loss, {inputs: test_x, targets: test_y}))

    guesses = sess.run(prediction, feed_dict={inputs: test_x[:5]})
    for guess, truth in zip(guesses, test_y):
        print('%.2f litres, in truth %.2f' % (guess[0], truth[0]))
