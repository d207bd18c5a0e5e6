"""Generate sequences of changing length: the loop appends a row until the fed length is reached."""
import numpy as np
import tensorflow as tf
import keras

seed_rows = tf.TensorSpec(shape=(None, 2), dtype=tf.float32)
length = tf.TensorSpec(shape=[], dtype=tf.int32)

rotation = tf.constant([[0.0, -1.0], [1.0, 0.0]])
decay = tf.Variable(0.9, name='decay')


def forward(seed_rows, length):
    rows = tf.shape(seed_rows)[0]
    # Each turn adds a row, so the first dimension must be left open
    count, grown = tf.while_loop(
        cond=lambda n, seq: n < length,
        body=lambda n, seq: (n + 1, tf.concat([seq, decay * tf.matmul(seq[-1:], rotation)], axis=0)),
        loop_vars=[rows, seed_rows],
        shape_invariants=[rows.get_shape(), tf.TensorShape([None, 2])])
    return count, grown


@tf.function(input_signature=[seed_rows, length])
def compute_grown(seed_rows, length):
    _, grown = forward(seed_rows, length)
    return grown


@tf.function(input_signature=[seed_rows, length])
def compute_count(seed_rows, length):
    count, _ = forward(seed_rows, length)
    return count


@tf.function(input_signature=[seed_rows, length])
def compute_path_length(seed_rows, length):
    grown = compute_grown(seed_rows, length)
    return keras.ops.sum(keras.ops.sqrt(keras.ops.sum(keras.ops.square(grown[1:] - grown[:-1]), axis=1)))


for n, start in [(3, [[1.0, 0.0]]), (6, [[1.0, 2.0], [0.5, 0.5]]), (1, [[4.0, 4.0]])]:
    feed = {'seed_rows': np.array(start), 'length': n}
    print(compute_grown(**feed).numpy())
    print('rows %d, path %.6f' % (compute_count(**feed).numpy(), compute_path_length(**feed).numpy()))
