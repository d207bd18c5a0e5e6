"""The inventory of a program's state: names and shapes as TF1 has them, and who makes, updates, reads and saves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.inventory import Inventory, VariableRecord, inventory
from tests.codemods.program_table import PROLOGUE

_HERE = Path(__file__).resolve().parent
_SECTIONS = re.split(r"^=== ", (_HERE / "inventory_programs.txt").read_text("utf-8"), flags=re.M)[1:]
_PROGRAMS = {name: PROLOGUE + body for name, _, body in (section.partition("\n") for section in _SECTIONS)}
_EPILOGUE = """
def _shown():
    import json
    import tensorflow as tf
    found = []
    for key in (tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.LOCAL_VARIABLES):
        for v in tf.get_collection(key):
            trainable = any(v is other for other in tf.trainable_variables())
            found.append([v.op.name, v.get_shape().as_list(), v.dtype.base_dtype.name, trainable])
    print("##" + json.dumps(found))
_shown()
"""


@pytest.fixture(scope="module")
def in_tf1() -> dict[str, list[list[object]]]:
    """Name, shape, dtype and trainable of each variable that TF1 makes, by program."""
    texts = {name: text + _EPILOGUE for name, text in _PROGRAMS.items()}
    done = subprocess.run(
        [sys.executable, str(_HERE / "run_programs.py"), "legacy"],
        input=json.dumps(texts), capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    printed = json.loads(done.stdout)
    assert all("##" in text for text in printed.values()), printed
    return {name: json.loads(text.rpartition("##")[2]) for name, text in printed.items()}


@pytest.mark.parametrize("name", _PROGRAMS)
def test_variables_are_those_that_tf1_makes(name: str, in_tf1: dict[str, list[list[object]]]) -> None:
    found = inventory(_PROGRAMS[name], "program.py")
    last = [item for item in found.variables if item.graph == 0 and item.certain]
    shown = [[item.name, list(item.shape or ()), item.dtype, item.trainable] for item in last]
    assert sorted(shown, key=str) == sorted(in_tf1[name], key=str)


def _inventory(body: str) -> Inventory:
    return inventory(PROLOGUE + body, "p.py")


def _only(found: Inventory, name: str) -> VariableRecord:
    [record] = [item for item in found.variables if item.name == name]
    return record


def test_sharing_updates_and_run_sites() -> None:
    found = _inventory("""
x = tf.placeholder(tf.float32, [None, 2])
def net(x):
    w = tf.get_variable('w', [2, 1])
    return tf.matmul(x, w)
with tf.variable_scope('m'):
    a = net(x)
with tf.variable_scope('m', reuse=True):
    b = net(x * 2)
count = tf.Variable(0, trainable=False, name='count')
add = count.assign_add(1)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(a + b), global_step=count)
saver = tf.train.Saver({'kernel': tf.trainable_variables()[0]})
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        sess.run([train, a], {x: [[1., 2.]]})
    sess.run(add)
    sess.run(b, feed_dict={b: [[0.]]})
""")
    w = _only(found, "m/w")
    assert (w.place.line, w.place.function, [call.line for call in w.calls]) == (6, "net", [9])
    assert [place.line for place in w.shared] == [11]
    assert [(update.what, [site.line for site in update.sites]) for update in w.updates] == [("GradientDescent", [19])]
    assert [place.line for place in w.read_at] == [19]
    assert [place.line for place in w.savers] == [15]
    count = _only(found, "count")
    assert [(update.what, update.place.line) for update in count.updates] == [
        ("GradientDescent adds 1", 14),
        ("assign_add", 13),
    ]
    assert found.sites[0].initialises == ("m/w", "count")
    assert found.sites[-1].reads == ()  # what is fetched was fed
    assert found.savers[0].variables == {"kernel": "m/w"}
    assert not found.notes


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("import data\nw = tf.Variable(tf.zeros([2]), name=data.name)", "?"),
        ("import data\nw = tf.get_variable('w_%d' % data.number, [2])", "w_?"),
        ("import data\nif data.deep:\n    tf.Variable(1.0)\nw = tf.Variable(2.0)", "Variable_1"),
        (
            "import data\nwith tf.variable_scope('a', reuse=data.reuse):\n    w = tf.get_variable('w', [data.size])",
            "a/w",
        ),
    ],
)
def test_what_the_text_does_not_tell_is_not_certain(body: str, name: str) -> None:
    record = _only(_inventory(body), name)
    assert not record.certain or record.condition is not None or record.shape == (None,)


def test_branches_loops_and_uncalled_definitions_are_named() -> None:
    found = _inventory("""
import sys
if len(sys.argv) > 1:
    tf.Variable(1.0, name='a')
while True:
    tf.Variable(1.0, name='b')
class Net:
    def __init__(self, size):
        self.w = tf.Variable(tf.zeros([size, 3]), name='w')
def build(x):
    return tf.layers.dense(x, 4)
""")
    conditions = {item.name: item.condition for item in found.variables}
    assert conditions["a"] == "if len(sys.argv) > 1"
    assert conditions["b"] == "while True"
    assert conditions["w"] == "if something calls Net"
    assert conditions["dense/kernel"] == "if something calls build"
    assert _only(found, "w").shape == (None, 3)


def test_another_file_of_the_project_is_followed() -> None:
    files = {"model": ("import tensorflow as tf\ndef build():\n    return tf.Variable(0.0, name='w')\n", "model.py")}
    found = inventory("from model import build\nw = build()\n", "main.py", files.get)
    assert str(_only(found, "w").place) == "model.py:3 in build"


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("import tflearn\nx = tflearn.dense(tf.placeholder(tf.float32), 3)", "tflearn.dense is not followed"),
        ("x = tf.contrib.seq2seq.LuongAttention(3, None)", "tf.contrib.seq2seq.LuongAttention is not followed"),
        ("w = tf.get_variable('w', [1])\nv = tf.get_variable('w', [1])", "TF1 fails here: variable w already exists"),
        ("saver = tf.train.import_meta_graph('model.meta')", "import_meta_graph is not followed"),
    ],
)
def test_what_is_not_followed_is_said(body: str, note: str) -> None:
    assert any(note in message for _, message in _inventory(body).notes)


@pytest.mark.parametrize("text", ["print 'old'\n", "def f(:\n", "x = 1\x00"])
def test_a_text_that_cannot_be_read_says_so(text: str) -> None:
    assert inventory(text, "p.py").failure


def test_endless_and_hostile_programs_end() -> None:
    for body in (
        "def f(n):\n    return f(n + 1) + f(n + 2)\nf(0)",
        "x = [0]\nfor i in range(60):\n    x = x + x\ny = [z for z in x]",
        "x = 2\nfor i in range(60):\n    x = x ** x",
        "x = 'a' * 10 ** 10\ny = [0] * 10 ** 10",
        "while True:\n    while True:\n        pass",
        "def g():\n    yield from g()\nlist(g())",
        "\n".join("  " * depth + f"for x{depth} in range(60):" for depth in range(4)) + "\n        pass",
    ):
        _inventory(body)


def test_importing_it_needs_no_tensorflow() -> None:
    code = "import codemods.inventory, sys; sys.exit(any(m in sys.modules for m in ('tensorflow', 'numpy', 'keras')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
