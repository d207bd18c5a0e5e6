"""Comprehensions that choose variables by their names: ``[v for v in tf.trainable_variables() if "d_" in v.name]``.

The names are those that TF1 gave. Where TF2 gives another one (to the weights of layers) the list is written out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.values import Kind, Value, Variable

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

_METHODS = {"startswith": str.startswith, "endswith": str.endswith}
_PATTERNS = {"match": re.match, "search": re.search, "fullmatch": re.fullmatch}


def chosen(evaluator: EvaluatorBase, clause: cst.CompFor, iterated: Value) -> list[Variable] | None:
    """The variables that the clause of a comprehension over a list of them keeps; None for any other clause."""
    if clause.inner_for_in is not None or not clause.ifs:
        return None
    target = clause.target
    if not isinstance(target, cst.Name):
        return None
    if iterated.kind is not Kind.SEQUENCE or not iterated.items:
        return None
    found = []
    for item in iterated.items:
        variable = item.payload
        if item.kind is not Kind.VARIABLE or not isinstance(variable, Variable):
            return None
        name = evaluator.state.full_names.get(variable)
        if name is None:
            return None
        kept = [_decide(evaluator, test.test, target.value, name) for test in clause.ifs]
        if None in kept:
            return None
        if all(kept):
            found.append(variable)
    return found


def _decide(evaluator: EvaluatorBase, test: cst.BaseExpression, variable: str, name: str) -> bool | None:
    """Whether a condition holds for a variable of this name; None where that is not certain."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = _decide(evaluator, test.expression, variable, name)
        return None if inner is None else not inner
    if isinstance(test, cst.BooleanOperation):
        sides = [_decide(evaluator, side, variable, name) for side in (test.left, test.right)]
        if None in sides:
            return None
        return all(sides) if isinstance(test.operator, cst.And) else any(sides)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        operator, right = test.comparisons[0].operator, test.comparisons[0].comparator
        part, whole = text(evaluator, test.left, variable, name), text(evaluator, right, variable, name)
        if part is None or whole is None:
            return None
        if isinstance(operator, cst.In | cst.NotIn):
            return (part in whole) is isinstance(operator, cst.In)
        if isinstance(operator, cst.Equal | cst.NotEqual):
            return (part == whole) is isinstance(operator, cst.Equal)
        return None
    if not isinstance(test, cst.Call) or not isinstance(test.func, cst.Attribute):
        return None
    texts = [text(evaluator, argument.value, variable, name) for argument in test.args]
    if any(argument.star or argument.keyword is not None for argument in test.args):
        return None
    method = test.func.attr.value
    if method in _METHODS and len(texts) == 1 and texts[0] is not None:
        owner = text(evaluator, test.func.value, variable, name)
        return None if owner is None else bool(_METHODS[method](owner, texts[0]))
    module = isinstance(test.func.value, cst.Name) and evaluator.symbols.path(test.func.value) == "re"
    if module and method in _PATTERNS and len(texts) == 2 and texts[0] is not None and texts[1] is not None:
        try:
            return _PATTERNS[method](texts[0], texts[1]) is not None
        except re.error:
            return None
    return None


def text(evaluator: EvaluatorBase, node: cst.BaseExpression, variable: str, name: str) -> str | None:
    """The text of ``v.name``, ``v.op.name``, or of a literal."""
    if isinstance(node, cst.Attribute) and node.attr.value == "name":
        owner = node.value
        if isinstance(owner, cst.Name) and owner.value == variable:
            return f"{name}:0"
        if isinstance(owner, cst.Attribute) and owner.attr.value == "op":
            inner = owner.value
            return name if isinstance(inner, cst.Name) and inner.value == variable else None
        return None
    if isinstance(node, cst.Name) and node.value == variable:
        return None
    constant = evaluator.value(node).constant
    return constant if isinstance(constant, str) else None
