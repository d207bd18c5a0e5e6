"""Search the input that a fixed Keras model likes best: the model is called on a tf.Variable."""
import numpy as np
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential
import keras

model = Sequential()
model.add(Dense(12, activation='tanh', input_shape=(5,)))
model.add(Dense(1))

# The thing to be learned is the input, not the weights
image = tf.Variable(np.full((2, 5), 0.1, dtype=np.float32), name='image')


@tf.function
def compute_score():
    return model(tf.identity(image))


@tf.function
def compute_loss():
    score = model(tf.identity(image))
    return -tf.reduce_mean(score) + 0.05 * tf.reduce_sum(tf.square(image))


optimizer = keras.optimizers.Adam(0.1, epsilon=1e-08)


@tf.function
def train_step():
    with tf.GradientTape() as tape:
        loss = compute_loss()
    variables = [image]
    with tf.control_dependencies([loss]):  # no variable changes before the loss has read it
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


print('before', compute_loss().numpy())
for i in range(20):
    current = train_step().numpy()
    if i % 5 == 4:
        print('step %d: %.5f' % (i + 1, current))
print('score', compute_score().numpy().ravel())
print('image', image.numpy())
