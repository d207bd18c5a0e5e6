"""The API table: everything is decided, every target exists and takes what is emitted."""

from __future__ import annotations

import subprocess
import sys

import libcst as cst
import pytest

from codemods import tables
from codemods.findings import Refusal
from codemods.tables import Decision, entries
from tests.codemods.symbol_report import report


def test_every_target_exists_and_takes_the_arguments() -> None:
    assert report()["targets"] == []


def test_every_public_name_of_compat_v1_is_decided() -> None:
    assert report()["undecided"] == []


def test_size_of_the_table() -> None:
    # 3,864 public names of TF 1.15 (tf.keras.* under keras.*), and older and contrib names.
    names = [*entries._load("tf1"), *entries._load("keras")]
    assert len(names) > 3864


def test_refusals_say_why() -> None:
    for name in entries._load("tf1"):
        entry = tables.lookup(name)
        assert entry is not None
        assert (entry.reason is not None) == (entry.decision is Decision.REFUSED), name


@pytest.mark.parametrize(
    ("name", "decision", "target"),
    [
        ("tf.add", Decision.SAME, "tf.add"),
        ("tf.log", Decision.RENAMED, "tf.math.log"),
        ("tf.reduce_sum", Decision.CHANGED, "tf.reduce_sum"),
        ("tf.nn.dropout", Decision.CHANGED, "tf.nn.dropout"),
        ("tf.Session", Decision.LOWERED, None),
        ("tf.train.AdamOptimizer", Decision.LOWERED, None),
        ("tf.estimator.Estimator", Decision.REFUSED, None),
        ("tf.raw_ops.Assign", Decision.REFUSED, None),
        ("tf.raw_ops.MatMul", Decision.SAME, "tf.raw_ops.MatMul"),
        ("tf.mul", Decision.RENAMED, "tf.multiply"),
        ("tf.float32", Decision.SAME, "tf.float32"),
        ("tf.data.Dataset.from_tensors", Decision.SAME, "tf.data.Dataset.from_tensors"),
        ("tf.gfile.FastGFile", Decision.RENAMED, "tf.io.gfile.GFile"),
    ],
)
def test_lookup(name: str, decision: Decision, target: str | None) -> None:
    entry = tables.lookup(name)
    assert entry is not None
    assert (entry.decision, entry.target) == (decision, target)


def test_names_of_tf2_only() -> None:
    entry = tables.lookup("tf.random.Generator")
    assert entry is not None
    assert entry.in_tf2 and not entry.in_tf1


def test_unknown_names() -> None:
    assert tables.lookup("tf.no_such_thing") is None
    assert tables.lookup("tf.nn.no_such_thing") is None
    assert not tables.known("tf.nn.no_such_thing")


def test_values_have_no_members() -> None:
    assert tables.is_value("tf.float32")
    assert tables.is_value("tf.nn.relu")
    assert not tables.is_value("tf.nn")
    assert not tables.is_value("tf.data.Dataset")


def call(source: str) -> cst.Call:
    return cst.ensure_type(cst.parse_expression(source), cst.Call)


def bound(name: str, source: str) -> dict[str, str]:
    entry = tables.lookup(name)
    assert entry is not None
    arguments = tables.bind(call(source), entry)
    return {key: cst.Module([]).code_for_node(argument.value) for key, argument in arguments.items()}


def test_bind() -> None:
    assert bound("tf.reduce_sum", "f(x, 1, keep_dims=True)") == {"input_tensor": "x", "axis": "1", "keep_dims": "True"}
    assert bound("tf.placeholder", "f(tf.float32, name='x')") == {"dtype": "tf.float32", "name": "'x'"}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("f(*x)", "TF102"),
        ("f(x, **y)", "TF102"),
        ("f(x, no_such=1)", "TF103"),
        ("f(x, 1, 2, 3, 4, 5, 6)", "TF103"),
        ("f(x, input_tensor=y)", "TF103"),
    ],
)
def test_bind_refuses(source: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        bound("tf.reduce_sum", source)
    assert refused.value.code == code


def test_loading_needs_neither_tensorflow_nor_much_time() -> None:
    program = (
        "import sys, time; from codemods import tables; start = time.process_time(); tables.lookup('tf.log');"
        "print(time.process_time() - start, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, imported = done.stdout.split()
    assert float(seconds) < 0.1
    assert imported == "False"
