"""Ridge regression with small batches: the gradients of four batches are summed before Adam takes a step."""
import numpy as np
import tensorflow as tf
import keras

ACCUMULATE = 4
STEPS = 6

rng = np.random.RandomState(7)
inputs = rng.randn(48, 3)
targets = inputs.dot([[1.5], [-2.], [.5]]) + .1 * rng.randn(48, 1)

x = tf.TensorSpec([None, 3], tf.float32)
y = tf.TensorSpec([None, 1], tf.float32)
w = tf.Variable(tf.zeros([3, 1]), name='w')
b = tf.Variable(tf.zeros([1]), name='b')


@tf.function(input_signature=[x, y])
def compute_loss(x, y):
    return tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y)) + 0.01 * tf.nn.l2_loss(w)


optimizer = keras.optimizers.Adam(0.1, epsilon=1e-08)
tvs = [w, b]

# One sum for each variable, set to zero before a step
accum_vars = [tf.Variable(tf.zeros_like(tv), trainable=False) for tv in tvs]


@tf.function
def zero():
    for tv in accum_vars:
        tv.assign(tf.zeros_like(tv))


@tf.function(input_signature=[x, y])
def accum(x, y):
    with tf.GradientTape() as tape:
        loss = compute_loss(x, y)

    gvs = list(zip(tape.gradient(loss, tvs), tvs))
    for i, gv in enumerate(gvs):
        accum_vars[i].assign_add(gv[0])


@tf.function
def train_step():
    optimizer.apply_gradients([(accum_vars[i] / ACCUMULATE, variable) for i, variable in enumerate(tvs)])


for step in range(STEPS):
    zero()
    for _ in range(ACCUMULATE):
        rows = rng.randint(48, size=6)
        accum(inputs[rows], targets[rows])
    train_step()
    print('step %d: loss %.4f' % (step, compute_loss(inputs, targets).numpy()))
