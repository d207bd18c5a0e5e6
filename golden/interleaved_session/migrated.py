# A tour of tensors: build a little, run a little.
import numpy as np
import tensorflow as tf

# ---------------------------
# constants
# ---------------------------
a = tf.constant(3.0, name='a')
b = tf.constant(4.0)
print(a.numpy() + b.numpy())
print('hypotenuse: %s' % tf.sqrt(a * a + b * b).numpy())

identity = tf.linalg.tensor_diag([1., 1., 1.])
m = tf.reshape(tf.linspace(0., 8., 9), [3, 3])
print((identity + m).numpy())
print(m.get_shape().as_list(), m.dtype == tf.float32)

# ---------------------------
# a variable, used twice
# ---------------------------
v = tf.Variable(tf.fill([3, 1], 2.0))


@tf.function
def compute_product():
    return tf.matmul(m, v)


print(compute_product().numpy().ravel())


@tf.function
def double():
    v.assign(2. * v)


double()
print(compute_product().numpy().ravel())

# ---------------------------
# what we computed goes back in
# ---------------------------
x = tf.TensorSpec([3, 1], tf.float32)


@tf.function(input_signature=[x])
def compute_residual(x):
    product = compute_product()
    return tf.matmul(m, x) - product


@tf.function(input_signature=[x])
def compute_worst(x):
    residual = compute_residual(x)
    return tf.reduce_max(tf.abs(residual))


@tf.function(input_signature=[tf.TensorSpec(None, tf.float32), x])
def compute_worst_2(product, x):
    residual = tf.matmul(m, x) - product
    return tf.reduce_max(tf.abs(residual))


candidate = np.full((3, 1), 3.)
for attempt in range(3):
    r = compute_residual(candidate).numpy()
    print('attempt', attempt, 'worst', compute_worst(candidate).numpy(), 'sum', r.sum())
    candidate = candidate + 0.5


@tf.function
def compute_solution():
    product = compute_product()

    return tf.linalg.lstsq(m, product, l2_regularizer=0.1)


closest = compute_solution().numpy()
print(tf.cast(tf.round(100. * closest), tf.int32).numpy().T)

# feed any tensor, not only a placeholder
print(compute_worst_2(np.zeros((3, 1)), candidate).numpy())
