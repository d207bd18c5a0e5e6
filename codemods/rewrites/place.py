"""Where a call stands, and the new expressions that can be made there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.symbols import Scope
from codemods.context import Context
from codemods.edits import Edits
from codemods.rewrites import spelling

IsConstant = Callable[[cst.BaseExpression], bool]


@dataclass
class Place:
    """Where a call stands: what a rule needs to make new expressions there."""

    ctx: Context
    edits: Edits
    scope: Scope
    is_constant: IsConstant

    def symbol(self, target: str) -> cst.BaseExpression:
        """A new expression for a TF2 symbol."""
        return spelling.symbol(self.ctx, self.edits, self.scope, target)

    def call(self, target: str, *arguments: cst.BaseExpression) -> cst.Call:
        """A new call of a TF2 symbol with positional arguments."""
        return cst.Call(self.symbol(target), [cst.Arg(argument) for argument in arguments])


def parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` so that it can be an operand of any operator or have a suffix."""
    simple = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Float, cst.Integer, cst.List, cst.Dict)
    if node.lpar or isinstance(node, (*simple, cst.SimpleString, cst.FormattedString)):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
