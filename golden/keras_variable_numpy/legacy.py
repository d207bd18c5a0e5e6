"""A tf.Variable is a Keras model's input by way of NumPy: already TF2, nothing to do."""
import numpy as np
import tensorflow as tf

position = tf.Variable(np.linspace(-1.0, 1.0, 8).reshape(4, 2), dtype=tf.float32)
velocity = tf.Variable(tf.zeros_like(position))

model = tf.keras.Sequential([
    tf.keras.Input(shape=(2,)),
    tf.keras.layers.Dense(6, activation='relu'),
    tf.keras.layers.Dense(2),
])

for step in range(5):
    force = model.predict(position.numpy(), verbose=0)
    velocity.assign(0.9 * velocity + 0.1 * force)
    position.assign_add(velocity)
    print('step %d, mean distance %.5f' % (step, np.mean(np.abs(position.numpy()))))
print(np.round(model(position.numpy()).numpy(), 5))
