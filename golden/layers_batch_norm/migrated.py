"""Fuel consumption from three measurements: a dense network that normalizes its batches."""
import numpy as np
import tensorflow as tf
import keras

np.random.seed(7)
tf.random.set_seed(7)

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

inputs = tf.TensorSpec([None, 3], tf.float32)
targets = tf.TensorSpec([None, 1], tf.float32)

scaled_layer = keras.layers.BatchNormalization(momentum=0.9)
hidden1 = keras.layers.Dense(UNITS, tf.nn.tanh, name='hidden1')
hidden2 = keras.layers.Dense(UNITS, use_bias=False, name='hidden2')
hidden_batch_normalization = keras.layers.BatchNormalization(momentum=0.9)
litres_layer = keras.layers.Dense(1, name='litres')


def prediction_of(inputs, training):
    # the measurements are normalized, and the second hidden layer before its activation
    scaled = scaled_layer(inputs, training=training)
    hidden = hidden1(scaled)
    for_relu = hidden2(hidden)
    hidden = tf.nn.relu(hidden_batch_normalization(for_relu, training=training))
    return litres_layer(hidden)


@tf.function(input_signature=[inputs])
def predict(inputs):
    return prediction_of(inputs, training=False)


@tf.function(input_signature=[inputs, targets])
def compute_loss(inputs, targets):
    prediction = predict(inputs)

    return tf.reduce_mean(tf.math.squared_difference(prediction, targets))


optimizer = keras.optimizers.SGD(0.05)


@tf.function(input_signature=[inputs, targets])
def train_step(inputs, targets):
    with tf.GradientTape() as tape:
        prediction = prediction_of(inputs, training=True)

        loss = tf.reduce_mean(tf.math.squared_difference(prediction, targets))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


for step in range(STEPS):
    chosen = np.random.choice(len(train_x), BATCH_SIZE, replace=False)
    batch_loss = train_step(train_x[chosen], train_y[chosen]).numpy()
    if step % 20 == 0:
        # outside of training the moving averages are used
        print('step', step, 'batch', batch_loss, 'test', compute_loss(test_x, test_y).numpy())

guesses = predict(test_x[:5]).numpy()
for guess, truth in zip(guesses, test_y):
    print('%.2f litres, in truth %.2f' % (guess[0], truth[0]))
