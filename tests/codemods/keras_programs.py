"""Programs that mix Keras with TF1, by name; every one is rewritten, and prints the same on both sides."""

from __future__ import annotations

PROGRAMS: dict[str, str] = {
    "two_inputs_and_var_list": """\
import numpy as np
import tensorflow as tf
from keras.layers import Input, Dense, concatenate
from keras.models import Model
a = Input(shape=(3,), name='a')
b = Input(batch_shape=(None, 2), name='b')
h = concatenate([Dense(4, activation='relu')(a), b])
out = Dense(1)(h)
model = Model([a, b], out)
y = tf.placeholder('float32', shape=(None, 1))
loss = tf.reduce_mean(tf.squared_difference(model.output, y))
opt = tf.train.MomentumOptimizer(0.05, 0.9)
train = opt.minimize(loss, var_list=model.trainable_weights)
rng = np.random.RandomState(0)
A, B, Y = rng.rand(8, 3), rng.rand(8, 2), rng.rand(8, 1)
sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
for _ in range(5):
    train.run(feed_dict={a: A, b: B, y: Y})
    print(loss.eval(feed_dict={model.inputs[0]: A, model.inputs[1]: B, y: Y}))
print(model.predict([A, B], verbose=0)[:2])
""",
    "input_from_placeholder": """\
import numpy as np
import tensorflow as tf
from keras.layers import Input, Dense
from keras.models import Model
x = tf.placeholder(tf.float32, [None, 4])
inp = Input(tensor=x)
model = Model(inp, Dense(2, activation='softmax')(inp))
p = model.output
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(p, feed_dict={x: np.eye(4)}))
""",
    "model_called_on_placeholder": """\
import numpy as np
import tensorflow as tf
model = tf.keras.Sequential([tf.keras.layers.Dense(5, activation='relu', input_shape=(4,)), tf.keras.layers.Dense(3)])
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.int32, [None])
logits = model(x)
loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(4):
        _, l = sess.run([train, loss], {x: np.eye(4), y: [0, 1, 2, 0]})
        print(l)
    w = sess.run(model.trainable_weights)
    print(w[0].shape, w[-1])
""",
    "backend_loss_of_output": """\
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Input, Dense
from keras.models import Model
inp = Input((3,))
out = Dense(2)(Dense(4, activation='tanh')(inp))
m = Model(inp, out)
t = K.placeholder(shape=(None, 2))
loss = K.mean(K.square(m.output - t)) + 0.1 * K.mean(K.abs(m.output))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
sess = K.get_session()
sess.run(tf.global_variables_initializer())
for i in range(3):
    print(sess.run([loss, train], feed_dict={m.input: np.ones((2, 3)), t: np.zeros((2, 2))})[0])
""",
    "outputs_of_inner_layers": """\
import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Dense
m = Sequential()
m.add(Dense(4, input_dim=3, activation='relu', name='fc'))
m.add(Dense(2, name='top'))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(m.get_layer('fc').output, feed_dict={m.input: np.ones((2, 3))}))
    print(sess.run(m.layers[-1].output, feed_dict={m.input: np.ones((2, 3))}))
    print(sess.run([m.layers[0].output, m.output], feed_dict={m.input: np.ones((2, 3))}))
""",
    "subclassed_model": """\
import numpy as np
import tensorflow as tf
class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.d1 = tf.keras.layers.Dense(5, activation=tf.nn.relu)
        self.d2 = tf.keras.layers.Dense(2)
    def call(self, x):
        return self.d2(self.d1(x))
net = Net()
x = tf.placeholder(tf.float32, [None, 3])
y = tf.placeholder(tf.float32, [None, 2])
out = net(x)
loss = tf.reduce_mean(tf.square(out - y))
train = tf.train.AdamOptimizer(0.01).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(train, {x: np.ones((2, 3)), y: np.zeros((2, 2))})
        print(sess.run(loss, {x: np.ones((2, 3)), y: np.zeros((2, 2))}))
""",
    "layers_made_by_helper": """\
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
def build(x, units):
    h = layers.Dense(units, activation='relu')(x)
    return layers.Dense(1)(h)
x = tf.placeholder(tf.float32, [None, 3])
y = build(x, 4)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(y, {x: np.ones((2, 3))}))
""",
    "star_import_and_inference": """\
import numpy as np
import tensorflow as tf
from keras.layers import *
from keras.models import Sequential
m = Sequential([Dense(6, input_shape=(3,)), BatchNormalization(), Activation('relu'), Dropout(0.5), Dense(2)])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(m.output, {m.input: np.ones((2, 3))}))
""",
    "backend_variable": """\
import numpy as np
import tensorflow as tf
from keras import backend as K
v = K.variable(np.ones((2, 2)), name='v')
step = K.update_add(v, np.full((2, 2), 0.5))
total = K.sum(v)
sess = K.get_session()
sess.run(tf.global_variables_initializer())
sess.run(step)
print(sess.run(total))
print(K.get_value(v))
""",
    "shapes_of_keras_tensors": """\
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Input, Dense, Reshape
inp = Input((4, 2))
n = K.int_shape(inp)[1]
d = inp.get_shape().as_list()[-1]
h = Reshape((n * d,))(inp)
k = h.shape[1].value
out = Dense(k)(h)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(n, d, k, sess.run(out, {inp: np.ones((1, 4, 2))}))
""",
    "inside_main": """\
import numpy as np
import tensorflow as tf
from tensorflow import keras

def main():
    inp = keras.Input(shape=(3,))
    out = keras.layers.Dense(2)(inp)
    model = keras.Model(inp, out)
    y = tf.placeholder(tf.float32, [None, 2])
    loss = tf.reduce_mean(tf.square(y - model.output))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(3):
            _, l = sess.run([train, loss], feed_dict={inp: np.ones((2, 3)), y: np.zeros((2, 2))})
            print(i, l)

if __name__ == '__main__':
    main()
""",
    "layers_on_graph_tensors": """\
import numpy as np
import tensorflow as tf
from keras.layers import Dense
from keras import backend as K
# tf ops, then keras layers
x = tf.placeholder(tf.float32, [None, 2, 2])
flat = tf.reshape(x, [-1, 4])
h = Dense(3, activation='tanh')(flat)
out = Dense(1)(h)
loss = tf.reduce_mean(tf.square(out))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    K.set_session(sess)
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        print(sess.run([loss, train], feed_dict={x: np.ones((2, 2, 2))})[0])
""",
    "tf_layers_on_placeholder": """\
import numpy as np
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 8, 8, 1])
h = tf.layers.conv2d(x, 4, 3, padding='same', activation=tf.nn.relu)
h = tf.layers.max_pooling2d(h, 2, 2)
h = tf.layers.flatten(h)
out = tf.layers.dense(inputs=h, units=2)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(out, {x: np.ones((1, 8, 8, 1))}))
""",
    "loss_with_tf_ops_for_fit": """\
import tensorflow as tf
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
import keras.backend as K

def custom_loss(y_true, y_pred):
    return tf.reduce_mean(tf.log(1.0 + tf.exp(-y_true * y_pred)), axis=-1) + K.mean(K.square(y_pred), axis=-1)

m = Sequential([Dense(4, activation='relu', input_shape=(3,)), Dense(1)])
m.compile('sgd', loss=custom_loss)
h = m.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=3, batch_size=4, shuffle=False, verbose=0)
print(h.history['loss'])
""",
    "twins": """\
import numpy as np
import tensorflow as tf
from keras import backend as K
rng = np.random.RandomState(0)
x = K.constant(rng.normal(size=(3, 4)))
y = K.constant(rng.normal(size=(4, 5)))
z = K.constant(rng.normal(size=(2, 3, 4)))
p = K.sigmoid(x)
results = [
    K.abs(x), K.exp(x), K.square(x), K.round(x), K.sign(x), K.sin(x), K.cos(x), K.tanh(x), K.softplus(x), K.softsign(x),
    K.elu(x), K.softmax(x), K.log(p), K.sqrt(x), K.sqrt(K.square(x)), K.relu(x), K.relu(x, 0.1, 0.5), K.hard_sigmoid(x),
    K.sum(x), K.sum(x, axis=1), K.mean(x, 1, True), K.prod(x), K.max(x, axis=-1), K.min(x), K.std(x), K.var(x, axis=0),
    K.mean(K.equal(K.argmax(x), K.argmax(p))), K.any(K.greater(x, 0.)), K.all(K.less(x, 9.)), K.maximum(x, p),
    K.minimum(x, p), K.not_equal(x, x), K.greater_equal(x, p), K.less_equal(x, p), K.argmax(x), K.argmin(x, axis=0),
    K.pow(p, 3), K.clip(x, min_value=-.5, max_value=.5), K.cast(x, dtype='int32'), K.cumsum(x), K.cumprod(x, 1),
    K.dot(x, y), K.dot(z, y), K.batch_dot(z, z, axes=2), K.transpose(x), K.permute_dimensions(z, pattern=(0, 2, 1)),
    K.reshape(x, shape=(-1, 2)), K.flatten(x), K.batch_flatten(z), K.expand_dims(x), K.squeeze(K.expand_dims(x), 2),
    K.concatenate([x, x]), K.concatenate([x, x], axis=0), K.stack([x, x], axis=1), K.tile(x, [1, 2]), K.repeat(x, 3),
    K.repeat_elements(x, 2, axis=1), K.reverse(x, axes=1), K.gather(x, [0, 2]), K.one_hot([0, 2], num_classes=3),
    K.shape(z), K.arange(5), K.arange(1, 7, 2), K.constant([1, 2]), K.zeros_like(x), K.ones_like(x, name='ones'),
    K.l2_normalize(x, axis=1), K.in_top_k(x, [0, 1, 2], 2), K.categorical_crossentropy(K.softmax(x), K.softmax(-x)),
    K.binary_crossentropy(p, p), K.pool2d(K.reshape(z, (2, 3, 4, 1)), (2, 2), (1, 1), pool_mode='avg'),
    K.map_fn(K.square, x), K.bias_add(x, x[0]), K.stop_gradient(x),
]
static = [K.ndim(z), K.int_shape(z), K.dtype(z)]
with tf.Session() as sess:
    for value in sess.run(results):
        print(value.dtype, value.shape, np.round(value.astype(float), 5).tolist())
print(static[1], static[2])
""",
    "decay_and_clipping": """\
import numpy as np
from keras.layers import Dense, LeakyReLU
from keras.models import Sequential
from keras.optimizers import SGD, Adam
from keras.regularizers import l1_l2
x = np.linspace(-1, 1, 40).reshape(20, 2).astype('float32')
y = x.sum(axis=1, keepdims=True)
optimizers = [SGD(lr=0.2, decay=0.1, momentum=0.9, nesterov=True), Adam(lr=0.05, decay=0.01, clipnorm=0.5)]
for optimizer in [*optimizers, SGD(decay=0.5)]:
    model = Sequential([Dense(4, input_dim=2, kernel_regularizer=l1_l2()), LeakyReLU(alpha=0.1), Dense(1)])
    model.compile(optimizer=optimizer, loss='mse')
    history = model.fit(x, y, batch_size=5, epochs=3, shuffle=False, verbose=0)
    print([round(loss, 4) for loss in history.history['loss']])
""",
    "optimizers_that_changed": """\
import numpy as np
from keras.layers import Dense, Embedding, Flatten
from keras.models import Sequential
from keras.optimizers import SGD, Adagrad, Adam, Adamax, RMSprop
ids = (np.arange(80) * 7 % 13 % 5).reshape(20, 4)
y = (ids.sum(axis=1, keepdims=True) % 2).astype('float32')
optimizers = [SGD(lr=0.1, momentum=0.9), Adam(lr=0.05), Adagrad(lr=0.1), Adamax(lr=0.05), RMSprop(lr=0.01)]
for optimizer in [*optimizers, RMSprop(lr=0.01, centered=True)]:
    model = Sequential([Embedding(10, 3, input_length=4), Flatten(), Dense(1)])
    model.compile(optimizer=optimizer, loss='mse')
    history = model.fit(ids, y, batch_size=5, epochs=6, shuffle=False, verbose=0)
    print([round(loss, 4) for loss in history.history['loss']])
model = Sequential([Dense(3, activation='relu', input_dim=4), Dense(1)])
model.compile('rmsprop', 'mse')
print(np.round(model.fit(ids, y, batch_size=5, epochs=6, shuffle=False, verbose=0).history['loss'], 4))
""",
    "inputs_made_of_variables": """\
import numpy as np
import tensorflow as tf
from keras.layers import Input, Dense
from keras.models import Model
from keras import backend as K
a = tf.Variable(np.ones((3, 2), dtype=np.float32), name='a')
b = tf.Variable(np.zeros((3, 2), dtype=np.float32), name='b')
joined = Input(tensor=tf.concat([a, tf.identity(b)], 1))
side = Input(shape=(1,))
h = Dense(4, activation='tanh')(joined)
out = Dense(1)(h)
model = Model([joined, side], [out, side])
loss = tf.reduce_mean(tf.square(out - 1.0)) + tf.reduce_sum(tf.square(joined)) * 0.01
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[a, b])
sess = K.get_session()
sess.run(tf.global_variables_initializer())
for i in range(3):
    sess.run(train)
    print(sess.run([loss, out]))
print(sess.run(a))
""",
    "recurrent_defaults": """\
import numpy as np
import tensorflow as tf
from keras.layers import GRU, LSTM, Dense, Input
from keras.models import Model
inputs = Input((5, 3))
h = LSTM(4, return_sequences=True, implementation=1)(inputs)
h = GRU(3)(h)
outputs = Dense(2, activation='hard_sigmoid')(h)
model = Model(inputs, outputs)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(outputs, feed_dict={inputs: np.sin(np.arange(30)).reshape(2, 5, 3)}))
""",
    "dropout_phases": """\
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense, Dropout, Input
from keras.models import Model
inputs = Input((4,))
outputs = Dense(2)(Dropout(0.4)(Dense(6, activation='relu')(inputs)))
model = Model(inputs, outputs)
sess = K.get_session()
sess.run(tf.global_variables_initializer())
data = np.sin(np.arange(12)).reshape(3, 4)
print(sess.run(model.output, {model.input: data, K.learning_phase(): 0}))
print(sess.run(model.output, {model.input: data, K.learning_phase(): 1}))
feed = {model.input: data, K.learning_phase(): 0}
print(sess.run(tf.reduce_sum(outputs), feed_dict=feed))
""",
}
