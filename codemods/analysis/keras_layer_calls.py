"""Calls of Keras layers in the staging analysis: on symbolic tensors they stay, on graph tensors they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import recurrent_weights, tf_layers
from codemods.analysis.frames import literal
from codemods.analysis.keras_records import USER_LAYER, Layer
from codemods.analysis.keras_tensors import GRAPH, computed, promoted
from codemods.analysis.values import Value, sequence

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls


def apply(evaluator: GraphCalls, node: cst.Call, callee: Value) -> Value:
    """A layer or model is called."""
    values = evaluator.argument_values(node)
    holder = [callee] if callee.dynamic else []  # made in the same function
    layer = callee.payload
    assert isinstance(layer, Layer)
    inline = isinstance(node.func, cst.Call)
    if layer.made is not None:
        if inline:
            values = [promoted(evaluator, value) for value in values]
        result = tf_layers.applied(evaluator, node, layer, values)
        if result is None:
            result = computed(evaluator, node, values)
            result.reads |= frozenset(layer.made.variables)
            return result
        if inline:
            hoist(evaluator, node, layer.symbol)
        return result
    for arg, value in zip(node.args, values, strict=True):
        if arg.keyword is not None and arg.keyword.value == "training" and value.constant is not False:
            if value.dynamic:
                evaluator.refuse("TF605", "a tensor decides whether Keras layers train", arg)
            evaluator.keras.training.append(node)
    if inline and layer.symbol != USER_LAYER:
        values = [promoted(evaluator, value) for value in values]
    leaves = [leaf for value in values for leaf in value.leaves()]
    if holder or any(leaf.dynamic or leaf.kind in GRAPH for leaf in leaves):
        if inline and not holder and not layer.symbol.startswith("keras.losses."):
            hoist(evaluator, node, layer.symbol)
        evaluator.keras.layer_calls[node] = None
        result = evaluator.computed(node, [*holder, *values])
        recurrent = recurrent_weights.called(evaluator, node, layer)
        if recurrent is not None:
            result.reads |= frozenset(recurrent.variables)
        return sequence(element=result, node=node) if _gives_states(layer) else result
    return computed(evaluator, node, values)


def _gives_states(layer: Layer) -> bool:
    """Whether a recurrent layer returns its states beside its output."""
    arguments = layer.node.args if isinstance(layer.node, cst.Call) else ()
    return any(
        arg.keyword is not None and arg.keyword.value == "return_state" and literal(arg.value) is True
        for arg in arguments
    )


def hoist(evaluator: EvaluatorBase, node: cst.Call, symbol: str) -> None:
    """A layer is made and called on a graph tensor in one expression: it is made before, and the call moves."""
    statement = evaluator.current
    inside = evaluator.frame.comprehension or not evaluator.frame.recorded
    if statement is None or inside or evaluator.in_fetch or statement.loops():
        message = "a layer is made and called on a graph tensor in one step; make it first, under a name"
        evaluator.refuse("TF604", message, node, symbol)
    else:
        evaluator.keras.hoisted[node] = statement
