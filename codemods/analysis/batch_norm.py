"""Batch normalization in the staging analysis: who runs the operations that move its statistics.

In TF1 a layer in training only adds these operations to the collection ``UPDATE_OPS``; a run moves the statistics if it
runs them, by a control dependency or a fetch. A layer of Keras moves them whenever it is called in training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.containers import join
from codemods.analysis.layer_records import LayerCall, StatisticsUpdate
from codemods.analysis.values import Kind, Value, sequence
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.statements import Statement

UPDATE_OPS = "update_ops"


def is_key(evaluator: EvaluatorBase, arguments: dict[str, cst.Arg], values: dict[str, Value]) -> bool:
    """Whether a call asks for the collection of update operations."""
    if "key" not in arguments:
        return False
    symbol = evaluator.symbols.of(arguments["key"].value)
    return symbol == "tf.GraphKeys.UPDATE_OPS" or values["key"].constant == UPDATE_OPS


def update_ops(
    evaluator: GraphCalls, node: cst.Call, symbol: str, arguments: dict[str, cst.Arg], values: dict[str, Value]
) -> Value:
    """The value of ``tf.get_collection(tf.GraphKeys.UPDATE_OPS)``: an operation per call of a layer in training."""
    notes = evaluator.keras
    notes.update_reads.append(node)
    unknown = [call for call in notes.layers if call not in notes.made and _moves(evaluator, call)]
    if unknown or not evaluator.frame.recorded:
        evaluator.refuse("TF603", "it is not known which layers have update operations", node, symbol)
    chosen = [call for call in notes.layer_uses.values() if _updates(call)]
    if "scope" in arguments and not is_none(arguments["scope"].value):
        scope = values["scope"].constant
        if not isinstance(scope, str) or any(call.path is None for call in chosen):
            evaluator.refuse("TF603", "the scope of these update operations is not known", node, symbol)
        else:
            chosen = [call for call in chosen if re.match(scope, f"{join(call.path, call.made.kind.function)}/")]
    if not evaluator.in_fetch:
        evaluator.mark_gone(node)
    return _operations(node, chosen)


def _moves(evaluator: EvaluatorBase, call: cst.Call) -> bool:
    return (evaluator.symbols.of(call.func) or "").endswith("BatchNormalization")


def _updates(call: LayerCall) -> bool:
    return call.made.kind.name == "BatchNormalization" and call.training is not False and not call.inline


def _operations(node: cst.CSTNode, calls: Iterable[LayerCall]) -> Value:
    each = [Value(Kind.OP, node, payload=StatisticsUpdate(call)) for call in calls for _ in ("mean", "variance")]
    found = sequence(each, node=node)
    found.name = UPDATE_OPS
    return found


def only_updates(value: Value) -> bool:
    """Whether a value is nothing but update operations of layers."""
    return value.name == UPDATE_OPS or (
        bool(value.leaves()) and all(isinstance(leaf.payload, StatisticsUpdate) for leaf in value.leaves())
    )


def calls_of(values: Iterable[Value]) -> list[LayerCall]:
    """The layer calls whose update operations are among values."""
    leaves = [leaf.payload for value in values for leaf in value.leaves()]
    return list(dict.fromkeys(payload.call for payload in leaves if isinstance(payload, StatisticsUpdate)))


def group(evaluator: GraphCalls, node: cst.Call, values: list[Value]) -> Value | None:
    """``tf.group`` of update operations alone is these; what a group with others moves is noted."""
    calls = calls_of(values)
    if values and all(only_updates(value) for value in values):
        if not evaluator.in_fetch:
            evaluator.mark_gone(node)
        return _operations(node, calls)
    if calls:
        evaluator.keras.group_moves[node] = calls
        if evaluator.current is not None and not evaluator.in_fetch:
            evaluator.current.moves.update(calls)
    return None


def awaited(evaluator: EvaluatorBase, node: cst.With) -> list[LayerCall] | None:
    """The layers whose updates the body of a ``with tf.control_dependencies`` waits for; None if it waits for more."""
    call = node.items[0].item
    if len(node.items) > 1 or not isinstance(call, cst.Call) or len(call.args) != 1:
        return None
    if evaluator.symbols.of(call.func) != "tf.control_dependencies":
        return None
    value = evaluator.last_values.get(call.args[0].value)
    return calls_of([value]) if value is not None and only_updates(value) else None


def note(evaluator: EvaluatorBase, statement: Statement) -> None:
    """What a statement builds inside such a ``with`` moves the statistics, too."""
    if statement.graph_nodes or statement.trainings:
        for calls in evaluator.keras.awaited:
            statement.moves.update(calls)
