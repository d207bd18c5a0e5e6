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
print(m.shape.as_list(), m.dtype == tf.float32)

# ---------------------------
# a variable, used twice
# ---------------------------
v = tf.Variable(tf.fill([3, 1], 2.0))


@tf.function(input_signature=[])
def compute_product():
    return tf.matmul(m, v)


print(compute_product().numpy().ravel())

v.assign(2. * v)
print(compute_product().numpy().ravel())

# ---------------------------
# what we computed goes back in
# ---------------------------
x = tf.TensorSpec([3, 1], tf.float32, name='x')


@tf.function(input_signature=[x])
def compute_residual(x):
    return tf.matmul(m, x) - compute_product()


@tf.function(input_signature=[x])
def compute_worst(x):
    return tf.reduce_max(tf.abs(compute_residual(x)))


candidate = np.full((3, 1), 3.)
for attempt in range(3):
    r = compute_residual(candidate).numpy()
    print('attempt', attempt, 'worst', compute_worst(candidate).numpy(), 'sum', r.sum())
    candidate = candidate + 0.5


@tf.function(input_signature=[])
def compute_solution():
    return tf.linalg.lstsq(m, compute_product(), l2_regularizer=0.1)


closest = compute_solution().numpy()
print(tf.cast(tf.round(100. * closest), tf.int32).numpy().T)


# feed any tensor, not only a placeholder
@tf.function(input_signature=[x, tf.TensorSpec([3, 1], tf.float32)])
def compute_worst_with_product(x, product):
    residual = tf.matmul(m, x) - product
    return tf.reduce_max(tf.abs(residual))


print(compute_worst_with_product(candidate, np.zeros((3, 1))).numpy())
