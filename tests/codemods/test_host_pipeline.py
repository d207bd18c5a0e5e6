"""The host side within whole programs: with sessions, imports and everything else around it."""

from __future__ import annotations

import pytest

from codemods import rewrite_source
from codemods.findings import Status

MNIST = """\
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

tf.set_random_seed(1)
flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_integer('steps', 60, 'Steps.')

mnist = input_data.read_data_sets('data', one_hot=True)
config = tf.ConfigProto(allow_soft_placement=True)
config.gpu_options.allow_growth = True

x = tf.placeholder(tf.float32, [None, 784])
W = tf.Variable(tf.zeros([x.get_shape()[1].value, 10]))
with tf.device('/gpu:0'):
    y = tf.matmul(x, W)

with tf.Session(config=config) as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(FLAGS.steps):
        images, labels = mnist.train.next_batch(100)
        tf.logging.info('step %d', step)
        print(sess.run(y, feed_dict={x: images}))
"""

MAIN = """\
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()

tf.flags.DEFINE_integer('steps', 3, 'Steps.')
FLAGS = tf.flags.FLAGS


def main(_):
    x = tf.placeholder(tf.float32, [None])
    w = tf.Variable(2.)
    y = x * w
    sess = tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1))
    sess.run(tf.global_variables_initializer())
    for step in range(FLAGS.steps):
        print(sess.run(y, {x: [step]}))


if __name__ == '__main__':
    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.app.run()
"""


@pytest.mark.parametrize(
    ("text", "lines", "files"),
    [
        (
            MNIST,
            [
                "import mnist_data as input_data",
                "from absl import flags",
                "tf.random.set_seed(1)",
                "FLAGS(sys.argv, known_only=True)",
                "mnist = input_data.read_data_sets('data', one_hot=True, seed=1)",
                "tf.config.set_soft_device_placement(True)",
                "    tf.config.experimental.set_memory_growth(gpu, True)",
                "W = tf.Variable(tf.zeros([x.shape[1], 10]))",
                "    with tf.device('/gpu:0'):",
                "    tf.get_logger().info('step %d', step)",
            ],
            ["mnist_data.py"],
        ),
        (
            MAIN,
            [
                "import tensorflow as tf",
                "from absl import app",
                "tf.config.threading.set_intra_op_parallelism_threads(1)",
                '    tf.get_logger().setLevel("ERROR")',
                "    app.run(main)",
            ],
            [],
        ),
    ],
)
def test_whole_programs(text: str, lines: list[str], files: list[str]) -> None:
    result = rewrite_source(text)
    assert [finding for finding in result.findings if finding.status is Status.REFUSED] == []
    assert set(lines) - set(result.text.splitlines()) == set()
    for gone in ("ConfigProto", "tf.app", "tf.flags", "tf.logging", "tensorflow.examples", "set_random_seed", ".value"):
        assert gone not in result.text
    assert list(result.extra_files) == files
    again = rewrite_source(result.text)
    assert again.text == result.text
    assert [finding for finding in again.findings if finding.status is Status.REFUSED] == []


def test_a_refusal_leaves_everything_as_it_was() -> None:
    text = MNIST.replace("allow_soft_placement=True", "operation_timeout_in_ms=5")
    result = rewrite_source(text)
    assert result.text == text and not result.extra_files
    assert [finding.code for finding in result.findings if finding.code.startswith("TF52")] == ["TF521"]
