"""Logging, devices, test cases and dimensions."""

from __future__ import annotations

import pytest

from codemods.rewrites import dimensions, host, logs
from tests.codemods.host_side import check, rewrite, unchanged

HEAD = "import tensorflow as tf\n"


@pytest.mark.parametrize(
    ("before", "after", "imports"),
    [
        ("tf.logging.set_verbosity(tf.logging.ERROR)\n", 'tf.get_logger().setLevel("ERROR")\n', ()),
        ("tf.logging.set_verbosity(v=tf.logging.WARN)\n", 'tf.get_logger().setLevel(level="WARNING")\n', ()),
        ("tf.logging.set_verbosity(level)\n", "tf.get_logger().setLevel(level)\n", ()),
        ("tf.logging.info('%d of %d', i, n)\n", "tf.get_logger().info('%d of %d', i, n)\n", ()),
        ("tf.logging.warn('x')\n", "tf.get_logger().warning('x')\n", ()),
        ("tf.logging.fatal('x')\n", "tf.get_logger().fatal('x')\n", ()),
        ("n = tf.logging.get_verbosity()\n", "n = tf.get_logger().getEffectiveLevel()\n", ()),
        (
            "tf.logging.log(tf.logging.INFO, 'x')\n",
            "tf.get_logger().log(logging.INFO, 'x')\n",
            ("import logging",),
        ),
        ("level = tf.logging.WARN\n", "level = logging.WARNING\n", ("import logging",)),
        ("log = tf.logging.info\nlog('x')\n", "log = tf.get_logger().info\nlog('x')\n", ()),
        ("logging = tf.logging\nlogging.debug('x')\n", "tf.get_logger().debug('x')\n", ()),
        ("logging = 1\nlevel = tf.logging.WARN\n", "logging = 1\nlevel = std_logging.WARNING\n", None),
    ],
)
def test_logging(before: str, after: str, imports: tuple[str, ...] | None) -> None:
    wanted = ("import logging as std_logging",) if imports is None else imports
    check(HEAD + before, HEAD + after, logs, imports=wanted)


def test_logging_imported_from_tensorflow() -> None:
    outcome = rewrite("from tensorflow import logging\nlogging.info('x')\n", logs)
    assert outcome.text.endswith("tf.get_logger().info('x')\n")
    assert outcome.imports == ("import tensorflow as tf",)


@pytest.mark.parametrize(
    "text",
    ["tf.logging.log_every_n(tf.logging.INFO, 'x', 5)\n", "tf.logging.flush()\n", "setup(tf.logging)\n"],
)
def test_logging_that_is_refused(text: str) -> None:
    assert rewrite(HEAD + text, logs).refused


@pytest.mark.parametrize(
    "text",
    [
        "import logging\nlogging.info('x')\nlogging.getLogger().setLevel(logging.ERROR)\n",
        HEAD + "tf.get_logger().setLevel('ERROR')\n",
        "from absl import logging\nlogging.set_verbosity(logging.INFO)\n",
    ],
)
def test_other_logging_is_left_alone(text: str) -> None:
    unchanged(text, logs)


@pytest.mark.parametrize(
    "text",
    [
        "with tf.device('/gpu:0'):\n    pass\n",
        "with tf.device(name):\n    pass\n",
        "with tf.device(None):\n    pass\n",
        "with tf.device('/device:GPU:%d' % i):\n    pass\n",
        "coord = tf.train.Coordinator()\ncoord.request_stop()\n",
        "class Test(tf.test.TestCase):\n    def test_x(self):\n        self.assertAllClose(1, 1)\n",
    ],
)
def test_uses_that_stay(text: str) -> None:
    outcome = rewrite(HEAD + text, host)
    assert outcome.text == HEAD + text and outcome.refused == []


def test_the_name_of_a_device_by_keyword() -> None:
    outcome = rewrite(f"{HEAD}with tf.device(device_name_or_function='/cpu:0'):\n    pass\n", host)
    assert "tf.device(device_name='/cpu:0')" in outcome.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("with tf.device(lambda op: '/cpu:0'):\n    pass\n", "function"),
        ("def place(op):\n    return '/cpu:0'\nwith tf.device(place):\n    pass\n", "function"),
        ("with tf.device(tf.train.replica_device_setter(2)):\n    pass\n", "function"),
        ("with tf.device('/job:ps/task:0'):\n    pass\n", "cluster"),
        ("device = tf.device\n", "called"),
        ("coord = tf.train.Coordinator()\ntf.train.start_queue_runners(coord=coord)\n", "queue"),
        (
            "class T(tf.test.TestCase):\n    def test_x(self):\n        with self.test_session():\n            pass\n",
            "graph",
        ),
    ],
)
def test_uses_that_are_refused(text: str, reason: str) -> None:
    assert any(reason in message for message in rewrite(HEAD + text, host).refused)


# Something that only TF1 has, so that the file is known to be TF1.
TF1 = HEAD + "x = tf.placeholder(tf.float32, [None, 4])\ny = tf.nn.relu(x)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("n = y.get_shape()[1].value\n", "n = y.get_shape()[1]\n"),
        ("n = y.shape[1].value * 2\n", "n = y.shape[1] * 2\n"),
        ("n = self.y.shape[-1].value\n", "n = self.y.shape[-1]\n"),
        ("s = y.get_shape()\nn = s[0].value or 3\n", "s = y.get_shape()\nn = s[0] or 3\n"),
        ("d = y.get_shape()[1]\nn = d.value\n", "d = y.get_shape()[1]\nn = d\n"),
        ("s = [d.value for d in y.get_shape()]\n", "s = [d for d in y.get_shape()]\n"),
        ("_, n = y.get_shape()\nm = n.value\n", "_, n = y.get_shape()\nm = n\n"),
        ("n = y.get_shape()[1:][0].value\n", "n = y.get_shape()[1:][0]\n"),
        ("n = y.get_shape().with_rank(2)[0].value\n", "n = y.get_shape().with_rank(2)[0]\n"),
        ("b = y.get_shape()[0].value is None\n", "b = y.get_shape()[0] is None\n"),
        ("n = (y.get_shape()[1].value)\n", "n = (y.get_shape()[1])\n"),
        ("n = int(x.get_shape()[1])\n", "n = int(x.shape[1])\n"),
        ("n = x.get_shape().as_list()[1]\n", "n = x.shape.as_list()[1]\n"),
        ("n = tf.TensorShape([1, 2])[1].value\n", "n = tf.TensorShape([1, 2])[1]\n"),
    ],
)
def test_dimensions(before: str, after: str) -> None:
    outcome = rewrite(TF1 + before, dimensions)
    assert outcome.refused == []
    assert outcome.text == TF1 + after
    native = after.replace(".get_shape()[0] is None", ".shape[0] is None")
    assert rewrite(HEAD + native, dimensions).text == HEAD + native


@pytest.mark.parametrize(
    "text",
    [
        "s = y.get_shape()\nif n:\n    s = other\nn = s[0].value\n",
        "b = y.get_shape()[0] is None\n",
        "b = y.get_shape()[0] != None\n",
        "n = y.get_shape()[1] / 2\n",
    ],
)
def test_dimensions_that_are_refused(text: str) -> None:
    assert rewrite(TF1 + text, dimensions).refused


@pytest.mark.parametrize(
    "text",
    [
        TF1 + "n = step.value\nm = proto.items[0].value\n",
        TF1 + "n = y.shape.dims[1].value\n",
        TF1 + "n = y.get_shape().as_list()[1]\nm = int(y.get_shape()[1]) / 2\n",
        TF1 + "def f(shape):\n    return shape[0].value\n",
        "import numpy as np\nn = np.zeros(3).shape[0] / 2\n",
        HEAD + "f = tf.function(g)\nn = y.get_shape()[1] is None\n",
    ],
)
def test_other_attributes_are_left_alone(text: str) -> None:
    unchanged(text, dimensions)
