"""A Keras model trained on a loss that calls a tf.function: already TF2, nothing to do."""
import numpy as np
import tensorflow as tf


@tf.function
def pinball(error, quantile):
    if quantile > 0.5:
        penalty = 1.0 + quantile
    else:
        penalty = 1.0
    return penalty * tf.maximum(quantile * error, (quantile - 1.0) * error)


def quantile_loss(y_true, y_pred):
    return tf.reduce_mean(pinball(y_true - y_pred, 0.9), axis=-1)


np.random.seed(1)
x = np.random.uniform(-1, 1, size=(80, 1)).astype(np.float32)
y = (x + 0.2 * np.random.normal(size=(80, 1))).astype(np.float32)

model = tf.keras.Sequential([
    tf.keras.Input(shape=(1,)),
    tf.keras.layers.Dense(8, activation='tanh'),
    tf.keras.layers.Dense(1),
])
model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.1), loss=quantile_loss)
history = model.fit(x, y, batch_size=20, epochs=4, shuffle=False, verbose=0)
for epoch, loss in enumerate(history.history['loss']):
    print('epoch %d, loss %.5f' % (epoch, loss))
print('share below: %.3f' % np.mean(y < model.predict(x, verbose=0)))
