"""Static shapes of a builder's input: numbers that its variables may be made from before any tensor is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True)
class ShapeRead:
    """A read of a static shape, like ``int(x.get_shape()[1])``: the whole expression, and how it is indexed."""

    node: cst.BaseExpression
    subscripts: tuple[cst.Subscript, ...]

    def written(self, name: str) -> cst.BaseExpression:
        """The same read of a shape that is a tuple called ``name``."""
        found: cst.BaseExpression = cst.Name(name)
        for subscript in self.subscripts:
            found = cst.Subscript(found, subscript.slice)
        return found


def shape_read(name: cst.Name, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> ShapeRead | None:
    """The read of a static shape that ``name``, a tensor, starts; None for every other use of it."""
    first = parents.get(name)
    if not isinstance(first, cst.Attribute) or first.value is not name:
        return None
    node: cst.BaseExpression = first
    if first.attr.value == "get_shape":
        called = _called(node, parents)
        if called is None:
            return None
        node = called
    elif first.attr.value != "shape":
        return None
    subscripts: list[cst.Subscript] = []
    while True:
        parent = parents.get(node)
        if isinstance(parent, cst.Subscript) and parent.value is node:
            subscripts.append(parent)
            node = parent
        elif isinstance(parent, cst.Attribute) and parent.attr.value == "as_list":
            called = _called(parent, parents)
            if called is None:
                return None
            node = called
        elif isinstance(parent, cst.Attribute) and parent.attr.value == "value" and subscripts:
            node = parent
        elif isinstance(parent, cst.Attribute):
            return None
        else:
            whole = parents.get(parent) if isinstance(parent, cst.Arg) else None
            if isinstance(whole, cst.Call) and isinstance(whole.func, cst.Name) and whole.func.value == "int":
                node = whole
            return ShapeRead(node, tuple(subscripts))


def _called(node: cst.BaseExpression, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> cst.Call | None:
    parent = parents.get(node)
    return parent if isinstance(parent, cst.Call) and parent.func is node and not parent.args else None
