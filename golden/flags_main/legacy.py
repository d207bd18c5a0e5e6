"""Predicts tomorrow's temperature from the last days.  Settings come from the command line."""
from __future__ import absolute_import
from __future__ import print_function

import numpy as np
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_float('learning_rate', 0.05, 'Learning rate.')
flags.DEFINE_integer('max_steps', 20, 'Number of training steps.')
flags.DEFINE_integer('window', 4, 'How many days to look back.')
flags.DEFINE_string('activation', 'tanh', 'tanh or relu.')
flags.DEFINE_boolean('shuffle', True, 'Shuffle the days.')
FLAGS = flags.FLAGS


def read_data():
    day = np.arange(120)
    temperature = np.sin(day / 9.) + 0.1 * np.random.RandomState(1).randn(120)
    windows = np.stack([temperature[i:i + FLAGS.window] for i in range(120 - FLAGS.window)])
    return windows, temperature[FLAGS.window:, None]


def main(_):
    windows, targets = read_data()
    order = np.random.RandomState(2).permutation(len(windows)) if FLAGS.shuffle else np.arange(len(windows))

    days = tf.placeholder(tf.float32, [None, FLAGS.window])
    tomorrow = tf.placeholder(tf.float32, [None, 1])

    w1 = tf.Variable(tf.random_normal([FLAGS.window, 6], stddev=0.5, seed=3))
    b1 = tf.Variable(tf.zeros([6]))
    w2 = tf.Variable(tf.random_normal([6, 1], stddev=0.5, seed=4))
    hidden = tf.matmul(days, w1) + b1
    if FLAGS.activation == 'tanh':
        hidden = tf.tanh(hidden)
    else:
        hidden = tf.nn.relu(hidden)
    forecast = tf.matmul(hidden, w2)

    loss = tf.reduce_mean(tf.square(forecast - tomorrow))
    train_op = tf.train.GradientDescentOptimizer(FLAGS.learning_rate).minimize(loss)

    with tf.Session() as sess:
        tf.global_variables_initializer().run()
        for step in range(FLAGS.max_steps):
            batch = order[step * 16 % 96:][:16]
            _, value = sess.run([train_op, loss], feed_dict={days: windows[batch], tomorrow: targets[batch]})
            if step % 5 == 0:
                tf.logging.info('step %d: loss %.4f', step, value)
                print('step %d: loss %.4f' % (step, value))
        print('forecast:', sess.run(forecast, {days: windows[-2:]}).ravel())


if __name__ == '__main__':
    tf.logging.set_verbosity(tf.logging.WARN)
    tf.app.run()
