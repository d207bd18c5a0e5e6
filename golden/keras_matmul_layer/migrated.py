"""A custom Keras layer with its own kernel and tf.matmul, in a model that a TF1 session trains."""
import numpy as np
import tensorflow as tf
import keras


class Projection(tf.keras.layers.Layer):
    """y = x K + b, followed by a gain that every unit learns."""

    def __init__(self, num_outputs, **kwargs):
        super(Projection, self).__init__(**kwargs)
        self.num_outputs = num_outputs

    def build(self, input_shape):
        self.kernel = self.add_weight(name='kernel', shape=[int(input_shape[-1]), self.num_outputs])
        self.bias = self.add_weight(name='bias', shape=[self.num_outputs], initializer='zeros')
        self.gain = self.add_weight(name='gain', shape=(self.num_outputs,), dtype=tf.float32, initializer=tf.keras.initializers.Constant(1.5))
        super(Projection, self).build(input_shape)

    def call(self, inputs):
        return self.gain * (tf.matmul(inputs, self.kernel) + self.bias)


x = tf.keras.layers.Input(shape=(7,))
h = Projection(9, name='first')(x)
h = tf.keras.layers.Activation('tanh')(h)
y = Projection(2, name='second')(h)
network = tf.keras.models.Model(x, y)

target = tf.TensorSpec((None, 2), tf.float32)
learning_rate = tf.TensorSpec([], tf.float32)


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), target, learning_rate])
def compute_error(x, target, learning_rate):
    y = network(x)
    return tf.reduce_mean(tf.square(target - y))


optimizer = keras.optimizers.SGD(0.0)


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), target, learning_rate])
def train_step(x, target, learning_rate):
    with tf.GradientTape() as tape:
        error = compute_error(x, target, learning_rate)
    variables = tape.watched_variables()
    optimizer.learning_rate.assign(learning_rate)
    optimizer.apply_gradients(zip(tape.gradient(error, variables), variables))


np.random.seed(6)
points = np.random.normal(size=(40, 7))
values = np.stack([points[:, 0] * points[:, 1], points.sum(axis=1)], axis=1)

for i in range(30):
    feed = {'x': points, 'target': values, 'learning_rate': 0.1 / (1 + 0.1 * i)}
    train_step(**feed)
    if i % 10 == 9:
        print('iteration %d, error %.5f' % (i + 1, compute_error(**feed).numpy()))


@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype)])
def predict(x):
    return network(x)


print(predict(points[:2]).numpy())
print([w.shape.as_list() for w in network.trainable_weights])
