"""Compound a balance in a graph loop whose step and end come from Keras placeholders."""
import numpy as np
import tensorflow as tf

# The loop is driven from outside: where it stops, and how far it counts in each turn
limit = tf.TensorSpec(shape=(), dtype=tf.int32)
step = tf.TensorSpec(shape=(), dtype=tf.int32)
balance = tf.TensorSpec(shape=(None,), dtype=tf.float32)


@tf.function(input_signature=[limit, step, balance])
def evaluate(limit, step, balance):
    def not_done(count, amount):
        return tf.less(count, limit)

    def one_turn(count, amount):
        # Interest grows with the distance covered
        rate = 0.01 * tf.cast(step, tf.float32)
        return count + step, amount * (1.0 + rate)

    turns, final = tf.while_loop(not_done, one_turn, [tf.constant(0), balance])
    return turns, final


start = np.array([100.0, 250.0, 3.5])
for stop, by in [(10, 1), (10, 3), (0, 1), (7, 2)]:
    count, amounts = [value.numpy() for value in evaluate(stop, by, start)]
    print('stop %d by %d: counted to %d, balances %s' % (stop, by, count, amounts))
