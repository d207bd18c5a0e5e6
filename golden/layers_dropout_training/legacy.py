"""Which way do the stripes run? Convolutions, dropout, and a softmax."""
import numpy as np
import tensorflow as tf

WIDTH = 10
N_CLASSES = 3

np.random.seed(3)
tf.set_random_seed(3)


def stripes(count):
    labels = np.random.randint(N_CLASSES, size=count)
    rows, columns = np.mgrid[:WIDTH, :WIDTH]
    phase = np.random.uniform(0, 6, size=[count, 1, 1])
    across = np.stack([rows, columns, (rows + columns) / 2])[labels]
    images = np.sin(across + phase) + 0.5 * np.random.randn(count, WIDTH, WIDTH)
    return images.reshape(count, WIDTH * WIDTH), np.eye(N_CLASSES)[labels]


# graph input
X = tf.placeholder(tf.float32, [None, WIDTH * WIDTH])
Y = tf.placeholder(tf.float32, [None, N_CLASSES])
train_mode = tf.placeholder(tf.bool)

image = tf.reshape(X, shape=[-1, WIDTH, WIDTH, 1])

# two convolutions
net = tf.layers.conv2d(image, filters=8, kernel_size=3, activation=tf.nn.relu,
                       kernel_initializer=tf.truncated_normal_initializer(stddev=0.2))
net = tf.layers.max_pooling2d(net, 2, 2)
net = tf.layers.conv2d(net, 12, 3, 1, 'valid', activation=tf.nn.elu)

# a dense layer, of which half is left out in training
net = tf.layers.flatten(net)
net = tf.layers.dense(net, 20, tf.nn.relu)
dropped = tf.layers.dropout(net, rate=0.5, training=train_mode)
logits = tf.layers.dense(dropped, N_CLASSES)

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=Y))
train_step = tf.train.GradientDescentOptimizer(0.1).minimize(cost)
hits = tf.equal(tf.argmax(logits, 1), tf.argmax(Y, 1))
accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))

test_images, test_labels = stripes(60)

sess = tf.Session()
sess.run(tf.global_variables_initializer())

for step in range(40):
    batch_images, batch_labels = stripes(30)
    _, c = sess.run([train_step, cost], feed_dict={X: batch_images, Y: batch_labels, train_mode: True})
    if (step + 1) % 10 == 0:
        # nothing is left out when the network is judged
        a = sess.run(accuracy, feed_dict={X: test_images, Y: test_labels, train_mode: False})
        print('step', step + 1, 'cost', c, 'accuracy', a)

print(sess.run(tf.nn.softmax(logits), feed_dict={X: test_images[:3], train_mode: False}).round(3))
sess.close()
