"""Keras in the staging analysis.

Layers and models are Python objects that stay where they are, and so do the symbolic tensors that they make from a
``keras.Input``: Keras 3 builds them in the same way. What has to be known is where such a tensor leaves Keras: where a
TensorFlow operation takes it or a session fetches it. There a run computes it, by a call of the model that ends in it,
from what is fed to the inputs that it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables, tree
from codemods.analysis import layer_names, tf_layers
from codemods.analysis.emitted_layers import HOLDERS, in_functions
from codemods.analysis.keras_models import MODELS, end_in
from codemods.analysis.keras_records import (
    LEARNING_PHASE,
    SEQUENTIALS,
    USER_LAYER,
    Layer,
    Symbolic,
)
from codemods.analysis.keras_tensors import computed, promoted
from codemods.analysis.layer_table import CLASSES, FUNCTIONS
from codemods.analysis.values import Kind, Placeholder, Value, host, unknown

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.symbols import Symbols

_INPUTS = frozenset({"keras.Input", "keras.layers.Input"})
_GONE = frozenset({"keras.backend.set_session", "keras.backend.manual_variable_initialization"})
_READS = frozenset({"keras.backend.get_value", "keras.backend.set_value", "keras.backend.eval"})
_STATIC = frozenset({"int_shape", "ndim", "dtype", "is_keras_tensor", "count_params"})


# Calls of Keras symbols


def call(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """The value of a call of a Keras class or function."""
    if symbol in _INPUTS:
        return _input(evaluator, node)
    if symbol in FUNCTIONS:
        return tf_layers.called(evaluator, node, symbol)
    values = evaluator.argument_values(node)
    named = {arg.keyword.value: value for arg, value in zip(node.args, values, strict=True) if arg.keyword is not None}
    if symbol in _GONE:
        evaluator.keras.has_session = evaluator.keras.has_session or symbol == "keras.backend.set_session"
        evaluator.mark_gone(node)
        return host(node)
    if symbol == LEARNING_PHASE:
        return Value(Kind.HOST, node, name=symbol)
    if symbol in MODELS:
        if any(leaf.dynamic for value in values for leaf in value.leaves()):
            message = "a TensorFlow operation stands between the layers of a Keras model; put it into a Lambda layer"
            evaluator.refuse("TF604", message, node, symbol)
        return _model(node, symbol, values, named)
    if symbol == USER_LAYER or symbol in CLASSES or _is_class(symbol):
        return _object(evaluator, node, symbol, values)
    if symbol.startswith("keras.backend.") and symbol.rpartition(".")[2] in _STATIC:
        return Value(Kind.SHAPE, node, payload=values[0] if values else None)
    if symbol in _READS and values and values[0].kind in (Kind.VARIABLE, Kind.HOST, Kind.METHOD, Kind.UNKNOWN):
        return host(node)
    if symbol.startswith("keras.backend.") and symbol.rpartition(".")[2] in ("update", "update_add", "update_sub"):
        return evaluator.update(node, values[0] if values else unknown(node), values)
    if not any(leaf.symbolic for value in values for leaf in value.leaves()):
        # A functional layer, a loss or a backend function of Python values.
        return evaluator.computed(node, values) if _computes(symbol) else host(node)
    if not _computes(symbol):
        if any(leaf.dynamic for value in values for leaf in value.leaves()):
            evaluator.refuse("TF604", f"{symbol} is given a graph tensor", node, symbol)
        return host(node)
    return computed(evaluator, node, values)


def _computes(symbol: str) -> bool:
    homes = ("keras.backend.", "keras.ops.", "keras.losses.", "keras.activations.", "keras.metrics.", "keras.layers.")
    return symbol.startswith(homes)


def _is_class(symbol: str) -> bool:
    entry = tables.lookup(symbol)
    homes = ("keras.layers.", "keras.losses.", "keras.models.", "keras.applications.", "keras.Sequential")
    model = symbol.startswith("keras.applications.") and symbol.rpartition(".")[2][:1].isupper()
    return symbol.startswith(homes) and ((entry is not None and entry.kind == "class") or model)


def _input(evaluator: GraphCalls, node: cst.Call) -> Value:
    """``keras.Input(...)``: a symbolic tensor that a run may feed."""
    given = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
    in_fetch, evaluator.in_fetch = evaluator.in_fetch, "tensor" in given  # what it is made from belongs to its runs
    evaluator.argument_values(node)
    evaluator.in_fetch = in_fetch
    if "tensor" in given:
        fed = promoted(evaluator, evaluator.last_values.get(given["tensor"], unknown(node)))
        if fed.kind is Kind.KERAS:
            evaluator.keras.aliases[node] = None
            return fed
        if len(node.args) == 1 and evaluator.frame.recorded and evaluator.current is not None:
            made = _bound(evaluator, node, given["tensor"])
            if made is not None:
                return Value(Kind.KERAS, node, payload=Symbolic((made,), placeholder=made))
        evaluator.refuse("TF604", "keras.Input(tensor=...): call the model on the tensor instead", node, "keras.Input")
        return unknown(node)
    if evaluator.current is None or not evaluator.frame.recorded:
        evaluator.refuse("TF604", "a Keras input is made inside a helper function", node, "keras.Input")
        return unknown(node)
    evaluator.order += 1
    made = Placeholder(evaluator.current, node, given.get("dtype"), None, None, order=evaluator.order)
    made.keras = True
    symbolic = Symbolic((made,), placeholder=made)
    return Value(Kind.KERAS, node, payload=symbolic)


def _bound(evaluator: GraphCalls, node: cst.Call, tensor: cst.BaseExpression) -> Placeholder | None:
    """The input that ``keras.Input(tensor=...)`` makes from variables; None when it is made from something else."""
    names = {}
    for item in tree.walk(tensor):
        found = evaluator.frame.find(item.value) if isinstance(item, cst.Name) else None
        if found is not None:
            names[found[0].name] = found[0]
    kinds = {binding.value.kind for binding in names.values()}
    if Kind.VARIABLE not in kinds or kinds & {Kind.TENSOR, Kind.PLACEHOLDER, Kind.KERAS}:
        return None
    assert evaluator.current is not None
    evaluator.order += 1
    made = Placeholder(evaluator.current, node, None, None, None, order=evaluator.order)
    made.keras, made.bound, made.names = True, tensor, names
    evaluator.keras.bound[node] = made
    return made


def _model(node: cst.Call, symbol: str, values: list[Value], named: Mapping[str, Value]) -> Value:
    positional = [value for arg, value in zip(node.args, values, strict=True) if arg.keyword is None]
    inputs = named.get("inputs") or named.get("input") or (positional[0] if positional else host())
    rest = positional[1:] if positional else []
    outputs = named.get("outputs") or named.get("output") or (rest[0] if rest else host())
    made = Layer(symbol, node, inputs=_symbolic(inputs), outputs=_symbolic(outputs))
    end_in(made)
    return Value(Kind.LAYER, node, payload=made)


def _symbolic(value: Value) -> list[Value]:
    return [leaf for leaf in value.leaves() if leaf.kind is Kind.KERAS]


def _object(evaluator: GraphCalls, node: cst.Call, symbol: str, values: list[Value]) -> Value:
    """A layer, loss or model that is made; a model of ``keras.applications`` may be given its input."""
    if symbol in HOLDERS and any(leaf.dynamic for value in values for leaf in value.leaves()):
        return in_functions(evaluator, node, Layer(symbol, node), values)
    for arg, value in zip(node.args, values, strict=True):
        if any(leaf.dynamic for leaf in value.leaves()):
            evaluator.refuse("TF604", f"{symbol} is made from a graph tensor", node, symbol)
        if arg.keyword is not None and arg.keyword.value == "trainable" and symbol.startswith("keras."):
            # Keras 2 made the variables trainable in TF1's eyes even so.
            evaluator.keras.frozen += [arg] if value.constant is not True else []
    made = Layer(symbol, node, inputs=[leaf for value in values for leaf in _symbolic(value)])
    if symbol in CLASSES:
        made.made = layer_names.layer_object(evaluator, node, CLASSES[symbol])
    if not symbol.startswith("keras.losses."):
        evaluator.keras.layers.append(node)
    callee = evaluator.last_values.get(node.func)
    if callee is not None and isinstance(callee.payload, cst.ClassDef):
        made.definition = callee.payload
    if symbol.startswith("keras.applications.") and not any(_is_weightless(arg) for arg in node.args):
        evaluator.keras.weight_changes.append((node, evaluator.order))
    return Value(Kind.LAYER, node, payload=made)


def _is_weightless(arg: cst.Arg) -> bool:
    named = arg.keyword is not None and arg.keyword.value == "weights"
    return named and isinstance(arg.value, cst.Name) and arg.value.value == "None"


def is_keras_class(symbols: Symbols, definition: cst.ClassDef) -> bool:
    """Whether a class derives from a Keras layer or model."""
    bases = {symbols.of(base.value) for base in definition.bases}
    return bool(bases & {USER_LAYER, *MODELS, *SEQUENTIALS, "keras.layers.Wrapper"})
