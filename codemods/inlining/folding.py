"""Conditions on parameters of a helper function that a call decides: only the branch that it takes is written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.frames import literal
from codemods.inlining.names import bound_names, executed
from codemods.tree import is_none


@dataclass(frozen=True)
class Given:
    """What is known of the value of a parameter: the value, or only that it is not None."""

    value: object = None
    known: bool = True  # ``value`` is the value


NOT_NONE = Given(known=False)
_NEVER_NONE = (
    cst.List, cst.Tuple, cst.Dict, cst.Integer, cst.Float, cst.SimpleString, cst.ConcatenatedString,
    cst.FormattedString, cst.Lambda, cst.BinaryOperation, cst.ListComp,
)  # fmt: skip


def given(node: cst.BaseExpression) -> Given | None:
    """What is known of an argument by its text."""
    if is_none(node):
        return Given(None)
    found = literal(node)
    if found is not None:
        return Given(found)
    return NOT_NONE if isinstance(node, _NEVER_NONE) else None


@dataclass
class Folded:
    """The statements that are left; new nodes with those that they came from; conditional expressions decided."""

    statements: list[cst.BaseStatement]
    known: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    chosen: dict[cst.IfExp, bool] = field(default_factory=dict)


def fold(statements: Sequence[cst.BaseStatement], parameters: Mapping[str, Given]) -> Folded:
    """Take the branches that the values of ``parameters`` decide, in a function's body and its ``with`` blocks."""
    result = Folded([])
    result.statements = _block(statements, dict(parameters), result)
    return result


def _block(
    statements: Sequence[cst.BaseStatement], values: dict[str, Given], result: Folded
) -> list[cst.BaseStatement]:
    found: list[cst.BaseStatement] = []
    for statement in statements:
        if last_return(found) is not None:
            break  # what follows is never reached
        if isinstance(statement, cst.If):
            found += _if(statement, values, result)
            continue
        if isinstance(statement, cst.With):
            for item in statement.items:
                _choose(item, values, result)
            inner = _block(lines_of(statement.body), values, result)
            if inner != lines_of(statement.body):
                new = statement.with_changes(body=cst.IndentedBlock(inner or [_pass()]))
                result.known[new] = statement
                statement = new
            found.append(statement)
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                _choose(small, values, result)
                _forget(small, values)
            found.append(statement)
        else:
            _forget(statement, values)  # in a loop, or where an error may lead, the old value may be gone
            found.append(statement)
    return found


def _if(node: cst.If, values: dict[str, Given], result: Folded) -> list[cst.BaseStatement]:
    taken = truth(node.test, values)
    if taken is None:
        _choose(node.test, values, result)
        _forget(node, values)
        return [node]
    if taken:
        return _with_comments(node, _block(lines_of(node.body), values, result), result)
    if isinstance(node.orelse, cst.If):
        return _if(node.orelse, values, result)
    return _block(lines_of(node.orelse.body), values, result) if node.orelse is not None else []


def _with_comments(node: cst.If, lines: list[cst.BaseStatement], result: Folded) -> list[cst.BaseStatement]:
    """The lines of a branch, whose condition is gone, below the comments that stood above that."""
    if not lines or not any(line.comment for line in node.leading_lines):
        return lines
    first = lines[0].with_changes(leading_lines=[*node.leading_lines, *getattr(lines[0], "leading_lines", ())])
    result.known[first] = lines[0]
    return [first, *lines[1:]]


def truth(node: cst.BaseExpression, values: Mapping[str, Given]) -> bool | None:
    """Whether a condition holds; None if that is not known."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        inner = truth(node.expression, values)
        return None if inner is None else not inner
    if isinstance(node, cst.BooleanOperation):
        left, right = truth(node.left, values), truth(node.right, values)
        decisive = isinstance(node.operator, cst.Or)
        if left is decisive or (right is decisive and left is not None):
            return decisive
        return None if left is None or right is None else not decisive
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        return _compared(node, values)
    found = _value(node, values)
    return bool(found.value) if found is not None and found.known else None


def _compared(node: cst.Comparison, values: Mapping[str, Given]) -> bool | None:
    left = _value(node.left, values)
    operator, other = node.comparisons[0].operator, _value(node.comparisons[0].comparator, values)
    if left is None or other is None:
        return None
    if isinstance(operator, (cst.Is, cst.IsNot)):
        if not (other.known and other.value is None):
            return None
        return (left.known and left.value is None) is isinstance(operator, cst.Is)
    if isinstance(operator, (cst.Equal, cst.NotEqual)) and left.known and other.known:
        return (left.value == other.value) is isinstance(operator, cst.Equal)
    return None


def _value(node: cst.BaseExpression, values: Mapping[str, Given]) -> Given | None:
    if is_none(node):
        return Given(None)
    if isinstance(node, cst.Name) and node.value in values:
        return values[node.value]
    found = literal(node)
    return Given(found) if found is not None else None


def _choose(node: cst.CSTNode, values: Mapping[str, Given], result: Folded) -> None:
    for found in executed(node):
        if isinstance(found, cst.IfExp):
            taken = truth(found.test, values)
            if taken is not None:
                result.chosen[found] = taken


def _forget(node: cst.CSTNode, values: dict[str, Given]) -> None:
    for name in bound_names([node]):
        values.pop(name, None)


def lines_of(body: cst.BaseSuite) -> list[cst.BaseStatement]:
    """The statements of a suite, each on a line of its own."""
    found: list[cst.BaseStatement] = []
    for item in body.body:
        if isinstance(item, cst.BaseStatement):
            found.append(item)
        elif isinstance(item, cst.BaseSmallStatement):
            found.append(cst.SimpleStatementLine([item.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]))
    return found


def _pass() -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Pass()])


def returns(statements: Sequence[cst.CSTNode]) -> list[cst.Return]:
    """The ``return`` statements of a function with such a body."""
    return [found for item in statements for found in executed(item) if isinstance(found, cst.Return)]


def last_return(statements: Sequence[cst.BaseStatement]) -> cst.Return | None:
    """The ``return`` with which a body surely ends, in a ``with`` block perhaps."""
    last = statements[-1] if statements else None
    if isinstance(last, cst.With):
        return last_return(lines_of(last.body))
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
    return small if isinstance(small, cst.Return) else None
