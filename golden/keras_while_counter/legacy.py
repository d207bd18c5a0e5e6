"""Compound a balance in a graph loop whose step and end come from Keras placeholders."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

# The loop is driven from outside: where it stops, and how far it counts in each turn
limit = K.placeholder(shape=(), dtype='int32', name='limit')
step = K.placeholder(shape=(), dtype='int32', name='step')
balance = K.placeholder(shape=(None,), name='balance')


def not_done(count, amount):
    return tf.less(count, limit)


def one_turn(count, amount):
    # Interest grows with the distance covered
    rate = 0.01 * tf.to_float(step)
    return count + step, amount * (1.0 + rate)


turns, final = tf.while_loop(not_done, one_turn, [tf.constant(0), balance])

sess = K.get_session()
start = np.array([100.0, 250.0, 3.5])
for stop, by in [(10, 1), (10, 3), (0, 1), (7, 2)]:
    count, amounts = sess.run([turns, final], feed_dict={limit: stop, step: by, balance: start})
    print('stop %d by %d: counted to %d, balances %s' % (stop, by, count, amounts))
