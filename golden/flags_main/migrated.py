"""Predicts tomorrow's temperature from the last days.  Settings come from the command line."""
from __future__ import absolute_import
from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras
from absl import app

from absl import flags
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

    days = tf.TensorSpec([None, FLAGS.window], tf.float32)
    tomorrow = tf.TensorSpec([None, 1], tf.float32)

    w1 = tf.Variable(tf.random.normal([FLAGS.window, 6], stddev=0.5, seed=3))
    b1 = tf.Variable(tf.zeros([6]))
    w2 = tf.Variable(tf.random.normal([6, 1], stddev=0.5, seed=4))

    @tf.function(input_signature=[days])
    def compute_forecast(days):
        hidden = tf.matmul(days, w1) + b1
        if FLAGS.activation == 'tanh':
            hidden = tf.tanh(hidden)
        else:
            hidden = tf.nn.relu(hidden)
        return tf.matmul(hidden, w2)

    optimizer = keras.optimizers.SGD(float(FLAGS.learning_rate))

    @tf.function(input_signature=[days, tomorrow])
    def train_step(days, tomorrow):
        with tf.GradientTape() as tape:
            forecast = compute_forecast(days)

            loss = tf.reduce_mean(tf.square(forecast - tomorrow))
        variables = tape.watched_variables()
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    for step in range(FLAGS.max_steps):
        batch = order[step * 16 % 96:][:16]
        value = train_step(windows[batch], targets[batch]).numpy()
        if step % 5 == 0:
            tf.get_logger().info('step %d: loss %.4f', step, value)
            print('step %d: loss %.4f' % (step, value))
    print('forecast:', compute_forecast(windows[-2:]).numpy().ravel())


if __name__ == '__main__':
    tf.get_logger().setLevel("WARNING")
    app.run(main)
