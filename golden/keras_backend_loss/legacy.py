"""Old Keras: losses and a metric written with keras.backend, for a model that paints a mask."""
import numpy as np
from keras import backend as K
from keras.layers import Dense, Input
from keras.models import Model
from keras.optimizers import SGD


def dice_coefficient(y_true, y_pred):
    intersection = K.sum(y_true * y_pred, axis=-1)
    total = K.sum(K.square(y_true), axis=-1) + K.sum(K.square(y_pred), axis=-1)
    return (2. * intersection + K.epsilon()) / (total + K.epsilon())


def mask_loss(y_true, y_pred):
    # Half Dice, half cross entropy
    clipped = K.clip(y_pred, K.epsilon(), 1. - K.epsilon())
    entropy = -K.mean(y_true * K.log(clipped) + (1. - y_true) * K.log(1. - clipped), axis=-1)
    return 0.5 * (1. - dice_coefficient(y_true, y_pred)) + 0.5 * entropy


def covered(y_true, y_pred):
    hits = K.cast(K.greater(y_pred, 0.5), K.floatx())
    return K.mean(K.cast(K.equal(hits, y_true), 'float32'))


np.random.seed(5)
signal = np.random.normal(size=(64, 10)).astype('float32')
mask = (signal > 0.3).astype('float32')

inputs = Input(shape=(10,))
x = Dense(12, activation='tanh')(inputs)
outputs = Dense(10, activation='sigmoid')(x)
model = Model(inputs=inputs, outputs=outputs)
model.compile(optimizer=SGD(lr=0.5, momentum=0.9), loss=mask_loss, metrics=[covered])

history = model.fit(signal, mask, batch_size=16, epochs=4, shuffle=False, verbose=0)
for loss, share in zip(history.history['loss'], history.history['covered']):
    print('loss %.5f, covered %.4f' % (loss, share))
print(np.round(model.predict(signal[:2], verbose=0), 4))
