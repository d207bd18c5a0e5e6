"""A line through a cloud of points; the averages over each pass are computed in Python and logged."""
import numpy as np
import tensorflow as tf
import keras

rng = np.random.RandomState(3)
xs = rng.uniform(-2, 2, 40).astype(np.float32)
ys = (1.5 * xs - 0.5 + rng.normal(0, 0.1, 40)).astype(np.float32)

x = tf.TensorSpec([], tf.float32)
y = tf.TensorSpec([], tf.float32)
slope = tf.Variable(0.0)
offset = tf.Variable(0.0)
optimizer = keras.optimizers.SGD(0.02)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        error = tf.square(slope * x + offset - y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(error, variables), variables))
    return error


writer = tf.summary.create_file_writer("logs")


def log(values, epoch):
    """Scalars of one epoch, under their names."""
    summary = []
    for name, value in sorted(values.items()):
        summary.append(("epoch/" + name, value))
    with writer.as_default(step=epoch):
        for tag, value_2 in summary:
            tf.summary.scalar(tag, value_2)


for epoch in range(3):
    errors = []
    for a, b in zip(xs, ys):
        value = train_step(a, b).numpy()
        errors.append(value)
    log({"mean": np.mean(errors), "worst": max(errors)}, epoch)
    line = [slope.numpy(), offset.numpy()]
    with writer.as_default(step=epoch):
        tf.summary.scalar("line/slope", line[0])
        tf.summary.scalar("line/offset", line[1])
    print(epoch, line)
writer.flush()
writer.close()
