"""Regression with a few wild outliers: gradients are clipped before they are applied."""
import numpy as np
import tensorflow as tf

FEATURES = 4
CLIP_NORM = 0.5

random = np.random.RandomState(12)
inputs = random.normal(size=(64, FEATURES)).astype("float32")
targets = inputs.dot(np.array([[1.], [-2.], [.5], [0.]])) + .3
targets[::16] += 50.  # outliers

x = tf.placeholder(tf.float32, (None, FEATURES), name="x")
t = tf.placeholder(tf.float32, (None, 1), name="t")

with tf.name_scope("hidden"):
    w1 = tf.Variable(tf.truncated_normal([FEATURES, 8], stddev=0.5), name="w")
    b1 = tf.Variable(tf.zeros([8]), name="b")
    h = tf.nn.elu(tf.matmul(x, w1) + b1)
with tf.name_scope("output"):
    w2 = tf.Variable(tf.truncated_normal([8, 1], stddev=0.5), name="w")
    y = tf.matmul(h, w2)

loss = tf.reduce_mean(tf.squared_difference(y, t), name="loss")

# Clip every gradient by its norm, then apply
opt = tf.train.AdamOptimizer(0.02)
grads_and_vars = opt.compute_gradients(loss)
clipped = [(tf.clip_by_norm(g, CLIP_NORM), v) for g, v in grads_and_vars if g is not None]
train_op = opt.apply_gradients(clipped)

# What the norm would have been
norm = tf.global_norm([g for g, _ in grads_and_vars])

config = tf.ConfigProto(allow_soft_placement=True)
config.gpu_options.allow_growth = True

with tf.Session(config=config) as session:
    session.run(tf.global_variables_initializer())
    for step in range(20):
        feed = {x: inputs, t: targets}
        before, _ = session.run([norm, train_op], feed)
        if step % 5 == 0:
            print("step {0}: norm {1:.3f}, loss {2:.3f}".format(step, before, session.run(loss, feed)))
    print(session.run(y, {x: inputs[:2]}))
