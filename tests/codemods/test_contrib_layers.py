"""tf.contrib.layers and slim, before the other rewrites: what their calls are written out as."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods import Status, rewrite_source
from codemods.rewrites.contrib_layers import write_out
from codemods.rewrites.contrib_written import Written

_HEAD = "import tensorflow as tf\nslim = tf.contrib.slim\n"


def _written(body: str) -> Written:
    return write_out(cst.parse_module(_HEAD + body))


def _text(body: str) -> str:
    written = _written(body)
    assert not [finding for finding in written.findings if finding.status is Status.REFUSED], written.findings
    return written.module.code.removeprefix("import tensorflow as tf\n")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("slim.fully_connected(x, 4)", "tf.layers.dense(x, 4, activation=\"relu\", contrib='fully_connected')"),
        ("slim.fully_connected(x, 4, None)", "tf.layers.dense(x, 4, contrib='fully_connected')"),
        (
            "slim.conv2d(x, 4, [3, 3], 2, 'VALID', scope='a')",
            "tf.layers.conv2d(x, 4, [3, 3], strides=2, activation=\"relu\", contrib='conv2d', name='a')",
        ),
        (
            "slim.conv2d(x, num_outputs=4, kernel_size=3, biases_initializer=None, rate=2)",
            'tf.layers.conv2d(\n    x, filters=4, kernel_size=3, dilation_rate=2, padding="same", activation="relu",\n'
            "    use_bias=False, contrib='conv2d')",
        ),
        ("slim.max_pool2d(x, 2)", "tf.layers.max_pooling2d(x, 2, strides=2)"),
        (
            "slim.avg_pool2d(x, [3, 3], 1, padding='SAME')",
            "tf.layers.average_pooling2d(x, [3, 3], strides=1, padding='same')",
        ),
        ("slim.dropout(x, 0.8)", "tf.layers.dropout(x, rate=0.2, training=True)"),
        ("slim.dropout(x, kept, is_training=flag)", "tf.layers.dropout(x, training=flag, rate=1 - kept)"),
        ("slim.flatten(x, scope='f')", "tf.layers.flatten(x, name='f')"),
        ("slim.softmax(x, scope='s')", "tf.nn.softmax(x)"),
        ("slim.one_hot_encoding(x, 3)", "tf.one_hot(x, 3)"),
        ("slim.get_variables('a')", "tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='a')"),
        ("slim.get_or_create_global_step()", "tf.train.get_or_create_global_step()"),
        ("slim.l2_regularizer(0.1)", "tf.contrib.layers.l2_regularizer(0.1)"),
    ],
)  # fmt: skip
def test_calls(call: str, expected: str) -> None:
    assert _text(f"y = {call}\n") == f"y = {expected}\n"


def test_scope_dissolves_and_comments_stay() -> None:
    body = (
        "# before\n"
        "with slim.arg_scope([slim.conv2d], padding='VALID', activation_fn=None):  # beside\n"
        "    # inside\n"
        "    net = slim.conv2d(x, 4, 3)  # behind\n"
        "\n"
        "    net = slim.conv2d(net, 4, 3, activation_fn=tf.nn.elu)\n"
    )
    assert _text(body) == (
        "# before\n"
        "# beside\n"
        "# inside\n"
        "net = tf.layers.conv2d(x, 4, 3, contrib='conv2d')  # behind\n"
        "\n"
        "net = tf.layers.conv2d(net, 4, 3, activation=tf.nn.elu, contrib='conv2d')\n"
    )


def test_other_context_managers_stay() -> None:
    body = "with tf.name_scope('a'), slim.arg_scope([slim.flatten], scope='f'):\n    net = slim.flatten(x)\n"
    assert _text(body) == "with tf.name_scope('a'):\n    net = tf.layers.flatten(x, name='f')\n"


def test_layer_normalizer_and_activation_are_three_lines() -> None:
    body = "net = slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm, scope='a')  # here\n"
    assert _text(body) == (
        "net = tf.layers.conv2d(x, 4, 3, padding=\"same\", use_bias=False, contrib='conv2d', name='a')\n"
        "net = tf.layers.batch_normalization(net, momentum=0.999, scale=False, training=True, contrib='normalizer', "
        "name='a/BatchNorm')\n"
        "net = tf.nn.relu(net)  # here\n"
    )


def test_repeated_block_of_the_program() -> None:
    body = "    return slim.fully_connected(net, units, None, scope=scope)\n"
    text = _text(f"def block(net, units=2, scope=None):\n{body}net = slim.repeat(x, 2, block, units=3, scope='b')\n")
    assert text.split("\n")[-3:] == [
        "net = block(x, units=3, scope='b/b_1')",
        "net = block(net, units=3, scope='b/b_2')",
        "",
    ]


def test_end_points_get_lines_of_their_own() -> None:
    body = "net = ends['a'] = slim.flatten(x)\n"
    assert _text(body) == "net = tf.layers.flatten(x)\nends['a'] = net\n"


def test_places_are_those_of_the_text() -> None:
    scope = "with slim.arg_scope([slim.conv2d], padding='VALID'):\n"
    written = _written(f"{scope}    a = 1\n    b = slim.conv2d(x, 4, 3)\n")
    assert written.origins is not None
    lines = {
        cst.Module([]).code_for_node(node).strip(): written.origins[node].line
        for node in written.module.body
        if isinstance(node, cst.SimpleStatementLine)
    }
    assert [line for text, line in lines.items() if text.startswith(("a =", "b ="))] == [4, 5]


def test_one_status_for_each_use() -> None:
    text = (
        _HEAD + "x = tf.placeholder(tf.float32, [None, 3])\n"
        "with slim.arg_scope([slim.fully_connected], normalizer_fn=slim.batch_norm):\n"
        "    y = slim.repeat(x, 2, slim.fully_connected, 3)\n"
        "with tf.Session() as sess:\n"
        "    sess.run(tf.global_variables_initializer())\n"
        "    sess.run(y, {x: [[1., 2., 3.]]})\n"
    )
    result = rewrite_source(text)
    places = [(finding.span.line, finding.span.column) for finding in result.findings if finding.status is not None]
    assert result.changed
    assert len(places) == len(set(places))
    assert result.count(Status.REFUSED) == 0
    assert any(finding.symbol == "tf.contrib.slim.repeat" for finding in result.findings)


def test_nothing_to_write_out() -> None:
    module = cst.parse_module("import tensorflow as tf\ny = tf.nn.relu(x)\n")
    assert write_out(module).module is module
