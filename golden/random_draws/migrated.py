"""Random tensors are drawn again at each run, variables only once."""
import numpy as np
import tensorflow as tf

tf.random.set_seed(1234)


@tf.function
def compute_pi():
    points = tf.random.uniform([500, 2], seed=1)
    inside = tf.reduce_sum(points ** 2, axis=1) < 1.
    return 4. * tf.reduce_mean(tf.cast(inside, tf.float32))


# a noisy sensor: the offset is fixed, the noise is not
offset = tf.Variable(tf.random.normal([2]), name="offset")
truth = tf.TensorSpec([2], tf.float32)

# running mean of the readings
mean = tf.Variable(tf.zeros([2]), name="mean")
n = tf.Variable(0., name="n")


@tf.function(input_signature=[truth])
def update(truth):
    noise = tf.random.normal(tf.shape(truth), stddev=0.1)
    reading = truth + offset + noise
    n.assign_add(1.)
    mean.assign_add((reading - mean) / n.read_value())


@tf.function
def compute_shuffled():
    return tf.random.shuffle(tf.range(8))


estimates = [compute_pi().numpy() for _ in range(10)]
print("pi is about %.3f" % np.mean(estimates))

for _ in range(20):
    update([1., -1.])
values = [mean.numpy(), offset.numpy()]
print("offset found:", np.round(values[0] - [1., -1.], 2), "true:", np.round(values[1], 2))
print(sorted(compute_shuffled().numpy()))

# the same variables, from the start
mean.assign(tf.zeros([2]))
n.assign(0.)
print([mean.numpy(), n.numpy()])
