"""Gradients and variables that a program takes apart at once are never put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

import libcst as cst

from codemods import tree


def without_zipping(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``g, v = zip(*list(zip(tape.gradient(loss, v), v)))`` is ``g = tape.gradient(loss, v)``."""
    found: list[cst.BaseStatement] = []
    for line in lines:
        zipped = any(isinstance(node, cst.Assign) and _pairs(node.value) is not None for node in tree.walk(line))
        new = line.visit(_Apart()) if zipped else line
        found += [item for item in (new if isinstance(new, cst.FlattenSentinel) else [new]) if _is_statement(item)]
    return found


def _is_statement(node: object) -> TypeGuard[cst.BaseStatement]:
    return isinstance(node, cst.BaseStatement)


class _Apart(cst.CSTTransformer):
    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        assign = updated_node.body[0] if len(updated_node.body) == 1 else None
        targets = _two_names(assign) if isinstance(assign, cst.Assign) else None
        pairs = _pairs(assign.value) if isinstance(assign, cst.Assign) else None
        if targets is None or pairs is None or not isinstance(assign, cst.Assign):
            return updated_node
        gradients, variables = targets
        first = updated_node.with_changes(body=[_bound(gradients, pairs[0])])
        if variables == pairs[1].value:
            return first
        return cst.FlattenSentinel([first, cst.SimpleStatementLine([_bound(variables, pairs[1])])])


def _bound(name: str, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.Name(name))], value)


def _two_names(assign: cst.Assign) -> tuple[str, str] | None:
    target = assign.targets[0].target
    names = [item.value for item in target.elements] if isinstance(target, cst.Tuple) else []
    if len(assign.targets) != 1 or len(names) != 2:
        return None
    first, second = names
    return (first.value, second.value) if isinstance(first, cst.Name) and isinstance(second, cst.Name) else None


def _pairs(node: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.Name] | None:
    """The gradients and the name of the variables in ``zip(*list(zip(gradients, variables)))``."""
    outer = _arguments(node, "zip")
    listed = _arguments(outer[0].value, "list") if len(outer) == 1 and outer[0].star == "*" else []
    inner = _arguments(listed[0].value, "zip") if len(listed) == 1 else []
    if len(inner) != 2 or not isinstance(inner[1].value, cst.Name):
        return None
    return inner[0].value, inner[1].value


def _arguments(node: cst.BaseExpression, name: str) -> Sequence[cst.Arg]:
    called = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == name
    return node.args if isinstance(node, cst.Call) and called else ()
