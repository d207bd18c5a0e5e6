'''
Nearest neighbour: names for colours.

Every training colour is compared with one test colour at a time (L1 distance).
'''

from __future__ import print_function

import numpy as np
import tensorflow as tf

NAMES = ["red", "green", "blue", "yellow", "grey"]
PURE = np.array([[.9, .1, .1], [.1, .8, .2], [.1, .2, .9], [.9, .9, .1], [.5, .5, .5]])


def shades(count, seed):
    random = np.random.RandomState(seed)
    which = random.randint(0, len(NAMES), count)
    return np.clip(PURE[which] + random.normal(0, .08, (count, 3)), 0, 1), np.eye(len(NAMES))[which]

# 60 colours that have a name, 15 that need one
Xtr, Ytr = shades(60, seed=31)
Xte, Yte = shades(15, seed=32)

# tf Graph Input
xtr = tf.placeholder("float", [None, 3])
xte = tf.placeholder("float", [3])

# L1 distance to each training colour
distance = tf.reduce_sum(tf.abs(tf.add(xtr, tf.negative(xte))), reduction_indices=1)
# the closest one
pred = tf.arg_min(distance, 0)

accuracy = 0.

init = tf.global_variables_initializer()

with tf.Session() as sess:
    sess.run(init)

    # loop over test colours
    for i in range(len(Xte)):
        nn_index = sess.run(pred, feed_dict={xtr: Xtr, xte: Xte[i, :]})
        print("Test", i, "is called", NAMES[np.argmax(Ytr[nn_index])], \
            "and should be", NAMES[np.argmax(Yte[i])])
        if np.argmax(Ytr[nn_index]) == np.argmax(Yte[i]):
            accuracy += 1./len(Xte)
    print("Done!")
    print("Accuracy: %.4f" % accuracy)
