"""Optimizers' updates among the other updates of one run: which must come first, and what is certain about the rest.

A function computes values and gradients from the state before any update; the assignments follow, then the optimizers'
updates, then what control dependencies (or groups) make wait for these. TF1 gives that result too unless a value is
read that a training changes, or that a training needs and an assignment changes, with nothing that orders the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import libcst as cst

from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding, Role, Statement
from codemods.analysis.values import Gradients, Training


def waits_for(statement: Statement) -> set[Statement]:
    """The statements that ``statement`` needs, by what it reads or by control dependencies."""
    found: set[Statement] = set()
    stack = [statement]
    while stack:
        for bindings in stack.pop().uses.values():
            for source in (source for binding in bindings for source in binding.sources):
                if source is not None and source not in found and source is not statement:
                    found.add(source)
                    stack.append(source)
    return found


def late_statements(statements: Iterable[Statement]) -> list[Statement]:
    """Statements that update variables or use gradients of a tape, and those that depend on them or on a training."""
    late: list[Statement] = []
    for item in statements:
        sources = {source for found in item.uses.values() for binding in found for source in binding.sources}
        depends = any(source in late or (source is not None and source.role is Role.TRAIN) for source in sources)
        if item.updates or item.gradients or depends:
            late.append(item)
    return late


def in_order(late: Iterable[Statement], trainings: Iterable[Statement]) -> list[Statement]:
    """Assignments and the like in program order, each training after them, what waits for a training after that."""
    rest, steps = list(late), list(trainings)
    found: list[Statement] = []
    while rest or steps:
        ready = next((item for item in rest if not waits_for(item) & {*steps}), None)
        if ready is None:
            ready = next((item for item in steps if not waits_for(item) & {*rest, *steps} - {item}), steps[0])
        (rest if ready in rest else steps).remove(ready)
        found.append(ready)
    return found


def differentiated(statements: Iterable[Statement]) -> set[Statement]:
    """The statements that compute the losses which ``statements`` differentiate."""
    found: set[Statement] = set()
    for item in statements:
        steps: list[Training | Gradients] = [*item.trainings, *item.gradients]
        losses = [step.loss for step in steps if step.loss is not None]
        for name in (name for loss in losses for name in free_names(loss)):
            for source in (source for binding in item.uses.get(name, ()) for source in binding.sources):
                if source is not None and source is not item:
                    found |= {source, *waits_for(source)}
    return found


def upstream(node: cst.CSTNode, uses: Mapping[str, list[Binding]]) -> set[Statement]:
    """The statements that the names in ``node`` need."""
    found: set[Statement] = set()
    for name in free_names(node):
        for source in (source for binding in uses.get(name, ()) for source in binding.sources):
            if source is not None:
                found |= {source, *waits_for(source)}
    return found
