"""Regression on a noisy parabola, with a function that adds one layer to the network."""
import numpy as np
import tensorflow as tf
import keras


# Add one more layer, and return its output
class AddLayer(tf.Module):
    def __init__(self, in_size, out_size, activation_function=None):
        super().__init__()
        self.activation_function = activation_function
        self.Weights = tf.Variable(tf.random.normal([in_size, out_size]), name='W')
        self.biases = tf.Variable(tf.zeros([1, out_size]) + 0.1, name='b')  # rather not zero

    def __call__(self, inputs):
        Wx_plus_b = tf.matmul(inputs, self.Weights) + self.biases
        if self.activation_function is None:
            outputs = Wx_plus_b
        else:
            outputs = self.activation_function(Wx_plus_b)
        return outputs


# Several hidden layers of one size
class HiddenLayers(tf.Module):
    def __init__(self, in_size, sizes):
        super().__init__()
        self.add_layers = []
        for size in sizes:
            self.add_layers.append(AddLayer(in_size, size, tf.nn.tanh))
            in_size = size

    def __call__(self, inputs):
        h = inputs
        for add_layer in self.add_layers:
            h = add_layer(h)
        return h


# Make up some data
rng = np.random.RandomState(0)
x_data = np.linspace(-1, 1, 60)[:, np.newaxis]
y_data = np.square(x_data) - 0.5 + rng.normal(0, 0.05, x_data.shape)

xs = tf.TensorSpec([None, 1], tf.float32)
ys = tf.TensorSpec([None, 1], tf.float32)

hidden_layers = HiddenLayers(1, [10, 6])
add_layer = AddLayer(6, 1)


@tf.function(input_signature=[xs])
def predict(xs):
    # Two hidden layers, and the output layer
    hidden = hidden_layers(xs)
    return add_layer(hidden)


@tf.function(input_signature=[xs, ys])
def compute_loss(xs, ys):
    prediction = predict(xs)

    # The error between prediction and data
    return tf.reduce_mean(tf.reduce_sum(tf.square(ys - prediction), axis=[1]))


optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[xs, ys])
def train_step(xs, ys):
    with tf.GradientTape() as tape:
        loss = compute_loss(xs, ys)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


for i in range(40):
    train_step(x_data, y_data)
    if i % 10 == 0:
        print(i, compute_loss(x_data, y_data).numpy())
print(predict([[0.0], [0.5]]).numpy())
