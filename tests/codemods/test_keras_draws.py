"""Layers in training mode: one run draws one dropout mask."""

from __future__ import annotations

from codemods import rewrite_source

PROGRAM = """\
import numpy as np
import tensorflow as tf
from tensorflow import keras
K = keras.backend
x = keras.Input(shape=(4,))
h = keras.layers.Dropout(0.5)(x)
model = keras.Model(x, keras.layers.Dense(2)(h))
y = tf.placeholder(tf.float32, [None, 2])
loss = tf.reduce_mean(tf.square(model.output - y))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    a, b = np.ones((3, 4)), np.ones((3, 2))
    print(sess.run({fetches}, {{x: a, y: b, K.learning_phase(): {phase}}}))
"""


def codes(fetches: str, phase: int) -> set[str]:
    result = rewrite_source(PROGRAM.format(fetches=fetches, phase=phase))
    return {finding.code for finding in result.findings if finding.status == "refused"} - {"TF901"}


def test_one_call_in_training_mode_is_one_draw() -> None:
    assert codes("[train, loss]", 1) == set()


def test_two_calls_in_training_mode_would_be_two_draws() -> None:
    assert codes("[train, loss, model.output]", 1) == {"TF609"}


def test_outside_training_mode_nothing_is_drawn() -> None:
    assert codes("[train, loss, model.output]", 0) == set()
