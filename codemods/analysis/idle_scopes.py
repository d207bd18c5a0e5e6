"""Scopes that give no name to anything any more: the ``with`` goes, and its body stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Role, Statement

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

_SCOPES = frozenset({"tf.name_scope", "tf.variable_scope"})


def dissolves(evaluator: EvaluatorBase, node: cst.With, statement: Statement) -> bool:
    """Whether a ``with`` whose body was interpreted only enters a scope that nothing in it needs.

    The outermost variable scope has no name; a placeholder becomes a ``tf.TensorSpec``, which has none of its scope;
    and a variable that is shared is only given another name.
    """
    call = node.items[0].item
    if len(node.items) > 1 or node.items[0].asname is not None or not isinstance(call, cst.Call):
        return False
    if evaluator.symbols.of(call.func) not in _SCOPES or not isinstance(node.body, cst.IndentedBlock):
        return False
    if any(isinstance(part, cst.Call) for argument in call.args for part in tree.walk(argument.value)):
        return call in evaluator.state.roots
    if node.body.header.comment is not None:  # a remark on the scope
        return call in evaluator.state.roots
    return call in evaluator.state.roots or all(_is_idle(evaluator, inner) for inner in statement.inner)


def _is_idle(evaluator: EvaluatorBase, statement: Statement) -> bool:
    line = statement.node
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    if statement.role is Role.PLACEHOLDER:
        return True
    return all(isinstance(small, cst.Assign) and small.value in evaluator.state.shared for small in line.body)
