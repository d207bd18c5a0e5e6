import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data = rng.randn(48, 5).astype(np.float32)
target = data[:, :1] * 2 - data[:, 1:2]
labels = (data[:, 2] > 0).astype(np.int64)

x = tf.placeholder(tf.float32, [None, 5])
y = tf.placeholder(tf.float32, [None, 1])
c = tf.placeholder(tf.int64, [None])

# Adam, two variables in one statement
params = {
    'w': tf.Variable(tf.random_normal([5, 8])),
    'v': tf.Variable(tf.random_normal([8, 1])),
}
b = tf.Variable(tf.zeros([8]))
pred = tf.matmul(tf.nn.tanh(tf.matmul(x, params['w']) + b), params['v'])
loss = tf.reduce_mean(tf.square(pred - y))
train_adam = tf.train.AdamOptimizer(0.01).minimize(loss)

# plain descent
w2 = tf.Variable(tf.random_normal([5, 1]))
b2 = tf.Variable(0.5 * tf.ones([1]))
loss2 = tf.reduce_mean(tf.square(tf.matmul(x, w2) + b2 - y))
train_sgd = tf.train.GradientDescentOptimizer(0.05).minimize(loss2)

# RMSProp
w3 = tf.Variable(tf.random_normal([5, 1]))
loss3 = tf.reduce_mean(tf.square(tf.matmul(x, w3) - y))
train_rms = tf.train.RMSPropOptimizer(0.01).minimize(loss3)

# a classifier
w4 = tf.Variable(tf.random_normal([5, 2]))
logits = tf.matmul(x, w4)
loss4 = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=logits))
classes = tf.argmax(logits, 1)
train_class = tf.train.GradientDescentOptimizer(0.1).minimize(loss4)

# state without gradients
count = tf.Variable(0)
step = tf.assign_add(count, 2)


def batch(i):
    return slice(i % 3 * 16, i % 3 * 16 + 16)


sess = tf.Session()
sess.run(tf.global_variables_initializer())
for i in range(25):
    part = batch(i)
    _, value = sess.run([train_adam, loss], feed_dict={x: data[part], y: target[part]})
for i in range(10):
    part = batch(i)
    sess.run(train_sgd, {x: data[part], y: target[part]})
    sess.run(train_rms, {x: data[part], y: target[part]})
for i in range(10):
    part = batch(i)
    sess.run(train_class, {x: data[part], c: labels[part]})
print(sess.run({'loss': loss, 'b': b}, {x: data, y: target}))
found, final = sess.run([classes, loss4], {x: data, c: labels})
print(sess.run(step))
print(sess.run(count))
