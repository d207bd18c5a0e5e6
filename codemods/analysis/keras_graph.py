"""Keras in the staging analysis.

Layers and models are Python objects that stay where they are, and so do the symbolic tensors that they make from a
``keras.Input``: Keras 3 builds them in the same way. What has to be known is where such a tensor leaves Keras: where a
TensorFlow operation takes it or a session fetches it. There a run computes it, by a call of the model that ends in it,
from what is fed to the inputs that it depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables, tree
from codemods.analysis.keras_records import (
    LEARNING_PHASE,
    SEQUENTIALS,
    TF_FUNCTIONS,
    TF_LAYERS,
    USER_LAYER,
    Layer,
    Symbolic,
)
from codemods.analysis.values import Kind, Placeholder, Value, host, sequence, unknown

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.symbols import Symbols

_TF_CLASSES = frozenset(f"tf.layers.{name}" for name in TF_LAYERS)
_INPUTS = frozenset({"keras.Input", "keras.layers.Input"})
_MODELS = frozenset({"keras.Model", "keras.models.Model"})
_GONE = frozenset({"keras.backend.set_session", "keras.backend.manual_variable_initialization"})
_CHANGES_WEIGHTS = frozenset({"fit", "fit_generator", "train_on_batch", "load_weights", "set_weights"})
_USES_WEIGHTS = frozenset(
    {"predict", "predict_on_batch", "predict_generator", "evaluate", "evaluate_generator", "test_on_batch",
     "get_weights", "save", "save_weights"}
)  # fmt: skip
_GRAPH = (Kind.TENSOR, Kind.PLACEHOLDER, Kind.VARIABLE)
_READS = frozenset({"keras.backend.get_value", "keras.backend.set_value", "keras.backend.eval"})
_STATIC = frozenset({"int_shape", "ndim", "dtype", "is_keras_tensor", "count_params"})
_VARIABLES = frozenset({"weights", "trainable_weights", "non_trainable_weights", "variables", "trainable_variables"})


# Calls of Keras symbols


def call(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """The value of a call of a Keras class or function."""
    if symbol in _INPUTS:
        return _input(evaluator, node)
    values = evaluator.argument_values(node)
    named = {arg.keyword.value: value for arg, value in zip(node.args, values, strict=True) if arg.keyword is not None}
    if symbol in _GONE:
        evaluator.keras.has_session = evaluator.keras.has_session or symbol == "keras.backend.set_session"
        evaluator.mark_gone(node)
        return host(node)
    if symbol == LEARNING_PHASE:
        return Value(Kind.HOST, node, name=symbol)
    if symbol in _MODELS:
        if any(leaf.dynamic for value in values for leaf in value.leaves()):
            message = "a TensorFlow operation stands between the layers of a Keras model; put it into a Lambda layer"
            evaluator.refuse("TF604", message, node, symbol)
        return _model(node, symbol, values, named)
    if symbol in TF_FUNCTIONS:
        return _called_directly(evaluator, node, symbol, values, named)
    if symbol == USER_LAYER or symbol in _TF_CLASSES or _is_class(symbol):
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
        fed = _promoted(evaluator.last_values.get(given["tensor"], unknown(node)))
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
    _end_in(made)
    return Value(Kind.LAYER, node, payload=made)


def _end_in(model: Layer) -> None:
    for index, value in enumerate(model.outputs):
        symbolic = value.payload
        if isinstance(symbolic, Symbolic) and symbolic.model is None and symbolic.placeholder is None:
            symbolic.model = model
            symbolic.index = index if len(model.outputs) > 1 else None


def _symbolic(value: Value) -> list[Value]:
    return [leaf for leaf in value.leaves() if leaf.kind is Kind.KERAS]


def _object(evaluator: GraphCalls, node: cst.Call, symbol: str, values: list[Value]) -> Value:
    """A layer, loss or model that is made; a model of ``keras.applications`` may be given its input."""
    for arg, value in zip(node.args, values, strict=True):
        if any(leaf.dynamic for leaf in value.leaves()):
            evaluator.refuse("TF604", f"{symbol} is made from a graph tensor", node, symbol)
        if arg.keyword is not None and arg.keyword.value == "trainable" and symbol.startswith("keras."):
            # Keras 2 made the variables trainable in TF1's eyes even so.
            evaluator.keras.frozen += [arg] if value.constant is not True else []
    made = Layer(symbol, node, inputs=[leaf for value in values for leaf in _symbolic(value)])
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


def _called_directly(
    evaluator: GraphCalls, node: cst.Call, symbol: str, values: list[Value], named: Mapping[str, Value]
) -> Value:
    """``tf.layers.dense(x, ...)``: a layer is made and called in one step."""
    evaluator.keras.layers.append(node)
    given = named.get("inputs") or (values[0] if values and node.args[0].keyword is None else unknown(node))
    taken = _promoted(given)
    rest = [value for value in values if value is not given]
    if any(leaf.dynamic for value in rest for leaf in value.leaves()):
        evaluator.refuse("TF404", f"{symbol} with a graph tensor as a setting", node, symbol)
    if only_keras(taken.leaves()):
        return derived(node, taken.leaves())
    if not any(leaf.dynamic for leaf in given.leaves()):
        evaluator.refuse("TF404", f"{symbol} of a value that is no tensor of this graph", node, symbol)
    _hoist(evaluator, node, symbol)
    return evaluator.computed(node, values)


# Calls of layers


def apply(evaluator: GraphCalls, node: cst.Call, callee: Value) -> Value:
    """A layer or model is called."""
    values = evaluator.argument_values(node)
    layer = callee.payload
    assert isinstance(layer, Layer)
    for arg, value in zip(node.args, values, strict=True):
        if arg.keyword is not None and arg.keyword.value == "training" and value.constant is not False:
            if value.dynamic:
                evaluator.refuse("TF605", "a tensor decides whether Keras layers train", arg)
            evaluator.keras.training.append(node)
    inline = isinstance(node.func, cst.Call)
    if inline and layer.symbol != USER_LAYER:
        values = [_promoted(value) for value in values]
    leaves = [leaf for value in values for leaf in value.leaves()]
    if any(leaf.dynamic or leaf.kind in _GRAPH for leaf in leaves):
        if inline and not layer.symbol.startswith("keras.losses."):
            _hoist(evaluator, node, layer.symbol)
        evaluator.keras.layer_calls[node] = None
        return evaluator.computed(node, values)
    return computed(evaluator, node, values)


def _hoist(evaluator: EvaluatorBase, node: cst.Call, symbol: str) -> None:
    """A layer is made and called on a graph tensor in one expression: it is made before, and the call moves."""
    statement = evaluator.current
    if statement is None or not evaluator.frame.recorded or evaluator.in_fetch or statement.loops():
        message = "a layer is made and called on a graph tensor in one step; make it first, under a name"
        evaluator.refuse("TF604", message, node, symbol)
    else:
        evaluator.keras.hoisted[node] = statement


def _promoted(value: Value) -> Value:
    """A placeholder that goes straight into a layer becomes the layer's ``keras.Input``."""
    if value.kind is Kind.PLACEHOLDER and isinstance(value.payload, Placeholder) and value.payload.default is None:
        value.payload.keras = True
        if value.payload.symbolic is None:
            value.payload.symbolic = Symbolic((value.payload,), value.payload.target, value.payload)
        return Value(Kind.KERAS, value.node, payload=value.payload.symbolic)
    return value


def computed(evaluator: EvaluatorBase, node: cst.CSTNode, values: Iterable[Value]) -> Value:
    """What Keras computes: symbolic when every tensor in it is, a graph tensor otherwise."""
    values = list(values)
    leaves = [leaf for value in values for leaf in value.leaves()]
    if not only_keras(leaves):
        return evaluator.computed(node, values)
    return derived(node, leaves)


def only_keras(leaves: Iterable[Value]) -> bool:
    """Whether there are Keras tensors among the values and no graph tensors."""
    leaves = list(leaves)
    return any(leaf.kind is Kind.KERAS for leaf in leaves) and not any(
        leaf.dynamic or leaf.kind in _GRAPH for leaf in leaves
    )


def stays(node: cst.CSTNode, sources: Iterable[Value]) -> bool:
    """Whether arithmetic on, or an index of, Keras tensors is symbolic; TensorFlow's functions take no such tensors."""
    kinds = cst.BinaryOperation | cst.UnaryOperation | cst.Subscript
    return isinstance(node, kinds) and only_keras(leaf for source in sources for leaf in source.leaves())


def is_keras_class(symbols: Symbols, definition: cst.ClassDef) -> bool:
    """Whether a class derives from a Keras layer or model."""
    bases = {symbols.of(base.value) for base in definition.bases}
    return bool(bases & {USER_LAYER, *_MODELS, *SEQUENTIALS, "keras.layers.Wrapper"})


def derived(node: cst.CSTNode, leaves: Iterable[Value]) -> Value:
    """The symbolic tensor that Keras makes from others."""
    inputs: dict[Placeholder, None] = {}
    for leaf in leaves:
        if isinstance(leaf.payload, Symbolic):
            inputs.update(dict.fromkeys(leaf.payload.inputs))
    ordered = tuple(sorted(inputs, key=lambda found: found.order))
    return Value(Kind.KERAS, node, payload=Symbolic(ordered))


# Attributes and methods


def attribute(evaluator: EvaluatorBase, node: cst.Attribute, owner: Value) -> Value | None:
    """An attribute of a layer or model; None for those that are methods or plain values."""
    layer = owner.payload
    name = node.attr.value
    if not isinstance(layer, Layer):
        return None
    if name in _VARIABLES:
        return sequence(element=_variable(node), node=node)
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
    if layer.is_sequential or (not layer.outputs and layer.symbol not in _MODELS):
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
    _end_in(layer)


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
    if name in ("call", "__call__"):
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
