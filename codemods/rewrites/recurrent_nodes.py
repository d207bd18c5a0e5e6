"""Pieces of syntax that the rewriting of recurrent cells puts together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def filled(text: str, values: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression:
    """An expression with others in the place of names."""
    found = cst.parse_expression(text).visit(_Fill(values))
    assert isinstance(found, cst.BaseExpression)
    return found


def replaced(node: cst.BaseExpression, values: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression:
    """A copy of an expression with others in the place of names."""
    found = node.visit(_Fill(values)) if values else node
    assert isinstance(found, cst.BaseExpression)
    return found


class _Fill(cst.CSTTransformer):
    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._values = values

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        return None

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        found = self._values.get(original_node.value)
        return updated_node if found is None else found.deep_clone()


def keyword(name: str, value: cst.BaseExpression | None = None) -> cst.Arg:
    """``name=value``, or ``name=True``."""
    return cst.Arg(value if value is not None else cst.Name("True"), cst.Name(name), equal=TIGHT)


def call(function: cst.BaseExpression | str, arguments: Sequence[cst.Arg]) -> cst.Call:
    """A call with arguments on one line."""
    name = cst.Name(function) if isinstance(function, str) else function
    args = [arg.with_changes(comma=COMMA) for arg in arguments[:-1]]
    args += [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in arguments[-1:]]
    return cst.Call(name, args)


def assigned(
    target: cst.BaseAssignTargetExpression, value: cst.BaseExpression, above: Sequence[cst.EmptyLine] = ()
) -> cst.SimpleStatementLine:
    """``target = value`` as a line, with others above it."""
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)], leading_lines=above)


def listed(items: Sequence[cst.BaseExpression]) -> cst.List:
    """``[a, b]``."""
    elements = [cst.Element(item, comma=COMMA) for item in items[:-1]] + [cst.Element(item) for item in items[-1:]]
    return cst.List(elements)
