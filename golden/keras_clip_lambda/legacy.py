"""Old Keras on a configured TF1 session: Lambda layers clip and rescale with TF ops."""
import numpy as np
import tensorflow as tf
from keras.backend import set_session
from keras.layers import Dense, Input, Lambda, add
from keras.models import Model
from keras.optimizers import Adam

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
set_session(tf.Session(config=config))


def rescale(t, low, high):
    return low + (high - low) * tf.sigmoid(t)


state = Input(shape=(4,))
x = Dense(10, activation='relu', kernel_initializer='he_uniform')(state)
raw = Dense(2)(x)
clipped = Lambda(lambda t: tf.clip_by_value(t, -0.5, 0.5), output_shape=(2,))(raw)
scaled = Lambda(rescale, arguments={'low': -0.2, 'high': 0.2})(raw)
action = add([clipped, scaled])
actor = Model(inputs=state, outputs=action)
actor.compile(loss='mse', optimizer=Adam(lr=0.01))

np.random.seed(9)
states = np.random.normal(size=(50, 4))
actions = np.clip(states[:, :2], -0.6, 0.6)
for epoch in range(4):
    result = actor.fit(states, actions, batch_size=25, epochs=1, shuffle=False, verbose=0)
    print('epoch %d, loss %.5f' % (epoch, result.history['loss'][0]))
print(np.round(actor.predict(states[:3], verbose=0), 4))
