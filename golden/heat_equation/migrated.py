# Heat flows through a plate: a partial differential equation, stepped in a session.
import numpy as np
import tensorflow as tf


def make_kernel(a):
    """A 2D array as a convolution kernel."""
    a = np.asarray(a)
    a = a.reshape(list(a.shape) + [1, 1])
    return tf.constant(a, dtype=1)


def simple_conv(x, k):
    """Convolution of one picture without channels."""
    x = tf.expand_dims(tf.expand_dims(x, 0), -1)
    y = tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], padding='SAME')
    return y[0, :, :, 0]


def laplace(x):
    laplace_k = make_kernel([[0.25, 0.5, 0.25],
                             [0.5, -3., 0.5],
                             [0.25, 0.5, 0.25]])
    return simple_conv(x, laplace_k)

N = 16

# A cold plate with some hot spots
plate_init = np.zeros([N, N], dtype=np.float32)
random = np.random.RandomState(6)
for n in range(6):
    a, b = random.randint(0, N, 2)
    plate_init[a, b] = random.uniform(50, 100)

# time step and conductivity
eps = tf.TensorSpec((), tf.float32)
conductivity = tf.TensorSpec((), tf.float32)

T = tf.Variable(plate_init)
elapsed = tf.Variable(0.)


@tf.function(input_signature=[eps, conductivity])
def step(eps, conductivity):
    # Discretized heat equation
    T_ = T + eps * conductivity * laplace(T)
    elapsed_ = elapsed + eps

    T.assign(T_)
    elapsed.assign(elapsed_)


for i in range(30):
    step(0.03, 1.5)
    if i % 10 == 0:
        print("t = %.2f" % elapsed.numpy(), "hottest: %.3f" % T.numpy().max(), "mean: %.3f" % tf.reduce_mean(T).numpy())
