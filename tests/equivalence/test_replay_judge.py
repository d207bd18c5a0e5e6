"""The plan of a replay and the verdict on single calls, on recordings made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from codemods.findings import Span
from codemods.result import ReplayMap, SiteMap
from migrator.equivalence.golden import CallSite, Fetch, Frame, Placeholder, Recording, Run, SiteCount, Variable
from migrator.equivalence.replay import ObservedCall
from migrator.equivalence.replay_judge import Judge
from migrator.equivalence.replay_plan import Plan, make_plan
from migrator.equivalence.results import CallResult, Kind, Verdict
from migrator.equivalence.tolerance import FREE_HORIZON
from migrator.equivalence.weights import Lines

LEGACY = """\
x = tf.placeholder(tf.float32)
w = tf.Variable(1.)
v = tf.Variable(2.)
train = tf.train.AdamOptimizer().minimize(w * x)
sess.run(train, {x: 1.})
sess.run([w, v, train])
sess.run(other)
"""
MAIN = "legacy.py"
TRAIN, FETCH = 0, 1


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def call_site(line: int) -> CallSite:
    text = LEGACY.split("\n")[line - 1]
    return CallSite(MAIN, line, line, 0, len(text))


def variable(name: str, line: int, trainable: bool = True) -> Variable:
    return Variable(name, 0, "float32", (2,), trainable, (Frame(MAIN, line),))


def run(ordinal: int, occurrence: int, line: int, **fields: Any) -> Run:
    fetches = fields.pop("fetches", (Fetch("train", "op"),))
    outputs = fields.pop("outputs", (None,) * len(fetches))
    return Run(ordinal, occurrence, call_site(line), fields.pop("kind", "run"), 0, 0, fetches, outputs, **fields)


def planned(*runs: Run, totals: Mapping[int, int] | None = None, outputs: tuple[int | None, ...] = (None,)) -> Plan:
    lines = {r.site.line: sum(other.site == r.site for other in runs) for r in runs} | dict(totals or {})
    recording = Recording(
        {"program": MAIN},
        variables=(
            variable("w", 2),
            variable("v", 3),
            variable("w/Adam", 4, trainable=False),
            variable("beta1_power", 4, trainable=False),
        ),
        placeholders=(Placeholder("Placeholder:0", 0, "float32", None, "Placeholder", (Frame(MAIN, 1),)),),
        runs=runs,
        sites=tuple(SiteCount(call_site(line), total, total) for line, total in lines.items()),
    )
    places = {line: Span(line, 0, line, len(LEGACY.split("\n")[line - 1])) for line in (5, 6)}
    made = ReplayMap(
        (
            SiteMap(places[5], Span(1, 0, 1, 1), "run", "step", (None,), {"x": "inputs"}),
            SiteMap(places[6], Span(2, 0, 2, 1), "run", "read", outputs),
        )
    )
    return make_plan(recording, made, Lines(LEGACY, "", {}))


def judge(plan: Plan, site: int, number: int, *, free: bool = False, **fields: Any) -> CallResult:
    item = plan.sites[site]
    wanted = item.runs[number]
    observed = ObservedCall(
        site=site,
        ordinal=wanted.ordinal,
        run=wanted.run.ordinal,
        failed=fields.get("failed", False),
        values=fields.get("values", (None,)),
        feeds=fields.get("feeds", ()),
        after=fields.get("after", {}),
    )
    matched = fields.get("matched", {0, 1})
    return Judge(plan, device="cpu", free=free, overrides=(), matched=matched).call(item, wanted, observed)


BEFORE = {"w": f32(1, 2), "v": f32(3, 4), "w/Adam": f32(0, 0)}


def test_states_are_handed_on_from_run_to_run() -> None:
    plan = planned(run(0, 0, 5, before=BEFORE, changed={"w": f32(5, 6)}), run(1, 1, 5))
    first, second = plan.sites[TRAIN].runs
    assert [first.before[0].tolist(), second.before[0].tolist()] == [[1, 2], [5, 6]]
    assert set(first.before) == {0, 1} and set(first.changed) == {0}
    assert [slot.name for slot in plan.slots] == ["w/Adam", "beta1_power"]
    assert (first.resets, second.resets) == (True, False)
    assert plan.feeds == {(0, "Placeholder:0"): ("x", None)}


def test_slots_that_moved_in_unrecorded_runs_make_updates_unchecked() -> None:
    plan = planned(
        run(0, 0, 5, before=BEFORE, changed={"w": f32(5, 6), "w/Adam": f32(1, 1)}),
        run(100, 100, 5, before={"w": f32(8, 8), "w/Adam": f32(2, 2)}, changed={"w": f32(9, 9)}),
        totals={5: 101},
    )
    first, later = plan.sites[TRAIN].runs
    assert (first.stale, later.stale) == (frozenset(), frozenset({0}))
    result = judge(plan, TRAIN, 1, after={0: f32(0, 0), 1: f32(3, 4)})
    assert result.verdict is Verdict.NOT_CHECKED
    assert "not recorded" in (result.comparisons[0].detail or "")


def test_slots_that_are_matched_are_compared_and_make_up_for_a_gap() -> None:
    plan = planned(
        run(0, 0, 5, before=BEFORE, changed={"w": f32(5, 6), "w/Adam": f32(1, 1)}),
        run(100, 100, 5, before={"w": f32(8, 8), "w/Adam": f32(2, 2)}, changed={"w": f32(9, 9), "w/Adam": f32(3, 3)}),
        totals={5: 101},
    )
    after = {0: f32(9, 9), 1: f32(3, 4), 2: f32(3, 3)}
    assert plan.sites[TRAIN].runs[1].slots_before[2].tolist() == [2, 2]
    assert judge(plan, TRAIN, 1, after=after, matched={0, 1, 2}).verdict is Verdict.EQUAL
    wrong = judge(plan, TRAIN, 1, after=after | {2: f32(3, 3.1)}, matched={0, 1, 2})
    assert wrong.verdict is Verdict.DIFFERENT
    assert [item.name for item in wrong.comparisons if item.verdict is Verdict.DIFFERENT] == ["w/Adam"]


def test_first_values_that_were_not_seen_are_not_checked() -> None:
    plan = planned(run(0, 0, 5, kind="init", changed={"w": f32(1, 2), "v": f32(3, 4)}))
    judging = Judge(plan, device="cpu", free=False, overrides=(), matched={0, 1})
    first = plan.sites[TRAIN].runs[0].run
    assert judging.initial(first, {}, [0, 1]).verdict is Verdict.NOT_CHECKED
    partly = judging.initial(first, {0: f32(1, 2)}, [1])
    assert partly.verdict is Verdict.EQUAL
    assert [item.verdict for item in partly.comparisons] == [Verdict.NOT_CHECKED, Verdict.EQUAL]


def test_a_gap_that_moved_no_slot_changes_nothing() -> None:
    plan = planned(
        run(0, 0, 5, before=BEFORE, changed={"w": f32(5, 6)}),
        run(9, 9, 5, before={"w": f32(8, 8)}, changed={"w": f32(9, 9)}),
        totals={5: 10},
    )
    assert plan.sites[TRAIN].runs[1].stale == frozenset()
    assert judge(plan, TRAIN, 1, after={0: f32(9, 9), 1: f32(3, 4)}).verdict is Verdict.EQUAL


def test_an_update_within_and_beyond_its_tolerance() -> None:
    plan = planned(run(0, 0, 5, before=BEFORE, changed={"w": f32(1.001, 2.001)}))
    assert judge(plan, TRAIN, 0, after={0: f32(1.0010001, 2.001), 1: f32(3, 4)}).verdict is Verdict.EQUAL
    off_by_one_percent = judge(plan, TRAIN, 0, after={0: f32(1.00101, 2.00101), 1: f32(3, 4)})
    assert off_by_one_percent.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("value", [f32(1, 2), f32(5, 6)])
def test_a_variable_fetched_with_its_update_may_be_old_or_new(value: np.ndarray) -> None:
    fetches = (Fetch("w/read:0", "tensor"), Fetch("v:0", "variable"), Fetch("train", "op"))
    recorded = run(
        0, 0, 6, fetches=fetches, outputs=(f32(5, 6), f32(3, 4), None), before=BEFORE, changed={"w": f32(5, 6)}
    )
    plan = planned(recorded, outputs=(0, 1, None))
    after = {0: f32(5, 6), 1: f32(3, 4)}
    assert judge(plan, FETCH, 0, values=(value, f32(3, 4)), after=after).verdict is Verdict.EQUAL
    wrong = judge(plan, FETCH, 0, values=(f32(7, 7), f32(3, 4)), after=after)
    assert [item.name for item in wrong.comparisons if item.verdict is Verdict.DIFFERENT] == ["w/read:0"]


def test_feeds_find_their_parameter_and_are_cast_as_placeholders_did() -> None:
    plan = planned(run(0, 0, 5, feeds={"Placeholder:0": f32(0.1)}))
    equal = judge(plan, TRAIN, 0, feeds=(("other", {"inputs": f32(9)}), ("step", {"inputs": np.array([0.1])})))
    assert (equal.verdict, equal.comparisons[0].verdict) == (Verdict.EQUAL, Verdict.EQUAL)
    assert equal.detail == "no values, and no variable changed"
    assert judge(plan, TRAIN, 0, feeds=(("step", {"inputs": f32(0.2)}),)).verdict is Verdict.FEEDS_DIFFER
    missing = judge(plan, TRAIN, 0, feeds=(("step", {}),))
    assert (missing.verdict, missing.comparisons[0].detail) == (
        Verdict.FEEDS_DIFFER,
        "the migrated program gives no value",
    )
    unseen = judge(plan, TRAIN, 0)
    assert unseen.comparisons[0].detail == "the call of step was not seen"


def test_another_number_of_outputs_than_the_map_says() -> None:
    fetches = (Fetch("a:0", "tensor"), Fetch("b:0", "tensor"))
    plan = planned(run(0, 0, 6, fetches=fetches, outputs=(f32(1), f32(2))), outputs=(0,))
    result = judge(plan, FETCH, 0, values=(f32(1),))
    assert result.verdict is Verdict.UNMATCHED
    assert result.comparisons[0].detail == "the map has 1 outputs, the recorded run 2"


def test_composite_outputs_are_compared_by_part() -> None:
    sparse = {"indices": np.array([[0, 1]]), "values": f32(1), "dense_shape": np.array([2, 2])}
    plan = planned(run(0, 0, 6, fetches=(Fetch("s:0", "sparse"),), outputs=(sparse,)), outputs=(0,))
    assert judge(plan, FETCH, 0, values=(sparse,)).verdict is Verdict.EQUAL
    other = judge(plan, FETCH, 0, values=(sparse | {"values": f32(2)},))
    assert [i.name for i in other.comparisons if i.verdict is Verdict.DIFFERENT] == ["s:0/values"]
    assert judge(plan, FETCH, 0, values=(f32(1),)).verdict is Verdict.DIFFERENT
    named = judge(plan, FETCH, 0, values=("Tensor",))
    assert named.comparisons[0].detail == "the migrated program gives a Tensor"


def test_free_mode_widens_after_the_first_update_and_ends_at_its_horizon() -> None:
    fetches = (Fetch("a:0", "tensor"),)
    runs = [run(0, 0, 5, before=BEFORE, changed={"w": f32(5, 6)})]
    runs += [
        run(n, i, 6, fetches=fetches, outputs=(f32(1),)) for i, n in enumerate((1, FREE_HORIZON, FREE_HORIZON + 1))
    ]
    plan = planned(*runs, totals={5: FREE_HORIZON}, outputs=(0,))
    verdicts = [judge(plan, FETCH, number, free=True, values=(f32(1.01),)).verdict for number in range(3)]
    assert verdicts == [Verdict.EQUAL, Verdict.EQUAL, Verdict.NOT_CHECKED]
    assert judge(plan, FETCH, 0, values=(f32(1.01),)).verdict is Verdict.DIFFERENT
    assert judge(plan, FETCH, 0, free=True, values=(f32(1.1),)).verdict is Verdict.DIFFERENT


def test_a_failure_on_one_side_only_is_different() -> None:
    plan = planned(run(0, 0, 5, error="InvalidArgumentError: no"))
    assert judge(plan, TRAIN, 0).verdict is Verdict.DIFFERENT
    assert judge(plan, TRAIN, 0, failed=True).verdict is Verdict.EQUAL


def test_recorded_sites_without_a_place_in_the_map() -> None:
    plan = planned(run(0, 0, 5), run(1, 0, 7))
    assert [count.site.line for count in plan.unmapped] == [7]
    assert planned(run(0, 0, 7, kind="init")).unmapped == ()


def test_python_without_columns_is_matched_by_line() -> None:
    recorded = run(0, 0, 5)
    bare = CallSite(MAIN, 5)
    recording = Recording(
        {"program": MAIN},
        runs=(Run(**{**recorded.__dict__, "site": bare}),),
        sites=(SiteCount(bare, 1, 1),),
    )
    place = Span(5, 0, 5, len(LEGACY.split("\n")[4]))
    made = ReplayMap((SiteMap(place, Span(1, 0, 1, 1), "run", "step", (None,)),))
    plan = make_plan(recording, made, Lines(LEGACY, "", {}))
    assert len(plan.sites[0].runs) == 1 and plan.unmapped == ()
    assert Kind.FEED not in {item.kind for item in judge(plan, 0, 0).comparisons}
