# A tour of tensors: build a little, run a little.
import numpy as np
import tensorflow as tf

sess = tf.InteractiveSession()

# ---------------------------
# constants
# ---------------------------
a = tf.constant(3.0, name='a')
b = tf.constant(4.0)
print(a.eval() + b.eval())
print('hypotenuse: %s' % tf.sqrt(a * a + b * b).eval())

identity = tf.diag([1., 1., 1.])
m = tf.reshape(tf.linspace(0., 8., 9), [3, 3])
print(sess.run(identity + m))
print(m.get_shape().as_list(), m.dtype == tf.float32)

# ---------------------------
# a variable, used twice
# ---------------------------
v = tf.Variable(tf.fill([3, 1], 2.0))
sess.run(v.initializer)

product = tf.matmul(m, v)
print(product.eval().ravel())

double = v.assign(2. * v)
double.eval()
print(product.eval().ravel())

# ---------------------------
# what we computed goes back in
# ---------------------------
x = tf.placeholder(tf.float32, [3, 1], name='x')
residual = tf.matmul(m, x) - product
worst = tf.reduce_max(tf.abs(residual))

candidate = np.full((3, 1), 3.)
for attempt in range(3):
    r = residual.eval(feed_dict={x: candidate})
    print('attempt', attempt, 'worst', sess.run(worst, {x: candidate}), 'sum', r.sum())
    candidate = candidate + 0.5

solution = tf.matrix_solve_ls(m, product, l2_regularizer=0.1)
closest = solution.eval()
print(sess.run(tf.to_int32(tf.round(100. * closest))).T)

# feed any tensor, not only a placeholder
print(sess.run(worst, {x: candidate, product: np.zeros((3, 1))}))

sess.close()
