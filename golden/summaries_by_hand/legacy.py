"""A line through a cloud of points; the averages over each pass are computed in Python and logged."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(3)
xs = rng.uniform(-2, 2, 40).astype(np.float32)
ys = (1.5 * xs - 0.5 + rng.normal(0, 0.1, 40)).astype(np.float32)

x = tf.placeholder(tf.float32, [])
y = tf.placeholder(tf.float32, [])
slope = tf.Variable(0.0)
offset = tf.Variable(0.0)
error = tf.square(slope * x + offset - y)
step = tf.train.GradientDescentOptimizer(0.02).minimize(error)

writer = tf.summary.FileWriter("logs", tf.get_default_graph())


def log(values, epoch):
    """Scalars of one epoch, under their names."""
    summary = tf.Summary()
    for name, value in sorted(values.items()):
        summary.value.add(tag="epoch/" + name, simple_value=value)
    writer.add_summary(summary, epoch)


with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(3):
        errors = []
        for a, b in zip(xs, ys):
            _, value = sess.run([step, error], feed_dict={x: a, y: b})
            errors.append(value)
        log({"mean": np.mean(errors), "worst": max(errors)}, epoch)
        line = sess.run([slope, offset])
        summary = tf.Summary(value=[
            tf.Summary.Value(tag="line/slope", simple_value=line[0]),
            tf.Summary.Value(tag="line/offset", simple_value=line[1]),
        ])
        writer.add_summary(summary, epoch)
        print(epoch, line)
    writer.flush()
writer.close()
