"""The whole of `rewrite_source`: all or nothing, one status for each use, bugs of ours as findings."""

from __future__ import annotations

import pytest

from codemods import Status, pipeline, rewrite_source
from codemods.edits import Edits
from tests.codemods.transform import check_refused, check_transform, check_unchanged, refusals

GOOD = "x = tf.placeholder(tf.float32)\ny = tf.log(x)\nwith tf.Session() as sess:\n    print(sess.run(y, {x: 1.0}))\n"


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n",
        "# tensorflow\n",
        "print('tensorflow')\n",
        "import numpy as np\nx = np.ones(3)\nx.run(1)\n",
        "import tensorflow as tf\n\n\n@tf.function\ndef f(x):\n    return x * 2.0\n\n\nprint(f(1.0).numpy())\n",
        "import tensorflow as tf\nx = tf.constant(1.0)\nprint(x + 1.0)\n",
        "import tensorflow as tf\nv = tf.Variable(1.0)\nv.assign_add(1.0)\nprint(v)\n",
        "import keras\nmodel = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\nmodel.summary()\n",
        "class Session:\n    def run(self, x):\n        return x\n\n\ntf = Session()\ntf.run('tensorflow')\n",
    ],
)
def test_nothing_to_do(source: str) -> None:
    check_unchanged(source)


def test_all_or_nothing() -> None:
    result = check_refused(GOOD + "queue = tf.FIFOQueue(3, [tf.float32])\n", "TF404", 5)
    statuses = [finding.status for finding in result.findings if finding.status is not None]
    assert set(statuses) == {Status.REFUSED}
    left = [finding for finding in result.findings if finding.code == "TF901"]
    assert left and all("line" in finding.message for finding in left)


def test_one_status_for_each_use() -> None:
    result = rewrite_source("import tensorflow as tf\n" + GOOD)
    places = [(finding.span.line, finding.span.column) for finding in result.findings if finding.status is not None]
    assert len(places) == len(set(places))
    assert result.count(Status.NATIVE) == 4  # placeholder, float32, log, Session
    assert result.count(Status.REFUSED) == 0


def test_syntax_errors_are_findings() -> None:
    result = rewrite_source("import tensorflow as tf\nprint(\n")
    assert {code for code, _ in refusals(result)} == {"TF801"}


def test_python_2_is_recognised() -> None:
    result = rewrite_source("import tensorflow as tf\nprint 'a'\n")
    assert refusals(result) == {("TF802", 2)}


def test_a_bug_of_ours_is_a_finding_with_file_line_and_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Edits, *_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(pipeline.Edits, "apply", fails)
    source = "import tensorflow as tf\n" + GOOD
    result = rewrite_source(source)
    assert result.text == source
    assert not result.changed
    found = next(finding for finding in result.findings if finding.code == "TF900")
    assert "KeyError: 'lost' at codemods/pipeline.py:" in found.message
    assert "stage" in found.message
    assert "Traceback" in result.traceback[0]


def test_shadowed_names_are_not_tensorflow() -> None:
    check_transform(
        "def f(tf):\n    return tf.placeholder\n\n\n" + GOOD,
        "def f(tf):\n    return tf.placeholder\n\n\nx = tf.TensorSpec(None, tf.float32)\n\n\n"
        "@tf.function(input_signature=[x])\ndef compute_y(x):\n    return tf.math.log(x)\n\n\n"
        "print(compute_y(1.0).numpy())\n",
    )


def test_strings_and_comments_are_not_code() -> None:
    source = 'text = "sess.run(y, feed_dict={x: 1})"  # tf.Session()\n'
    check_transform(
        source + GOOD,
        source + "x = tf.TensorSpec(None, tf.float32)\n\n\n"
        "@tf.function(input_signature=[x])\ndef compute_y(x):\n    return tf.math.log(x)\n\n\n"
        "print(compute_y(1.0).numpy())\n",
    )


def test_notes_are_no_statuses() -> None:
    source = "w = tf.Variable(1.0)\nup = w.assign_add(1.0)\ny = w * 2.0\nwith tf.Session() as sess:\n"
    source += "    sess.run(tf.global_variables_initializer())\n    print(sess.run([up, y]))\n"
    result = rewrite_source("import tensorflow as tf\n" + source)
    notes = [finding for finding in result.findings if finding.code == "TF252"]
    assert [(finding.span.line, finding.status) for finding in notes] == [(7, None)]
    assert result.changed


@pytest.mark.parametrize(
    ("pairs", "noted"),
    [
        ("zip(tf.gradients(loss, [v, w]), [v, w])", True),
        ("zip(tf.gradients(loss, [v, w], gate_gradients=True), [v, w])", False),
        ("zip(tf.clip_by_global_norm(tf.gradients(loss, [v, w]), 1.0)[0], [v, w])", False),
        ("zip(tf.gradients(loss, [w]), [w])", False),
        ("optimizer.compute_gradients(loss, [v, w])", False),
    ],
)
def test_gradients_that_tf1_did_not_wait_for_are_noted(pairs: str, noted: bool) -> None:
    source = "import tensorflow as tf\nv = tf.Variable(1.0)\nw = tf.Variable(2.0)\nloss = v * w\n"
    source += "optimizer = tf.train.GradientDescentOptimizer(0.1)\n"
    source += f"pairs = list({pairs})\nstep = optimizer.apply_gradients(pairs)\nwith tf.Session() as sess:\n"
    source += "    sess.run(tf.global_variables_initializer())\n    sess.run(step)\n"
    result = rewrite_source(source)
    assert result.changed, result.findings
    assert [item.span.line for item in result.findings if item.code == "TF252"] == ([10] if noted else [])


@pytest.mark.parametrize("name", ["TF", "tensorflow"])
def test_emitted_lines_call_tensorflow_as_the_file_does(name: str) -> None:
    source = f"import tensorflow{' as TF' if name == 'TF' else ''}\nv = tf.Variable(1.0)\n"
    source += "train = tf.train.GradientDescentOptimizer(0.1).minimize(v * 2.0)\nwith tf.Session() as sess:\n"
    source += "    sess.run(tf.global_variables_initializer())\n    print(sess.run([train, v])[1])\n"
    result = rewrite_source(source.replace("tf.", f"{name}."))
    assert result.changed, result.findings
    assert f"with {name}.GradientTape() as tape:" in result.text
    assert f"with {name}.control_dependencies([loss]):" in result.text
    assert f"{name}.identity(v)" in result.text
