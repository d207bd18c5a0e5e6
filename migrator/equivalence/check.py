"""Is the migrated program equal to the TF1 program? Runs it on the recorded state and judges every recorded run.

In *locked* mode the recorded variables are restored before each matched execution, so each run is judged alone. The
slots of TF1's optimizers exist in the TF1 run only: the migrated optimizer carries its own from run to run, and they
are judged by what they do to the variables. Runs that were not recorded are executed too, on whatever state the
migrated program has; where that moved an optimizer's slots, later updates of its variables are not checked.

In *free* mode the recorded state is set once, before the first matched run of each session, and the trajectories are
compared.

Initial values are taken from the migrated program itself before anything is restored, and compared with those that
the TF1 initialisers gave.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from codemods.findings import Span
from codemods.result import ReplayMap
from migrator.equivalence import devices
from migrator.equivalence.golden import Recording, SiteCount
from migrator.equivalence.replay import Observation, ObservedCall, read_program, replay
from migrator.equivalence.replay_judge import Judge
from migrator.equivalence.replay_plan import Plan, PlannedRun, PlannedSite, make_plan
from migrator.equivalence.results import (
    CallResult,
    CheckResult,
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
from migrator.equivalence.weights import Lines
from migrator.errors import MigratorError

MODES = ("locked", "free")


class CheckError(MigratorError):
    """A check that cannot be started as asked."""


def check(
    migrated: Path,
    recording: Recording,
    replay_map: ReplayMap,
    *,
    legacy_text: str,
    mode: str = "locked",
    device: str = "cpu",
    overrides: Sequence[Override] = (),
    argv: Sequence[str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    live: bool = False,
) -> CheckResult:
    """Run ``migrated`` once per mode and device and compare it with ``recording``.

    ``mode`` is locked, free or both; ``device`` is cpu, gpu, one of them by number, or all. ``replay_map`` must belong
    to the texts of both programs. ``argv`` and ``cwd`` default to the recording's arguments and the program's folder.
    Raises CheckError for an unknown mode or a recording of another text, DeviceError for an unknown device.
    """
    modes = MODES if mode == "both" else (mode,)
    if not set(modes) <= set(MODES):
        raise CheckError(f"unknown mode {mode!r}; use locked, free or both")
    plan = make_plan(recording, replay_map, Lines(legacy_text, read_program(migrated), replay_map.lines))
    ended = _ended(recording)
    passes: list[PassResult] = []
    missing: list[PassResult] = []
    versions: Mapping[str, str] = {}
    for a_device in devices.expand(device):
        for a_mode in modes:
            if ended is not None:
                passes.append(PassResult(a_mode, a_device, Verdict.NOT_CHECKED, detail=ended))
                continue
            start = time.monotonic()
            observed = replay(
                migrated,
                legacy_text,
                recording,
                replay_map,
                mode=a_mode,
                device=a_device,
                argv=argv,
                cwd=cwd,
                timeout=timeout,
            )
            versions = observed.versions or versions
            passes.append(_judge(plan, observed, a_mode, a_device, overrides, time.monotonic() - start))
            if observed.status == "no device":
                missing.append(passes[-1])
                break
    verdict = worst(item.verdict for item in passes if item not in missing)
    return CheckResult(str(migrated), verdict, tuple(passes), tuple(sorted(versions.items())), live)


def _ended(recording: Recording) -> str | None:
    """Why a recording cannot be the measure: the TF1 program itself failed."""
    outcome = recording.metadata.get("outcome", {})
    if outcome.get("status") in ("raised", "exited"):
        return f"the TF1 program itself failed: {outcome.get('error', 'exit status ' + str(outcome.get('code')))}"
    return None


def _judge(
    plan: Plan, observed: Observation, mode: str, device: str, overrides: Sequence[Override], seconds: float
) -> PassResult:
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
    verdicts = [site.verdict for site in sites if site.expected_runs or site.actual_runs or site.calls]
    verdicts += [Verdict.UNMATCHED for item in variables if item.status == "unmatched"]
    verdicts += [Verdict.CRASHED] if crashed else []
    outside = _outside(plan, observed)
    verdicts += [Verdict.RUNS_DIFFER] if outside else []
    verdict = worst(verdicts)
    detail: str | None = observed.detail if crashed else outside
    if verdict is Verdict.EQUAL and counts.outputs + counts.variables == 0:
        verdict, detail = Verdict.NOT_CHECKED, "no recorded output or variable was compared"
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
    detail = None
    if actual != item.total:
        verdict = Verdict.RUNS_DIFFER
        detail = f"the TF1 program ran it {_times(item.total)}, the migrated program {_times(actual)}"
    elif item.total == 0:
        verdict, detail = Verdict.NOT_CHECKED, "the TF1 program never ran it"
    elif not calls:
        verdict, detail = Verdict.NOT_CHECKED, "none of its runs were recorded"
    else:
        checked = [call.verdict for call in calls if call.verdict is not Verdict.NOT_CHECKED]
        verdict = worst(checked)
    return _site_result(item, verdict, actual, calls, detail)


def _call(item: PlannedSite, planned: PlannedRun, call: ObservedCall | None, judge: Judge) -> CallResult:
    if call is None:
        detail = "the migrated program did not get here"
        return CallResult(planned.run.occurrence, planned.run.ordinal, Verdict.NOT_CHECKED, detail=detail)
    return judge.call(item, planned, call)


def _removed(item: PlannedSite, judge: Judge, observed: Observation, plan: Plan) -> SiteResult:
    """A site without a place in the migrated text: an initialiser, judged by the values that it gave."""
    if item.site.kind != "init":
        verdict = Verdict.NOT_CHECKED if item.total else Verdict.EQUAL
        return _site_result(item, verdict, 0, (), "the migrated program has no place for it")
    calls = []
    own = {v.legacy: v.initial for v in observed.variables if v.legacy is not None and v.initial is not None}
    for planned in item.runs:
        values = {
            index: own[index]
            for index, value in planned.changed.items()
            if index in own and plan.initial.get(index) is value
        }
        if values:
            calls.append(judge.initial(planned.run, values))
    verdict = worst((call.verdict for call in calls), Verdict.EQUAL)
    detail = None if calls else "removed; the variables' initial values were not compared"
    return _site_result(item, verdict, 0, tuple(calls), detail)


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
    result = []
    for variable in plan.variables:
        match = found.get(variable.index)
        if match is not None:
            result.append(VariableMatch(variable.name, "matched", match.name))
        elif variable.index in used:
            reason = next((text for text in reasons if text.startswith(variable.name + " ")), None)
            place = ", ".join(f"{file or plan.program}:{line}" for file, line in variable.key) or "an unknown line"
            detail = reason or f"made at {place}; no variable of the migrated program comes from there"
            result.append(VariableMatch(variable.name, "unmatched", detail=detail))
    result += [VariableMatch(slot.name, "slot", detail="judged by its effect") for slot in plan.slots]
    return tuple(result)


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
        skipped=sum(item.total - len(item.runs) for item in plan.sites if item.executes),
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
    return max((run.run.ordinal for run in runs if run.run.occurrence <= ordinal), default=-1)


def _notes(plan: Plan, observed: Observation, sites: Sequence[SiteResult]) -> tuple[str, ...]:
    notes = []
    if plan.slots:
        notes.append(
            f"{len(plan.slots)} optimizer slots of the TF1 program have no counterpart; "
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
    extra = [item.name for item in observed.variables if item.role == "model" and item.legacy is None]
    if extra:
        notes.append(f"variables of the migrated program that no TF1 variable stands for: {', '.join(extra[:10])}")
    if observed.status == "stopped":
        notes.append(f"stopped {observed.detail}")
    return tuple(notes)
