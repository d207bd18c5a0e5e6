"""`migrator checkpoint`: files that a TF1 program wrote, converted and read by the migrated program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from codemods import rewrite_source

_RUNNER = Path(__file__).resolve().parent / "run_checkpoints.py"
_NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")
_OPTIMIZERS = {
    "adam": "AdamOptimizer(0.05)",
    "momentum": "MomentumOptimizer(0.05, 0.9, use_nesterov=True)",
    "decayed": "MomentumOptimizer(tf.train.exponential_decay(0.05, step, 4, 0.5), 0.9)",
    "rmsprop": "RMSPropOptimizer(0.01, momentum=0.5)",
    "centered": "RMSPropOptimizer(0.01, centered=True)",
    "adagrad": "AdagradOptimizer(0.1)",
    "adadelta": "AdadeltaOptimizer(1.0)",
    "ftrl": "FtrlOptimizer(0.1)",
    "descent": "GradientDescentOptimizer(0.1)",
}
_PROGRAM = """
import sys
import tensorflow as tf
path = sys.argv[1]
x = tf.placeholder(tf.float32, [None, 2])
weights = {{"h": tf.Variable([[0.5, -0.2], [0.1, 0.4]]), "o": tf.Variable([[0.3], [0.7]])}}
with tf.name_scope("top"):
    b = tf.Variable(tf.zeros([1]), name="b")
step = tf.Variable(0, trainable=False, name="global_step")
loss = tf.reduce_mean(tf.square(tf.matmul(tf.tanh(tf.matmul(x, weights["h"])), weights["o"]) + b - 3.0))
train = tf.train.{optimizer}.minimize(loss, global_step=step)
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    {first}
    for _ in range(20):
        print(sess.run([loss, train], {{x: [[1.0, 2.0], [0.5, -1.0]]}})[0])
    print(sess.run([weights["h"], weights["o"], b, step]))
"""
_LAYERS = """
import sys
import tensorflow as tf
path = sys.argv[1]
x = tf.placeholder(tf.float32, [None, 2])
h = tf.layers.dense(x, 3, tf.nn.tanh, kernel_initializer=tf.constant_initializer(0.3))
y = tf.layers.dense(h, 1, kernel_initializer=tf.constant_initializer(0.2), name="out")
loss = tf.reduce_mean(tf.square(y - 1.0))
train = tf.train.AdagradOptimizer(0.1).minimize(loss)
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    {first}
    print(sess.run(loss, {{x: [[1.0, 2.0]]}}))
    for _ in range(20):
        sess.run(train, {{x: [[1.0, 2.0]]}})
    print(sess.run(loss, {{x: [[1.0, 2.0]]}}))
"""
_RECURRENT = """
import sys
import tensorflow as tf
path = sys.argv[1]
x = tf.placeholder(tf.float32, [None, 5, 3])
{cells}
w = tf.Variable(tf.ones([{size}, 1]), name="w")
y = tf.matmul(outputs[:, -1], w)
loss = tf.reduce_mean(tf.square(y - 3.0))
train = tf.train.AdamOptimizer(0.05).minimize(loss)
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    {{first}}
    for _ in range(10):
        print(sess.run([loss, train], {{{{x: [[[0.1, 0.2, 0.3], [0.3, -0.2, 0.5]] * 2 + [[0.9, 0.4, -0.7]]]}}}})[0])
    print(sess.run(y, {{{{x: [[[0.1, 0.2, 0.3]] * 5]}}}}))
"""
# Cells by a name of the case, and how many numbers come out of them.
_CELLS = {
    "lstm": (
        """cell = tf.nn.rnn_cell.BasicLSTMCell(4)
outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)""",
        4,
    ),
    "stacked": (
        """cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(4), tf.nn.rnn_cell.LSTMCell(5)])
with tf.variable_scope("deep"):
    outputs, state = tf.nn.dynamic_rnn(cells, x, dtype=tf.float32)""",
        5,
    ),
    "stacked alike": (
        """cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(3) for _ in range(2)])
outputs, _ = tf.nn.dynamic_rnn(cells, x, dtype=tf.float32)""",
        3,
    ),
    "gru": (
        """cell = tf.nn.rnn_cell.GRUCell(4)
outputs, _ = tf.nn.dynamic_rnn(
    cell, x,
    dtype=tf.float32, scope="reader")""",
        4,
    ),
    "both directions": (
        """forward = tf.nn.rnn_cell.BasicLSTMCell(4)
backward = tf.nn.rnn_cell.BasicLSTMCell(4)
(left, right), _ = tf.nn.bidirectional_dynamic_rnn(forward, backward, x, dtype=tf.float32)
outputs = tf.concat([left, right], 2)""",
        8,
    ),
    "twice": (
        """one = tf.nn.rnn_cell.BasicLSTMCell(3)
first, _ = tf.nn.dynamic_rnn(one, x, dtype=tf.float32)
two = tf.nn.rnn_cell.BasicLSTMCell(3)
outputs, _ = tf.nn.dynamic_rnn(two, first, dtype=tf.float32, scope="above")""",
        3,
    ),
    "peepholes": (
        """cell = tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, num_proj=3, name="reader")
outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)""",
        3,
    ),
}
_KINDS = ("kernel", "bias")
_FEED = {"layers": "[[1.0, 2.0]]"} | dict.fromkeys(
    _CELLS, "[[[0.1, 0.2, 0.3], [0.3, -0.2, 0.5]] * 2 + [[0.9, 0.4, -0.7]]]"
)
_OTHER = """
import sys
import tensorflow as tf
folder = sys.argv[1]
a = tf.Variable([1.0, 2.0], name="a")
b = tf.Variable(3, name="scope/b")
saver = tf.train.Saver()
old = tf.train.Saver(write_version=tf.train.SaverDef.V1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    saver.save(sess, folder + "/model", global_step=1)
    saver.save(sess, folder + "/model", global_step=2)
    old.save(sess, folder + "/first_format", write_state=False)
"""

_UNCONVERTED = """
import sys
import tensorflow as tf
path = sys.argv[1]
a = tf.Variable([1.0, 2.0]{a})
b = tf.Variable([3.0, 4.0]{b})
saver = tf.train.Saver({given})
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    {first}
    print(sess.run([a, b]))
"""
# How the variables are named and listed; whether their names say the same in TF2, so that the old file is read rightly.
_NAMINGS = {
    "names of their own": ({"a": ", name='a'", "b": ", name='b'", "given": ""}, True),
    "no names": ({"a": "", "b": "", "given": ""}, False),
    "one name for both": ({"a": ", name='a'", "b": ", name='a'", "given": ""}, False),
    "names of the saver": ({"a": ", name='a'", "b": ", name='b'", "given": "{'b': a, 'a': b}"}, False),
}


def _train_first(name: str, text: str, optimizer: str = "") -> str:
    feed = _FEED.get(name, "[[1.0, 2.0], [0.5, -1.0]]")
    lines = ["for _ in range(20):", f"    sess.run(train, {{x: {feed}}})", "saver.save(sess, path)"]
    return text.format(optimizer=optimizer, first="\n    ".join(lines))


def _jobs(mode: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(_RUNNER), mode], input=json.dumps(jobs), capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What both sides print, and what each command said."""
    folder = tmp_path_factory.mktemp("checkpoints")
    programs = {name: (_PROGRAM, optimizer) for name, optimizer in _OPTIMIZERS.items()} | {"layers": (_LAYERS, "")}
    programs |= {name: (_RECURRENT.format(cells=cells, size=size), "") for name, (cells, size) in _CELLS.items()}
    legacy = [
        {"file": str(folder / f"{name}.py"), "path": str(folder / name), "program": _train_first(name, *program)}
        for name, program in programs.items()
    ]
    for name, (parts, _) in _NAMINGS.items():
        text = _UNCONVERTED.format(
            **parts, first="sess.run([a.assign([5.0, 6.0]), b.assign([7.0, 8.0])])\n    saver.save(sess, path)"
        )
        legacy.append({"file": str(folder / "unconverted.py"), "path": str(folder / name), "program": text})
    legacy.append({"file": str(folder / "other.py"), "path": str(folder), "program": _OTHER})
    names = [*programs, *_NAMINGS, "other"]
    printed = dict(zip(names, [item["out"] for item in _jobs("legacy", legacy)], strict=True))
    assert not printed["other"]
    commands: dict[str, list[str]] = {}
    migrated = []
    for name, (text, optimizer) in programs.items():
        result = rewrite_source(text.format(optimizer=optimizer, first="saver.restore(sess, path)"))
        assert result.changed, result.findings
        found = asdict(result.map.checkpoints[0])
        document = {key: found[key] for key in ("variables", "optimizers", "layers")}
        (folder / f"{name}.json").write_text(json.dumps(document))
        commands[name] = ["checkpoint", str(folder / name), str(folder / f"{name}_new"), "--map"]
        commands[name] += [str(folder / f"{name}.json"), "--json"]
        path = str(folder / f"{name}_new")
        migrated.append({"file": str(folder / f"{name}_new.py"), "path": path, "program": result.text})
    for name, (parts, _) in _NAMINGS.items():
        result = rewrite_source(_UNCONVERTED.format(**parts, first="saver.restore(sess, path)"))
        assert result.changed, result.findings
        migrated.append({"file": str(folder / "new.py"), "path": str(folder / name), "program": result.text})
    (folder / "some.toml").write_text('[variables]\na = "first/a"\n"gone" = "second"\n')
    (folder / "both.toml").write_text('[variables]\na = "first/a"\n"scope/b" = "b"\n')
    (folder / "wrong.toml").write_text('[variables]\na = {to = "x", transform = "lstm_bias"}\n')
    (folder / "broken").mkdir()
    (folder / "broken" / "checkpoint").write_text('model_checkpoint_path: "../model-1"\n')
    data = (folder / "model-1.index").read_bytes()
    (folder / "cut.index").write_bytes(data[: len(data) // 2])
    (folder / "cut.data-00000-of-00001").write_bytes(b"\0" * 3)
    (folder / "noise.index").write_bytes(bytes(range(256)) * 9)
    old, new = str(folder / "model-1"), str(folder / "new")
    commands |= {
        "list": ["checkpoint", old],
        "list first format": ["checkpoint", str(folder / "first_format"), "--json"],
        "list latest": ["checkpoint", str(folder), "--json"],
        "state outside": ["checkpoint", str(folder / "broken"), "--json"],
        "partial": ["checkpoint", old, new, "--map", str(folder / "some.toml"), "--json"],
        "partial allowed": ["checkpoint", old, new, "--map", str(folder / "some.toml"), "--partial"],
        "taken": ["checkpoint", old, new, "--map", str(folder / "both.toml")],
        "into a directory": ["checkpoint", old, f"{folder}/there/", "--map", str(folder / "both.toml")],
        "list new": ["checkpoint", f"{folder}/there", "--json"],
        "new again": ["checkpoint", f"{folder}/there", f"{folder}/again", "--map", str(folder / "both.toml")],
        "no map": ["checkpoint", old, str(folder / "x")],
        "wrong transform": ["checkpoint", old, str(folder / "y"), "--map", str(folder / "wrong.toml")],
        "nothing there": ["checkpoint", str(folder / "nothing")],
        "cut": ["checkpoint", str(folder / "cut")],
        "noise": ["checkpoint", str(folder / "noise")],
        "same": ["checkpoint", old, old, "--map", str(folder / "both.toml")],
    }
    likes = [str(folder / "adam"), str(folder / "like_new"), "--map", str(folder / "adam.json")]
    commands["like"] = ["checkpoint", *likes, "--like", str(folder / "adam_new"), "--json"]
    commands["like another"] = ["checkpoint", *likes[:1], str(folder / "z"), *likes[2:]]
    commands["like another"] += ["--like", str(folder / "rmsprop_new")]
    results = _jobs("migrated", [*({"command": command} for command in commands.values()), *migrated])
    said = dict(zip(commands, results, strict=False))
    went_on = dict(zip([*programs, *_NAMINGS], [item["out"] for item in results[len(commands) :]], strict=True))
    return {"legacy": printed, "migrated": went_on, "said": said, "folder": folder}


@pytest.mark.parametrize("name", [*_OPTIMIZERS, "layers", *_CELLS])
def test_training_goes_on_where_tf1_stopped(name: str, outcome: dict[str, Any]) -> None:
    said = outcome["said"][name]
    assert said["out"], said["errors"]
    document = json.loads(said["out"])
    assert (said["code"], document["unused"], document["missing"]) == (0, [], []), document
    old, new = ([float(item) for item in _NUMBER.findall(outcome[side][name])] for side in ("legacy", "migrated"))
    assert len(old) == len(new) >= 2, outcome["migrated"][name]
    assert new == pytest.approx(old, rel=2e-5, abs=1e-5)


@pytest.mark.parametrize(
    "cells",
    [
        """cell = tf.nn.rnn_cell.GRUCell(4)
outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope=path)""",
        """cell = tf.nn.rnn_cell.GRUCell(4)
with tf.variable_scope(path):
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)""",
    ],
)
def test_names_of_cells_that_the_text_does_not_tell_stay_unknown(cells: str) -> None:
    result = rewrite_source(_RECURRENT.format(cells=cells, size=4).format(first="saver.restore(sess, path)"))
    assert result.changed, result.findings
    found = result.map.checkpoints[0]
    assert found.variables == {"w": "w"}
    assert found.unknown == tuple(f"gru/cell/{part}_{kind}" for part in ("gate", "candidate") for kind in _KINDS)


@pytest.mark.parametrize("name", _NAMINGS)
def test_an_unconverted_file_is_read_rightly_or_refused(name: str, outcome: dict[str, Any]) -> None:
    old, new = outcome["legacy"][name], outcome["migrated"][name]
    if _NAMINGS[name][1]:
        assert new == old
    else:
        assert "is a checkpoint of TensorFlow 1: convert it" in new


def test_lists_what_is_in_a_checkpoint(outcome: dict[str, Any]) -> None:
    said = outcome["said"]
    assert said["list"]["out"] == "a        float32[2]\nscope/b  int32[]\n"
    names = [{"name": "a", "dtype": "float32", "shape": [2]}, {"name": "scope/b", "dtype": "int32", "shape": []}]
    assert json.loads(said["list first format"]["out"])["entries"] == names
    latest = json.loads(said["list latest"]["out"])
    assert (latest["checkpoint"], latest["entries"]) == (str(outcome["folder"] / "model-2"), names)


def test_values_without_a_counterpart(outcome: dict[str, Any]) -> None:
    said = outcome["said"]
    document = json.loads(said["partial"]["out"])
    assert said["partial"]["code"] == 1
    assert not document["written"]
    assert document["unused"] == ["scope/b"]
    assert document["missing"] == [{"key": "second", "why": "there is no gone"}]
    assert said["partial allowed"]["code"] == 1
    assert "written and read back; 1 variables" in said["partial allowed"]["out"]
    assert "not used: scope/b" in said["partial allowed"]["out"]


def test_a_directory_gets_a_state_file(outcome: dict[str, Any]) -> None:
    said = outcome["said"]
    assert said["into a directory"]["code"] == 0
    document = json.loads(said["list new"]["out"])
    assert document["by_object"]
    assert document["checkpoint"].endswith("there/model-1")
    names = {item["name"].removesuffix("/.ATTRIBUTES/VARIABLE_VALUE") for item in document["entries"]}
    assert names == {"_CHECKPOINTABLE_OBJECT_GRAPH", "b", "first/a", "save_counter"}


def test_the_objects_of_another_checkpoint(outcome: dict[str, Any]) -> None:
    said = outcome["said"]
    assert said["like"]["code"] == 0, said["like"]
    assert json.loads(said["like"]["out"])["missing"] == []
    assert said["like another"]["code"] == 2
    assert "rmsprop_new has float32[2, 1] there" in said["like another"]["errors"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("taken", "exists already"),
        ("new again", "is a checkpoint of TensorFlow 2 already"),
        ("no map", "--program, or --map"),
        ("wrong transform", "a: the shape [2] is not that of a cell with 4 gates"),
        ("nothing there", "there is no checkpoint"),
        ("cut", "cannot be read as a checkpoint"),
        ("noise", "cannot be read as a checkpoint"),
        ("same", "OLD and NEW are the same"),
    ],
)
def test_mistakes_are_one_line(name: str, text: str, outcome: dict[str, Any]) -> None:
    said = outcome["said"][name]
    assert said["code"] == 2
    assert text in said["errors"]
    assert said["errors"].count("\n") == 1
    assert "Traceback" not in said["errors"]


def test_nothing_is_left_beside_a_checkpoint(outcome: dict[str, Any]) -> None:
    assert not list(outcome["folder"].rglob(".migrator-*"))
