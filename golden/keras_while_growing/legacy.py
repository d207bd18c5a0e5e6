"""Generate sequences of changing length: the loop appends a row until the fed length is reached."""
import numpy as np
import tensorflow as tf
from tensorflow.python.keras import backend as K

sess = tf.InteractiveSession()
K.set_session(sess)

seed_rows = K.placeholder(shape=(None, 2), dtype='float32')
length = K.placeholder(ndim=0, dtype='int32')

rotation = tf.constant([[0.0, -1.0], [1.0, 0.0]])
decay = tf.Variable(0.9, name='decay')

rows = tf.shape(seed_rows)[0]
# Each turn adds a row, so the first dimension must be left open
count, grown = tf.while_loop(
    cond=lambda n, seq: n < length,
    body=lambda n, seq: (n + 1, tf.concat([seq, decay * tf.matmul(seq[-1:], rotation)], axis=0)),
    loop_vars=[rows, seed_rows],
    shape_invariants=[rows.get_shape(), tf.TensorShape([None, 2])])
path_length = K.sum(K.sqrt(K.sum(K.square(grown[1:] - grown[:-1]), axis=1)))

sess.run(tf.global_variables_initializer())
for n, start in [(3, [[1.0, 0.0]]), (6, [[1.0, 2.0], [0.5, 0.5]]), (1, [[4.0, 4.0]])]:
    feed = {seed_rows: np.array(start), length: n}
    print(grown.eval(feed_dict=feed))
    print('rows %d, path %.6f' % (count.eval(feed), path_length.eval(feed)))
sess.close()
