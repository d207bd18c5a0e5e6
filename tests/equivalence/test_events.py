"""Event files: what is read from them, and what the comparison of two programs' files says."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from migrator.equivalence import event_files, recorder_events
from migrator.equivalence.events import EventsResult, compare
from migrator.equivalence.recording import EventSeries

_WRITE = """
import glob, sys
import numpy as np
import tensorflow as tf
from migrator.equivalence import event_files

v1 = tf.compat.v1
pixels = np.arange(2 * 2 * 3 * 1, dtype=np.uint8).reshape(2, 2, 3, 1)
with v1.Graph().as_default(), v1.Session() as sess:
    ops = v1.summary.merge([
        v1.summary.scalar("a", 1.5), v1.summary.histogram("h", [1.0, -2.0, 4.0]), v1.summary.image("i", pixels),
        v1.summary.text("t", tf.constant(["x", "y"])),
    ])
    old = v1.summary.FileWriter("old")
    for step in range(3):
        old.add_summary(sess.run(ops), step)
    old.close()
new = tf.summary.create_file_writer("new")
for step in range(3):
    with new.as_default(step=step):
        tf.summary.scalar("a", 1.5)
        tf.summary.histogram("h", [1.0, -2.0, 4.0])
        tf.summary.image("i", pixels)
        tf.summary.text("t", ["x", "y"])
new.close()


def shown(path):
    return [(e.kind, e.tag, e.step, np.asarray(e.value).tolist()) for e in event_files.read(path)]


(one,), (two,) = glob.glob("old/*"), glob.glob("new/*")
assert len(shown(one)) == 15, shown(one)
assert shown(one) == shown(two), (shown(one), shown(two))
data = open(one, "rb").read()
open("cut", "wb").write(data[: len(data) - 40])
open("garbage", "wb").write(bytes(range(256)))
assert shown("cut") == shown(one)[:10]
assert shown("garbage") == [] and shown("missing") == []
"""


def test_both_forms_are_read_alike_and_damage_ends_a_file(tmp_path: Path) -> None:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", _WRITE], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def series(tag: str, values: list[float], writer: str = "logs", **other: object) -> EventSeries:
    made = EventSeries(
        writer,
        event_files.SCALAR,
        tag,
        np.arange(len(values)),
        np.zeros(len(values), bool),
        (np.array(values, np.float32),),
    )
    return replace(made, **other)  # type: ignore[arg-type]


def compared(expected: list[EventSeries], actual: list[EventSeries], values: bool = True) -> EventsResult:
    return compare(expected, actual, values=values, reduction=10, device="cpu")


LOSS = series("loss", [1.0, 0.5, 0.25])


def test_nothing_is_said_about_programs_without_event_files() -> None:
    assert compared([], []) == EventsResult((), None)
    assert compare(None, [LOSS], values=True, reduction=1, device="cpu") == EventsResult((), None)


def test_equal_files() -> None:
    result = compared([LOSS, series("acc", [0.0, 1.0])], [series("acc", [0.0, 1.0]), LOSS])
    assert result == EventsResult((), "event files: 2 tags with the same steps, 5 values, 5 compared", 5)


@pytest.mark.parametrize(
    ("actual", "problem"),
    [
        ([], "'loss' in 'logs' is missing"),
        ([series("Loss", [1.0, 0.5, 0.25])], "'loss' in 'logs' is missing"),
        ([LOSS, series("more", [1.0])], "'more' in 'logs' is not in the TF1 program"),
        ([series("loss", [1.0, 0.5])], "was written 3 times by the TF1 program, 2 times now"),
        ([replace(LOSS, steps=np.array([0, 2, 1]))], "has step 2 where the TF1 program had 1"),
        ([series("loss", [1.0, 0.5, 0.2501])], "at step 2: 0.25 became 0.2501"),
        ([series("loss", [1.0, float("nan"), 0.25])], "at step 1: 0.5 became nan"),
    ],
)
def test_differences(actual: list[EventSeries], problem: str) -> None:
    assert problem in "; ".join(compared([LOSS], actual).problems)


def test_values_of_states_that_were_not_recorded_are_not_compared() -> None:
    loose = replace(LOSS, loose=np.array([False, True, True]))
    assert compared([loose], [series("loss", [1.0, 9.0, 9.0])]).note is not None
    assert compared([loose], [series("loss", [9.0, 0.5, 0.25])]).problems
    assert compared([LOSS], [series("loss", [9.0, 9.0, 9.0])], values=False).note is not None


def test_directories_with_other_names_are_matched_by_order() -> None:
    expected = [series("a", [1.0], "runs/1700000000"), series("a", [2.0], "runs/1700000000/test")]
    actual = [series("a", [1.0], "runs/1700000777"), series("a", [2.0], "runs/1700000777/test")]
    assert compared(expected, actual).note is not None
    assert compared(expected, actual[::-1]).problems


def test_histograms_and_images() -> None:
    numbers = np.array([[-1.0, 2.0, 10.0]])
    histogram = replace(LOSS, kind="histogram", steps=np.array([0]), loose=np.array([False]), values=(numbers,))
    assert compared([histogram], [histogram]).note is not None
    assert compared([histogram], [replace(histogram, values=(numbers + np.array([[0, 0, 1.0]]),))]).problems
    image = replace(histogram, kind="image", values=(np.full((2, 2, 1), 7, np.uint8),))
    assert compared([image], [replace(image, values=(np.full((2, 2, 1), 8, np.uint8),))]).note is not None
    assert compared([image], [replace(image, values=(np.full((2, 2, 1), 9, np.uint8),))]).problems
    assert compared([image], [replace(image, values=None)]).note is not None


def test_files_are_read_in_the_order_in_which_they_were_made() -> None:
    names = [f"events.out.tfevents.1700000001.host.{number}" for number in (0, 2, 10)]
    assert sorted([names[2], names[0], names[1]], key=recorder_events._number) == names
