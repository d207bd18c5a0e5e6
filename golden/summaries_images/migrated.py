"""A convolution learns to find vertical bars; its input, its answer and its filter are shown as images."""
import numpy as np
import tensorflow as tf
import keras


def summary_images(images):
    """Images as TensorFlow 1 drew them in summaries: floats are scaled, each image by its own extreme values."""
    images = tf.convert_to_tensor(images)
    if images.dtype == tf.uint8:
        return images
    finite = tf.reduce_all(tf.math.is_finite(images), axis=-1, keepdims=True)
    smallest = tf.reduce_min(tf.where(finite, images, images.dtype.max), axis=[1, 2, 3], keepdims=True)
    largest = tf.reduce_max(tf.where(finite, images, images.dtype.min), axis=[1, 2, 3], keepdims=True)
    signed = tf.cast(smallest < 0, images.dtype)
    extreme = tf.maximum(largest, signed * -smallest)
    scale = tf.where(extreme < 1e-6, tf.zeros_like(extreme), (255 - 128 * signed) / extreme)
    red = tf.constant([255, 0, 0, 255], tf.uint8)[: tf.shape(images)[-1]]
    return tf.where(finite, tf.cast(images * scale + 128 * signed, tf.uint8), red)


rng = np.random.RandomState(11)


def bars(count, size=8):
    images = rng.uniform(0, 0.3, (count, size, size, 1))
    targets = np.zeros((count, size, size, 1))
    for index in range(count):
        column = rng.randint(1, size - 1)
        images[index, :, column] = 1.0
        targets[index, :, column] = 1.0
    return images.astype(np.float32), targets.astype(np.float32)


images = tf.TensorSpec([None, 8, 8, 1], tf.float32)
targets = tf.TensorSpec([None, 8, 8, 1], tf.float32)

kernel = tf.Variable(tf.random.normal([3, 3, 1, 1], stddev=0.2), name="kernel")


def forward(images, targets):
    found = tf.nn.conv2d(images, kernel, strides=[1, 1, 1, 1], padding="SAME")
    loss = tf.reduce_mean(tf.square(found - targets))
    return found, loss


@tf.function(input_signature=[images, targets])
def evaluate(images, targets):
    found, loss = forward(images, targets)
    return {"input": images, "answer": found, "target": tf.cast(targets * 200, tf.uint8)}, loss


optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[images, targets])
def train_step(images, targets):
    with tf.GradientTape() as tape:
        _, loss = forward(images, targets)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


writer = tf.summary.create_file_writer("logs")
for i in range(20):
    seen, wanted = bars(8)
    summary = train_step(seen, wanted)
    with writer.as_default(step=i):
        tf.summary.scalar("loss", summary)
    if i % 5 == 0:
        drawn, value = tf.nest.map_structure(lambda value: value.numpy(), evaluate(seen, wanted))
        with writer.as_default(step=i):
            # What it sees, what it says (with both signs), and what is right
            tf.summary.image("input", summary_images(drawn["input"]), max_outputs=1)
            tf.summary.image("answer", summary_images(drawn["answer"]), max_outputs=2)
            tf.summary.image("target", drawn["target"], max_outputs=1)
        print(i, value)
writer.close()
