"""Compare what was observed with what was recorded, call by call.

Feeds come first: when they differ, that is the verdict of the call, whatever its outputs are. Then the outputs, then
the variables after the run. Nothing that could not be compared counts as equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from migrator.equivalence import tolerance as tolerances
from migrator.equivalence.compare import compare, dtype_name, magnitude
from migrator.equivalence.golden import Array, Run, Value
from migrator.equivalence.replay import ObservedCall
from migrator.equivalence.replay_derived import KERAS
from migrator.equivalence.replay_plan import Plan, PlannedRun, PlannedSite
from migrator.equivalence.results import CallResult, Comparison, Kind, Tolerance, Verdict, worst
from migrator.equivalence.tolerance import Override


class Judge:
    """Judges the calls of one replay. ``free`` widens the limits once the state has changed."""

    def __init__(
        self, plan: Plan, *, device: str, free: bool, overrides: Sequence[Override], matched: set[int]
    ) -> None:
        self._plan = plan
        self._device = device
        self._free = free
        self._overrides = overrides
        self._matched = matched
        self._names = {variable.index: variable.name for variable in plan.variables}
        self._names |= {slot.index: slot.name for slot in plan.slots}
        unmatched = {slot.owner for slot in plan.slots if slot.index not in matched}
        self._restored = {slot.owner for slot in plan.slots} - unmatched
        runs = [planned for site in plan.sites for planned in site.runs]
        shapes = [
            np.shape(value) for planned in runs for value in (*planned.before.values(), *planned.run.feeds.values())
        ]
        self._reduction = tolerances.reduction_length(shapes)
        self._scales = _scales(plan.sites)
        changing = [planned.run.ordinal for planned in runs if planned.changed and planned.run.kind != "init"]
        self._first_change = min(changing, default=None)

    def call(self, site: PlannedSite, planned: PlannedRun, observed: ObservedCall) -> CallResult:
        """The verdict on one matched execution."""
        run = planned.run
        if observed.failed or run.error is not None:
            return self._failure(run, observed)
        drift = 0 if self._first_change is None else run.ordinal - self._first_change
        if self._free and drift > tolerances.FREE_HORIZON:
            late = f"more than {tolerances.FREE_HORIZON} runs after the first update: locked mode only"
            return CallResult(observed.ordinal, run.ordinal, Verdict.NOT_CHECKED, detail=late)
        drifted = self._free and drift > 0
        comparisons = [
            *self._feeds(site, run, observed, drifted),
            *self._outputs(site, planned, observed, drifted),
            *self._variables(planned, observed, drifted),
        ]
        # What could not be compared does not count against the call, but a call needs more than equal feeds to pass.
        # A run without values that changed no variable was compared too: the variables are where they were.
        checked = [item for item in comparisons if item.verdict is not Verdict.NOT_CHECKED]
        verdict = worst((item.verdict for item in checked), Verdict.NOT_CHECKED)
        results = [item for item in comparisons if item.kind is not Kind.FEED]
        if verdict is Verdict.EQUAL and results and not any(item.kind is not Kind.FEED for item in checked):
            verdict = Verdict.NOT_CHECKED
        if not results and verdict is Verdict.NOT_CHECKED:
            verdict = Verdict.EQUAL
        detail = None if results else "no values, and no variable changed"
        return CallResult(observed.ordinal, run.ordinal, verdict, tuple(comparisons), detail)

    def initial(self, run: Run, values: Mapping[int, Array], unseen: Iterable[int]) -> CallResult:
        """The verdict on the initial values that ``run`` gave to variables, against ``values`` of the migrated ones.

        ``unseen`` are variables whose first value of the migrated program is not known.
        """
        comparisons = [
            _unchecked(
                Kind.VARIABLE, self._names[index], np.asarray(self._plan.initial[index]), "its first value was not seen"
            )
            for index in sorted(unseen)
        ]
        for index, value in sorted(values.items()):
            expected = np.asarray(self._plan.initial[index])
            limit = tolerances.for_output(dtype_name(expected), magnitude(expected), 1, device=self._device)
            comparisons.append(self._compare(Kind.VARIABLE, self._names[index], expected, value, limit))
        checked = [item.verdict for item in comparisons if item.verdict is not Verdict.NOT_CHECKED]
        verdict = worst(checked, Verdict.NOT_CHECKED)
        return CallResult(0, run.ordinal, verdict, tuple(comparisons), "initial values")

    def _failure(self, run: Run, observed: ObservedCall) -> CallResult:
        if run.error is not None and observed.failed:
            return CallResult(observed.ordinal, run.ordinal, Verdict.EQUAL, detail=f"both raised: {run.error}")
        problem = f"the TF1 run raised {run.error}, the migrated call did not"
        if observed.failed:
            problem = "the migrated call raised an exception, the TF1 run did not"
        return CallResult(observed.ordinal, run.ordinal, Verdict.DIFFERENT, detail=problem)

    # --- feeds ------------------------------------------------------------------------------------------------

    def _feeds(self, site: PlannedSite, run: Run, observed: ObservedCall, drifted: bool) -> Iterable[Comparison]:
        function = site.site.function
        arguments = next((values for name, values in observed.feeds if name == function), None)
        parameters = self._parameters(site, run)
        for tensor, expected in run.feeds.items():
            parameter, part = parameters.get(tensor, (None, None))
            if arguments is None or parameter is None:
                reason = f"the call of {function} was not seen" if parameter else "no parameter is known for this feed"
                if function is None:
                    reason = "Keras makes the batches" if site.site.kind == KERAS else "the call has no parameters"
                yield _unchecked(Kind.FEED, tensor, expected, reason)
                continue
            actual = arguments.get(parameter)
            if isinstance(actual, Mapping):
                actual = actual.get(part or "values")
            if isinstance(actual, str):
                yield _unchecked(Kind.FEED, tensor, expected, f"{parameter} is a {actual}")
                continue
            scale = magnitude(expected)
            limit = tolerances.for_feed(dtype_name(expected), scale, device=self._device, drifted=drifted)
            result = self._compare(Kind.FEED, tensor, expected, _as_fed(actual, expected), limit)
            if result.verdict is Verdict.DIFFERENT:
                result = replace(result, verdict=Verdict.FEEDS_DIFFER)
            yield result

    def _parameters(self, site: PlannedSite, run: Run) -> dict[str, tuple[str, str | None]]:
        """The parameter (and part of it) that takes each fed tensor."""
        result = {}
        unknown = []
        for tensor in run.feeds:
            name, part = self._plan.feeds.get((run.graph, tensor), (tensor.split(":")[0], None))
            parameter = site.site.feeds.get(name, site.site.feeds.get(tensor))
            if parameter is None:
                unknown.append(tensor)
            else:
                result[tensor] = (parameter, part)
        left = [p for p in site.site.feeds.values() if p not in {parameter for parameter, _ in result.values()}]
        if len(unknown) == 1 and len(left) == 1:  # the only feed and the only parameter that are left
            result[unknown[0]] = (left[0], None)
        return result

    # --- outputs ----------------------------------------------------------------------------------------------

    def _outputs(
        self, site: PlannedSite, planned: PlannedRun, observed: ObservedCall, drifted: bool
    ) -> Iterable[Comparison]:
        run = planned.run
        outputs = site.site.outputs
        if site.site.kind == KERAS:
            # Of a training or test step only the loss comes first on both sides; metrics run over the whole epoch.
            outputs = tuple(i if i < len(observed.values) else None for i in range(len(run.outputs)))
        elif not outputs and len(observed.values) == len(run.outputs):
            outputs = tuple(range(len(run.outputs)))  # a list whose length only the run knows
        elif not outputs and all(value is None for value in observed.values):
            outputs = (None,) * len(run.outputs)  # such a list, which the program drops
        if len(outputs) != len(run.outputs):
            yield Comparison(
                Kind.OUTPUT,
                "(all)",
                Verdict.UNMATCHED,
                "",
                None,
                (),
                None,
                detail=f"the map has {len(outputs)} outputs, the recorded run {len(run.outputs)}",
            )
            return
        for position, (fetch, expected, index) in enumerate(zip(run.fetches, run.outputs, outputs, strict=True)):
            if site.site.kind == KERAS and index is None and isinstance(expected, np.ndarray):
                yield _unchecked(Kind.OUTPUT, fetch.name, expected, "Keras 3 has no such value for one batch")
                continue
            if expected is None or index is None:
                continue
            actual = observed.values[index] if index < len(observed.values) else None
            for name, part, value in _parts(fetch.name, expected, actual):
                if isinstance(value, str):
                    yield _missing(name, part, f"the migrated program gives a {value}")
                    continue
                scale = self._scales.get((site.index, position, name), 0.0)
                limit = tolerances.for_output(
                    dtype_name(part), scale, self._reduction, device=self._device, drifted=drifted
                )
                result = self._compare(Kind.OUTPUT, name, part, value, limit)
                if result.verdict is Verdict.DIFFERENT and value is not None:
                    result = self._race(planned, name, part, value, limit) or result
                yield result

    def _race(
        self, planned: PlannedRun, name: str, expected: Array, actual: Array, limit: Tolerance
    ) -> Comparison | None:
        """TF1 does not say whether a variable fetched together with its update comes from before or after it."""
        base = name.split(":")[0].removesuffix("/read")
        for index, after in planned.changed.items():
            before = planned.before.get(index)
            if self._names[index].split(":")[0] == base and before is not None:
                if not any(np.array_equal(expected, side, equal_nan=True) for side in (before, after)):
                    continue
                for side in (before, after):
                    result = self._compare(Kind.OUTPUT, name, np.asarray(side), actual, limit)
                    if result.verdict is Verdict.EQUAL:
                        return replace(result, detail="fetched with its update: TF1 may give either value")
        return None

    # --- variables --------------------------------------------------------------------------------------------

    def _variables(self, planned: PlannedRun, observed: ObservedCall, drifted: bool) -> Iterable[Comparison]:
        for index, value in sorted(planned.changed.items()):
            expected, name = np.asarray(value), self._names[index]
            if index not in self._matched:
                missing = _missing(name, expected, "no variable of the migrated program stands for it", Kind.VARIABLE)
                yield replace(missing, verdict=Verdict.UNMATCHED)
                continue
            before = planned.before.get(index)
            scale = magnitude(expected)
            if before is None or np.shape(before) != expected.shape:  # initialised here
                limit = tolerances.for_output(
                    dtype_name(expected), scale, self._reduction, device=self._device, drifted=drifted
                )
            elif index in planned.stale and not self._free and index not in self._restored:
                reason = "its optimizer slots changed in runs that were not recorded; record more runs of each site"
                yield _unchecked(Kind.VARIABLE, name, expected, reason)
                continue
            else:
                step = _step(np.asarray(before), expected)
                limit = tolerances.for_update(dtype_name(expected), step, scale, device=self._device, drifted=drifted)
            yield self._compare(Kind.VARIABLE, name, expected, observed.after.get(index), limit)
        if not self._free:
            yield from self._unchanged(planned, observed)
            yield from self._slots(planned, observed)

    def _slots(self, planned: PlannedRun, observed: ObservedCall) -> Iterable[Comparison]:
        """What optimizers keep, where the migrated program has it too."""
        for index, value in sorted(planned.slots_changed.items()):
            if index not in observed.after:
                continue
            expected, before = np.asarray(value), planned.slots_before.get(index)
            scale = magnitude(expected)
            if before is None:
                limit = tolerances.for_output(dtype_name(expected), scale, self._reduction, device=self._device)
            else:
                step = _step(np.asarray(before), expected)
                limit = tolerances.for_update(dtype_name(expected), step, scale, device=self._device)
            yield self._compare(Kind.VARIABLE, self._names[index], expected, observed.after[index], limit)

    def _unchanged(self, planned: PlannedRun, observed: ObservedCall) -> Iterable[Comparison]:
        """Variables that this run left alone, where the migrated program did not."""
        exact = Tolerance(0.0, 0.0, 0.0, "the TF1 run left it as it was")
        for index, value in sorted(planned.before.items()):
            if index in planned.changed or index not in observed.after:
                continue
            result = compare(Kind.VARIABLE, self._names[index], np.asarray(value), observed.after[index], exact)
            if result.verdict is not Verdict.EQUAL:
                yield replace(result, detail=result.detail or "the migrated program changed it, the TF1 run did not")

    def _compare(self, kind: Kind, name: str, expected: Array, actual: Any, limit: Tolerance) -> Comparison:
        return compare(kind, name, expected, actual, tolerances.overridden(name, limit, self._overrides))


def _scales(sites: Sequence[PlannedSite]) -> dict[tuple[int, int, str], float]:
    """The largest magnitude of each output over the recording, by site, position and name."""
    scales: dict[tuple[int, int, str], float] = defaultdict(float)
    for site in sites:
        for planned in site.runs:
            for position, (fetch, value) in enumerate(zip(planned.run.fetches, planned.run.outputs, strict=True)):
                if value is not None:
                    for name, part, _ in _parts(fetch.name, value, None):
                        key = site.index, position, name
                        scales[key] = max(scales[key], magnitude(part))
    return dict(scales)


def _parts(name: str, expected: Value, actual: Value | str | None) -> Iterable[tuple[str, Array, Any]]:
    """(name, recorded part, migrated part) of a value; a composite has several, each with its own name."""
    if not isinstance(expected, Mapping):
        yield name, expected, "composite value" if isinstance(actual, Mapping) else actual
        return
    for part, value in expected.items():
        yield f"{name}/{part}", value, actual.get(part) if isinstance(actual, Mapping) else actual


def _as_fed(actual: Array | None, expected: Array) -> Array | None:
    """The argument in the dtype that the function's signature casts it to, as feeding a placeholder did."""
    if actual is None or dtype_name(actual) == dtype_name(expected):
        return actual
    if "string" in (dtype_name(actual), dtype_name(expected)):
        return actual
    return actual.astype(expected.dtype)


def _step(before: Array, after: Array) -> float:
    """The largest change of a variable in one run."""
    if dtype_name(after) == "string" or after.dtype.kind in "biu":
        return 0.0
    wide = np.complex128 if after.dtype.kind == "c" else np.float64
    with np.errstate(invalid="ignore"):
        return magnitude(after.astype(wide) - before.astype(wide))


def _unchecked(kind: Kind, name: str, expected: Array, reason: str) -> Comparison:
    return Comparison(kind, name, Verdict.NOT_CHECKED, dtype_name(expected), None, expected.shape, None, detail=reason)


def _missing(name: str, expected: Array, reason: str, kind: Kind = Kind.OUTPUT) -> Comparison:
    return Comparison(kind, name, Verdict.DIFFERENT, dtype_name(expected), None, expected.shape, None, detail=reason)
