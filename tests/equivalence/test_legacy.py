"""TF1 programs under the legacy runtime: what they can use, and what is recorded of them."""

from __future__ import annotations

import collections
import itertools
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from migrator.equivalence.golden import Recording, Run
from migrator.equivalence.record import Limits, RecordError, record

pytest.importorskip("tensorflow")

FEATURES = """
import collections
import numpy as np
import tensorflow as tf
import keras
import keras.backend as K
from keras.layers.core import Dense
import tensorflow.contrib.slim as slim
from tensorflow.contrib import rnn
from tensorflow.python.framework import ops
from tensorflow.python.ops import math_ops, rnn_cell
from tensorflow.examples.tutorials.mnist import input_data

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_integer("units", 3, "")


def main(_):
    ops.reset_default_graph()
    tf.set_random_seed(1)
    assert tf.__version__.startswith("1.")
    mnist = input_data.read_data_sets("nowhere", one_hot=True)
    images, labels = mnist.train.next_batch(8)
    assert images.shape == (8, 784) and labels.dtype == np.float and mnist.train.epochs_completed == 0

    x = tf.placeholder(tf.float32, [None, 4], name="x")
    keep = tf.placeholder_with_default(1.0, shape=())
    hidden = slim.fully_connected(x, FLAGS.units, scope="hidden")
    hidden = tf.contrib.layers.dropout(hidden, keep)
    logits = Dense(2, name="logits")(tf.layers.dense(hidden, 3, name="middle"))
    count = tf.Variable(0, trainable=False, name="count")
    half = tf.Variable(np.array([0.5], dtype=np.float16), name="half")
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=tf.ones_like(logits) / 2, logits=logits))
    loss = tf.add(loss, math_ops.reduce_sum(x, keep_dims=True)[0, 0] * 0.0, name="loss")
    train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=count)
    sess = tf.InteractiveSession()
    sess.run(tf.initialize_all_variables())
    data = np.arange(12.0).reshape(3, 4)
    train.run({x: data})
    pair = collections.namedtuple("pair", "loss rest")
    result = sess.run(pair(loss, {"train": train, "logits": [logits, "loss:0"]}), feed_dict={x: data, keep: 0.5})
    assert result.rest["train"] is None and result.rest["logits"][0].shape == (3, 2)
    count.eval()
    tf.assign_add(count, 5).op.run()
    sparse = tf.sparse_placeholder(tf.int64, name="sparse")
    value = tf.SparseTensorValue([[0, 1]], [7], [2, 2])
    sess.run(tf.sparse_transpose(sparse), feed_dict={sparse: value})
    text = tf.placeholder(tf.string)
    sess.run(tf.string_join([text, "!"]), {text: ["\\xe9", b"a\\x00"]})
    sess.run(tf.add(hidden, 1.0), {hidden: np.zeros((1, 3))})  # a tensor that is no placeholder
    try:
        sess.run(tf.Print(loss, []), {x: np.zeros((1, 5))})
    except ValueError:
        pass
    try:
        sess.run(tf.check_numerics(loss / 0.0, "infinite"), {x: data})
    except tf.errors.InvalidArgumentError:
        pass
    sess.make_callable(loss, [x])(data)
    fed = K.placeholder(shape=(None, 4))
    assert K.get_session() is not None
    print(K.function([fed], [fed * 2])([data])[0].sum())
    cells = [rnn.BasicLSTMCell(2), tf.nn.rnn_cell.GRUCell(2), rnn_cell.BasicRNNCell(2)]
    assert [cell.output_size for cell in cells] == [2, 2, 2]
    joined = tf.concat(0, [x, x]), tf.concat([x, x], 0)  # the old order and the new
    assert sess.run(joined, {x: data})[0].shape == (6, 4)
    assert tf.mul and tf.train.SummaryWriter and tf.nn.seq2seq.sequence_loss_by_example and hasattr(np, "object")
    for use in ("tf.contrib.learn", "tf.contrib.layers.nonsense", "tf.estimator", "tf.nonsense"):
        try:
            eval(use)
        except AttributeError as error:
            print(error)
    tf.train.Saver().save(sess, "./saved")
    sess.close()
    with tf.Graph().as_default():
        tf.train.get_or_create_global_step()
        one = tf.constant(1.0, name="one")
        with tf.train.MonitoredTrainingSession() as monitored:
            monitored.run(one)
    with tf.Graph().as_default(), tf.Session() as contrib:
        maps = slim.conv2d(tf.ones([1, 4, 4, 1]), 2, [3, 3], normalizer_fn=slim.batch_norm, scope="maps")
        scores = tf.contrib.layers.embed_sequence([[0, 1, 1]], vocab_size=5, embed_dim=3)
        likelihood, transitions = tf.contrib.crf.crf_log_likelihood(scores, [[0, 2, 1]], [3])
        cell = rnn.OutputProjectionWrapper(rnn.InputProjectionWrapper(rnn.BasicRNNCell(2), 4), 3)
        outputs, _ = tf.nn.dynamic_rnn(cell, scores, dtype=tf.float32)
        total = tf.reduce_sum(maps) - tf.reduce_sum(likelihood) + tf.reduce_sum(outputs)
        step = tf.train.get_or_create_global_step()
        train = tf.contrib.layers.optimize_loss(total, step, 0.1, "SGD", clip_gradients=1.0)
        contrib.run(tf.global_variables_initializer())
        contrib.run([likelihood, scores, transitions])
        contrib.run(train)
    with tf.Graph().as_default(), tf.Session() as other:
        late = tf.get_variable("late", initializer=tf.zeros([2]))
        other.run(late.initializer)
        other.run(late)
        tf.get_default_graph().finalize()
        other.run(late)


if __name__ == "__main__":
    tf.app.run()
"""


def _record(directory: Path, text: str, name: str = "program.py", **options: object) -> Recording:
    program = directory / name
    program.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return record(program, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return _record(tmp_path_factory.mktemp("features"), FEATURES, synthetic_data=True)


def _line(text: str, part: str) -> int:
    """The line on which ``part`` stands in a program."""
    lines = text.lstrip("\n").splitlines()
    return next(number for number, line in enumerate(lines, 1) if part in line)


def _at(recording: Recording, line: int) -> list[Run]:
    return [run for run in recording.runs if run.site.line == line]


def _find(recording: Recording, fetch: str) -> Run:
    return next(run for run in recording.runs if any(item.name == fetch for item in run.fetches))


def test_the_program_runs_to_its_end_and_is_described(features: Recording) -> None:
    metadata = features.metadata
    assert metadata["outcome"] == {"status": "finished"} and metadata["stopped"] is None
    assert "the data set mnist is synthetic" in metadata["notes"]
    assert metadata["runtime"]["kind"] == "compat.v1" and metadata["runtime"]["tensorflow"].startswith("2.")
    assert metadata["runs"] | {"total": len(features.runs), "kept": len(features.runs)} == metadata["runs"]
    assert metadata["program"] == "program.py" and len(metadata["sha256"]) == 64


def test_what_is_missing_is_named_with_a_reason(features: Recording) -> None:
    lines = features.metadata["stdout"]["text"].splitlines()
    assert lines == [
        "132.0",
        "tensorflow.contrib.learn is not available: this part of contrib was removed and nothing replaces it",
        "tensorflow.contrib.layers.nonsense is not available: the legacy runtime has no stand-in for it",
        "tensorflow.estimator is not available: estimators were removed from TensorFlow",
        "tensorflow.nonsense is not available: the legacy runtime has no stand-in for it",
    ]


def test_variables_and_placeholders_know_where_they_were_made(features: Recording) -> None:
    variables = {variable.name: variable for variable in features.variables}
    assert {"hidden/weights", "logits/kernel", "middle/bias", "count", "half", "hidden/weights/Adam"} <= set(variables)
    weights = variables["hidden/weights"]
    assert (weights.shape, weights.dtype, weights.trainable) == ((4, 3), "float32", True)
    assert [frame.line for frame in weights.frames] == [
        _line(FEATURES, "slim.fully_connected"),
        _line(FEATURES, "tf.app.run()"),
    ]
    assert weights.frames[0].file == "program.py"
    assert not variables["count"].trainable and variables["half"].dtype == "float16"
    assert variables["late"].graph == 3
    placeholders = {placeholder.name: placeholder for placeholder in features.placeholders}
    x = placeholders["x:0"]
    assert (x.shape, x.dtype, x.op) == ((None, 4), "float32", "Placeholder")
    assert x.frames[0].line == _line(FEATURES, "x = tf.placeholder")
    (other,) = (item for item in features.placeholders if not item.op.startswith("Placeholder"))
    assert other.shape == (None, 3)  # fed, though it is no placeholder


def test_runs_hold_what_was_fed_fetched_and_changed(features: Recording) -> None:
    (init,) = _at(features, _line(FEATURES, "initialize_all_variables"))
    assert init.kind == "init" and init.tick == 0 and init.outputs == (None,) and not init.before
    assert {"hidden/weights", "count", "half"} <= set(init.changed)
    (first,) = _at(features, _line(FEATURES, "train.run("))
    assert first.kind == "run" and first.tick == 1 and first.fetches[0].kind == "op"
    assert first.feeds["x:0"].dtype == np.float32 and first.feeds["x:0"].shape == (3, 4)
    assert "hidden/weights" in first.changed and "half" not in first.changed and first.changed["count"] == 1
    assert np.array_equal(features.state_before(first)["count"], 0)
    structured = features.runs[first.ordinal + 1]
    assert [(item.path, item.kind) for item in structured.fetches] == [
        ("[0]", "tensor"),
        ("[1]['train']", "op"),
        ("[1]['logits'][0]", "tensor"),
        ("[1]['logits'][1]", "tensor"),
    ]
    assert structured.fetches[3].name == "loss:0" and set(structured.feeds) == {"x:0", "PlaceholderWithDefault:0"}
    assert structured.outputs[1] is None and structured.outputs[2].shape == (3, 2)  # type: ignore[union-attr]
    assert _find(features, "AssignAdd").changed.keys() == {"count"}


def test_every_kind_of_value_is_kept(features: Recording) -> None:
    sparse = next(run for run in features.runs if run.fetches[0].kind == "sparse")
    parts = sparse.outputs[0]
    assert isinstance(parts, dict) and parts["values"].tolist() == [7]
    assert set(sparse.feeds) == {"sparse/indices:0", "sparse/values:0", "sparse/shape:0"}
    text = next(run for run in features.runs if run.fetches[0].name.startswith("StringJoin"))
    assert text.outputs[0].tolist() == ["é!".encode(), b"a\x00!"]  # type: ignore[union-attr]
    failed = [run.error for run in features.runs if run.error]
    assert len(failed) == 2 and failed[0].startswith("ValueError: Cannot feed") and "InvalidArgument" in failed[1]
    finalized = [run for run in features.runs if run.graph == 3]
    assert [run.kind for run in finalized] == ["init", "run", "run"]
    assert features.initial_values(session=finalized[0].session)["late"].tolist() == [0, 0]


def test_contrib_computes_and_trains(features: Recording) -> None:
    names = {variable.name for variable in features.variables if variable.graph == 2}
    assert {"maps/weights", "maps/BatchNorm/moving_variance", "EmbedSequence/embeddings", "transitions"} <= names
    inner = "rnn/output_projection_wrapper/input_projection_wrapper"
    assert {"rnn/output_projection_wrapper/kernel", f"{inner}/kernel", f"{inner}/basic_rnn_cell/bias"} <= names
    (run,) = _at(features, _line(FEATURES, "contrib.run([likelihood"))
    likelihood, scores, transitions = (np.asarray(value, dtype=np.float64) for value in run.outputs)

    def score(path: tuple[int, ...]) -> float:
        steps = sum(transitions[pair] for pair in itertools.pairwise(path))
        return float(steps + sum(scores[0, time, tag] for time, tag in enumerate(path)))

    total = np.log(sum(np.exp(score(path)) for path in itertools.product(range(3), repeat=3)))
    assert likelihood[0] == pytest.approx(score((0, 2, 1)) - total, rel=1e-5)
    (train,) = _at(features, _line(FEATURES, "contrib.run(train)"))
    assert {"maps/weights", "EmbedSequence/embeddings", "transitions", "global_step"} <= set(train.changed)


def test_what_libraries_run_is_told_from_what_the_program_runs(features: Recording) -> None:
    kinds = collections.defaultdict(set)
    for run in features.runs:
        kinds[run.site.line].add(run.kind)
    for part, expected in {
        "make_callable": {"callable"},
        "K.function": {"keras"},
        ".save(": {"library"},
        "tf.train.MonitoredTrainingSession": {"library"},
        "monitored.run": {"run"},
        "count.eval()": {"run"},
        "late.initializer": {"init"},
    }.items():
        assert kinds[_line(FEATURES, part)] == expected, part
    (monitored,) = _at(features, _line(FEATURES, "monitored.run"))
    assert monitored.fetches[0].name == "one:0" and monitored.outputs[0] == 1.0
    for count in features.sites:
        assert count.total == count.kept == sum(run.site.line == count.site.line for run in features.runs)


RANDOM_LOOP = """
    import sys
    import numpy as np
    import tensorflow as tf
    size = int(sys.argv[1])
    x = tf.placeholder(tf.float32, [None])
    w = tf.Variable(tf.random_normal([size]))
    noise = tf.random_uniform([2])
    total = tf.reduce_sum(w) * tf.reduce_sum(x)
    step = tf.train.GradientDescentOptimizer(0.01).minimize(total)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    count = 0
    while True:
        count += 1
        sess.run([step, noise], {x: np.random.rand(3)})
        if count % 10 == 0:
            sess.run(total, {x: [1.0]})
"""


def test_endless_programs_are_stopped_sampled_and_limited_in_size(tmp_path: Path) -> None:
    sampled = _record(tmp_path, RANDOM_LOOP, limits=Limits(first=3, every=20, max_runs=100), argv=["2000"])
    assert sampled.metadata["outcome"] == {"status": "stopped", "reason": "after 100 runs"}
    assert sampled.metadata["stopped"] == "after 100 runs"
    assert [(count.total, count.kept) for count in sampled.sites] == [(1, 1), (90, 7), (9, 3)]
    assert sampled.metadata["runs"]["dropped_for_number"] == 89
    train = _at(sampled, _line(RANDOM_LOOP, "[step, noise]"))
    assert [run.occurrence for run in train] == [0, 1, 2, 20, 40, 60, 80]
    # The chain of states is complete although runs were dropped: what a kept run starts from is stored with it.
    assert set(train[1].before) == set() and set(train[4].before) == {"Variable"}
    noises = [run.outputs[1] for run in train]
    assert all(isinstance(noise, np.ndarray) for noise in noises) and len({str(noise) for noise in noises}) == 7

    small = _record(tmp_path, RANDOM_LOOP, limits=Limits(max_runs=60, max_bytes=40_000), argv=["2000"])
    totals = {count.site.line: (count.total, count.kept) for count in small.sites}
    initialise, step, total = totals
    assert totals[initialise] == (1, 1) and totals[step][1] < 20
    assert totals[total][1] > 0  # a late site still has room
    runs = small.metadata["runs"]
    assert runs["dropped_for_size"] > 0 and runs["kept"] + runs["dropped_for_size"] + runs["dropped_for_number"] == 60

    both = [(run, other) for run in sampled.runs for other in small.runs if run.ordinal == other.ordinal]
    assert len(both) >= 4
    for run, other in both:  # the same seeds, so the same numbers
        states = [recording.state_after(one) for recording, one in ((sampled, run), (small, other))]
        for one, two in (states, (run.feeds, other.feeds)):
            assert {name: value.tobytes() for name, value in one.items()} == {
                name: value.tobytes() for name, value in two.items()
            }


HARMLESS = """
    from __future__ import print_function
    import time
    import matplotlib
    matplotlib.use("TkAgg")
    import matplotlib.pyplot as plt
    import helper
    import tensorflow.compat.v1 as tf1
    from tensorflow.contrib.layers.python.layers import batch_norm
    from tensorflow.contrib.slim.python.slim.nets import resnet_v1
    from tensorflow.python.keras.layers import Dense
    from tensorflow.keras import backend as K
    from keras.engine.topology import Layer
    from keras.utils.np_utils import to_categorical
    assert tf1 is helper.tf and tf1.compat.v1 is tf1
    assert batch_norm is tf1.contrib.layers.batch_norm and issubclass(Dense, Layer)
    fig, ax = plt.subplots()
    plt.show()
    plt.pause(1000)
    print("ready", "é" * 20000)
    while True:
        time.sleep(0.05)
"""


def test_imports_plots_long_output_and_a_time_limit(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import tensorflow as tf\n")
    recording = _record(tmp_path, HARMLESS, limits=Limits(seconds=8))
    assert recording.metadata["outcome"] == {"status": "stopped", "reason": "after 8 seconds"}
    stdout = recording.metadata["stdout"]
    assert stdout["truncated"] and stdout["text"] == "ready " + "é" * 16378


def test_programs_that_end_badly_are_reported_in_one_line(tmp_path: Path) -> None:
    cases = {
        "import tensorflow as tf\ntf.contrib.x\n": "bad.py raised Unavailable: tensorflow.contrib.x is .* at bad.py:2$",
        "import sys\nsys.exit(3)\n": "bad.py exited with 3$",
        "import os\nos.abort()\n": "could not be recorded: it was ended by SIGABRT$",
    }
    for text, message in cases.items():
        with pytest.raises(RecordError, match=message) as caught:
            _record(tmp_path, text, "bad.py")
        assert "\n" not in str(caught.value)
    with pytest.raises(RecordError, match="there is no program"):
        record(tmp_path / "nothing.py")
    with pytest.raises(RecordError, match="cannot start"):
        record(tmp_path / "bad.py", python=tmp_path / "no-python")


def test_an_interpreter_with_its_own_tensorflow_gets_the_recorder_alone(tmp_path: Path) -> None:
    text = """
        import tensorflow.compat.v1 as tf
        tf.disable_v2_behavior()
        w = tf.Variable(tf.random_normal([2]))
        with tf.Session() as sess:
            sess.run(w.initializer)
            sess.run(w + 1)
    """
    recording = _record(tmp_path, text, python=Path(sys.executable))
    assert recording.metadata["runtime"]["kind"] == "tensorflow1"
    assert [run.kind for run in recording.runs] == ["init", "run"]
