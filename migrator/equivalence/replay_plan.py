"""What a replay will do: which execution is matched with which recorded run, from which state, to which state.

The plan is made from the recording, the replay map and the two texts alone, in the replaying process and in the one
that judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from codemods.findings import Span
from codemods.result import ReplayMap, SiteMap
from migrator.equivalence.golden import CallSite, Frame, Recording, Run, SiteCount
from migrator.equivalence.golden import Variable as RecordedVariable
from migrator.equivalence.replay_derived import KERAS, LIBRARY, is_batch, keras_site, statement_site
from migrator.equivalence.weights import (
    MAIN,
    Key,
    LegacySlot,
    LegacyVariable,
    Lines,
    Statements,
    placeholder_names,
    slot_owner,
)


@dataclass(frozen=True)
class PlannedRun:
    """A recorded run with the state around it, by index of the legacy variable (slots are left out).

    ``ordinal`` is the number of the execution of its site that it is matched with. ``slots_before`` and
    ``slots_changed`` are the same for the slots of optimizers.

    ``stale`` holds the variables whose optimizer slots changed in unrecorded runs before this one: the migrated
    optimizer went its own way there, so the update is not comparable.
    """

    run: Run
    ordinal: int
    before: Mapping[int, Any]
    changed: Mapping[int, Any]
    stale: frozenset[int]
    resets: bool
    slots_before: Mapping[int, Any] = field(default_factory=dict)
    slots_changed: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedSite:
    """A run site with its recorded runs. ``total`` counts all executions of the legacy program.

    Of a site of Keras' own runs (kind "keras") the runs are its batches. They are numbered as long as every run was
    recorded; where some were not, ``exact`` is False and ``total`` only counts the batches up to there.
    ``initialisations`` are runs of Keras' that gave variables their first values.
    """

    index: int
    site: SiteMap
    total: int
    runs: tuple[PlannedRun, ...]
    exact: bool = True
    initialisations: tuple[PlannedRun, ...] = ()

    @property
    def executes(self) -> bool:
        """False for an initialiser that the rewrite removed."""
        return self.site.migrated is not None


@dataclass(frozen=True)
class Plan:
    """``program`` is the recording's name for the legacy program's file.

    ``unmapped`` are recorded sites that the map does not have, save those that only ever initialised and those of
    libraries. ``initial`` holds the initial value of each variable where the recording tells it, ``feeds`` the Python
    name of each fed tensor by graph and name (and the part of a sparse one). ``executions`` counts the runs that the
    migrated program must make, None where that is not known.
    """

    program: str
    sites: tuple[PlannedSite, ...]
    unmapped: tuple[SiteCount, ...]
    variables: tuple[LegacyVariable, ...]
    slots: tuple[LegacySlot, ...]
    initial: Mapping[int, Any]
    feeds: Mapping[tuple[int, str], tuple[str, str | None]]
    executions: int | None


def make_plan(recording: Recording, replay_map: ReplayMap, lines: Lines) -> Plan:
    """The plan for one program; ``lines`` links its two texts."""
    program = str(recording.metadata["program"])
    variables, slots, owners = _variables(recording, program, lines.legacy)
    known = {(graph, name): variable for (graph, name), variable in variables.items()}
    slot_indices = {(recording.variables[slot.index].graph, slot.name): slot.index for slot in slots}
    planned = _states(recording, known, owners, slot_indices)
    by_site: dict[int, list[PlannedRun]] = defaultdict(list)
    totals: dict[int, int] = defaultdict(int)
    unmapped: list[SiteCount] = []
    derived: list[PlannedSite] = []
    for count in recording.sites:
        here = [run for run in planned if _place(run.run.site) == _place(count.site)]
        runs = [run for run in here if _counted_as(run.run) == count.kind]
        inside = count.site.file == program
        index = _site_of(count.site, replay_map.sites) if inside else None
        if index is not None and count.kind != LIBRARY:
            totals[index] += count.total
            by_site[index].extend(runs)
            continue
        site = _derived(len(replay_map.sites) + len(derived), count, here, lines) if inside else None
        if site is not None:
            derived.append(site)
        # What other libraries do (a Saver, say) is part of the state before the next run.
        elif count.kind != LIBRARY and (not runs or any(run.run.kind != "init" for run in runs)):
            unmapped.append(count)
    sites = (
        *(
            PlannedSite(index, site, totals[index], tuple(by_site[index]))
            for index, site in enumerate(replay_map.sites)
        ),
        *derived,
    )
    return Plan(
        program=program,
        sites=sites,
        unmapped=tuple(unmapped),
        variables=tuple(variables.values()),
        slots=slots,
        initial=_initial(recording, known),
        feeds=_feeds(recording, program, lines.legacy),
        executions=sum(s.total for s in sites if s.executes) if all(s.exact for s in sites) else None,
    )


def _place(site: CallSite) -> tuple[Any, ...]:
    return site.file, site.line, site.end_line, site.column, site.end_column


def _counted_as(run: Run) -> str:
    """The kind under which the recording counts a run: one place may initialise and run."""
    return "run" if run.kind == "init" else run.kind


def _derived(index: int, count: SiteCount, here: Sequence[PlannedRun], lines: Lines) -> PlannedSite | None:
    """The plan for a recorded site that the map does not list, if both texts have it; ``here`` are its runs."""
    if count.kind == KERAS:
        site = keras_site(count.site, lines)
        return None if site is None else _batches(index, site, count, here)
    runs = tuple(run for run in here if _counted_as(run.run) == count.kind)
    if count.kind not in ("run", LIBRARY) or not runs:
        return None
    site = statement_site(count, len(runs[0].run.outputs), lines)
    return None if site is None else PlannedSite(index, site, count.total, runs)


def _batches(index: int, site: SiteMap, count: SiteCount, runs: Sequence[PlannedRun]) -> PlannedSite:
    """The batches of a Keras call, numbered from 0, as far as no run was left out."""
    own = [item for item in runs if item.run.kind == KERAS]
    known = [item for number, item in enumerate(own) if item.run.occurrence == number]
    batches = [item for item in known if is_batch(item.run)]
    numbered = tuple(replace(item, ordinal=number) for number, item in enumerate(batches))
    initialisations = tuple(item for item in runs if item.changed and not is_batch(item.run))
    return PlannedSite(index, site, len(numbered), numbered, len(known) == count.total, initialisations)


def _site_of(site: CallSite, sites: Sequence[SiteMap]) -> int | None:
    """The one site of the map at the place of a recorded call of the program's own file."""
    if site.end_line is None or site.column is None or site.end_column is None:
        around = [i for i, item in enumerate(sites) if item.legacy.line <= site.line <= item.legacy.end_line]
        return around[0] if len(around) == 1 else None
    span = Span(site.line, site.column, site.end_line, site.end_column)
    exact = [index for index, item in enumerate(sites) if item.legacy == span]
    if exact:
        return exact[0]
    around = [i for i, item in enumerate(sites) if _contains(item.legacy, span) or _contains(span, item.legacy)]
    return around[0] if len(around) == 1 else None


def _contains(outer: Span, inner: Span) -> bool:
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


def legacy_key(frames: Iterable[Frame], program: str, text: Statements) -> Key:
    """The statements that created something, innermost first; lines of other files stay as they are."""
    return tuple((MAIN, text.start(f.line)) if f.file == program else (f.file, f.line) for f in frames)


Owners = dict[tuple[int, str], tuple[int, str]]


def _variables(
    recording: Recording, program: str, text: Statements
) -> tuple[dict[tuple[int, str], LegacyVariable], tuple[LegacySlot, ...], Owners]:
    """The program's own variables by (graph, name), the optimizers' slots, and the owner of each slot ("" for none)."""
    names: dict[int, list[str]] = defaultdict(list)
    for variable in recording.variables:
        names[variable.graph].append(variable.name)
    own: dict[tuple[int, str], LegacyVariable] = {}
    slots: list[tuple[int, RecordedVariable]] = []
    owners: Owners = {}
    for index, variable in enumerate(recording.variables):
        lines = [frame.line for frame in variable.frames if frame.file == program]
        others = [name for name in names[variable.graph] if name != variable.name]
        owner = slot_owner(variable.name, variable.trainable, lines, others, text)
        if owner is not None:
            slots.append((index, variable))
            owners[variable.graph, variable.name] = (variable.graph, owner)
        else:
            key = legacy_key(variable.frames, program, text)
            own[variable.graph, variable.name] = LegacyVariable(
                index, variable.name, key, variable.dtype, variable.shape
            )
    kept = tuple(
        LegacySlot(
            index,
            variable.name,
            next(iter(_owned(owners[variable.graph, variable.name], own)), None),
            legacy_key(variable.frames, program, text),
        )
        for index, variable in slots
    )
    return own, kept, owners


def _states(
    recording: Recording,
    known: Mapping[tuple[int, str], LegacyVariable],
    owners: Owners,
    slots: Mapping[tuple[int, str], int],
) -> list[PlannedRun]:
    """The recorded runs with the state around each."""
    state: dict[int, dict[int, Any]] = defaultdict(dict)
    slot_state: dict[int, dict[int, Any]] = defaultdict(dict)
    slots_seen: dict[int, set[str]] = defaultdict(set)
    stale: dict[int, set[int]] = defaultdict(set)
    planned = []
    previous_session: int | None = None
    expected_ordinal = 0
    for run in sorted(recording.runs, key=lambda item: item.ordinal):
        gap = run.ordinal > expected_ordinal
        current, old = state[run.session], stale[run.session]
        for name, value in run.before.items():
            variable = known.get((run.graph, name))
            if variable is not None:
                current[variable.index] = value
            elif gap or name in slots_seen[run.session]:
                old.update(_owned(owners.get((run.graph, name)), known))
        matched = run.kind in ("run", "callable") or is_batch(run)
        resets = matched and run.session != previous_session
        if matched:
            previous_session = run.session
        before = dict(current)
        changed = {}
        for name, value in run.changed.items():
            variable = known.get((run.graph, name))
            if variable is not None:
                changed[variable.index] = value
        kept = slot_state[run.session]
        kept.update({slots[run.graph, name]: value for name, value in run.before.items() if (run.graph, name) in slots})
        moved = {slots[run.graph, name]: value for name, value in run.changed.items() if (run.graph, name) in slots}
        if run.kind == LIBRARY and any((run.graph, name) in owners for name in run.changed):
            # A saver restores slots: those of the migrated side come from where its own run had led.
            old.update(index for others in list(stale.values()) for index in others)
        planned.append(PlannedRun(run, run.occurrence, before, changed, frozenset(old), resets, dict(kept), moved))
        current.update(changed)
        kept.update(moved)
        slots_seen[run.session].update(name for name in (*run.before, *run.changed) if (run.graph, name) in owners)
        expected_ordinal = run.ordinal + 1
    return planned


def _owned(owner: tuple[int, str] | None, known: Mapping[tuple[int, str], LegacyVariable]) -> Iterable[int]:
    """The variable that a slot belongs to; shared ones (``beta1_power``) never change without a variable's own."""
    return () if owner is None or owner not in known else (known[owner].index,)


def _initial(recording: Recording, known: Mapping[tuple[int, str], LegacyVariable]) -> dict[int, Any]:
    """What initialisation gave each variable, as far as every run up to its first value was recorded."""
    initial: dict[int, Any] = {}
    for expected, run in enumerate(sorted(recording.runs, key=lambda item: item.ordinal)):
        if run.ordinal != expected:
            break
        for values in (run.before, run.changed):
            for name, value in values.items():
                variable = known.get((run.graph, name))
                if variable is not None:
                    initial.setdefault(variable.index, value)
    return initial


def _feeds(recording: Recording, program: str, text: Statements) -> dict[tuple[int, str], tuple[str, str | None]]:
    """Python names by graph and tensor; each graph of a function that builds one has its own ``Placeholder:0``."""
    placed: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for item in recording.placeholders:
        if item.frames and item.frames[0].file == program:
            placed[item.graph].append((item.name, item.frames[0].line))
    return {
        (graph, tensor): name
        for graph, tensors in placed.items()
        for tensor, name in placeholder_names(text, tensors).items()
    }
