"""What optimizers are made from and what they train.

A gradient tape watches by itself only variables that are trainable. An optimizer stays where it was made, while graph
code moves into functions.
"""

from __future__ import annotations

from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Gradients, Kind, Optimizer, Training, Variable
from codemods.findings import Refusal


def check(staging: Staging) -> list[Refusal]:
    """Refuse lists (``var_list=``) that may hold a variable which the tape does not watch, and moving arguments."""
    found = []
    for statement in staging.ordered:
        for optimizer in statement.optimizers:
            if _moves(statement, optimizer):
                message = "an optimizer is made from something that graph code changes"
                found.append(Refusal("TF301", message, optimizer.call))
        steps: list[Training | Gradients] = [*statement.trainings, *statement.gradients]
        for step in steps:
            if step.variables is not None and _unwatched(staging, statement, step):
                message = "the list of variables to train may hold one that is not trainable"
                found.append(Refusal("TF307", message, step.call))
    return found


def _moves(statement: Statement, optimizer: Optimizer) -> bool:
    for name, argument in optimizer.arguments.items():
        if name == "learning_rate" and optimizer.rate_uses:
            continue  # each step assigns it, or calls it with its counter
        for read in free_names(argument.value):
            for source in (source for binding in statement.uses.get(read, ()) for source in binding.sources):
                if source is not None and source is not statement and source.role is Role.GRAPH:
                    return True
    return False


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
