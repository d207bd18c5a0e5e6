"""Summaries: the text that comes out, and what is said about it; ``exact/summaries.txt`` has what files hold."""

from __future__ import annotations

import pytest

from codemods import Result, rewrite_source

START = """import tensorflow as tf
x = tf.placeholder(tf.float32, [None])
y = tf.reduce_sum(x)
"""
WRITER = "writer = tf.summary.FileWriter('logs')\n"
RUN = """with tf.Session() as sess:
    for i in range(3):
        summary = sess.run(merged, {x: [1.0, i]})
        writer.add_summary(summary, i)
"""


def rewritten(source: str) -> str:
    result: Result = rewrite_source(source)
    assert result.changed, result.findings
    assert rewrite_source(result.text).text == result.text
    return result.text


def noted(source: str) -> list[str]:
    return sorted({finding.code for finding in rewrite_source(source).findings if finding.code.startswith("TF76")})


def test_one_summary_is_the_value_of_the_run() -> None:
    text = rewritten(START + "merged = tf.summary.scalar('y', y)\n" + WRITER + RUN)
    assert text.endswith(
        "writer = tf.summary.create_file_writer('logs')\n"
        "for i in range(3):\n"
        "    summary = compute_y([1.0, i])\n"
        "    with writer.as_default(step=i):\n"
        "        tf.summary.scalar('y', summary)\n"
    )


def test_several_summaries_are_a_dict_and_keep_their_comments() -> None:
    summaries = "# the sum\ntf.summary.scalar('y', y)\n# all of it\ntf.summary.histogram('x', x)\n"
    text = rewritten(START + summaries + "merged = tf.summary.merge_all()\n" + WRITER + RUN)
    assert "return {'y': y, 'x_1': x}" not in text  # x is a placeholder without a name in the graph
    assert "return {'y': y, 'x': x}" in text
    assert "        # the sum\n        tf.summary.scalar('y', summary['y'])\n" in text
    assert "        # all of it\n        tf.summary.histogram('x', summary['x'])\n" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.summary.FileWriter('logs', tf.get_default_graph())", "tf.summary.create_file_writer('logs')"),
        ("tf.summary.FileWriter(logdir='logs', graph=None)", "tf.summary.create_file_writer('logs')"),
        ("tf.train.SummaryWriter('logs')", "tf.summary.create_file_writer('logs')"),
        (
            "tf.summary.FileWriter('logs', None, 5, 60, filename_suffix='.x')",
            "tf.summary.create_file_writer('logs', max_queue=5, flush_millis=60 * 1000, filename_suffix='.x')",
        ),
    ],
)
def test_writers(old: str, new: str) -> None:
    assert f"writer = {new}\n" in rewritten(START + f"writer = {old}\nprint(tf.Session().run(y, {{x: [1.0]}}))\n")


def test_old_names_keep_the_tag_as_it_is() -> None:
    source = START + "with tf.name_scope('a'):\n    tf.scalar_summary('x:y', y)\nmerged = tf.merge_all_summaries()\n"
    assert "tf.summary.scalar('x:y', summary)" in rewritten(source + WRITER + RUN)


def test_images_of_bytes_need_no_scaling() -> None:
    image = "image = tf.expand_dims(tf.image.decode_png(png.read(), channels=4), 0)\n"
    source = "import tensorflow as tf\npng = open('a.png', 'rb')\n" + image
    source += "s = tf.summary.image('drawn', image)\nwriter = tf.summary.FileWriter('logs')\n"
    source += "with tf.Session() as sess:\n    summary = sess.run(s)\n    writer.add_summary(summary, 0)\n"
    assert "def summary_images" not in rewritten(source)
    scaled = source.replace("0)\ns =", "0) / 2\ns =")
    assert "summary_images(summary)" in rewritten(scaled)


def test_what_is_said() -> None:
    quiet = START + "merged = tf.summary.scalar('y', y)\n" + WRITER + RUN
    assert noted(quiet) == ["TF764"]
    assert noted(quiet.replace("scalar('y'", "histogram('y'")) == ["TF760", "TF764"]
    assert noted(quiet.replace("'logs'", "'logs', tf.get_default_graph()")) == ["TF761", "TF764"]
    assert noted(quiet.replace("scalar('y'", "scalar('a b'")) == ["TF762", "TF764"]
    assert noted(quiet.replace("merged = ", "tf.summary.scalar('z', y)\nmerged = ")) == ["TF763", "TF764"]


def test_a_loop_is_written_by_the_function() -> None:
    source = "import tensorflow as tf\nv = tf.Variable([1.0], name='v')\nfor w in [v]:\n"
    source += "    tf.summary.histogram(w.name, w)\nmerged = tf.summary.merge_all()\n" + WRITER
    source += "with tf.Session() as sess:\n    sess.run(tf.global_variables_initializer())\n"
    source += "    writer.add_summary(sess.run(merged), 4)\n"
    text = rewritten(source)
    assert 'tf.summary.histogram(w.name.replace(":", "_"), w)' in text
    assert "@tf.function(input_signature=[tf.TensorSpec([], tf.int64)])\ndef write_summaries(step):" in text
    assert text.endswith("writer = tf.summary.create_file_writer('logs')\nwrite_summaries(4)\n")
