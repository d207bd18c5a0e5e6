"""Unusual runs, the surroundings of a program, and ways in which a replay ends early."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.findings import Span
from codemods.result import ReplayMap
from migrator.equivalence.check import check, check_live
from migrator.equivalence.golden import Recording
from migrator.equivalence.record import Limits
from migrator.equivalence.record import record as record_program
from migrator.equivalence.replay import ReplayError
from migrator.equivalence.results import CheckResult, Kind, Verdict
from tests.equivalence.pairs import DATA, replay_map, site

LEGACY = (DATA / "odd_runs_legacy.py").read_text("utf-8")
MIGRATED = (DATA / "odd_runs_migrated.py").read_text("utf-8")
DENSE, OUTER, INNER, CHECKED, LEVEL, WORDS, ADDED, KEPT, LOOP = range(9)
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "to_dense": ("sparse",),
    "grow": ("x",),
    "check": ("x",),
    "lower": (),
    "double": ("word",),
    "add": ("start",),
}


def odd_map(migrated: str = MIGRATED) -> ReplayMap:
    x = {"x": "x"}
    rows = [
        (
            "sess.run(dense, {sparse: tf.SparseTensorValue([[0, 1], [1, 2]], [factor, 2.], [2, 3])})",
            "to_dense(tf.SparseTensor([[0, 1], [1, 2]], [factor, 2.], [2, 3])).numpy()",
            "to_dense",
            [0],
            {"sparse": "sparse"},
        ),
        (
            "sess.run(grown, {x: sess.run(grown, {x: float(i)})})",
            "grow(grow(float(i)).numpy()).numpy()",
            "grow",
            [0],
            x,
        ),
        ("sess.run(grown, {x: float(i)})", "grow(float(i)).numpy()", "grow", [0], x),
        ("sess.run(checked, {x: value})", "check(value).numpy()", "check", [0], x),
        ("sess.run([level, lower])", "lower().numpy()", "lower", [0, None], {}),
        ("sess.run(twice, {word: [b'a\\0', 'b']})", "double([b'a\\0', 'b']).numpy()", "double", [0], {"word": "word"}),
        ("inner.run(added, {start: np.ones(size)})", "add(np.ones(size))", "add", [0], {"start": "start"}),
        ("inner.run(kept)", "kept.numpy()", None, [0], {}),
        ("sess.run(grown, feed_dict={x: 1.})", "grow(1.)", "grow", [0], x),
    ]
    sites = [site(LEGACY, migrated, run, call, name, outputs, feeds) for run, call, name, outputs, feeds in rows]
    made = replay_map(LEGACY, migrated, sites, FUNCTIONS)
    start, old = migrated.index("kept = tf.Variable"), LEGACY.index("kept = tf.Variable")
    lines = {**made.lines, migrated.count("\n", 0, start) + 1: LEGACY.count("\n", 0, old) + 1}
    return replace(made, lines=lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "legacy.py").write_text(LEGACY, "utf-8")
    (folder / "migrated.py").write_text(MIGRATED, "utf-8")
    (folder / "limit.txt").write_text("4")
    return folder


@pytest.fixture(scope="module")
def result(folder: Path) -> CheckResult:
    """A live check, in both modes, with an argument for both programs."""
    return check_live(folder / "legacy.py", folder / "migrated.py", odd_map(), argv=["2.5"], mode="both", timeout=300)


def test_everything_is_equal(result: CheckResult) -> None:
    assert result.equal and result.live, result.first_difference
    for item in result.passes:
        assert [found.actual_runs for found in item.sites] == [1, 3, 3, 2, 1, 1, 4, 2, 4]
        assert [found.verdict for found in item.sites] == [Verdict.EQUAL] * 9
        assert item.counts.not_checked == 0


def test_the_parts_of_a_sparse_feed_are_compared(result: CheckResult) -> None:
    (call,) = result.passes[0].sites[DENSE].calls
    feeds = [item for item in call.comparisons if item.kind is Kind.FEED]
    assert sorted(item.expected_shape for item in feeds) == [(2,), (2,), (2, 2)]  # shape, values, indices
    assert {item.verdict for item in feeds} == {Verdict.EQUAL}


def test_a_run_inside_another_leaves_the_state_of_the_outer_one(result: CheckResult) -> None:
    for found in (result.passes[0].sites[index] for index in (OUTER, INNER)):
        assert all(any(i.kind is Kind.VARIABLE for i in call.comparisons) for call in found.calls if call.ordinal)


def test_a_run_that_fails_on_both_sides_is_equal(result: CheckResult) -> None:
    first, second = result.passes[0].sites[CHECKED].calls
    assert first.detail is None
    assert (second.verdict, second.comparisons) == (Verdict.EQUAL, ())
    assert (second.detail or "").startswith("both raised: InvalidArgumentError")


def test_a_function_that_builds_twice_has_its_variables_twice(result: CheckResult) -> None:
    names = [item.name for item in result.passes[0].variables]
    assert names.count("Variable") == 3  # one of the outer graph, one of each inner one
    assert {item.status for item in result.passes[0].variables} == {"matched"}


def test_a_program_stopped_while_recording_is_stopped_at_the_same_run(folder: Path) -> None:
    recording = record_program(folder / "legacy.py", argv=["2.5"], limits=Limits(max_runs=11))
    assert recording.metadata["outcome"]["status"] == "stopped"
    made = check(folder / "migrated.py", recording, odd_map(), legacy_text=LEGACY, timeout=300)
    assert made.equal, made.first_difference
    only = made.passes[0]
    assert [found.actual_runs for found in only.sites] == [1, 3, 3, 2, 1, 0, 0, 0, 0]
    assert [found.verdict for found in only.sites[WORDS:]] == [Verdict.NOT_CHECKED] * 4
    assert any(note.startswith("stopped after 10 runs") for note in only.notes)


def run(path: Path, text: str, made: ReplayMap | None = None, timeout: float = 120) -> CheckResult:
    path.write_text(text, "utf-8")
    empty = Recording({"program": "legacy.py", "outcome": {"status": "finished"}})
    return check(path, empty, made or ReplayMap(), legacy_text="", timeout=timeout)


def test_a_map_of_another_text_is_no_match(tmp_path: Path) -> None:
    made = replace(ReplayMap(), sites=(replace(odd_map().sites[LOOP], migrated=Span(1, 0, 1, 2)),))
    result = run(tmp_path / "migrated.py", "x = 1\n", made)
    assert result.verdict is Verdict.UNMATCHED
    assert "is no expression of the migrated text" in (result.passes[0].detail or "")


def test_a_program_that_does_not_end(tmp_path: Path) -> None:
    result = run(tmp_path / "migrated.py", "import time\nwhile True: time.sleep(1)\n", timeout=2)
    assert result.verdict is Verdict.CRASHED
    assert result.passes[0].detail == "the migrated program did not end within 2 seconds"


def test_a_process_that_dies(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"ended with status 7 before it could report: .*last words"):
        run(tmp_path / "migrated.py", "import os\nprint('last words', flush=True)\nos._exit(7)\n")


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    empty = Recording({"program": "legacy.py"})
    with pytest.raises(ReplayError, match="cannot read"):
        check(tmp_path / "none.py", empty, ReplayMap(), legacy_text="")
