"""Operators on abstract values."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from codemods.inventory import host, numbers
from codemods.inventory.program import Program
from codemods.inventory.values import (
    UNKNOWN,
    Array,
    Bound,
    Class,
    Function,
    Instance,
    Items,
    Node,
    Special,
    Symbol,
    Unknown,
    known,
    nodes_in,
)  # fmt: skip

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_, ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_LARGEST = 10**15
_LONGEST = 5_000  # items of a list, characters of a text


class Operators:
    """Evaluates operators; what they are applied to is evaluated by the subclass."""

    program: Program

    def value(self, node: ast.expr) -> Any:
        """The abstract value of an expression."""
        raise NotImplementedError

    def binary(self, node: ast.BinOp) -> Any:
        return self.operation(node.op, self.value(node.left), self.value(node.right))

    def operation(self, op: ast.operator, left: Any, right: Any) -> Any:
        """The result of a binary operator."""
        if isinstance(left, (Node, Array)) or isinstance(right, (Node, Array)):
            return numbers.elementwise(self.program, [left, right], matmul=isinstance(op, ast.MatMult))
        if isinstance(op, ast.Mod) and isinstance(left, (str, Unknown)) and host.text_of(left) is not None:
            return host.percent(left, right)
        if isinstance(op, ast.Add) and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            if isinstance(left, tuple) is not isinstance(right, tuple) or is_open(left) or is_open(right):
                return self.mixed(left, right)
            if len(left) + len(right) > _LONGEST:
                return self.mixed(left, right)
            both = [*left, *right]
            return tuple(both) if isinstance(left, tuple) else Items(both, len(self.program.conditions))
        if isinstance(op, ast.Mult) and isinstance(left, (list, tuple)) and isinstance(right, int):
            if is_open(left) or len(left) * right > _LONGEST:
                return self.mixed(left)
            return left * right if isinstance(left, tuple) else Items(left * right, len(self.program.conditions))
        if isinstance(op, ast.Add) and host.text_of(left) is not None and host.text_of(right) is not None:
            return host.text([left, right]) if _size(left) + _size(right) < _LONGEST else UNKNOWN
        if known(left) and known(right) and _small(op, left, right):
            try:
                result = _OPERATORS[type(op)](left, right)
            except (KeyError, TypeError, ValueError, ArithmeticError):
                return UNKNOWN
            return result if not isinstance(result, int) or abs(result) < _LARGEST else UNKNOWN
        return self.mixed(left, right)

    def mixed(self, *values: Any) -> Any:
        """The result of computing with values of which some are not known."""
        nodes = tuple(nodes_in(list(values)))
        return Unknown(nodes=nodes) if nodes else UNKNOWN

    def unary(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            truth = self.truth(value)
            return UNKNOWN if truth is None else not truth
        if isinstance(value, (Node, Array)):
            return numbers.elementwise(self.program, [value])
        if isinstance(value, (int, float)):
            if isinstance(node.op, ast.Invert):
                return ~int(value)
            return -value if isinstance(node.op, ast.USub) else value
        return UNKNOWN

    def boolean(self, node: ast.BoolOp) -> Any:
        ends = isinstance(node.op, ast.Or)
        value: Any = UNKNOWN
        for part in node.values:
            value = self.value(part)
            truth = self.truth(value)
            if truth is ends:
                return value
            if truth is None:
                for rest in node.values[node.values.index(part) + 1 :]:
                    if self.truth(self.value(rest)) is ends and isinstance(self.value(rest), bool):
                        return ends
                return UNKNOWN
        return value

    def truth(self, value: Any) -> bool | None:
        """Whether a value counts as true; None when that is not known."""
        if is_open(value):
            return None
        if known(value) or isinstance(value, (list, tuple, dict)):
            return bool(value)
        if isinstance(value, (Instance, Function, Class, Symbol, Special, Bound)):
            return True
        return None

    def compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        result: Any = True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            found = self.compared(op, left, right)
            if isinstance(found, Node):
                return found
            if not isinstance(found, bool):
                result = UNKNOWN
            elif not found:
                return False
            left = right
        return result

    def compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(op, (ast.Is, ast.IsNot)):
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return UNKNOWN
            same = left is right or (known(left) and known(right) and left == right)
            return same if isinstance(op, ast.Is) else not same
        if isinstance(op, (ast.In, ast.NotIn)):
            if not known(left) or not (known(right) or isinstance(right, dict)):
                return UNKNOWN
            try:
                return (left in right) is isinstance(op, ast.In)
            except TypeError:
                return UNKNOWN
        if isinstance(op, (ast.Eq, ast.NotEq)) and any(isinstance(side, (Symbol, Node)) for side in (left, right)):
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return UNKNOWN
            return (left == right) is isinstance(op, ast.Eq)
        if isinstance(left, Node) or isinstance(right, Node):
            return numbers.elementwise(self.program, [left, right], dtype="bool", cut=True)
        if known(left) and known(right):
            try:
                return bool(_COMPARISONS[type(op)](left, right))
            except (KeyError, TypeError):
                return UNKNOWN
        return UNKNOWN

    def conditional(self, node: ast.IfExp) -> Any:
        test = self.truth(self.value(node.test))
        if test is not None:
            return self.value(node.body if test else node.orelse)
        with self.program.uncertain("a conditional expression"):
            return host.merge([self.value(node.body), self.value(node.orelse)], self.program)


def _small(op: ast.operator, left: Any, right: Any) -> bool:
    """Whether computing with plain values takes no time to speak of."""
    sizes = abs(_size(left)), abs(_size(right))
    if isinstance(op, (ast.Pow, ast.LShift)):
        return sizes[0] < _LARGEST and sizes[1] <= 64
    if isinstance(op, ast.Mult) and any(isinstance(side, (str, bytes, list, tuple)) for side in (left, right)):
        return sizes[0] * sizes[1] < _LONGEST
    return max(sizes) < _LARGEST


def is_open(value: Any) -> bool:
    return isinstance(value, Items) and value.open


def _size(value: Any) -> float:
    if isinstance(value, (str, list, tuple)):
        return len(value)
    return value if isinstance(value, (int, float)) else 0.0
