"""Weights of layers that a run or an assignment needs: a Keras layer has them only after its first call.

TF1 had made them with the graph. Where nothing has surely called the layer by then, a function that calls it is traced
right after its definition.
"""

from __future__ import annotations

from collections.abc import Iterable

from codemods.analysis.containers import containers, may_be_skipped
from codemods.analysis.layer_records import MadeLayer
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.analysis.values import Variable
from codemods.findings import Refusal
from codemods.plan import Function, Plan


def settle(staging: Staging, plan: Plan) -> list[Refusal]:
    """Choose the functions to trace for the weights that runs fetch and initialisers are fed."""
    refusals = []
    for lowering in plan.lowerings:
        statement = lowering.site.statement
        needed = [item.variable for item, _ in lowering.loaded]
        needed += [variable for variable, found in staging.lookups.needed.values() if found is statement]
        if not make_first(staging, plan, needed, statement):
            message = "a layer has no weights yet where they are needed"
            refusals.append(Refusal("TF415", message, lowering.site.call))
    return refusals


def make_first(staging: Staging, plan: Plan, variables: Iterable[Variable], statement: Statement) -> bool:
    """Have the layers of some variables called before a statement, where nothing else does; False: impossible."""
    layers = staging.keras.owned()
    weights = [variable for variable in variables if variable.weight is not None]
    if any(variable not in layers for variable in weights):
        return False
    wanted = {layers[variable] for variable in weights}
    for form in plan.savers:
        if _surely_before(form.saver.statement, statement):
            wanted -= {made for item in form.items for _, made in item.layers}
    for function in plan.traced:
        if _is_ready(function, statement):
            wanted -= _called(staging, function)
    ready = [function for function in plan.functions if _is_ready(function, statement)]
    for function in sorted(ready, key=lambda item: any(part.trainings for part in item.slice.statements)):
        if wanted & _called(staging, function):
            plan.traced.append(function)
            wanted -= _called(staging, function)
    return not wanted


def _called(staging: Staging, function: Function) -> set[MadeLayer]:
    uses = (use for made in staging.keras.owners() for use in made.calls)
    return {use.made for use in uses if use.statement in function.slice.statements}


def _surely_before(first: Statement, second: Statement) -> bool:
    """Whether a statement runs before another one; what stands in a function runs when the graph code has run."""
    skipped = any(may_be_skipped(item.node) for item in containers(first))
    same = first.scope is second.scope and first.order < second.order
    return (same or (first.scope.is_module and not second.scope.is_module)) and not skipped


def _is_ready(function: Function, statement: Statement) -> bool:
    """Whether a function is surely defined before a statement, and can be traced there."""
    needed = [*function.slice.statements, *(found.statement for _, found in function.parameters)]
    before = all(_surely_before(item, statement) for item in needed)
    placed = function.scope is statement.scope or function.scope.is_module
    return before and placed and not function.phase and function.inside is None
