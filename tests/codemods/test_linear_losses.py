"""Updates wait for losses whose gradients need not all that these read, and for no others."""

from __future__ import annotations

import pytest

from codemods import rewrite_source

_BEFORE = """import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 2])
v = tf.Variable([[1.0, 2.0]])
w = tf.Variable([[1.0, 2.0]])
p = tf.nn.softmax(x * w)
def helper(a):
    return tf.reduce_sum(tf.square(a))
def linear(a):
    return tf.reduce_sum(a * w)
"""
_AFTER = """train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, {x: [[1.0, 2.0]]})
"""


@pytest.mark.parametrize(
    ("loss", "waits"),
    [
        ("tf.reduce_sum(v * w)", True),
        ("tf.reduce_mean(x * w)", True),
        ("tf.square(tf.reduce_sum(x * w)) + tf.reduce_sum(v)", True),
        ("tf.add_n([tf.nn.l2_loss(v), tf.reduce_sum(w)])", True),
        ("-tf.reduce_mean(tf.where(x > 0, w * x, x))", True),
        ("linear(x)", True),
        ("tf.reduce_mean(tf.square(x * w - v))", False),
        ("tf.reduce_sum((x * w - v) ** 2) / 4", False),
        ("-tf.reduce_mean(tf.reduce_sum(x * tf.log(p), axis=1)) + 0.1 * tf.nn.l2_loss(v)", False),
        ("tf.losses.mean_squared_error(x, x * w) + tf.add_n([0.5 * tf.nn.l2_loss(a) for a in (v, w)])", False),
        ("tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=x, logits=x * w))", False),
        ("helper(x * w)", False),
    ],
)
def test_updates_wait_for_linear_losses(loss: str, waits: bool) -> None:
    result = rewrite_source(_BEFORE + f"loss = {loss}\n" + _AFTER)
    assert result.changed, result.findings
    assert ("with tf.control_dependencies([loss]):" in result.text) == waits
