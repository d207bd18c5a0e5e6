"""Keras tensors in emitted functions: each is computed once, under the name that the program gave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods.analysis import keras_runs
from codemods.analysis.keras_records import Symbolic
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.plan import Function, Plan


def find(staging: Staging, plan: Plan) -> dict[str, Symbolic]:
    """The names of Keras tensors that functions can bind: those that stand for one tensor and for nothing else."""
    if staging.keras.bound:
        return {}  # what such inputs are made from is written into each call
    found: dict[str, set[Symbolic]] = {}
    taken: set[str] = set()
    for function in plan.functions:
        taken |= {name for name, _ in function.parameters}
        taken |= {name for statement in function.slice.statements for name in statement.binds}
        places: list[cst.CSTNode] = [statement.node for statement in function.slice.statements]
        places += [element.node for lowering in function.lowerings for element in lowering.elements]
        for node in places:
            for use in keras_runs.uses(staging.last_values, node):
                name = getattr(use.node, "value", None)
                if isinstance(name, str) and use.symbolic.placeholder is None:
                    found.setdefault(name, set()).add(use.symbolic)
    return {name: next(iter(items)) for name, items in found.items() if len(items) == 1 and name not in taken}


def used(function: Function, outputs: Mapping[str, Symbolic]) -> list[str]:
    """The names that the body of a function binds, in the order of their use."""
    elsewhere = {item for part in function.parts if part.function is not None for item in part.statements}
    found: dict[str, None] = {}
    for statement in function.slice.ordered():
        if statement not in elsewhere:
            found.update(dict.fromkeys(names_in(statement, outputs)))
    for lowering in function.lowerings[:1]:
        for element in [*function.returns, *lowering.elements]:
            found.update(dict.fromkeys(name for name in free_names(element.node) if name in outputs))
    return list(found)


def names_in(statement: Statement, outputs: Mapping[str, Symbolic]) -> list[str]:
    """The names of Keras tensors that a statement reads."""
    return [name for name in statement.uses if name in outputs]


def groups(names: Sequence[str], outputs: Mapping[str, Symbolic]) -> list[list[str]]:
    """The names, those together whose tensors have layers in common: one model computes them at once."""
    found: list[list[str]] = []
    for name in names:
        near = [group for group in found if any(_overlap(outputs[name], outputs[other]) for other in group)]
        merged = [other for group in near for other in group] + [name]
        found = [group for group in found if group not in near] + [merged]
    return found


def _overlap(first: Symbolic, second: Symbolic) -> bool:
    return first.inputs == second.inputs and bool(_layers(first) & _layers(second))


def _layers(symbolic: Symbolic) -> set[Symbolic]:
    """The tensor and those that it was made from, inputs excepted."""
    found: set[Symbolic] = set()
    stack = [symbolic]
    while stack:
        item = stack.pop()
        if item not in found and item.placeholder is None:
            found.add(item)
            stack.extend(item.sources)
    return found
