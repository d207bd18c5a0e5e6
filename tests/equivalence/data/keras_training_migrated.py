import keras
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import Adam

np.random.seed(1)
data = np.random.normal(size=(24, 6)).astype('float32')
target = data[:, :1] - data[:, 1:2]

model = Sequential()
model.add(Dense(8, activation='tanh', input_shape=(6,)))
model.add(Dropout(0.25))
model.add(Dense(1))
model.compile(loss='mse', optimizer=Adam(learning_rate=0.01), metrics=['mae'])

for i in range(2):
    model.fit(data, target, batch_size=8, epochs=2, shuffle=False, verbose=0)
print(model.train_on_batch(data[:8], target[:8]))
print(model.evaluate(data, target, batch_size=12, verbose=0))
print(model.predict(data[:4], verbose=0), model.predict(data[4:8], verbose=0))

scale = tf.Variable(1.)
scale.assign(3.)
print(scale.numpy())
