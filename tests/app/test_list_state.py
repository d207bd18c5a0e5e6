"""`migrator list --state`: the variables of programs, in a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrator.cli.main import run

PROGRAM = """import tensorflow as tf
from model import net
x = tf.placeholder(tf.float32, [None, 3])
loss = tf.reduce_mean(net(x))
train = tf.train.AdamOptimizer().minimize(loss)
sess = tf.Session()
sess.run(train, {x: [[1., 2., 3.]]})
"""
MODEL = """import tensorflow as tf
def net(x):
    return tf.layers.dense(x, 2, name='top')
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(PROGRAM)
    Path("model.py").write_text(MODEL)


def test_the_table_names_makers_updates_and_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--state", "train.py"]) == 0
    out = capsys.readouterr().out
    assert "2 variables (2 trainable), 6 optimizer slots, 1 train op, 1 run site" in out
    assert "top/kernel" in out and "model.py:3" in out and "Adam line 5, run 7" in out
    assert "top/kernel/Adam_1" in out  # in the line that sums up the slots


def test_all_slots_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--state", "--all", "train.py"]) == 0
    assert capsys.readouterr().out.count("AdamOptimizer (slot)") == 6


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--state", "--json", "train.py"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(item["name"], item["shape"]) for item in found["variables"]][:2] == [
        ("top/kernel", [3, 2]),
        ("top/bias", [2]),
    ]
    assert found["trainings"][0]["variables"] == ["top/kernel", "top/bias"]


def test_what_cannot_be_read_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("old.py").write_text("import tensorflow\nprint 'x'\n")
    assert run(["list", "--state", "old.py", "train.py"]) == 2
    out = capsys.readouterr().out
    assert "old.py  not Python 3: line 2" in out and "top/kernel" in out


def test_directories_leave_out_what_has_no_tensorflow(capsys: pytest.CaptureFixture[str]) -> None:
    Path("plain.py").write_text("x = 1\n")
    assert run(["list", "--state", "."]) == 0
    assert "plain.py" not in capsys.readouterr().out
