"""Updates on the way to a loss: TF1 runs them with a train op only where the gradients need what comes of them.

``tf.identity(loss)`` that waits for an assignment has a gradient that needs no value, so a run of the train op alone
leaves the assignment out; a function that computes the loss would make it.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods import tree
from codemods.analysis import roles
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Kind
from codemods.findings import Refusal
from codemods.plan import Function, Lowering, Plan
from codemods.training_order import differentiated, waits_for

_PRODUCTS = (cst.Multiply, cst.Divide, cst.MatrixMultiply, cst.Power)
# Functions whose gradients need the other argument, or (with one argument) the value that goes in or comes out.
_OF_TWO = frozenset({"matmul", "multiply", "divide", "div", "truediv", "tensordot", "conv2d", "conv1d", "pow"})
_OF_ONE = frozenset(
    {
        "square", "sqrt", "rsqrt", "exp", "log", "sigmoid", "tanh", "relu", "elu", "softplus", "softmax",
        "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits_v2", "sigmoid_cross_entropy_with_logits", "abs", "l2_loss",
    }
)  # fmt: skip


def check(staging: Staging, plan: Plan) -> list[Refusal]:
    """Refuse (TF207) functions that would make an update which a run of TF1 may leave out."""
    found = []
    for function in plan.functions:
        statements = function.slice.ordered()
        path = differentiated(statements)
        runs = [_run(lowering) for lowering in function.lowerings]
        for update in (item for item in path if item.assigned or item.moves):
            if all(update in run or _is_moved(update, run) for run in runs):
                continue
            if _needed(staging, function, path, update):
                continue
            message = "an update that the loss waits for, or uses; TF1 runs it only where gradients need its value"
            found.append(Refusal("TF207", message, update.node))
    return found


def _is_moved(update: Statement, run: Iterable[Statement]) -> bool:
    """Whether a statement only moves statistics of layers, and something else in the run surely does, too."""
    return not update.assigned and update.moves <= {call for item in run for call in item.moves}


def _run(lowering: Lowering) -> set[Statement]:
    """The statements that a run surely executes: what is fetched needs them, gradients left aside."""
    found: set[Statement] = set()
    bindings: list[Binding] = []
    for element in lowering.elements:
        bindings += [element.names[name] for name in free_names(element.node) if name in element.names]
    stack = [source for binding in bindings for source in binding.sources if source is not None]
    while stack:
        item = stack.pop()
        if item in found:
            continue
        found.add(item)
        if not item.trainings:
            stack += [source for source in waits_for(item) if not source.trainings]
        names = _awaited(item) if item.trainings else set(item.uses)
        for binding in (binding for name in names for binding in item.uses.get(name, ())):
            stack += [source for source in binding.sources if source is not None]
    return found


def _awaited(item: Statement) -> set[str]:
    """The names of the control dependencies around a statement."""
    found: set[str] = set()
    current: Statement | None = item
    while current is not None:
        found |= {name for node in current.dependencies for name in free_names(node)}
        current = current.container
    return found


def _needed(staging: Staging, function: Function, path: Iterable[Statement], update: Statement) -> bool:
    """Whether a gradient surely needs a value that the update comes before."""
    after = {item for item in path if item is update or update in waits_for(item)}
    trained = [item for item in function.slice.statements if item.trainings or item.gradients]

    def tainted(item: Statement, node: cst.CSTNode) -> bool:
        for name in free_names(node):
            if any(source in after for binding in item.uses.get(name, ()) for source in binding.sources):
                return True
        return item is update and any(
            isinstance(found, cst.Call) and _assigns(staging, found) for found in tree.walk(node)
        )

    def learns(node: cst.BaseExpression) -> bool:
        value = staging.last_values.get(node)
        leaves = value.leaves() if value is not None else []
        return any(variable.trainable is not False for leaf in leaves for variable in leaf.reads)

    for item in [*path, *trained]:
        for node in tree.walk(item.node):
            if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, _PRODUCTS):
                for side, other in ((node.left, node.right), (node.right, node.left)):
                    if tainted(item, side) and learns(other):
                        return True
            elif isinstance(node, cst.Call) and _needs(staging, node, item, tainted, learns):
                return True
    return False


def _needs(staging: Staging, node: cst.Call, item: Statement, tainted: object, learns: object) -> bool:
    assert callable(tainted) and callable(learns)
    given = [argument.value for argument in node.args]
    dirty = [value for value in given if tainted(item, value)]
    if not dirty:
        return False
    symbol = staging.symbols.of(node.func)
    callee = staging.last_values.get(node.func)
    if callee is not None and callee.kind in (Kind.LAYER, Kind.OBJECT):
        return True  # a layer multiplies by its weights
    last = (symbol or "").rpartition(".")[2]
    if last in _OF_ONE:
        return any(learns(value) for value in dirty)
    return last in _OF_TWO and any(learns(value) for value in given if value is not dirty[0])


def _assigns(staging: Staging, node: cst.Call) -> bool:
    symbol = staging.symbols.of(node.func)
    if symbol is not None:
        return roles.role(symbol) == roles.ASSIGN
    return isinstance(node.func, cst.Attribute) and node.func.attr.value in roles.ASSIGN_METHODS
