"""What is fed, by its dtype: where TF1's conversion of a fed Python value and that of a traced function differ."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.staging import Staging
from codemods.analysis.statements import Feed
from codemods.analysis.values import Kind, Placeholder
from codemods.findings import Refusal
from codemods.plan import Lowering


def check_feed(staging: Staging, feed: Feed, placeholder: Placeholder) -> None:
    """Raise Refusal where TF1 converts a Python value that TF2 does not: 3.5 for an integer, 1 for a bool."""
    dtype = dtype_name(staging, placeholder)
    if dtype is None:
        return
    numbers = [number for number in _literals(feed.value)]
    if dtype == "bool":
        wrong = [item for item in numbers if not _is_bool(item)]
    elif "int" in dtype:
        wrong = [item for item in numbers if isinstance(item, cst.Float) or _is_bool(item)]
    elif "float" in dtype:
        wrong = [item for item in numbers if _is_bool(item)]
    else:
        wrong = []
    if wrong:
        text = cst.Module([]).code_for_node(wrong[0])
        raise Refusal("TF251", f"{text} is fed to a placeholder of type {dtype}, which TF2 does not convert", feed.value)


def check_fetched(staging: Staging, lowering: Lowering, fed: set[Placeholder]) -> None:
    """Raise Refusal where a run returns what it was fed: TF1 hands back the fed object, not a tensor's value."""
    for element in lowering.elements:
        for leaf in element.value.leaves():
            found = leaf.payload
            if leaf.kind is not Kind.PLACEHOLDER or not isinstance(found, Placeholder) or found not in fed:
                continue
            shaped = isinstance(found.shape, (cst.List, cst.Tuple)) and bool(found.shape.elements)
            if not shaped or dtype_name(staging, found) in (None, "string"):
                raise Refusal("TF248", "a placeholder is fed and fetched in one run", lowering.site.call)


def dtype_name(staging: Staging, placeholder: Placeholder) -> str | None:
    """The name of a placeholder's dtype, where it is written in the call."""
    node = placeholder.dtype
    if node is None:
        return None
    if isinstance(node, cst.SimpleString):
        return str(node.evaluated_value)
    symbol = staging.symbols.of(node)
    name = symbol if symbol is not None else node.attr.value if isinstance(node, cst.Attribute) else ""
    return name.rpartition(".")[2] or None


def _literals(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The literal numbers and truth values of a literal, or of a list of literals."""
    if isinstance(node, (cst.Integer, cst.Float)) or _is_bool(node):
        return [node]
    if isinstance(node, cst.UnaryOperation):
        return _literals(node.expression)
    if isinstance(node, (cst.List, cst.Tuple)):
        return [found for element in node.elements for found in _literals(element.value)]
    return []


def _is_bool(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")
