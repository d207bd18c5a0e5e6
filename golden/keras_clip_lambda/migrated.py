"""Old Keras on a configured TF1 session: Lambda layers clip and rescale with TF ops."""
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Input, Lambda, add
from keras.models import Model
from keras.optimizers import Adam
for gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(gpu, True)


def rescale(t, low, high):
    return low + (high - low) * tf.sigmoid(t)


state = Input(shape=(4,))
x = Dense(10, activation='relu', kernel_initializer='he_uniform')(state)
raw = Dense(2)(x)
clipped = Lambda(lambda t: tf.clip_by_value(t, -0.5, 0.5), output_shape=(2,))(raw)
scaled = Lambda(rescale, arguments={'low': -0.2, 'high': 0.2})(raw)
action = add([clipped, scaled])
actor = Model(inputs=state, outputs=action)
actor.compile(loss='mse', optimizer=Adam(learning_rate=0.01))

np.random.seed(9)
states = np.random.normal(size=(50, 4))
actions = np.clip(states[:, :2], -0.6, 0.6)
for epoch in range(4):
    result = actor.fit(states, actions, batch_size=25, epochs=1, shuffle=False, verbose=0)
    print('epoch %d, loss %.5f' % (epoch, result.history['loss'][0]))
print(np.round(actor.predict(states[:3], verbose=0), 4))
