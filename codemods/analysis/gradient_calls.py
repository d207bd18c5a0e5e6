"""Calls of ``tf.gradients`` and ``tf.hessians`` that TF2 cannot compute inside of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis.values import Kind

if TYPE_CHECKING:
    from codemods.analysis.methods import Methods

_CODE = "TF308"


def check(evaluator: Methods, node: cst.Call, symbol: str) -> None:
    """Refuse what needs the graph node of a variable, which a TF2 variable does not have (measured on TF 2.21).

    ``tf.hessians`` differentiates twice, and finds no path from the first gradient to a variable;
    ``stop_gradients=`` asks each of its entries for its operation.
    """
    entry = tables.lookup(symbol)
    arguments = tables.bind(node, entry) if entry is not None else {}

    def holds_variable(name: str) -> bool:
        value = evaluator.last_values.get(arguments[name].value) if name in arguments else None
        return value is not None and any(leaf.kind is Kind.VARIABLE for leaf in value.leaves())

    if symbol == "tf.hessians" and holds_variable("xs"):
        evaluator.refuse(_CODE, "tf.hessians with respect to a variable", node, symbol)
    if holds_variable("stop_gradients"):
        evaluator.refuse(_CODE, "gradients that stop at a variable", node, symbol)
