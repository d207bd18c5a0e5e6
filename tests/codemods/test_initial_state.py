"""Initial values and layers: reset when TF1 reset them, one dropout mask for each run, or refused."""

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


LATE = """\
import tensorflow as tf
a = tf.Variable(2.)
up = a.assign(10.)
b = tf.Variable(a * 2.)
with tf.Session() as sess:
    sess.run(a.initializer)
    {before}
    sess.run(b.initializer)
    {after}
    print(sess.run(b))
"""


def test_a_variable_made_from_one_that_was_changed_before_is_refused() -> None:
    found = rewrite_source(LATE.format(before="sess.run(up)", after="pass"))
    assert {finding.code for finding in found.findings if finding.status == "refused"} - {"TF901"} == {"TF240"}


def test_a_variable_made_from_one_that_is_changed_later_is_not() -> None:
    assert rewrite_source(LATE.format(before="pass", after="sess.run(up)")).changed


def test_a_function_that_runs_another_graph_at_each_call_is_refused() -> None:
    source = """\
import tensorflow as tf
def show():
    with tf.Session() as sess:
        print(sess.run(t))
t = tf.random_normal([])
show()
t = 5. + tf.random_normal([])
show()
"""
    found = {finding.code for finding in rewrite_source(source).findings if finding.status == "refused"}
    assert found - {"TF901"} == {"TF226"}
