"""The check as a whole: a right program passes, and each wrong one fails in the way that tells what is wrong.

One TF1 program with several small models is recorded once. Each migrated program is run once, with several faults at a
time: in locked mode every site is judged alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from codemods.result import ReplayMap
from migrator.equivalence.check import CheckError, check
from migrator.equivalence.devices import DeviceError
from migrator.equivalence.golden import Recording
from migrator.equivalence.results import CallResult, CheckResult, Kind, SiteResult, Verdict, from_json, to_json
from migrator.equivalence.tolerance import Override
from tests.equivalence.pairs import DATA, record, replay_map, site

LEGACY = (DATA / "small_models_legacy.py").read_text("utf-8")
MIGRATED = (DATA / "small_models_migrated.py").read_text("utf-8")

XY, XC = {"x": "x", "y": "y"}, {"x": "x", "c": "c"}
FUNCTIONS = {"compute_loss": XY, "train_adam": XY, "train_sgd": XY, "train_rms": XY, "train_class": XC, "classify": XC}
INIT, ADAM, SGD, RMS, CLASS, LOSS, FOUND, STEP, COUNT = range(9)
#: legacy run, migrated expression, function, outputs, feeds; in the order of the numbers above
SITES = [
    ("sess.run(tf.global_variables_initializer())", None, None, [None], {}),
    (
        "sess.run([train_adam, loss], feed_dict={x: data[part], y: target[part]})",
        "train_adam(data[part], target[part])",
        "train_adam",
        [None, 0],
        XY,
    ),
    (
        "sess.run(train_sgd, {x: data[part], y: target[part]})",
        "train_sgd(data[part], target[part])",
        "train_sgd",
        [None],
        XY,
    ),
    (
        "sess.run(train_rms, {x: data[part], y: target[part]})",
        "train_rms(data[part], target[part])",
        "train_rms",
        [None],
        XY,
    ),
    (
        "sess.run(train_class, {x: data[part], c: labels[part]})",
        "train_class(data[part], labels[part])",
        "train_class",
        [None],
        XC,
    ),
    (
        "sess.run({'loss': loss, 'b': b}, {x: data, y: target})",
        "{'loss': compute_loss(data, target).numpy(), 'b': b.numpy()}",
        "compute_loss",
        [0, 1],
        XY,
    ),
    (
        "sess.run([classes, loss4], {x: data, c: labels})",
        "(item.numpy() for item in classify(data, labels))",
        "classify",
        [0, 1],
        XC,
    ),
    ("sess.run(step)", "step().numpy()", "step", [0], {}),
    ("sess.run(count)", "count.numpy()", None, [0], {}),
]
KEPT = {name: name for name in ("params = {", "w2 = ", "b2 = ", "w3 = ", "w4 = ")}


def pair_map(migrated: str, places: Mapping[str, str] | None = None) -> ReplayMap:
    """The map to ``migrated``, in which the expressions in ``places`` have another text."""
    sites = [
        site(LEGACY, migrated, run, call and (places or {}).get(call, call), function, outputs, feeds)
        for run, call, function, outputs, feeds in SITES
    ]
    return replay_map(LEGACY, migrated, sites, FUNCTIONS | {"step": {}}, KEPT)


def run(
    folder: Path,
    recording: Recording,
    migrated: str = MIGRATED,
    places: Mapping[str, str] | None = None,
    **options: object,
) -> CheckResult:
    program = folder / "migrated.py"
    program.write_text(migrated, "utf-8")
    made = pair_map(migrated, places)
    return check(program, recording, made, legacy_text=LEGACY, timeout=120, **options)  # type: ignore[arg-type]


def changed(changes: Mapping[str, str]) -> str:
    """The migrated program with faults put in; each place must be there exactly once."""
    text = MIGRATED
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("legacy"), LEGACY)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> CheckResult:
    return run(tmp_path_factory.mktemp("right"), recording, mode="both", device="all")


def test_the_right_program_is_equal_in_both_modes(right: CheckResult) -> None:
    locked, free, gpu = right.passes
    assert right.equal and right.first_difference is None
    for item in (locked, free):
        assert item.verdict is Verdict.EQUAL and item.detail is None
        assert [site.verdict for site in item.sites] == [Verdict.EQUAL] * 9
        assert [site.actual_runs for site in item.sites[1:]] == [25, 10, 10, 10, 1, 1, 1, 1]
        assert item.counts.compared == item.counts.equal == 54
        assert item.counts.skipped == 5  # of 25 runs of the first site 20 are recorded
        assert item.counts.outputs == 20 + 2 + 2 + 1 + 1
        assert item.counts.feeds == 2 * 52
    assert (gpu.device, gpu.verdict, gpu.sites) == ("gpu", Verdict.NOT_CHECKED, ())
    assert "no gpu" in (gpu.detail or "")


def test_initial_values_are_compared_before_anything_is_restored(right: CheckResult) -> None:
    initial = right.passes[0].sites[0]
    assert initial.kind == "init" and initial.verdict is Verdict.EQUAL
    assert len(initial.calls[0].comparisons) == 8


def test_every_variable_is_matched_slots_too(right: CheckResult) -> None:
    status = {item.name: item.status for item in right.passes[0].variables}
    matched = {name for name, kind in status.items() if kind == "matched"}
    assert matched >= {"Variable", *(f"Variable_{number}" for number in range(1, 8))}
    assert matched >= {"Variable/Adam", "Variable/Adam_1", "beta1_power", "beta2_power"}
    assert "unmatched" not in status.values()
    left = [name for name, kind in status.items() if kind == "slot"]
    assert any(f"{len(left)} of" in note for note in right.passes[0].notes) is bool(left)


def test_the_result_survives_json(right: CheckResult) -> None:
    assert from_json(to_json(right)) == right


def at_site(result: CheckResult, index: int) -> tuple[SiteResult, CallResult]:
    """The result of a site and its first call that is not equal (or the first)."""
    found = result.passes[0].sites[index]
    return found, next((call for call in found.calls if call.verdict is not Verdict.EQUAL), found.calls[0])


@pytest.fixture(scope="module")
def wrong_numbers(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> CheckResult:
    text = changed(
        {
            "epsilon=1e-8": "epsilon=1e-7",
            "keras.optimizers.SGD(0.05)": "keras.optimizers.SGD(0.0505)",
            "velocity.assign(tf.ones_like(velocity))": "velocity.assign(tf.zeros_like(velocity))",
            "_, loss4 = classify(x, c)": "_, loss4 = classify(x, 1 - c)",
            "return count.assign_add(2)": "return count.assign_add(2) + 1",
            "b2 = tf.Variable(0.5 * tf.ones([1]))": "b2 = tf.Variable(0.6 * tf.ones([1]))",
        }
    )
    return run(tmp_path_factory.mktemp("numbers"), recording, text)


@pytest.mark.parametrize("index", [SGD, RMS, CLASS])
def test_wrong_updates_are_seen_at_the_first_step(wrong_numbers: CheckResult, index: int) -> None:
    found, call = at_site(wrong_numbers, index)
    assert found.verdict is Verdict.DIFFERENT and call.ordinal == 0
    assert {item.kind for item in call.comparisons if item.verdict is Verdict.DIFFERENT} == {Kind.VARIABLE}
    assert all(item.verdict is Verdict.EQUAL for item in call.comparisons if item.kind is Kind.FEED)


def test_a_wrong_epsilon_is_seen(wrong_numbers: CheckResult) -> None:
    found, call = at_site(wrong_numbers, ADAM)
    assert found.verdict is Verdict.DIFFERENT
    worst = max(i.numbers.passing_scale for c in found.calls for i in c.comparisons if i.numbers)
    assert 1.5 < worst < 1e5
    assert {item.kind for item in call.comparisons if item.verdict is Verdict.DIFFERENT} == {Kind.VARIABLE}


def test_a_wrong_output_is_named(wrong_numbers: CheckResult) -> None:
    found, call = at_site(wrong_numbers, STEP)
    (wrong,) = [item for item in call.comparisons if item.verdict is Verdict.DIFFERENT]
    assert (found.verdict, wrong.kind) == (Verdict.DIFFERENT, Kind.OUTPUT)
    assert wrong.numbers is not None and (wrong.numbers.worst_expected, wrong.numbers.worst_actual) == ("2", "3")


def test_a_wrong_initial_value_is_seen_although_runs_are_restored(wrong_numbers: CheckResult) -> None:
    found, call = at_site(wrong_numbers, INIT)
    assert found.verdict is Verdict.DIFFERENT
    assert [item.name for item in call.comparisons if item.verdict is Verdict.DIFFERENT] == ["Variable_4"]
    first = wrong_numbers.first_difference
    assert first is not None and (first.site, first.run) == (INIT, 0)
    assert "Variable_4" in first.message and "0.5 became 0.6" in first.message


def test_sites_without_a_fault_stay_equal_beside_wrong_ones(wrong_numbers: CheckResult) -> None:
    only = wrong_numbers.passes[0]
    assert [only.sites[index].verdict for index in (LOSS, FOUND, COUNT)] == [Verdict.EQUAL] * 3
    assert only.verdict is Verdict.DIFFERENT and not wrong_numbers.equal


@pytest.fixture(scope="module")
def wrong_runs(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> CheckResult:
    """Other feeds, other numbers of runs, a missing output, another sign, and a crash at the end."""
    places = {
        "train_sgd(data[part], target[part])": "train_sgd(data[part], -target[part])",
        "{'loss': compute_loss(data, target).numpy(), 'b': b.numpy()}": "{'loss': compute_loss(data, target).numpy()}",
        "count.numpy()": "np.int32(count.numpy() // zero)",
    }
    text = changed(
        places
        | {
            "range(25)": "range(24)",
            "    part = batch(i)\n    train_class": "    part = batch(i % 8)\n    train_class",
            "tf.matmul(x, w3) - y": "tf.matmul(x, w3) + y",
            "print(step().numpy())": "print(step().numpy())\nstep()\nzero = None",
        }
    )
    return run(tmp_path_factory.mktemp("runs"), recording, text, places)


def test_other_feeds_are_blamed_before_outputs(wrong_runs: CheckResult) -> None:
    found, call = at_site(wrong_runs, SGD)
    assert found.verdict is call.verdict is Verdict.FEEDS_DIFFER
    wrong = [item for item in call.comparisons if item.verdict is Verdict.FEEDS_DIFFER]
    assert [item.kind for item in wrong] == [Kind.FEED] and wrong[0].name == "Placeholder_1:0"
    found, call = at_site(wrong_runs, CLASS)
    assert (found.verdict, call.ordinal) == (Verdict.FEEDS_DIFFER, 8)


def test_another_number_of_runs(wrong_runs: CheckResult) -> None:
    found = wrong_runs.passes[0].sites[ADAM]
    assert (found.verdict, found.expected_runs, found.actual_runs) == (Verdict.RUNS_DIFFER, 25, 24)
    assert found.detail == "the TF1 program ran it 25 times, the migrated program 24 times"


def test_a_sign_error_is_seen(wrong_runs: CheckResult) -> None:
    found, call = at_site(wrong_runs, RMS)
    assert (found.verdict, call.ordinal) == (Verdict.DIFFERENT, 0)


def test_a_missing_output_is_different(wrong_runs: CheckResult) -> None:
    found, call = at_site(wrong_runs, LOSS)
    (wrong,) = [item for item in call.comparisons if item.verdict is not Verdict.EQUAL]
    assert (wrong.kind, wrong.verdict, wrong.actual_shape) == (Kind.OUTPUT, Verdict.DIFFERENT, None)
    assert wrong.detail == "the migrated program gives no value" and found.verdict is Verdict.DIFFERENT


def test_a_crash_shows_the_end_of_the_traceback_and_keeps_what_was_compared(wrong_runs: CheckResult) -> None:
    only = wrong_runs.passes[0]
    assert only.verdict is wrong_runs.verdict is Verdict.CRASHED
    assert "TypeError" in (only.detail or "") and "np.int32(count.numpy() // zero)" in "\n".join(only.traceback)
    assert "replay_child" not in "\n".join(only.traceback)
    assert only.sites[FOUND].verdict is Verdict.EQUAL
    _, call = at_site(wrong_runs, COUNT)
    assert call.verdict is Verdict.DIFFERENT and "raised an exception" in (call.detail or "")
    json.dumps(to_json(wrong_runs), allow_nan=False)


@pytest.fixture(scope="module")
def wrong_state(tmp_path_factory: pytest.TempPathFactory, recording: Recording) -> CheckResult:
    """A variable of another shape, and a train step that changes one more variable."""
    text = changed(
        {
            "w4 = tf.Variable(tf.random.normal([5, 2]))": "w4 = tf.Variable(tf.random.normal([5, 3]))",
            "    return count.assign_add(2)": "    w2.assign_add(tf.ones([5, 1]))\n    return count.assign_add(2)",
            "print(count.numpy())": "step()\nprint(count.numpy())",
        }
    )
    return run(tmp_path_factory.mktemp("state"), recording, text, overrides=[Override("Assign*", 1.0, 0.0, "a test")])


def test_a_variable_of_another_shape_is_unmatched_not_guessed(wrong_state: CheckResult) -> None:
    only = wrong_state.passes[0]
    missing, extra = [item for item in only.variables if item.status == "unmatched"]
    assert missing.name == "Variable_6" and "[5, 3]" in (missing.detail or "")
    assert "made on line" in (extra.detail or "") and extra.name in (missing.detail or "")
    assert only.sites[CLASS].verdict is only.verdict is Verdict.UNMATCHED


def test_a_variable_that_should_have_been_left_alone(wrong_state: CheckResult) -> None:
    found, call = at_site(wrong_state, STEP)
    (wrong,) = [item for item in call.comparisons if item.verdict is not Verdict.EQUAL]
    assert wrong.name == "Variable_3" and wrong.detail == "the migrated program changed it, the TF1 run did not"
    assert found.verdict is Verdict.DIFFERENT


def test_a_call_outside_every_run_site(wrong_state: CheckResult) -> None:
    assert wrong_state.passes[0].detail == (
        "the migrated program calls emitted functions outside every run site: step once"
    )


def test_an_override_shows_its_reason(wrong_state: CheckResult) -> None:
    shown = [item.tolerance.reason for *_, item in wrong_state.comparisons() if item.tolerance]
    assert "a test" in shown


# --- without a replay -------------------------------------------------------------------------------------------


def test_nothing_recorded_is_not_equal(tmp_path: Path, recording: Recording) -> None:
    empty = Recording(recording.metadata)
    (tmp_path / "migrated.py").write_text("print('hello')\n")
    result = check(tmp_path / "migrated.py", empty, ReplayMap(), legacy_text=LEGACY, timeout=120)
    assert result.verdict is Verdict.NOT_CHECKED and not result.equal


def test_a_failed_tf1_program_is_no_measure(tmp_path: Path, recording: Recording) -> None:
    metadata = dict(recording.metadata, outcome={"status": "raised", "error": "ValueError: no data"})
    result = run(tmp_path, Recording(metadata))
    assert result.verdict is Verdict.NOT_CHECKED
    assert result.passes[0].detail == "the TF1 program itself failed: ValueError: no data"


def test_a_recording_with_other_random_numbers_is_no_measure(tmp_path: Path, recording: Recording) -> None:
    result = run(tmp_path, Recording(dict(recording.metadata, pin=0)))
    assert result.verdict is Verdict.NOT_CHECKED and "record it again" in (result.passes[0].detail or "")


def test_unknown_modes_and_devices_are_refused(tmp_path: Path, recording: Recording) -> None:
    with pytest.raises(CheckError, match="unknown mode 'open'"):
        run(tmp_path, recording, mode="open")
    with pytest.raises(DeviceError, match="unknown device 'tpu'"):
        run(tmp_path, recording, device="tpu")
