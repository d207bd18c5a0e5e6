"""When variables get their initial values: initialiser runs that reset, and counters that drive schedules."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods import optimizer_restarts, redrawn, repeats, restores
from codemods.analysis.counters import counts_alike
from codemods.analysis.savers import has_state
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.values import Schedule, Training, Variable
from codemods.findings import Refusal
from codemods.plan import Lowering


def _changed(staging: Staging, earlier: Sequence[Lowering], later: Sequence[Lowering]) -> set[Variable]:
    """The variables that an initialiser between the runs gives another value than they have."""
    return _moved(staging, earlier) & {variable for item in later for variable in _read(staging, item)}


def _moved(staging: Staging, earlier: Sequence[Lowering]) -> set[Variable]:
    """The variables that do not have their initial values after the runs, or not those of another initialisation."""
    found = {variable for item in earlier for variable in _updated(staging, item)}
    return found | {variable for item in earlier for variable in _read(staging, item) if _is_random(staging, variable)}


def _is_random(staging: Staging, variable: Variable) -> bool:
    """Whether each initialisation draws another value."""
    value = staging.last_values.get(variable.initial) if variable.initial is not None else None
    return value is not None and value.random


def _schedule_refusal(staging: Staging, training: Training) -> Refusal | None:
    """A schedule that cannot stay the optimizer's own must have a name, by which its value is assigned."""
    schedule = training.optimizer.learning_rate.payload
    if not isinstance(schedule, Schedule):
        return None
    named = isinstance(training.optimizer.arguments["learning_rate"].value, cst.Name)
    if named or counts_alike(staging, training.optimizer):
        return None
    message = "the learning rate decays with a counter that is not the optimizer's own, starting at 0; give it a name"
    return Refusal("TF313", message, schedule.call)


def check(staging: Staging, lowerings: Sequence[Lowering]) -> list[Refusal]:
    """Decide which variables each initialiser run resets (``Lowering.again``); return what cannot be kept exact.

    Initialising again, after an update, resets the variables that are still used: each gets its initial value.
    """
    refusals = [
        found
        for statement in staging.ordered
        for training in statement.trainings
        if (found := _schedule_refusal(staging, training)) is not None
    ]
    runs = [item for item in lowerings if item.mode != "init"]
    for lowering in lowerings:
        if lowering.mode != "init":
            continue
        site = lowering.site
        loops = set(site.statement.loops())
        shared = [item for item in runs if loops & set(item.site.statement.loops())]
        earlier = [item for item in runs if item.site.order < site.order or item in shared]
        later = [item for item in runs if item.site.order > site.order or item in shared]
        changed = _changed(staging, earlier, later)
        trained = _trainings(earlier) & _trainings(later)
        moved, ran = _moved(staging, earlier), _trainings(earlier)
        if repeats.may_repeat(staging, site.statement.scope):
            earlier = later = runs  # what the function itself makes is new at each call
            scope = site.statement.scope
            changed |= {item for item in _changed(staging, runs, runs) if item.statement.scope is not scope}
            trained |= {item for item in _trainings(runs) if item.optimizer.statement.scope is not scope}
            moved |= {item for item in _moved(staging, runs) if item.statement.scope is not scope}
            ran |= {item for item in _trainings(runs) if item.optimizer.statement.scope is not scope}
        before = restores.perhaps_before(staging, site)
        saved = restores.saved_after(staging, site)
        changed |= before.variables & {variable for item in later for variable in _read(staging, item)}
        changed |= saved.variables & (moved | before.variables)
        again = restores.surely_after(staging, lowering, runs)
        changed -= again.variables
        refusals += _late_initials(staging, earlier, lowering)
        named, everything = _initialised(lowering)
        chosen = {item for item in changed if item in named or (everything and item.metric is None)}
        lowering.again = sorted(chosen, key=lambda item: item.statement.order)
        trained |= {item for item in _trainings(later) if item.optimizer in before.optimizers}
        trained |= {item for item in ran if item.optimizer in saved.optimizers}
        kept = [item for item in trained if has_state(item.optimizer) and item.optimizer not in again.optimizers]
        lowering.restarted = optimizer_restarts.possible(kept, site) if everything else []
        if everything and len(lowering.restarted) < len({item.optimizer for item in kept}):
            message = "variables are initialised again after training, which also resets the optimizer's state"
            refusals.append(Refusal("TF240", message, site.call))
            continue
        for variable in lowering.again:
            found_problem = _initial_refusal(staging, variable, lowering)
            if found_problem is not None:
                refusals.append(found_problem)
    return refusals


def _initialised(lowering: Lowering) -> tuple[set[Variable], bool]:
    """The variables that an initialiser run names, and whether it takes all global ones, too."""
    leaves = [leaf for element in lowering.elements for leaf in element.value.leaves()]
    listed = [item for leaf in leaves if isinstance(leaf.payload, list) for item in leaf.payload]
    return {item for item in listed if isinstance(item, Variable)}, None in listed


def _late_initials(staging: Staging, earlier: Sequence[Lowering], lowering: Lowering) -> list[Refusal]:
    """Variables made from others that a run has changed before this one initialises them: TF1 read the new value."""
    updated = {variable for item in earlier for variable in _updated(staging, item)}
    found = []
    for variable in _variables(staging):
        value = staging.last_values.get(variable.initial) if variable.initial is not None else None
        if value is not None and (value.reads - {variable}) & updated:
            message = "a variable is initialised from another one that was changed before"
            found.append(Refusal("TF240", message, lowering.site.call))
    return found[:1]


def check_sessions(staging: Staging, lowerings: Sequence[Lowering]) -> list[Refusal]:
    """Each session has its own values of the variables: sessions that take turns over one variable are refused."""
    runs: dict[object, list[Lowering]] = {}
    for lowering in lowerings:
        session = lowering.site.session
        if session is not None:
            runs.setdefault(session.payload, []).append(lowering)
    found = []
    spans = sorted(runs.values(), key=lambda items: items[0].site.order)
    for index, first in enumerate(spans):
        for second in spans[index + 1 :]:
            loops = [set(item.site.statement.loops()) for item in first]
            together = any(around & set(item.site.statement.loops()) for around in loops for item in second)
            if first[-1].site.order < second[0].site.order and not together:
                continue
            shared = _touched(staging, first) & _touched(staging, second)
            changed = {variable for item in [*first, *second] for variable in _updated(staging, item)}
            if shared & changed:
                message = "two sessions take turns, and each has its own values of the variables"
                found.append(Refusal("TF249", message, second[0].site.call))
    return found


def _touched(staging: Staging, lowerings: Sequence[Lowering]) -> set[Variable]:
    return {found for item in lowerings for found in _read(staging, item) | _updated(staging, item)}


def _trainings(lowerings: Sequence[Lowering]) -> set[Training]:
    return {found for item in lowerings for statement in item.slice.statements for found in statement.trainings}


def _read(staging: Staging, lowering: Lowering) -> set[Variable]:
    """The variables that a run may read."""
    found = {variable for element in lowering.elements for variable in element.value.reads}
    for training in _trainings([lowering]):
        found |= training.loss_value.reads if training.loss_value is not None else set(_variables(staging))
        found |= training.step_value.reads if training.step_value is not None else frozenset()
    for statement in lowering.slice.statements:
        found |= {variable for binding in statement.binds.values() for variable in binding.value.reads}
        found.update(statement.assigned)
    return found


def _variables(staging: Staging) -> list[Variable]:
    return [variable for statement in staging.ordered for variable in statement.variables]


def _initial_refusal(staging: Staging, variable: Variable, lowering: Lowering) -> Refusal | None:
    place = lowering.site.call
    if variable.metric is not None:
        return None
    name = variable.targets[0] if variable.targets else None
    binding = lowering.site.names.get(name) if name is not None else None
    if variable.initial is None or binding is None or binding.value.payload is not variable:
        return Refusal("TF240", "a variable that no name holds is initialised again", place)
    drawing = redrawn.drawing(staging, variable)
    read = drawing if drawing is not None else variable.initial
    made = redrawn.source(variable) if drawing is not None else variable.statement
    for needed in free_names(read):
        then = made.uses.get(needed, []) if made is not None else []
        now = lowering.site.names.get(needed)
        if now is not None and not any(now.same(found) for found in then):
            message = f"{name!r} is initialised again, from {needed!r} that has another value now"
            return Refusal("TF240", message, place)
    return redrawn.refusal(staging, variable, place)


def _updated(staging: Staging, lowering: Lowering) -> set[Variable]:
    """The variables that a run may change."""
    found = {variable for item in lowering.slice.statements for variable in item.assigned}
    found |= set(staging.fetch_updates.get(lowering.site.call, ()))
    for statement in lowering.slice.statements:
        for training in statement.trainings:
            made = [item for item in _variables(staging) if item.statement.order <= statement.order]
            found |= {item for item in made if item.trainable is not False}
            if training.step_value is not None and isinstance(training.step_value.payload, Variable):
                found.add(training.step_value.payload)
    return found
