"""The text that layers of ``tf.layers`` become; what they compute is compared in ``exact/layers.txt``."""

from __future__ import annotations

import pytest

from codemods import Result, Settings, Status, rewrite_source

HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4, 4, 2])\ny = tf.exp(x)\n"
TAIL = "with tf.Session() as sess:\n    sess.run(tf.global_variables_initializer())\n    print(sess.run(out, {x: a}))\n"


def rewritten(body: str, numerics: str = "default") -> Result:
    """The result for a program whose layers stand between raw operations."""
    result = rewrite_source(HEAD + body + TAIL, Settings(numerics=numerics))
    assert [finding for finding in result.findings if finding.status is Status.REFUSED] == []
    assert rewrite_source(result.text, Settings(numerics=numerics)).text == result.text
    return result


@pytest.mark.parametrize(
    ("call", "layer"),
    [
        (
            "tf.layers.conv2d(y, 3, 2, 1, 'SAME', name='c')",
            "c = keras.layers.Conv2D(3, 2, strides=1, padding='same', name='c')",
        ),
        ("tf.layers.flatten(y, 'flat')", "flat = keras.layers.Flatten(name='flat')"),
        ("tf.layers.max_pooling2d(y, 2, 2, padding=p)", "= keras.layers.MaxPooling2D(2, 2, padding=p.lower())"),
        ("tf.layers.dropout(y)", "out_layer = keras.layers.Dropout(rate=0.5)"),
        ("tf.layers.dropout(y, 0.2, None, 7)", "out_layer = keras.layers.Dropout(0.2, seed=7)"),
        (
            "tf.layers.dense(inputs=y, units=5, activation=None, use_bias=False, name=None, reuse=False)",
            "out_layer = keras.layers.Dense(units=5, use_bias=False)",
        ),
        ("tf.layers.conv2d_transpose(y, 3, (2, 2), name='a/b')", "= keras.layers.Conv2DTranspose(3, (2, 2))"),
        ("tf.layers.dense(y, 5, kernel_regularizer=None, trainable=False)", "= keras.layers.Dense(5, trainable=False)"),
    ],
)  # fmt: skip
def test_settings(call: str, layer: str) -> None:
    text = rewritten(f"p = 'VALID'\nout = {call}\n").text
    assert f"{layer}\n" in text


def test_names_come_from_outputs_and_labels() -> None:
    text = rewritten(
        "net = tf.layers.conv2d(y, 3, 2)\nnet = tf.layers.max_pooling2d(net, 2, 2)\nnet = tf.layers.conv2d(net, 2, 1)\n"
        "out = tf.layers.dense(tf.layers.flatten(net), 2)\n"
    ).text
    names = ("conv2d", "net_max_pooling2d", "conv2d_2", "flatten", "out_layer")
    lines = [line.partition(" = keras.layers")[0] for line in text.splitlines() if " = keras.layers" in line]
    assert tuple(lines) == names
    assert "    return out_layer(flatten(net))\n" in text


def test_layers_are_made_outside_of_scopes_and_after_what_they_need() -> None:
    text = rewritten(
        "with tf.name_scope('a'):\n    # the net\n    h = tf.layers.dense(y, 3)\n    units = 2\n"
        "    out = tf.layers.dense(h, units)\n"
    ).text
    assert "h_layer = keras.layers.Dense(3)\nwith tf.name_scope('a'):\n    units = 2\n" in text
    assert "    out_layer = keras.layers.Dense(units)\n" in text


def test_batch_normalization_of_images_by_numerics() -> None:
    body = "out = tf.layers.batch_normalization(y, momentum=0.9)\n"
    default, keras = rewritten(body), rewritten(body, "keras")
    assert "out_layer = FusedBatchNormalization(momentum=0.9)\n" in default.text
    assert "TF751" in {finding.code for finding in default.findings}
    assert "out_layer = keras.layers.BatchNormalization(momentum=0.9)\n" in keras.text
    assert "TF752" in {finding.code for finding in keras.findings}
    plain = rewritten("out = tf.layers.batch_normalization(tf.layers.flatten(y))\n")
    assert "out_layer = keras.layers.BatchNormalization()\n" in plain.text


def test_statistics_that_never_move_are_noted() -> None:
    result = rewritten("out = tf.layers.batch_normalization(tf.layers.flatten(y), training=True, momentum=0.9)\n")
    assert "keras.layers.BatchNormalization(momentum=1.0)\n" in result.text
    assert "out_layer(" in result.text and "training=True" in result.text
    assert "TF750" in {finding.code for finding in result.findings}


def test_what_runs_feed_is_written_into_functions() -> None:
    text = rewrite_source(
        HEAD + "train = tf.placeholder(tf.bool)\nh = tf.layers.dropout(y, training=train)\n"
        "out = tf.layers.dense(h, 1)\nwith tf.Session() as sess:\n    sess.run(tf.global_variables_initializer())\n"
        "    print(sess.run(out, {x: a, train: True}))\n    print(sess.run(out, {x: a, train: False}))\n"
    ).text
    assert "train = " not in text
    assert "def out_of(x, train):" in text
    assert "    return out_of(x, train=True)\n" in text
    assert "    return out_of(x, train=False)\n" in text
