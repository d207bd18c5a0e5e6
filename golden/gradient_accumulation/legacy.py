"""Ridge regression with small batches: the gradients of four batches are summed before Adam takes a step."""
import numpy as np
import tensorflow as tf

ACCUMULATE = 4
STEPS = 6

rng = np.random.RandomState(7)
inputs = rng.randn(48, 3)
targets = inputs.dot([[1.5], [-2.], [.5]]) + .1 * rng.randn(48, 1)

x = tf.placeholder(tf.float32, [None, 3])
y = tf.placeholder(tf.float32, [None, 1])
w = tf.Variable(tf.zeros([3, 1]), name='w')
b = tf.Variable(tf.zeros([1]), name='b')
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y)) + 0.01 * tf.nn.l2_loss(w)

optimizer = tf.train.AdamOptimizer(0.1)
tvs = tf.trainable_variables()

# One sum for each variable, set to zero before a step
accum_vars = [tf.Variable(tf.zeros_like(tv.initialized_value()), trainable=False) for tv in tvs]
zero_ops = [tv.assign(tf.zeros_like(tv)) for tv in accum_vars]

gvs = optimizer.compute_gradients(loss, tvs)
accum_ops = [accum_vars[i].assign_add(gv[0]) for i, gv in enumerate(gvs)]
train_step = optimizer.apply_gradients([(accum_vars[i] / ACCUMULATE, gv[1]) for i, gv in enumerate(gvs)])

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(STEPS):
        sess.run(zero_ops)
        for _ in range(ACCUMULATE):
            rows = rng.randint(48, size=6)
            sess.run(accum_ops, feed_dict={x: inputs[rows], y: targets[rows]})
        sess.run(train_step)
        print('step %d: loss %.4f' % (step, sess.run(loss, feed_dict={x: inputs, y: targets})))
