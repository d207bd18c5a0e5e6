"""Denoising autoencoder with tied weights.

Some pixels of the input are switched off; the network has to put them back.
"""
import numpy as np
import tensorflow as tf
import keras

side = 6
n_visible = side * side
n_hidden = 20
corruption_level = 0.3

rows = np.random.RandomState(0)
patterns = (np.add.outer(rows.randint(0, 2, (64, side)) * 2 - 1, rows.randint(0, 2, side) * 2 - 1) != 0)
data = patterns.reshape(64, n_visible).astype(np.float32)
train, test = data[:48], data[48:]

# placeholder of the pictures
X = tf.TensorSpec([None, n_visible], tf.float32)

# placeholder of the mask that corrupts them
mask = tf.TensorSpec([None, n_visible], tf.float32)

# the weights, uniform as Glorot and Bengio propose for a sigmoid
W_init_max = 4 * np.sqrt(6. / (n_visible + n_hidden))
W_init = tf.random.uniform(shape=[n_visible, n_hidden],
                           minval=-W_init_max,
                           maxval=W_init_max)

W = tf.Variable(W_init, name='W')
b = tf.Variable(tf.zeros([n_hidden]), name='b')

b_prime = tf.Variable(tf.zeros([n_visible]), name='b_prime')


def model(X, mask, W, b, W_prime, b_prime):
    tilde_X = mask * X  # corrupted X

    Y = tf.nn.sigmoid(tf.matmul(tilde_X, W) + b)  # hidden state
    Z = tf.nn.sigmoid(tf.matmul(Y, W_prime) + b_prime)  # reconstruction
    return Z


@tf.function(input_signature=[X, mask])
def compute_Z(X, mask):
    W_prime = tf.transpose(W)  # decoder and encoder share the weights

    # build the graph
    return model(X, mask, W, b, W_prime, b_prime)


@tf.function(input_signature=[X, mask])
def compute_cost(X, mask):
    Z = compute_Z(X, mask)

    # cost and training
    return tf.reduce_sum(tf.pow(X - Z, 2))


optimizer = keras.optimizers.SGD(0.02)


@tf.function(input_signature=[X, mask])
def train_step(X, mask):
    with tf.GradientTape() as tape:
        cost = compute_cost(X, mask)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))


random = np.random.RandomState(4)

for i in range(5):
    for start, end in zip(range(0, len(train), 16), range(16, len(train) + 1, 16)):
        input_ = train[start:end]
        mask_np = random.binomial(1, 1 - corruption_level, input_.shape)
        train_step(input_, mask_np)

    mask_np = random.binomial(1, 1 - corruption_level, test.shape)
    print(i, compute_cost(test, mask_np).numpy())
# the same pictures, not corrupted
mask_np = np.ones(test.shape)
restored = compute_Z(test, mask_np).numpy()
print('wrong pixels:', int(np.sum((restored > 0.5) != (test > 0.5))))
