"""One optimizer object with several train ops: Keras must be told all their variables before the first update.

TF1 makes slots for each variable when a train op is built; two train ops that update the same variable share them.
So does a Keras optimizer that was built with all variables. What its steps share is the count of updates: Adam's
powers of beta are multiplied by every update of either train op in TF1, and follow from the count in Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Kind, Optimizer, Training, Variable
from codemods.findings import Refusal

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_COUNTING = ("Adam", "AdagradDA")  # what they do depends on how many updates there were


def build(lowerer: Lowerer, optimizer: Optimizer, name: str) -> None:
    """Propose the line that builds ``optimizer``; raise Refusal (TF305) where its variables are not known."""
    if any(part in optimizer.symbol for part in _COUNTING):
        _check_runs(lowerer, optimizer)
    sets = [_variables(lowerer, training) for training in optimizer.uses]
    first = sets[0]
    if first is not None and all(found is not None and set(found) == set(first) for found in sets):
        return
    text, needed = _listed(optimizer) or _named(lowerer, optimizer, sets)
    anchor = max([optimizer.statement, *needed], key=lambda item: item.order)
    if any(item.scope is not optimizer.statement.scope or item.container is not None for item in (anchor, *needed)):
        message = "the variables of an optimizer with several train ops are made elsewhere"
        raise Refusal("TF305", message, optimizer.call)
    lowerer.edits.insert_after(anchor.node, [cst.parse_statement(f"{name}.build({text})")])


def _check_runs(lowerer: Lowerer, optimizer: Optimizer) -> None:
    for function in lowerer.plan.functions:
        steps = [found for item in function.slice.statements for found in item.trainings if found in optimizer.uses]
        if len(steps) > 1:
            message = "two train ops of one optimizer run together, and which counts its update first is not certain"
            raise Refusal("TF305", message, optimizer.call)


def _variables(lowerer: Lowerer, training: Training) -> list[Variable] | None:
    """The variables that a train op updates; None where that is not known."""
    if training.variables is not None:
        value = lowerer.staging.last_values.get(training.variables)
        leaves = value.leaves() if value is not None else []
        found = [leaf.payload for leaf in leaves if isinstance(leaf.payload, Variable)]
        return found if found and len(found) == len(leaves) else None
    if training.loss_value is None or lowerer.staging.state.layers or lowerer.staging.keras.layers:
        return None
    trained = [variable for variable in training.loss_value.reads if variable.trainable is not False]
    return sorted(trained, key=lambda item: item.statement.order) or None


def _listed(optimizer: Optimizer) -> tuple[str, list[Statement]] | None:
    """The lists of variables that the program itself keeps under names, joined."""
    names: dict[str, list[Statement]] = {}
    for training in optimizer.uses:
        node = training.variables
        bindings = training.statement.uses.get(node.value, ()) if isinstance(node, cst.Name) else ()
        for binding in bindings:
            sources = [source for source in binding.sources if source is not None]
            stays = len(sources) == len(binding.sources) == 1 and sources[0].role in (Role.HOST, Role.STATE)
            if not stays or binding.value.kind is not Kind.SEQUENCE:
                return None
            names[binding.name] = sources
        if not bindings:
            return None
    return f"[{', '.join(f'*{name}' for name in names)}]", [source for found in names.values() for source in found]


def _named(
    lowerer: Lowerer, optimizer: Optimizer, sets: Sequence[list[Variable] | None]
) -> tuple[str, list[Statement]]:
    """The variables themselves, each under the one name that it has."""
    union = dict.fromkeys(variable for found in sets for variable in found or ())
    bound = [name for statement in lowerer.staging.ordered for name in statement.binds]
    if None in sets or any(len(item.targets) != 1 or bound.count(item.targets[0]) != 1 for item in union):
        message = "it is not known which variables the train ops of this optimizer update"
        raise Refusal("TF305", message, optimizer.call)
    return f"[{', '.join(item.targets[0] for item in union)}]", [item.statement for item in union]
