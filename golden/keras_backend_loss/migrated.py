"""Old Keras: losses and a metric written with keras.backend, for a model that paints a mask."""
import numpy as np
from keras import backend as K
from keras.layers import Dense, Input
from keras.models import Model
from keras.optimizers import SGD
import keras


def dice_coefficient(y_true, y_pred):
    intersection = keras.ops.sum(y_true * y_pred, axis=-1)
    total = keras.ops.sum(keras.ops.square(y_true), axis=-1) + keras.ops.sum(keras.ops.square(y_pred), axis=-1)
    return (2. * intersection + K.epsilon()) / (total + K.epsilon())


def mask_loss(y_true, y_pred):
    # Half Dice, half cross entropy
    clipped = keras.ops.clip(y_pred, K.epsilon(), 1. - K.epsilon())
    entropy = -keras.ops.mean(y_true * keras.ops.log(clipped) + (1. - y_true) * keras.ops.log(1. - clipped), axis=-1)
    return 0.5 * (1. - dice_coefficient(y_true, y_pred)) + 0.5 * entropy


def covered(y_true, y_pred):
    hits = keras.ops.cast(keras.ops.greater(y_pred, 0.5), K.floatx())
    return keras.ops.mean(keras.ops.cast(keras.ops.equal(hits, y_true), 'float32'))


np.random.seed(5)
signal = np.random.normal(size=(64, 10)).astype('float32')
mask = (signal > 0.3).astype('float32')

inputs = Input(shape=(10,))
x = Dense(12, activation='tanh')(inputs)
outputs = Dense(10, activation='sigmoid')(x)
model = Model(inputs=inputs, outputs=outputs)
model.compile(optimizer=SGD(learning_rate=0.5, momentum=0.9), loss=mask_loss, metrics=[covered])

history = model.fit(signal, mask, batch_size=16, epochs=4, shuffle=False, verbose=0)
for loss, share in zip(history.history['loss'], history.history['covered']):
    print('loss %.5f, covered %.4f' % (loss, share))
print(np.round(model.predict(signal[:2], verbose=0), 4))
