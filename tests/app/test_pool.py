"""Many files, several processes: order is kept and a crash stays with its file."""

from __future__ import annotations

import os
import time

import pytest

from migrator.files.pool import Crash, run


def work(task: int) -> int:
    """Doubles; task 3 and 8 take their process down, odd ones take a little longer."""
    if task in (3, 8):
        os._exit(9)
    time.sleep(0.02 * (task % 2))
    return task * 2


def raises(task: int) -> int:
    raise ValueError(task)


def test_results_come_in_order_and_crashes_are_isolated() -> None:
    outcomes = list(run(range(12), work, 2))
    assert [outcome.task for outcome in outcomes if isinstance(outcome, Crash)] == [3, 8]
    assert [o for o in outcomes if not isinstance(o, Crash)] == [task * 2 for task in range(12) if task not in (3, 8)]
    assert [isinstance(outcome, Crash) for outcome in outcomes].index(True) == 3


def test_few_tasks_stay_in_this_process() -> None:
    assert list(run([1, 2], work, 8)) == [2, 4]
    assert list(run([], work, 8)) == []


def test_work_that_raises_ends_everything() -> None:
    with pytest.raises(ValueError, match="0"):
        list(run(range(12), raises, 2))


def test_stopping_early_leaves_no_process_waiting() -> None:
    outcomes = run(range(20, 400, 2), work, 2)
    assert next(outcomes) == 40
    started = time.monotonic()
    del outcomes
    assert time.monotonic() - started < 30  # a hang would be minutes
