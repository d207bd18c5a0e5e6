"""Which way do the stripes run? Convolutions, dropout, and a softmax."""
import numpy as np
import tensorflow as tf
import keras

WIDTH = 10
N_CLASSES = 3

np.random.seed(3)
tf.random.set_seed(3)


def stripes(count):
    labels = np.random.randint(N_CLASSES, size=count)
    rows, columns = np.mgrid[:WIDTH, :WIDTH]
    phase = np.random.uniform(0, 6, size=[count, 1, 1])
    across = np.stack([rows, columns, (rows + columns) / 2])[labels]
    images = np.sin(across + phase) + 0.5 * np.random.randn(count, WIDTH, WIDTH)
    return images.reshape(count, WIDTH * WIDTH), np.eye(N_CLASSES)[labels]


# graph input
X = tf.TensorSpec([None, WIDTH * WIDTH], tf.float32)
Y = tf.TensorSpec([None, N_CLASSES], tf.float32)

conv2d = keras.layers.Conv2D(filters=8, kernel_size=3, activation=tf.nn.relu,
                       kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.2))
net_max_pooling2d = keras.layers.MaxPooling2D(2, 2)
conv2d_2 = keras.layers.Conv2D(12, 3, strides=1, padding='valid', activation=tf.nn.elu)

net_flatten = keras.layers.Flatten()
net_dense = keras.layers.Dense(20, tf.nn.relu)
dropped_layer = keras.layers.Dropout(rate=0.5)
logits_layer = keras.layers.Dense(N_CLASSES)


def logits_of(X, train_mode):
    image = tf.reshape(X, shape=[-1, WIDTH, WIDTH, 1])

    # two convolutions
    net = conv2d(image)
    net = net_max_pooling2d(net)
    net = conv2d_2(net)

    # a dense layer, of which half is left out in training
    net = net_flatten(net)
    net = net_dense(net)
    dropped = dropped_layer(net, training=train_mode)
    return logits_layer(dropped)


@tf.function(input_signature=[X])
def compute_softmax(X):
    logits = logits_of(X, train_mode=False)
    return tf.nn.softmax(logits)


optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[X, Y])
def train_step(X, Y):
    with tf.GradientTape() as tape:
        logits = logits_of(X, train_mode=True)

        cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=Y))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))
    return cost


@tf.function(input_signature=[X, Y])
def compute_accuracy(X, Y):
    logits = logits_of(X, train_mode=False)
    hits = tf.equal(tf.argmax(logits, 1), tf.argmax(Y, 1))
    return tf.reduce_mean(tf.cast(hits, tf.float32))


test_images, test_labels = stripes(60)

for step in range(40):
    batch_images, batch_labels = stripes(30)
    c = train_step(batch_images, batch_labels).numpy()
    if (step + 1) % 10 == 0:
        # nothing is left out when the network is judged
        a = compute_accuracy(test_images, test_labels).numpy()
        print('step', step + 1, 'cost', c, 'accuracy', a)

print(compute_softmax(test_images[:3]).numpy().round(3))
