"""What a helper function adds to a collection for the variable that it makes, written again where it is read.

``tf.add_to_collection("losses", tf.nn.l2_loss(var) * wd)`` in a function that returns ``var`` becomes
``tf.nn.l2_loss(w1) * 0.004`` in the list, and the helper only makes its variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables, tree
from codemods.analysis.regularizers import CONTRIB, FORMS, Regularizer, is_regularizer, regularizer
from codemods.analysis.values import Kind, Value, Variable
from codemods.tables.entries import Decision
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.statements import Binding


def member(evaluator: EvaluatorBase, value: Value) -> tuple[Variable, Regularizer, cst.BaseExpression] | None:
    """The variable, the text and the expression of what a helper adds; None where it reads anything else."""
    made = value.node
    if not isinstance(made, cst.BaseExpression) or value.random or value.payload is not None:
        return None
    writer = _Writer(evaluator)
    written = made.visit(writer)
    if writer.failed or len(writer.variables) != 1 or not isinstance(written, cst.BaseExpression):
        return None
    text = cst.Module([]).code_for_node(written).replace(_HOLE, "{variable}").replace(_TF, "{tf}")
    return writer.variables[0], Regularizer(text, writer.names), made


def only_added(evaluator: EvaluatorBase, call: cst.Call, made: cst.BaseExpression) -> bool:
    """Whether the helper function computes ``made`` for the collection alone, and gives it to nothing else."""
    if any(item is made for item in tree.walk(call)):
        return True
    definition = evaluator.calling[-1] if evaluator.calling else None
    if not isinstance(definition, cst.FunctionDef):
        return False
    nodes = list(tree.walk(definition))
    assigns = [item for item in nodes if isinstance(item, cst.Assign) and item.value is made]
    target = assigns[0].targets[0].target if len(assigns) == 1 and len(assigns[0].targets) == 1 else None
    if not isinstance(target, cst.Name):
        return False
    inside = set(tree.walk(call)) | {target}
    return all(item in inside for item in nodes if isinstance(item, cst.Name) and item.value == target.value)


def certain(evaluator: EvaluatorBase, node: cst.CSTNode) -> tuple[list[cst.CSTNode], bool]:
    """The branches around a place that are not decided by what is known here; and whether the place is reached."""
    left: list[cst.CSTNode] = []
    for branch in evaluator.state.branches:
        inside = isinstance(branch, cst.If) and any(item is node for item in tree.walk(branch.body))
        taken = _holds(evaluator, branch.test) if isinstance(branch, cst.If) and inside else None
        if taken is False:
            return left, False
        if taken is None:
            left.append(branch)
    return left, True


def _holds(evaluator: EvaluatorBase, test: cst.BaseExpression) -> bool | None:
    """Whether ``x is not None``, ``x != None`` or ``x`` is known to hold."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1 and is_none(test.comparisons[0].comparator):
        operator = test.comparisons[0].operator
        nothing = _is_nothing(evaluator, test.left)
        if nothing is None or not isinstance(operator, cst.Is | cst.IsNot | cst.Equal | cst.NotEqual):
            return None
        return nothing is isinstance(operator, cst.Is | cst.Equal)
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = _holds(evaluator, test.expression)
        return None if inner is None else not inner
    nothing = _is_nothing(evaluator, test)
    constant = evaluator.last_values[test].constant if test in evaluator.last_values else None
    if nothing or isinstance(constant, int | float | str):
        return bool(constant)
    return True if nothing is False else None


def _is_nothing(evaluator: EvaluatorBase, node: cst.BaseExpression) -> bool | None:
    value = evaluator.last_values.get(node)
    if value is None:
        return None
    if value.kind is Kind.FUNCTION or is_regularizer(evaluator, value) or value.constant is not None:
        return False
    if value.kind is Kind.HOST and value.node is not None and is_none(value.node):
        return True
    return None


_HOLE, _TF = "__variable__", "__tensorflow__"


class _Writer(cst.CSTTransformer):
    """Puts what is known in the place of the names of a helper function."""

    def __init__(self, evaluator: EvaluatorBase) -> None:
        super().__init__()
        self.evaluator = evaluator
        self.variables: list[Variable] = []
        self.names: dict[str, Binding] = {}
        self.failed = False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.failed = self.failed or bool(node.star)
        return True

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        self.keyword = node.keyword

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return self.evaluator.symbols.of(node) is None

    def visit_Call(self, node: cst.Call) -> bool:
        symbol = self.evaluator.symbols.of(node.func)
        callee = self.evaluator.last_values.get(node.func)
        if callee is not None and is_regularizer(self.evaluator, callee):
            return True
        entry = tables.lookup(symbol) if symbol is not None else None
        if symbol not in CONTRIB and (entry is None or entry.decision is not Decision.SAME):
            self.failed = True
        return True

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        callee = self.evaluator.last_values.get(original_node.func)
        if callee is None or not is_regularizer(self.evaluator, callee) or len(updated_node.args) != 1:
            return updated_node
        found = regularizer(self.evaluator, original_node.func, callee)
        made = callee.node
        if not isinstance(found, Regularizer) or found.nothing or not isinstance(made, cst.Call):
            self.failed = True
            return updated_node
        module = self.evaluator.module_frame.names
        held = next((name for name, item in module.items() if item.value is callee and len(item.sources) == 1), None)
        inner = cst.Module([]).code_for_node(updated_node.args[0].value)
        if held is not None:
            self.names[held] = module[held]
            return cst.parse_expression(f"{held}({inner})")
        scales = [self._scale(item.value) for item in made.args]
        if made is not original_node.func or len(scales) != 1 or scales[0] is None:
            self.failed = True
            return updated_node
        symbol = self.evaluator.symbols.of(made.func) or ""
        text = FORMS[symbol].replace("{scale}", scales[0]).replace("{variable}", inner).replace("{tf}", _TF)
        return cst.parse_expression(text)

    def _scale(self, node: cst.BaseExpression) -> str | None:
        constant = self.evaluator.last_values[node].constant if node in self.evaluator.last_values else None
        return repr(constant) if isinstance(constant, int | float) and constant else None

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node is getattr(self, "keyword", None):
            return updated_node
        found = self.evaluator.frame.find(original_node.value)
        if found is None:
            return updated_node
        binding, frame = found
        value = binding.value
        if frame is self.evaluator.module_frame:
            if self.evaluator.symbols.of(original_node) is None and value.kind is not Kind.TF:
                self.names[original_node.value] = binding
                self.failed = self.failed or value.dynamic
            return updated_node
        if value.kind is Kind.VARIABLE and isinstance(value.payload, Variable):
            if value.payload not in self.variables:
                self.variables.append(value.payload)
            return cst.Name(_HOLE)
        if isinstance(value.constant, int | float | str):
            return cst.parse_expression(repr(value.constant))
        if is_regularizer(self.evaluator, value):
            return updated_node
        self.failed = True
        return updated_node
