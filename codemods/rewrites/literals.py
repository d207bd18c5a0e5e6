"""Host numbers in source, as the Python `float` that Keras 3 insists on, and calls made of such values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

import libcst as cst

Value = Callable[[cst.BaseExpression], object]

_KEYWORDS: dict[str, object] = {"True": True, "False": False}


def literal_value(expression: cst.BaseExpression) -> object:
    """Return the number, string or bool that ``expression`` spells out, or None when it is not a literal."""
    if isinstance(expression, cst.Name):
        return _KEYWORDS.get(expression.value)
    if isinstance(expression, cst.Integer | cst.Float | cst.SimpleString):
        return ast.literal_eval(expression.value)
    if isinstance(expression, cst.UnaryOperation) and isinstance(expression.operator, cst.Minus):
        operand = literal_value(expression.expression)
        return -operand if isinstance(operand, int | float) else None
    return None


def python_float(expression: cst.BaseExpression, value: Value = literal_value) -> cst.BaseExpression:
    """Return ``expression``, or the shortest form of it that is surely a ``float`` with the same value.

    ``value`` gives the host value of an expression, or None when it is not known.
    """
    if _is_float(expression, value):
        return expression
    if isinstance(expression, cst.Integer):
        return cst.Float(repr(float(ast.literal_eval(expression.value))))
    bare = expression.with_changes(lpar=(), rpar=()) if len(expression.lpar) == 1 else expression
    return cst.Call(cst.Name("float"), [cst.Arg(bare)])


def _is_float(expression: cst.BaseExpression, value: Value) -> bool:
    known = value(expression)
    if known is not None:
        return isinstance(known, float)
    if isinstance(expression, cst.UnaryOperation):
        return isinstance(expression.operator, cst.Minus | cst.Plus) and _is_float(expression.expression, value)
    if isinstance(expression, cst.BinaryOperation):
        # int / int is a float too, but an array divided is not: one side must be a number that is known.
        sides = [expression.left, expression.right]
        if isinstance(expression.operator, cst.Divide):
            return all(_is_number(side, value) for side in sides)
        if isinstance(expression.operator, cst.Add | cst.Subtract | cst.Multiply):
            return all(_is_number(side, value) for side in sides) and any(_is_float(side, value) for side in sides)
        if isinstance(expression.operator, cst.Power):
            exponent = value(expression.right)
            return _is_number(expression.left, value) and isinstance(exponent, int | float) and exponent < 0
    callee = expression.func if isinstance(expression, cst.Call) else None
    return isinstance(callee, cst.Name) and callee.value == "float"


def _is_number(expression: cst.BaseExpression, value: Value) -> bool:
    return isinstance(value(expression), int | float) or _is_float(expression, value)


def call(function: str, arguments: Iterable[tuple[str | None, cst.BaseExpression]]) -> cst.Call:
    """Return the call of the dotted name ``function`` with (keyword or None, value) ``arguments``."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Call(
        cst.parse_expression(function),
        [
            cst.Arg(value, keyword=cst.Name(keyword), equal=equal) if keyword else cst.Arg(value)
            for keyword, value in arguments
        ],
    )
