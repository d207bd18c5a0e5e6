import keras
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data = rng.randn(48, 5).astype(np.float32)
target = data[:, :1] * 2 - data[:, 1:2]
labels = (data[:, 2] > 0).astype(np.int64)

x = tf.TensorSpec([None, 5], tf.float32)
y = tf.TensorSpec([None, 1], tf.float32)
c = tf.TensorSpec([None], tf.int64)

# Adam, two variables in one statement
params = {
    'w': tf.Variable(tf.random.normal([5, 8])),
    'v': tf.Variable(tf.random.normal([8, 1])),
}
b = tf.Variable(tf.zeros([8]))


@tf.function(input_signature=[x, y])
def compute_loss(x, y):
    pred = tf.matmul(tf.nn.tanh(tf.matmul(x, params['w']) + b), params['v'])
    return tf.reduce_mean(tf.square(pred - y))


adam = keras.optimizers.Adam(0.01, epsilon=1e-8)


@tf.function(input_signature=[x, y])
def train_adam(x, y):
    with tf.GradientTape() as tape:
        loss = compute_loss(x, y)
    variables = tape.watched_variables()
    adam.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


# plain descent
w2 = tf.Variable(tf.random.normal([5, 1]))
b2 = tf.Variable(0.5 * tf.ones([1]))
sgd = keras.optimizers.SGD(0.05)


@tf.function(input_signature=[x, y])
def train_sgd(x, y):
    with tf.GradientTape() as tape:
        loss2 = tf.reduce_mean(tf.square(tf.matmul(x, w2) + b2 - y))
    sgd.apply_gradients(zip(tape.gradient(loss2, [w2, b2]), [w2, b2]))


class RMSProp(keras.optimizers.RMSprop):
    def build(self, variables):
        super().build(variables)
        for velocity in self._velocities:
            velocity.assign(tf.ones_like(velocity))


# RMSProp
w3 = tf.Variable(tf.random.normal([5, 1]))
rms = RMSProp(0.01, rho=0.9, epsilon=1e-10)
rms.build([w3])


@tf.function(input_signature=[x, y])
def train_rms(x, y):
    with tf.GradientTape() as tape:
        loss3 = tf.reduce_mean(tf.square(tf.matmul(x, w3) - y))
    rms.apply_gradients(zip(tape.gradient(loss3, [w3]), [w3]))


# a classifier
w4 = tf.Variable(tf.random.normal([5, 2]))
descent = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[x, c])
def classify(x, c):
    logits = tf.matmul(x, w4)
    loss4 = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits))
    return tf.argmax(logits, 1), loss4


@tf.function(input_signature=[x, c])
def train_class(x, c):
    with tf.GradientTape() as tape:
        _, loss4 = classify(x, c)
    descent.apply_gradients(zip(tape.gradient(loss4, [w4]), [w4]))


# state without gradients
count = tf.Variable(0)


@tf.function(input_signature=[])
def step():
    return count.assign_add(2)


def batch(i):
    return slice(i % 3 * 16, i % 3 * 16 + 16)


for i in range(25):
    part = batch(i)
    value = train_adam(data[part], target[part]).numpy()
for i in range(10):
    part = batch(i)
    train_sgd(data[part], target[part])
    train_rms(data[part], target[part])
for i in range(10):
    part = batch(i)
    train_class(data[part], labels[part])
print({'loss': compute_loss(data, target).numpy(), 'b': b.numpy()})
found, final = (item.numpy() for item in classify(data, labels))
print(step().numpy())
print(count.numpy())
