"""A stateful Keras layer: it counts the rows it has seen and keeps their running mean."""
import numpy as np
import tensorflow as tf
from tensorflow import keras


class RunningMean(keras.layers.Layer):
    def __init__(self, size):
        super(RunningMean, self).__init__()
        self.count = keras.Variable(0.0, trainable=False, name='count')
        self.total = keras.Variable(tf.zeros([size]), trainable=False, name='total')

    def call(self, inputs):
        count = self.count.assign_add(tf.cast(tf.shape(inputs)[0], tf.float32))
        total = self.total.assign_add(tf.reduce_sum(inputs, axis=0))
        return total / count


rows = tf.TensorSpec([None, 3], tf.float32)
layer = RunningMean(3)


@tf.function(input_signature=[rows])
def evaluate(rows):
    mean = layer(rows)
    distance = tf.sqrt(tf.reduce_sum(tf.square(rows - mean), axis=1))
    return mean, distance


np.random.seed(3)
for size in (4, 1, 3):
    batch = np.random.normal(loc=2.0, size=(size, 3))
    current, far = [value.numpy() for value in evaluate(batch)]
    print('%d rows: mean %s, farthest %.5f' % (size, current, far.max()))
print('counted', layer.count.numpy())
