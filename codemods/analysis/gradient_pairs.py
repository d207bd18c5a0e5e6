"""Pairs of ``compute_gradients`` of which only the variables are read: the list of variables says the same.

``[(total[i], pair[1]) for i, pair in enumerate(pairs)]`` applies gradients that were summed up before. It needs the
variables of the pairs and no gradient, so a run of it needs no feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.slices import free_names
from codemods.analysis.values import Gradients

if TYPE_CHECKING:
    from codemods.analysis.methods import Methods


@dataclass(frozen=True, eq=False)
class VariablesOnly:
    """``pairs`` is the name of the list of pairs, ``gradients`` what it holds, ``swaps`` what to write instead."""

    pairs: str
    gradients: Gradients
    swaps: tuple[tuple[cst.CSTNode, cst.BaseExpression], ...]


def variables_only(evaluator: Methods, node: cst.BaseExpression | None) -> VariablesOnly | None:
    """The same list made from the variables, where a comprehension over pairs reads no gradient."""
    if not isinstance(node, (cst.ListComp, cst.GeneratorExp)):
        return None
    clause = node.for_in
    found = _iterated(evaluator, clause)
    if found is None or clause.inner_for_in is not None or clause.ifs:
        return None
    name, target = found
    value = evaluator.last_values.get(name)
    made = value.payload if value is not None else None
    listed = made.variables if isinstance(made, Gradients) else None
    names = [item.value for item in listed.elements] if isinstance(listed, (cst.List, cst.Tuple)) else [listed]
    if not isinstance(made, Gradients) or evaluator.current is None or listed is None:
        return None
    if not all(isinstance(item, cst.Name) for item in names):
        return None
    bindings = evaluator.current.uses.get(name.value, ())
    if any(binding.sources != {made.statement} for binding in bindings):
        return None  # changed since, or one of several
    swaps: list[tuple[cst.CSTNode, cst.BaseExpression]] = [(name, listed.deep_clone())]
    if isinstance(target, cst.Tuple) and len(target.elements) == 2:
        gradient, variable = (element.value for element in target.elements)
        if not isinstance(variable, cst.Name) or set(free_names(gradient)) & set(free_names(node.elt)):
            return None
        return VariablesOnly(name.value, made, (*swaps, (target, cst.Name(variable.value))))
    if not isinstance(target, cst.Name):
        return None
    new = "variable" if "variable" not in free_names(node) else target.value
    seconds = [item for item in tree.walk(node.elt) if _is_second(item, target.value)]
    named = [item for item in tree.walk(node.elt) if isinstance(item, cst.Name) and item.value == target.value]
    if len(seconds) != len(named):
        return None
    return VariablesOnly(
        name.value, made, (*swaps, (target, cst.Name(new)), *((item, cst.Name(new)) for item in seconds))
    )


def _iterated(evaluator: Methods, clause: cst.CompFor) -> tuple[cst.Name, cst.BaseExpression] | None:
    """The name of the list of pairs, and the target that each pair is bound to."""
    if isinstance(clause.iter, cst.Name):
        return clause.iter, clause.target
    call = clause.iter
    function = call.func.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Name) else None
    if not isinstance(call, cst.Call) or not isinstance(clause.target, cst.Tuple):
        return None
    targets = [element.value for element in clause.target.elements]
    given = [argument.value for argument in call.args]
    if any(argument.keyword is not None or argument.star for argument in call.args):
        return None
    if function == "enumerate" and len(given) == 1 and len(targets) == 2:
        given, targets = given, targets[1:]
    elif function != "zip" or len(given) != len(targets):
        return None
    for node, target in zip(given, targets, strict=True):
        value = evaluator.last_values.get(node)
        if isinstance(node, cst.Name) and value is not None and isinstance(value.payload, Gradients):
            return node, target
    return None


def _is_second(node: cst.CSTNode, name: str) -> bool:
    """Whether ``node`` is ``name[1]``."""
    if not isinstance(node, cst.Subscript) or not isinstance(node.value, cst.Name) or node.value.value != name:
        return False
    index = node.slice[0].slice if len(node.slice) == 1 else None
    return isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) and index.value.value == "1"
