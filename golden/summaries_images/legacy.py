"""A convolution learns to find vertical bars; its input, its answer and its filter are shown as images."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(11)


def bars(count, size=8):
    images = rng.uniform(0, 0.3, (count, size, size, 1))
    targets = np.zeros((count, size, size, 1))
    for index in range(count):
        column = rng.randint(1, size - 1)
        images[index, :, column] = 1.0
        targets[index, :, column] = 1.0
    return images.astype(np.float32), targets.astype(np.float32)


images = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
targets = tf.placeholder(tf.float32, [None, 8, 8, 1], name="targets")

kernel = tf.Variable(tf.random_normal([3, 3, 1, 1], stddev=0.2), name="kernel")
found = tf.nn.conv2d(images, kernel, strides=[1, 1, 1, 1], padding="SAME")
loss = tf.reduce_mean(tf.square(found - targets))
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

# What it sees, what it says (with both signs), and what is right
tf.summary.image("input", images, max_outputs=1)
tf.summary.image("answer", found, max_outputs=2)
tf.summary.image("target", tf.cast(targets * 200, tf.uint8), 1)
pictures = tf.summary.merge_all()
loss_summary = tf.summary.scalar("loss", loss)

writer = tf.summary.FileWriter("logs")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(20):
        seen, wanted = bars(8)
        summary, _ = sess.run([loss_summary, train], feed_dict={images: seen, targets: wanted})
        writer.add_summary(summary, i)
        if i % 5 == 0:
            drawn, value = sess.run([pictures, loss], feed_dict={images: seen, targets: wanted})
            writer.add_summary(drawn, i)
            print(i, value)
writer.close()
