"""Programs that let Keras train: each batch is compared, and statements that the map does not list are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.result import ReplayMap
from migrator.equivalence.check import check
from migrator.equivalence.golden import Recording
from migrator.equivalence.results import CheckResult, Kind, Verdict
from tests.equivalence.pairs import DATA, record, same_lines, site, span

LEGACY = (DATA / "keras_training_legacy.py").read_text("utf-8")
MIGRATED = (DATA / "keras_training_migrated.py").read_text("utf-8")
SCALE, FIT, BATCH, EVALUATE, PREDICT, AGAIN, LOAD = range(7)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("legacy"), LEGACY)


def run(folder: Path, recording: Recording, migrated: str) -> CheckResult:
    program = folder / "migrated.py"
    program.write_text(migrated, "utf-8")
    lines = same_lines(LEGACY, MIGRATED)  # faults keep the lines
    for new, old in {"model.compile": "model.compile", "scale.assign": "scale.load"}.items():
        lines[span(MIGRATED, new).line] = span(LEGACY, old).line
    made = ReplayMap((site(LEGACY, migrated, "sess.run(scale)", "scale.numpy()"),), lines)
    return check(program, recording, made, legacy_text=LEGACY, timeout=120)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> CheckResult:
    return run(tmp_path_factory.mktemp("right"), recording, MIGRATED)


def test_every_batch_is_compared(right: CheckResult) -> None:
    sites = right.passes[0].sites
    assert right.equal, right.first_difference
    assert [item.kind for item in sites] == ["run", *["keras"] * 5, "run"]
    assert [item.actual_runs for item in sites] == [1, 12, 1, 2, 1, 1, 1]
    assert [item.expected_runs for item in sites] == [1, 12, 1, 2, 1, 1, 1]
    training = [call for call in sites[FIT].calls if call.detail != "initial values"]
    names = [{item.name for item in call.comparisons if item.kind is Kind.VARIABLE} for call in training]
    weights = {f"{layer}/{weight}" for layer in ("dense", "dense_1") for weight in ("kernel", "bias")}
    slots = {f"training/Adam/{weight}/{slot}" for weight in weights for slot in ("m", "v")}
    assert all(weights | slots <= found for found in names), names
    for index in (FIT, BATCH, EVALUATE, PREDICT, AGAIN):
        calls = [call for call in sites[index].calls if call.detail != "initial values"]
        assert all(any(i.kind is Kind.OUTPUT and i.verdict is Verdict.EQUAL for i in c.comparisons) for c in calls)


def test_initial_values_of_keras_are_compared(right: CheckResult) -> None:
    initial = [call for site in right.passes[0].sites for call in site.calls if call.detail == "initial values"]
    assert [len(call.comparisons) for call in initial] == [4]


def test_metrics_and_batches_are_said_to_be_unchecked(right: CheckResult) -> None:
    items = right.passes[0].sites[FIT].calls[-1].comparisons
    assert {(item.kind, item.detail) for item in items if item.verdict is Verdict.NOT_CHECKED} == {
        (Kind.FEED, "Keras makes the batches"),
        (Kind.OUTPUT, "Keras 3 has no such value for one batch"),
    }


def test_a_statement_that_only_changes_a_variable(right: CheckResult) -> None:
    load = right.passes[0].sites[LOAD]
    assert (load.verdict, load.actual_runs) == (Verdict.EQUAL, 1)
    assert [item.kind for item in load.calls[0].comparisons if item.verdict is Verdict.EQUAL] == [Kind.VARIABLE]


def test_faults_in_keras_training_are_seen(tmp_path: Path, recording: Recording) -> None:
    text = MIGRATED.replace("learning_rate=0.01", "learning_rate=0.0101").replace("data[4:8]", "data[5:8]")
    text = text.replace("Dropout(0.25)", "Dropout(0.5)").replace("scale.assign(3.)", "scale.assign(2.)")
    result = run(tmp_path, recording, text)
    sites = result.passes[0].sites
    assert [sites[index].verdict for index in (FIT, BATCH, AGAIN, LOAD)] == [Verdict.DIFFERENT] * 4
    assert [sites[index].verdict for index in (EVALUATE, PREDICT)] == [Verdict.EQUAL] * 2
    wrong = [item for item in sites[AGAIN].calls[0].comparisons if item.verdict is Verdict.DIFFERENT]
    assert wrong[0].detail == "shape (4, 1) became (3, 1)"
