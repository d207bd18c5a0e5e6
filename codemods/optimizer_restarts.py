"""Optimizers that start again: an initialiser that runs after training also resets slots and counts of steps."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.statements import Site
from codemods.analysis.values import Optimizer, Training

# Everything that Keras keeps for these is 0 before the first step.
_FROM_ZERO = (
    "tf.train.AdamOptimizer",
    "tf.train.MomentumOptimizer",
    "tf.train.AdadeltaOptimizer",
    "tf.train.GradientDescentOptimizer",
)
_TEMPLATES = ("MomentumOptimizer", "GradientDescentOptimizer", "AdadeltaOptimizer")


def possible(trainings: Iterable[Training], site: Site) -> list[Optimizer]:
    """The optimizers of ``trainings`` that can be put back to their start where ``site`` runs an initialiser."""
    found = dict.fromkeys(training.optimizer for training in trainings)
    return sorted(
        (item for item in found if item.symbol in _FROM_ZERO and _is_seen(item, site)),
        key=lambda item: item.statement.order,
    )


def _is_seen(optimizer: Optimizer, site: Site) -> bool:
    """Whether the name of an optimizer means it where the initialiser runs."""
    name = optimizer.target
    if optimizer.statement.scope is not site.statement.scope and not optimizer.statement.scope.is_module:
        return False
    if name is None:  # made and used in one expression: it gets a name of its own
        return True
    binding = site.names.get(name)
    return binding is not None and binding.value.payload is optimizer


def starts_at_zero(template: str | None) -> bool:
    """Whether an emitted optimizer class (None: one of Keras) starts from zeros only."""
    return template is None or template in _TEMPLATES


def lines(name: str, variable: str, tensorflow: str) -> list[cst.BaseStatement]:
    """The lines that put an optimizer back to its start; its learning rate is not part of that."""
    text = (
        f"for {variable} in {name}.variables:\n"
        f"    if {variable} is not {name}.learning_rate:\n"
        f"        {variable}.assign({tensorflow}.zeros_like({variable}))\n"
    )
    return [cst.ensure_type(cst.parse_statement(text), cst.For)]
