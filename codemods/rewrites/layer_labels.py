"""Names that the program gave its layers: which of them the layers of Keras can have, too."""

from __future__ import annotations

import re

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.rewrites.literals import literal_value

_LABEL = re.compile(r"[\w.\-]+")
_COUNTED = re.compile(r"([\w.\-]*)(?:%d|%i|\{\}|\{0\})([\w.\-]*)")


def keeps(ctx: Context, node: cst.BaseExpression) -> bool:
    """Whether a layer can have this name in Keras: a model has no two layers of one name, nor ``/`` in one."""
    label = literal_value(node)
    if isinstance(label, str):
        return _LABEL.fullmatch(label) is not None and _is_unique(ctx, label, node)
    parts = _counted(node)
    counter = parts[1] if parts is not None else None
    if parts is None or counter is None or not _counts(ctx, node, counter):
        return False
    others = [made.arguments["name"].value for made in ctx.keras.made.values() if "name" in made.arguments]
    return not any(_may_equal(parts[0], other) for other in others if other is not node)


def _is_unique(ctx: Context, label: str, node: cst.BaseExpression) -> bool:
    """Whether only one layer of the file has this label."""
    named = [made for made in ctx.keras.made.values() if "name" in made.arguments]
    same = [made for made in named if literal_value(made.arguments["name"].value) == label]
    repeated = any(made.repeated for made in same if made.arguments["name"].value is node)
    return len(same) < 2 and not repeated


def _counted(node: cst.BaseExpression) -> tuple[str, cst.Name | None] | None:
    """``"hidden%d" % (i + 1)``, ``"hidden{}".format(i)``, ``f"hidden{i}"``, ``"hidden" + str(i)``: start, counter."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.left, cst.SimpleString):
        if isinstance(node.operator, cst.Modulo):
            return _filled(node.left, node.right)
        if isinstance(node.operator, cst.Add) and isinstance(node.right, cst.Call) and len(node.right.args) == 1:
            text = literal_value(node.left)
            plain = isinstance(node.right.func, cst.Name) and node.right.func.value == "str"
            if plain and isinstance(text, str) and _LABEL.fullmatch(text):
                return text, _number(node.right.args[0].value)
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and isinstance(node.func.value, cst.SimpleString)
    ):
        if node.func.attr.value == "format" and len(node.args) == 1 and not node.args[0].star:
            return _filled(node.func.value, node.args[0].value)
        return None
    if isinstance(node, cst.FormattedString) and len(node.parts) in (1, 2, 3):
        holes = [part for part in node.parts if isinstance(part, cst.FormattedStringExpression)]
        texts = [part.value for part in node.parts if isinstance(part, cst.FormattedStringText)]
        plain = len(holes) == 1 and holes[0].conversion is None and holes[0].format_spec is None
        if plain and all(_LABEL.fullmatch(text) for text in texts):
            start = node.parts[0]
            return start.value if isinstance(start, cst.FormattedStringText) else "", _number(holes[0].expression)
    return None


def _filled(template: cst.SimpleString, given: cst.BaseExpression) -> tuple[str, cst.Name | None] | None:
    found = _COUNTED.fullmatch(str(template.evaluated_value))
    if isinstance(given, cst.Tuple) and len(given.elements) == 1:
        given = given.elements[0].value
    return (found[1], _number(given)) if found is not None else None


def _number(node: cst.BaseExpression) -> cst.Name | None:
    """The name in ``i`` and ``i + 1``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Add, cst.Subtract)):
        return node.left if isinstance(node.left, cst.Name) and isinstance(node.right, cst.Integer) else None
    return node if isinstance(node, cst.Name) else None


def _counts(ctx: Context, node: cst.CSTNode, counter: cst.Name) -> bool:
    """Whether the one loop around ``node`` counts ``counter``: it differs at each turn, and the loop runs once."""
    loops = []
    current = ctx.parents.get(node)
    while current is not None and not isinstance(current, cst.Module):
        if isinstance(current, (cst.FunctionDef, cst.While, cst.BaseComp, cst.Lambda)):
            return False
        loops += [current] if isinstance(current, cst.For) else []
        current = ctx.parents.get(current)
    if len(loops) != 1 or not isinstance(loops[0].iter, cst.Call) or not isinstance(loops[0].iter.func, cst.Name):
        return False
    loop, function = loops[0], loops[0].iter.func.value
    target: cst.BaseAssignTargetExpression | cst.BaseExpression = loop.target
    if function == "enumerate" and isinstance(target, cst.Tuple) and target.elements:
        target = target.elements[0].value
    elif function not in ("range", "xrange"):
        return False
    rebound = any(
        isinstance(item, cst.Name)
        and item.value == counter.value
        and isinstance(ctx.parents.get(item), cst.AssignTarget)
        for item in tree.walk(loop.body)
    )
    return isinstance(target, cst.Name) and target.value == counter.value and not rebound


def _may_equal(start: str, other: cst.BaseExpression) -> bool:
    """Whether another label may be one that begins with ``start``."""
    label = literal_value(other)
    if isinstance(label, str):
        return label.startswith(start)
    parts = _counted(other)
    return parts is None or parts[0].startswith(start) or start.startswith(parts[0])
