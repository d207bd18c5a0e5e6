"""Calls of the classes that earlier rewrites emit into a file: to the staging analysis they are layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.keras_records import USER_LAYER, Layer
from codemods.analysis.statements import Role
from codemods.analysis.values import Kind, Value

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.staging import Staging

#: Layers of Keras that only hold others, and have no weights of their own.
_WITHOUT_WEIGHTS = frozenset({"DropoutCell", "ResidualCell"})
HOLDERS = frozenset({"keras.layers.RNN", "keras.layers.StackedRNNCells"})


def is_made(evaluator: GraphCalls, node: cst.Call) -> bool:
    """Whether a call makes an object of an emitted class."""
    return isinstance(node.func, cst.Name) and node.func.value in evaluator.symbols.emitted


def made(evaluator: GraphCalls, node: cst.Call) -> Value:
    """The value of a call of an emitted class."""
    values = evaluator.argument_values(node)
    layer = Layer(USER_LAYER, node)
    if any(leaf.dynamic for value in values for leaf in value.leaves()):
        return in_functions(evaluator, node, layer, values)
    evaluator.keras.layers.append(node)
    if not (isinstance(node.func, cst.Name) and node.func.value in _WITHOUT_WEIGHTS):
        known = evaluator.keras.emitted.setdefault(node, evaluator.current)
        statement = evaluator.current
        if known is not statement or not evaluator.frame.recorded or statement is None or statement.loops():
            evaluator.keras.repeated.add(node)
    return Value(Kind.LAYER, node, payload=layer)


def in_functions(evaluator: GraphCalls, node: cst.Call, layer: Layer, values: Sequence[Value]) -> Value:
    """A holder of layers that takes a graph tensor too: each function that needs it makes its own."""
    result = evaluator.computed(node, list(values))
    result.payload = layer
    return result


def check(staging: Staging) -> None:
    """Refuse layers that would be made anew, with weights of their own, in each function that needs their statement."""
    for node, made_in in staging.keras.emitted.items():
        statement = made_in
        while statement is not None:
            if statement.role in (Role.GRAPH, Role.TRAIN, Role.RUN):
                message = "a layer is made in a step that each run computes; make it in a statement of its own"
                staging.refuse("TF470", message, node)
                break
            statement = statement.container
