"""Calls of the classes that earlier rewrites emit into a file: to the staging analysis they are layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.keras_records import USER_LAYER, Layer
from codemods.analysis.values import Kind, Value

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls

#: Layers of Keras that only hold others, and have no weights of their own.
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
    return Value(Kind.LAYER, node, payload=layer)


def in_functions(evaluator: GraphCalls, node: cst.Call, layer: Layer, values: Sequence[Value]) -> Value:
    """A holder of layers that takes a graph tensor too: each function that needs it makes its own."""
    result = evaluator.computed(node, list(values))
    result.payload = layer
    return result
