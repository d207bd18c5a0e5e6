"""Attributes and methods of Keras layers and models in the staging analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis import layer_lists
from codemods.analysis.keras_layer_calls import apply
from codemods.analysis.keras_records import USER_LAYER, WEIGHTS, Layer, Symbolic
from codemods.analysis.keras_tensors import derived
from codemods.analysis.values import Kind, Placeholder, Value, host, sequence

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.symbols import Symbols

MODELS = frozenset({"keras.Model", "keras.models.Model"})
_CHANGES_WEIGHTS = frozenset({"fit", "fit_generator", "train_on_batch", "load_weights", "set_weights"})
_USES_WEIGHTS = frozenset(
    {"predict", "predict_on_batch", "predict_generator", "evaluate", "evaluate_generator", "test_on_batch",
     "get_weights", "save", "save_weights"}
)  # fmt: skip
_VARIABLES = frozenset({"weights", "trainable_weights", "non_trainable_weights", "variables", "trainable_variables"})


def end_in(model: Layer) -> None:
    for index, value in enumerate(model.outputs):
        symbolic = value.payload
        if isinstance(symbolic, Symbolic) and symbolic.model is None and symbolic.placeholder is None:
            symbolic.model = model
            symbolic.index = index if len(model.outputs) > 1 else None


def attribute(evaluator: EvaluatorBase, node: cst.Attribute, owner: Value) -> Value | None:
    """An attribute of a layer or model; None for those that are methods or plain values."""
    layer = owner.payload
    name = node.attr.value
    if not isinstance(layer, Layer):
        return None
    if name in _VARIABLES or name in WEIGHTS:
        if layer.made is not None and not layer_lists.note_weights(evaluator, node, layer.made):
            evaluator.refuse("TF415", f"{name} of a layer that was not called before", node)
        return _variable(node) if name in WEIGHTS else sequence(element=_variable(node), node=node)
    if name == "losses":
        return sequence(element=Value(Kind.TENSOR, node, dynamic=True), node=node)
    if name == "updates":
        evaluator.refuse("TF603", "the list of a model's updates is gone; its layers update when they are called", node)
    if layer.definition is not None and name in own_variables(evaluator.symbols, layer.definition):
        return _variable(node)
    if name == "layers":
        return sequence(element=_inner(evaluator, node, layer), node=node)
    if name not in ("input", "output", "inputs", "outputs"):
        return None
    if layer.parent is not None:
        return derived(node, layer.inputs)
    if layer.is_sequential and not name.endswith("s"):
        evaluator.keras.sequential_ends[node] = None
    if layer.is_sequential or (not layer.outputs and layer.symbol not in MODELS):
        _ends(evaluator, layer)
    found = layer.inputs if name.startswith("input") else layer.outputs
    if name.endswith("s"):
        return sequence(list(found), node=node)
    return found[0] if len(found) == 1 else sequence(list(found), node=node)


def _inner(evaluator: EvaluatorBase, node: cst.CSTNode, model: Layer) -> Value:
    """A layer of a model: its output depends on what the model's inputs are fed."""
    if not model.inputs:
        _ends(evaluator, model)
    return Value(Kind.LAYER, node, payload=Layer(USER_LAYER, node, inputs=model.inputs, parent=model))


def _variable(node: cst.CSTNode) -> Value:
    return Value(Kind.VARIABLE, node, dynamic=True, name="keras")


def own_variables(symbols: Symbols, definition: cst.ClassDef) -> set[str]:
    """The attributes of a user's layer that its methods bind to variables."""
    found = set()
    for node in tree.walk(definition):
        if not isinstance(node, cst.Assign) or not isinstance(node.value, cst.Call):
            continue
        func = node.value.func
        own = isinstance(func, cst.Attribute) and func.attr.value in ("add_weight", "add_variable")
        if own or symbols.of(func) in ("tf.Variable", "keras.Variable", "keras.backend.variable"):
            targets = [item.target for item in node.targets]
            found |= {item.attr.value for item in targets if isinstance(item, cst.Attribute)}
    return found


def _ends(evaluator: EvaluatorBase, layer: Layer) -> None:
    """The input and output of a model whose making does not show them."""
    if layer.outputs and layer.length == layer.added:
        return
    if not layer.inputs:
        statement = evaluator.current
        if statement is None:
            return
        evaluator.order += 1
        made = Placeholder(statement, layer.node, None, None, None, order=evaluator.order)  # type: ignore[arg-type]
        made.keras, made.owner, made.target = True, layer, _free_name(evaluator, "inputs")
        layer.inputs = [Value(Kind.KERAS, layer.node, payload=Symbolic((made,), "inputs", made))]
    for value in layer.outputs:
        assert isinstance(value.payload, Symbolic)
        value.payload.model = None
    output = derived(layer.node, layer.inputs)
    layer.outputs, layer.length = [output], layer.added
    end_in(layer)


def _free_name(evaluator: EvaluatorBase, wanted: str) -> str:
    """A parameter name that nothing in the file has."""
    taken = evaluator.symbols.names | set(evaluator.keras.input_names)
    name, count = wanted, 2
    while name in taken:
        name, count = f"{wanted}_{count}", count + 1
    evaluator.keras.input_names.append(name)
    return name


def method(evaluator: GraphCalls, node: cst.Call, owner: Value, name: str) -> Value:
    """A method of a layer or model: Python code that stays, unless it calls the layer."""
    layer = owner.payload
    assert isinstance(layer, Layer)
    if name in ("call", "__call__") or (name == "apply" and layer.made is not None):
        return apply(evaluator, node, owner)
    values = evaluator.argument_values(node)
    if name == "add":
        layer.added += 1
    if name in _CHANGES_WEIGHTS:
        evaluator.keras.weight_changes.append((node, evaluator.order))
    if name in _CHANGES_WEIGHTS or name in _USES_WEIGHTS:
        evaluator.keras.runs.append((node, bool(evaluator.default_sessions) or evaluator.keras.has_session))
    if name == "get_layer":
        return _inner(evaluator, node, layer)
    if any(leaf.dynamic for value in values for leaf in value.leaves()):
        evaluator.refuse("TF604", f"the model's {name}() is given a graph tensor", node)
    return host(node)


def note_shape(evaluator: EvaluatorBase, node: cst.Call, owner: object, name: str) -> None:
    """``get_shape()`` or ``as_list()`` is asked of a tensor: Keras 3 gives shapes as tuples."""
    if isinstance(owner, Value) and name in ("get_shape", "as_list"):
        evaluator.keras.shapes[node] = owner
