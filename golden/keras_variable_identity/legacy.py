"""Search the input that a fixed Keras model likes best: the model is called on a tf.Variable."""
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential

sess = tf.Session()
K.set_session(sess)

model = Sequential()
model.add(Dense(12, activation='tanh', input_shape=(5,)))
model.add(Dense(1))

# The thing to be learned is the input, not the weights
image = tf.Variable(np.full((2, 5), 0.1, dtype=np.float32), name='image')
score = model(tf.identity(image))
loss = -tf.reduce_mean(score) + 0.05 * tf.reduce_sum(tf.square(image))
train_op = tf.train.AdamOptimizer(0.1).minimize(loss, var_list=[image])

sess.run(tf.global_variables_initializer())
print('before', sess.run(loss))
for i in range(20):
    _, current = sess.run([train_op, loss])
    if i % 5 == 4:
        print('step %d: %.5f' % (i + 1, current))
print('score', sess.run(score).ravel())
print('image', sess.run(image))
