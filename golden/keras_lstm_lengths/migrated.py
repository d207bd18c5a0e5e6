"""An LSTM over sequences of any length, trained by a TF1 session on batches of changing length."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Input, LSTM
import keras


def hard_sigmoid(x):
    """The hard sigmoid of Keras 2; that of Keras 3 has another slope."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


n_features = 2

# None: every batch may have its own number of time steps
x = Input(shape=(None, n_features))
h = LSTM(6, recurrent_activation=hard_sigmoid)(x)
y_hat = Dense(1)(h)
y_hat_model = keras.Model(x, y_hat)

y = tf.TensorSpec([None, 1], tf.float32)
optimizer = keras.optimizers.SGD(learning_rate=0.1)


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        y_hat = y_hat_model(x)
        loss = tf.reduce_mean(tf.math.squared_difference(y, y_hat))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


np.random.seed(11)
batches = []
for n_steps in (3, 7, 5):
    series = np.random.normal(size=(8, n_steps, n_features))
    batches.append((series, series[:, :, 0].mean(axis=1, keepdims=True)))

for epoch in range(10):
    total = 0.0
    for series, mean in batches:
        l = train_step(series, mean).numpy()
        total += l
    print('epoch %d total loss %.6f' % (epoch, total))


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype)])
def compute_y_hat(x):
    return y_hat_model(x)


for series, _ in batches:
    print(series.shape, compute_y_hat(series[:1]).numpy())
