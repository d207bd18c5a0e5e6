"""Random tensors are drawn again at each run, variables only once."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(1234)

points = tf.random_uniform([500, 2], seed=1)
inside = tf.reduce_sum(points ** 2, axis=1) < 1.
pi = 4. * tf.reduce_mean(tf.to_float(inside))

# a noisy sensor: the offset is fixed, the noise is not
offset = tf.Variable(tf.random_normal([2]), name="offset")
truth = tf.placeholder(tf.float32, [2])
noise = tf.random_normal(tf.shape(truth), stddev=0.1)
reading = truth + offset + noise

# running mean of the readings
mean = tf.Variable(tf.zeros([2]), name="mean")
n = tf.Variable(0., name="n")
with tf.control_dependencies([n.assign_add(1.)]):
    update = mean.assign_add((reading - mean) / n.read_value())

shuffled = tf.random_shuffle(tf.range(8))

sess = tf.Session()
sess.run(tf.global_variables_initializer())

estimates = [sess.run(pi) for _ in range(10)]
print("pi is about %.3f" % np.mean(estimates))

for _ in range(20):
    sess.run(update, feed_dict={truth: [1., -1.]})
values = sess.run([mean, offset])
print("offset found:", np.round(values[0] - [1., -1.], 2), "true:", np.round(values[1], 2))
print(sorted(sess.run(shuffled)))

# the same variables, from the start
sess.run(tf.variables_initializer([mean, n]))
print(sess.run([mean, n]))
