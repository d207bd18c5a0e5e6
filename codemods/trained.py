"""Lists of variables that are trained: a gradient tape watches by itself only variables that are trainable."""

from __future__ import annotations

from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.analysis.values import Gradients, Kind, Training, Variable
from codemods.findings import Refusal


def check(staging: Staging) -> list[Refusal]:
    """Refuse lists (``var_list=``) that may hold a variable which the tape does not watch."""
    found = []
    for statement in staging.ordered:
        steps: list[Training | Gradients] = [*statement.trainings, *statement.gradients]
        for step in steps:
            if step.variables is not None and _unwatched(staging, statement, step):
                message = "the list of variables to train may hold one that is not trainable"
                found.append(Refusal("TF307", message, step.call))
    return found


def _unwatched(staging: Staging, statement: Statement, step: Training | Gradients) -> bool:
    assert step.variables is not None
    value = staging.last_values.get(step.variables)
    leaves = value.leaves() if value is not None else []
    listed = [leaf.payload for leaf in leaves if isinstance(leaf.payload, Variable)]
    if any(variable.trainable is not True for variable in listed):
        return True
    if len(listed) == len(leaves) or all(leaf.kind is Kind.VARIABLE and leaf.name == "keras" for leaf in leaves):
        return False
    reads = step.loss_value.reads if step.loss_value is not None else frozenset()
    return any(variable.trainable is not True for variable in reads)
