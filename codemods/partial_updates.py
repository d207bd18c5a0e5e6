"""Statements that make several updates of which a run may want only some: an emitted function would do them all."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.roles import ASSIGN_METHODS
from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind
from codemods.findings import Refusal
from codemods.plan import Function

_MESSAGE = "one statement makes several updates, and it is not certain that the run wants them all"
_WHOLE = (cst.Element, cst.StarredElement, cst.List, cst.Tuple, cst.BinaryOperation)
_TAKERS = ("group", "control_dependencies")


def check(function: Function, late: list[Statement], parents: Mapping[cst.CSTNode, cst.CSTNode]) -> list[Refusal]:
    """Why ``function`` may do more than its runs want (TF204); empty when it does not."""
    for item in late:
        loop = isinstance(item.node, (cst.For, cst.While))
        # What a control dependency writes out runs whenever the body does.
        required = sum(not isinstance(found, (cst.Name, cst.Attribute)) for found in item.dependencies)
        if len(item.assigned) - required < 2 and not (loop and item.assigned):
            continue
        if item.binds and not _wanted(function, item, parents):
            return [Refusal("TF204", _MESSAGE, item.node)]
    return []


def _wanted(function: Function, item: Statement, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether all updates of ``item`` are in one list (or are one value), which is only used as a whole."""
    lists = [name for name, binding in item.binds.items() if binding.value.kind is Kind.SEQUENCE]
    if isinstance(item.node, (cst.For, cst.While)):
        if len(lists) != 1 or not _only_appends(item.node, lists[0]):
            return False
    elif len(item.binds) != 1:
        return False
    users: list[cst.CSTNode] = [other.node for other in function.slice.statements if other is not item]
    users += [element.node for lowering in function.lowerings for element in lowering.elements]
    inner = set(item.binds) - set(lists) if lists else set()
    for user in users:
        for node in tree.walk(user):
            if not isinstance(node, cst.Name) or not _is_read(node, parents):
                continue
            if node.value in inner or (node.value in lists and not _taken_whole(node, parents)):
                return False
    return True


def _only_appends(node: cst.For | cst.While, name: str) -> bool:
    """Whether each turn of a loop makes one update, and appends that to the list ``name``."""
    update: str | None = None
    appended = 0
    for line in node.body.body if isinstance(node, cst.For) else ():
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
        if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name):
            if _updates(small.value) and update is None:
                update = small.targets[0].target.value
                continue
            if _updates_inside(small.value):
                return False
            continue
        call = small.value if isinstance(small, cst.Expr) else None
        if not isinstance(call, cst.Call) or not _appends(call, name):
            return False
        given = call.args[0].value
        if not (_updates(given) if update is None else isinstance(given, cst.Name) and given.value == update):
            return False
        appended += 1
    return appended == 1


def _appends(call: cst.Call, name: str) -> bool:
    function = call.func
    if not isinstance(function, cst.Attribute) or not isinstance(function.value, cst.Name) or len(call.args) != 1:
        return False
    return function.value.value == name and function.attr.value == "append"


def _updates(node: cst.BaseExpression) -> bool:
    """Whether an expression is one update, of which the arguments are none."""
    function = node.func if isinstance(node, cst.Call) else None
    if not isinstance(node, cst.Call) or not isinstance(function, cst.Attribute):
        return False
    if function.attr.value not in ASSIGN_METHODS:
        return False
    return not any(_updates_inside(argument.value) for argument in node.args)


def _updates_inside(node: cst.CSTNode) -> bool:
    return any(isinstance(found, cst.Attribute) and found.attr.value in ASSIGN_METHODS for found in tree.walk(node))


def _is_read(node: cst.Name, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether a name is evaluated: no target of an assignment, keyword or attribute."""
    parent = parents.get(node)
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    return not (isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.Arg) and parent.keyword is node))


def _taken_whole(node: cst.Name, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether a list is fetched, grouped or waited for as a whole."""
    current: cst.CSTNode = node
    parent = parents.get(current)
    while isinstance(parent, _WHOLE):
        current, parent = parent, parents.get(parent)
    if not isinstance(parent, cst.Arg):
        return False
    call = parents.get(parent)
    name = call.func.attr.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) else ""
    return name in _TAKERS or (name == "run" and not parent.star)
