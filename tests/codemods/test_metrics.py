"""Metrics: what the exactness table cannot show, because TF1's own result is not certain."""

from __future__ import annotations

from codemods import rewrite_source

_TOGETHER = """import tensorflow as tf
y = tf.placeholder(tf.int64, [None])
acc, acc_op = tf.metrics.accuracy(y, tf.zeros_like(y))
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    print(sess.run([acc, acc_op], {y: [1, 0]}))
"""


def test_value_and_update_in_one_run_are_noted() -> None:
    result = rewrite_source(_TOGETHER)
    assert result.changed
    assert ("TF252", 6) in {(finding.code, finding.span.line) for finding in result.findings}
    body = result.text[result.text.index("def ") :]
    assert body.index("acc.result()") < body.index("= acc(")  # the value is read before the update


def test_an_empty_batch_is_noted_once() -> None:
    result = rewrite_source(
        "import tensorflow as tf\n"
        "x = tf.placeholder(tf.float32, [None, 2])\n"
        "a = tf.losses.mean_squared_error(x, x * 2.0)\n"
        "b = tf.losses.absolute_difference(x, x * 2.0)\n"
        "with tf.Session() as sess:\n"
        "    print(sess.run([a, b], {x: [[1.0, 2.0]]}))\n"
    )
    assert result.changed
    assert [finding.span.line for finding in result.findings if finding.code == "TF723"] == [3]
