"""Crosses and squares: a small convolutional network with batch normalization."""
import numpy as np
import tensorflow as tf

SIZE = 8
STEPS = 30

rng = np.random.RandomState(1)


def draw(count):
    """Noisy pictures of crosses (0) and of squares (1)."""
    images = rng.normal(0, 0.3, [count, SIZE, SIZE, 1])
    labels = rng.randint(0, 2, count)
    for image, label in zip(images, labels):
        row, column = rng.randint(0, 4, 2)
        if label:
            image[row:row + 5, [column, column + 4]] += 1
            image[[row, row + 4], column:column + 5] += 1
        else:
            image[row:row + 5, column + 2] += 1
            image[row + 2, column:column + 5] += 1
    return images, labels


tf.set_random_seed(1)

pictures = tf.placeholder(tf.float32, [None, SIZE, SIZE, 1])
classes = tf.placeholder(tf.int32, [None])
is_training = tf.placeholder(tf.bool)

# convolution, normalization, activation: twice
conv1 = tf.layers.conv2d(pictures, 6, 3, padding='SAME', use_bias=False)
conv1 = tf.layers.batch_normalization(conv1, training=is_training, name='norm1')
conv1 = tf.nn.relu(conv1)
pool1 = tf.layers.max_pooling2d(conv1, pool_size=2, strides=2)

conv2 = tf.layers.conv2d(pool1, 8, [3, 3], padding='SAME', use_bias=False)
conv2 = tf.layers.batch_normalization(conv2, training=is_training, name='norm2')
conv2 = tf.nn.relu(conv2)
pool2 = tf.layers.average_pooling2d(conv2, pool_size=4, strides=4)

logits = tf.layers.dense(tf.layers.flatten(pool2), 2)
loss = tf.losses.sparse_softmax_cross_entropy(labels=classes, logits=logits)
correct = tf.equal(tf.cast(tf.argmax(logits, 1), tf.int32), classes)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

train_op = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
# without these the moving mean and variance would stay as they are
update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)

test_images, test_labels = draw(100)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(1, STEPS + 1):
        images, labels = draw(40)
        _, _, value = sess.run([train_op, update_ops, loss], {pictures: images, classes: labels, is_training: True})
        if step % 10 == 0:
            score = sess.run(accuracy, {pictures: test_images, classes: test_labels, is_training: False})
            print('%d: loss %.4f, %.0f%% of the test pictures' % (step, value, 100 * score))
