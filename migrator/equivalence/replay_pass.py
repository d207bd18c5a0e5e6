"""The result of one replay: its sites, its variables, what was compared, and the first difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from codemods.findings import Span
from migrator.equivalence.golden import SiteCount
from migrator.equivalence.replay import Observation, ObservedCall, ObservedVariable
from migrator.equivalence.replay_judge import Judge
from migrator.equivalence.replay_plan import Plan, PlannedRun, PlannedSite
from migrator.equivalence.results import (
    CallResult,
    Counts,
    FirstDifference,
    Kind,
    PassResult,
    SiteResult,
    VariableMatch,
    Verdict,
    worst,
)
from migrator.equivalence.tolerance import Override

NOTHING_COMPARED = "no recorded output or variable was compared"


def judge_pass(
    plan: Plan, observed: Observation, mode: str, device: str, overrides: Sequence[Override], seconds: float
) -> PassResult:
    """The verdict on one observation of the migrated program, made in ``mode`` on ``device``."""
    if observed.status == "no device":
        missing = f"TensorFlow sees no {device} here; nothing was run"
        return PassResult(mode, device, Verdict.NOT_CHECKED, detail=missing, seconds=seconds)
    if observed.status in ("misfit", "timeout"):
        verdict = Verdict.UNMATCHED if observed.status == "misfit" else Verdict.CRASHED
        return PassResult(mode, device, verdict, detail=observed.detail, seconds=seconds)
    variables = _variables(plan, observed)
    matched = {item.legacy for item in observed.variables if item.legacy is not None}
    judge = Judge(plan, device=device, free=mode == "free", overrides=overrides, matched=matched)
    sites = [_site(item, judge, observed, plan) for item in plan.sites]
    sites += [_unmapped(len(sites) + number, count) for number, count in enumerate(plan.unmapped)]
    crashed = observed.status == "crashed"
    counts = _counts(plan, sites)
    # A site that was never run, or only where free mode judges nothing any more, is shown as not checked, no more.
    verdicts = [
        site.verdict
        for site in sites
        if (site.expected_runs or site.actual_runs or site.calls)
        and not (mode == "free" and site.calls and site.verdict is Verdict.NOT_CHECKED)
    ]
    verdicts += [Verdict.UNMATCHED for item in variables if item.status == "unmatched"]
    verdicts += [Verdict.CRASHED] if crashed else []
    outside = _outside(plan, observed)
    verdicts += [Verdict.RUNS_DIFFER] if outside else []
    verdict = worst(verdicts)
    detail: str | None = observed.detail if crashed else outside
    if verdict is Verdict.EQUAL and counts.outputs + counts.variables == 0:
        verdict, detail = Verdict.NOT_CHECKED, NOTHING_COMPARED
    return PassResult(
        mode=mode,
        device=device,
        verdict=verdict,
        counts=counts,
        sites=tuple(sites),
        variables=variables,
        first_difference=_first(sites, plan),
        detail=detail,
        traceback=observed.traceback,
        notes=_notes(plan, observed, sites),
        seconds=seconds,
    )


# --- sites ------------------------------------------------------------------------------------------------------


def _site(item: PlannedSite, judge: Judge, observed: Observation, plan: Plan) -> SiteResult:
    if not item.executes:
        return _removed(item, judge, observed, plan)
    actual = observed.counts.get(item.index, 0)
    by_run = {call.run: call for call in observed.calls if call.site == item.index}
    calls = tuple(_call(item, planned, by_run.get(planned.run.ordinal), judge) for planned in item.runs)
    calls = (*_initial_calls(item.initialisations, judge, observed, plan), *calls)
    detail = None
    if actual != item.total if item.exact else actual < item.total:
        verdict = Verdict.RUNS_DIFFER
        least = "" if item.exact else "at least "
        detail = f"the TF1 program ran it {least}{_times(item.total)}, the migrated program {_times(actual)}"
    elif item.total == 0:
        verdict, detail = Verdict.NOT_CHECKED, "the TF1 program never ran it"
    elif not calls:
        verdict, detail = Verdict.NOT_CHECKED, "none of its runs were recorded"
    else:
        verdict = worst(call.verdict for call in calls if call.verdict is not Verdict.NOT_CHECKED)
    return _site_result(item, verdict, actual, calls, detail)


def _call(item: PlannedSite, planned: PlannedRun, call: ObservedCall | None, judge: Judge) -> CallResult:
    if call is None:
        detail = "the migrated program did not get here"
        return CallResult(planned.ordinal, planned.run.ordinal, Verdict.NOT_CHECKED, detail=detail)
    return judge.call(item, planned, call)


def _removed(item: PlannedSite, judge: Judge, observed: Observation, plan: Plan) -> SiteResult:
    """A site without a place in the migrated text: an initialiser, judged by the values that it gave."""
    if item.site.kind != "init":
        verdict = Verdict.NOT_CHECKED if item.total else Verdict.EQUAL
        return _site_result(item, verdict, 0, (), "the migrated program has no place for it")
    calls = _initial_calls(item.runs, judge, observed, plan)
    # Nothing but equal values makes an initialiser equal: one that gave none, or none that were seen, is not checked.
    checked = [call.verdict for call in calls if call.verdict is not Verdict.NOT_CHECKED]
    verdict = worst(checked, Verdict.NOT_CHECKED)
    detail = None if checked else "removed; no initial value of a variable was compared"
    return _site_result(item, verdict, 0, calls, detail)


def _initial_calls(
    runs: Sequence[PlannedRun], judge: Judge, observed: Observation, plan: Plan
) -> tuple[CallResult, ...]:
    """The initial values that each initialising run gave, against those of the migrated program."""
    own = {v.legacy: v.initial for v in observed.variables if v.legacy is not None and v.initial is not None}
    calls = []
    for planned in runs:
        first = [i for i, value in planned.changed.items() if plan.initial.get(i) is value]
        if first:
            seen = {index: own[index] for index in first if index in own}
            calls.append(judge.initial(planned.run, seen, [index for index in first if index not in own]))
    return tuple(calls)


def _site_result(
    item: PlannedSite, verdict: Verdict, actual: int, calls: tuple[CallResult, ...], detail: str | None
) -> SiteResult:
    return SiteResult(
        index=item.index,
        legacy=item.site.legacy,
        migrated=item.site.migrated,
        kind=item.site.kind,
        function=item.site.function,
        verdict=verdict,
        expected_runs=item.total if item.executes else 0,
        actual_runs=actual,
        calls=calls,
        detail=detail,
    )


def _unmapped(index: int, count: SiteCount) -> SiteResult:
    site = count.site
    end_line, column, end_column = site.end_line or site.line, site.column or 0, site.end_column or 0
    return SiteResult(
        index=index,
        legacy=Span(site.line, column, end_line, end_column),
        migrated=None,
        kind="run",
        function=None,
        verdict=Verdict.UNMATCHED,
        expected_runs=count.total,
        actual_runs=0,
        detail=f"the TF1 program ran {site.file}:{site.line} {_times(count.total)}; the replay map does not know it",
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


# --- what surrounds the sites -----------------------------------------------------------------------------------


def _variables(plan: Plan, observed: Observation) -> tuple[VariableMatch, ...]:
    """What became of each recorded variable; one that no compared run ever sees may be missing."""
    found = {item.legacy: item for item in observed.variables if item.legacy is not None}
    used = {index for s in plan.sites if s.executes for run in s.runs for index in (*run.before, *run.changed)}
    reasons = [item.detail for item in observed.variables if item.detail is not None]
    extra = _without_counterpart(observed)
    others = f"; without a counterpart there: {', '.join(item.name for item in extra)}" if extra else ""
    result = []
    for variable in plan.variables:
        match = found.get(variable.index)
        if match is not None:
            result.append(VariableMatch(variable.name, "matched", match.name))
        elif variable.index in used:
            reason = next((text for text in reasons if text.startswith(variable.name + " ")), None)
            place = ", ".join(f"{file or plan.program}:{line}" for file, line in variable.key) or "an unknown line"
            detail = reason or f"made at {place}; no variable of the migrated program comes from there"
            result.append(VariableMatch(variable.name, "unmatched", detail=detail + others))
    for item in extra:
        where = "" if item.line is None else f"made on line {item.line} of the migrated program; "
        detail = where + (item.detail or "no variable of the TF1 program stands for it")
        result.append(VariableMatch(item.name, "unmatched", detail=detail))
    for slot in plan.slots:
        match = found.get(slot.index)
        if match is not None:
            result.append(VariableMatch(slot.name, "matched", match.name))
        else:
            result.append(VariableMatch(slot.name, "slot", detail="judged by its effect"))
    return tuple(result)


def _without_counterpart(observed: Observation) -> list[ObservedVariable]:
    """The variables of the migrated program itself that stand for none of TF1's, each name once."""
    found = [item for item in observed.variables if item.role == "model" and item.legacy is None]
    return list({item.name: item for item in found}.values())


def _outside(plan: Plan, observed: Observation) -> str | None:
    """Emitted functions of run sites that the migrated program also calls elsewhere: runs that TF1 did not have."""
    of_runs = {item.site.function for item in plan.sites if item.executes}
    extra = {name: number for name, number in observed.outside.items() if name in of_runs}
    if not extra:
        return None
    calls = ", ".join(f"{name} {_times(number)}" for name, number in sorted(extra.items()))
    return f"the migrated program calls emitted functions outside every run site: {calls}"


def _counts(plan: Plan, sites: Sequence[SiteResult]) -> Counts:
    calls = [(site, call) for site in sites for call in site.calls if site.kind != "init" or site.migrated is not None]
    compared = [call for _, call in calls if call.verdict is not Verdict.NOT_CHECKED]
    kinds: dict[Kind, int] = defaultdict(int)
    for site in sites:
        for call in site.calls:
            for item in call.comparisons:
                kinds[item.kind] += item.verdict is not Verdict.NOT_CHECKED
    return Counts(
        compared=len(compared),
        equal=sum(call.verdict is Verdict.EQUAL for call in compared),
        skipped=sum(
            max(site.actual_runs, site.expected_runs) - len(item.runs)
            for item, site in zip(plan.sites, sites, strict=False)
            if item.executes
        ),
        not_checked=len(calls) - len(compared) + sum(count.total for count in plan.unmapped),
        outputs=kinds[Kind.OUTPUT],
        feeds=kinds[Kind.FEED],
        variables=kinds[Kind.VARIABLE],
    )


def _first(sites: Sequence[SiteResult], plan: Plan) -> FirstDifference | None:
    """The earliest difference in the order of the TF1 program's runs; failing that, of sites with other counts."""
    bad = [
        (call.run, site, call)
        for site in sites
        for call in site.calls
        if call.verdict not in (Verdict.EQUAL, Verdict.NOT_CHECKED)
    ]
    if bad:
        run, site, call = min(bad, key=lambda entry: entry[0])
        item = next((c for c in call.comparisons if c.verdict not in (Verdict.EQUAL, Verdict.NOT_CHECKED)), None)
        what = "the run" if item is None else f"{item.kind} {item.name}"
        numbers = item.numbers if item is not None else None
        message = (item.detail if item is not None else call.detail) or "beyond the tolerance"
        if numbers is not None and numbers.worst_index is not None:
            message += (
                f": {numbers.worst_expected} became {numbers.worst_actual} at {list(numbers.worst_index)}, "
                f"{numbers.elements_off} of {numbers.size} elements off, largest difference {numbers.max_abs:.3g}"
            )
        return FirstDifference(
            site=site.index,
            legacy=site.legacy,
            migrated=site.migrated,
            ordinal=call.ordinal,
            run=run,
            kind=None if item is None else item.kind,
            name=None if item is None else item.name,
            verdict=call.verdict,
            message=f"{what} of call {call.ordinal + 1} of line {site.legacy.line}: {message}",
        )
    for site in sites:
        if site.verdict not in (Verdict.EQUAL, Verdict.NOT_CHECKED):
            ordinal = min(site.expected_runs, site.actual_runs)
            return FirstDifference(
                site=site.index,
                legacy=site.legacy,
                migrated=site.migrated,
                ordinal=ordinal,
                run=_run_of(plan, site.index, ordinal),
                kind=None,
                name=None,
                verdict=site.verdict,
                message=f"line {site.legacy.line}: {site.detail}",
            )
    return None


def _run_of(plan: Plan, index: int, ordinal: int) -> int:
    """The run of the recording nearest to an execution of a site; -1 when none is recorded."""
    runs = plan.sites[index].runs if index < len(plan.sites) else ()
    return max((run.run.ordinal for run in runs if run.ordinal <= ordinal), default=-1)


def _notes(plan: Plan, observed: Observation, sites: Sequence[SiteResult]) -> tuple[str, ...]:
    notes = []
    kept = {item.legacy for item in observed.variables if item.role == "slot"}
    alone = [slot for slot in plan.slots if slot.index not in kept]
    if alone:
        notes.append(
            f"{len(alone)} of {len(plan.slots)} optimizer slots of the TF1 program have no counterpart; "
            "they are judged by what they do to the variables"
        )
    stale = sum(
        item.verdict is Verdict.NOT_CHECKED and item.kind is Kind.VARIABLE
        for site in sites
        for call in site.calls
        for item in call.comparisons
    )
    if stale:
        notes.append(f"{stale} updates were not checked: optimizer slots changed in runs that were not recorded")
    if observed.status == "stopped":
        notes.append(f"stopped {observed.detail}")
    return tuple(notes)
