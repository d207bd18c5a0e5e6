"""A custom Keras layer with its own kernel and tf.matmul, in a model that a TF1 session trains."""
import numpy as np
import tensorflow as tf


class Projection(tf.keras.layers.Layer):
    """y = x K + b, followed by a gain that every unit learns."""

    def __init__(self, num_outputs, **kwargs):
        super(Projection, self).__init__(**kwargs)
        self.num_outputs = num_outputs

    def build(self, input_shape):
        self.kernel = self.add_variable('kernel', shape=[int(input_shape[-1]), self.num_outputs])
        self.bias = self.add_weight('bias', [self.num_outputs], initializer='zeros')
        self.gain = self.add_weight('gain', (self.num_outputs,), tf.float32, tf.keras.initializers.Constant(1.5))
        super(Projection, self).build(input_shape)

    def call(self, inputs):
        return self.gain * (tf.matmul(inputs, self.kernel) + self.bias)


x = tf.keras.layers.Input(shape=(7,))
h = Projection(9, name='first')(x)
h = tf.keras.layers.Activation('tanh')(h)
y = Projection(2, name='second')(h)
network = tf.keras.models.Model(x, y)

target = tf.placeholder(tf.float32, (None, 2))
error = tf.reduce_mean(tf.square(target - y))
learning_rate = tf.placeholder(tf.float32, shape=[])
train = tf.train.GradientDescentOptimizer(learning_rate).minimize(error)

np.random.seed(6)
points = np.random.normal(size=(40, 7))
values = np.stack([points[:, 0] * points[:, 1], points.sum(axis=1)], axis=1)

session = tf.Session()
session.run(tf.global_variables_initializer())
for i in range(30):
    feed = {network.input: points, target: values, learning_rate: 0.1 / (1 + 0.1 * i)}
    session.run(train, feed_dict=feed)
    if i % 10 == 9:
        print('iteration %d, error %.5f' % (i + 1, session.run(error, feed_dict=feed)))
print(session.run(network.output, feed_dict={network.input: points[:2]}))
print([w.shape.as_list() for w in network.trainable_weights])
session.close()
