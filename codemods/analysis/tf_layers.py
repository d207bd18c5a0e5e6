"""Calls of ``tf.layers`` in the staging analysis: layers that are made, named, shared and called.

Where everything between a placeholder and the tensor at hand is layers, the Keras form keeps them in place: they are
called on a ``keras.Input``. Everywhere else a layer is made before the statement that calls it, under a name, and the
call moves into the functions that need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables, tree
from codemods.analysis import layer_names
from codemods.analysis.containers import containers, may_be_skipped
from codemods.analysis.keras_records import LEARNING_PHASE, Layer
from codemods.analysis.keras_tensors import derived, only_keras, promoted
from codemods.analysis.layer_records import OF_CALLS, LayerCall, MadeLayer, layer_name
from codemods.analysis.layer_table import FUNCTIONS, LayerKind
from codemods.analysis.slices import free_names
from codemods.analysis.values import Kind, Placeholder, Value, unknown
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.statements import Statement


def called(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """``tf.layers.dense(x, ...)``: a layer is made, or one is shared, and it is called."""
    kind = FUNCTIONS[symbol]
    entry = tables.lookup(symbol)
    arguments = tables.bind(node, entry) if entry is not None else {}
    values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
    given = values.get("inputs", unknown(node))
    settings = {name: value for name, value in values.items() if name not in OF_CALLS}
    if any(leaf.dynamic for value in settings.values() for leaf in value.leaves()):
        evaluator.refuse("TF404", f"{symbol} with a graph tensor as a setting", node, symbol)
    made, shares = layer_names.layer(evaluator, node, kind, arguments, values)
    call = LayerCall(node, made, evaluator.current, arguments["inputs"].value if "inputs" in arguments else None)
    call.path = evaluator.state.paths[-1]
    call.training = training(evaluator, arguments.get("training"), values.get("training"))
    call.inline = _moves_in_place(arguments)
    taken = promoted(evaluator, given)
    if only_keras(taken.leaves()):
        if shares or kind.trains:
            evaluator.keras.prefers_functions = True
        note(evaluator, call)
        result = derived(node, taken.leaves())
        result.reads |= frozenset(made.variables)
        return result
    return moved(evaluator, call, [given])


def applied(evaluator: GraphCalls, node: cst.Call, layer: Layer, values: list[Value]) -> Value | None:
    """A layer object of ``tf.layers`` is called; None where the call is one of Keras tensors, which stay."""
    made = layer.made
    assert made is not None
    layer_names.first_call(evaluator, made)
    by_name = {arg.keyword.value: (arg, value) for arg, value in zip(node.args, values, strict=True) if arg.keyword}
    plain = [(arg, value) for arg, value in zip(node.args, values, strict=True) if arg.keyword is None]
    inputs = by_name.get("inputs") or (plain[0] if plain else None)
    said = by_name.get("training") or (plain[1] if len(plain) > 1 and made.kind.trains else None)
    call = LayerCall(node, made, evaluator.current, inputs[0].value if inputs is not None else None)
    call.path = evaluator.state.paths[-1]
    call.training = training(evaluator, said[0], said[1]) if said is not None else False
    call.inline = _moves_in_place(made.arguments)
    given = [inputs[1]] if inputs is not None else []
    if only_keras([leaf for value in given for leaf in value.leaves()]):
        if made.kind.trains:
            evaluator.keras.prefers_functions = True
        note(evaluator, call)
        return None
    return moved(evaluator, call, given)


def _moves_in_place(arguments: dict[str, cst.Arg]) -> bool:
    """Whether statistics move whenever the output is computed: tf.contrib has ``updates_collections=None`` for that."""
    return "updates_collections" in arguments and is_none(arguments["updates_collections"].value)


def moved(evaluator: EvaluatorBase, call: LayerCall, sources: list[Value]) -> Value:
    """The output of a layer that is called on a graph tensor: the call moves, the layer is made before."""
    if call.made.call is call.node:
        hoist(evaluator, call)
    note(evaluator, call)
    result = evaluator.computed(call.node, sources)
    result.dynamic = True  # it depends on the layer's weights, and what is done in training
    if evaluator.current is not None and not evaluator.in_fetch and call.node not in evaluator.current.graph_nodes:
        evaluator.current.graph_nodes.append(call.node)
    result.random = result.random or (call.made.kind.name == "Dropout" and call.training is not False)
    result.reads |= frozenset(call.made.variables)
    return result


def note(evaluator: EvaluatorBase, call: LayerCall) -> None:
    """Note a call; a second visit of the same one takes the place of the first."""
    evaluator.keras.layer_uses[call.node] = call
    call.made.calls = [item for item in call.made.calls if item.node is not call.node] + [call]


def training(evaluator: GraphCalls, argument: cst.Arg | None, value: Value | None) -> bool | Placeholder | None:
    """What a call says about training: a literal, the placeholder that decides, or None for other Python values."""
    if argument is None or value is None:
        return False
    if value.name == LEARNING_PHASE:
        evaluator.refuse("TF605", "Keras' learning phase decides whether a layer of tf.layers trains", argument)
        return None
    if value.kind is Kind.PLACEHOLDER and isinstance(value.payload, Placeholder):
        evaluator.keras.flag_uses.setdefault(value.payload, set()).add(argument.value)
        return value.payload
    if value.symbolic or value.dynamic:
        evaluator.refuse("TF605", "a tensor decides whether layers train", argument)
        return None
    return bool(value.constant) if isinstance(value.constant, bool | int) else None


# Layers that are made before their statement


def hoist(evaluator: EvaluatorBase, call: LayerCall) -> None:
    """Give the layer of a call that moves a name, and the place where it is made."""
    made, notes = call.made, evaluator.keras
    if notes.placed.get(call.node) is made:
        return
    place = place_of(evaluator, made)
    if place is None:
        message = "a layer is made and called on a graph tensor in one step; make it first, under a name"
        evaluator.refuse("TF604", message, call.node, f"tf.layers.{made.kind.function}")
        return
    made.place = place
    if made.name is None:
        taken = {item.name for item in notes.placed.values() if item.name is not None}
        label = evaluator.last_values.get(made.arguments["name"].value) if "name" in made.arguments else None
        stem = _stem(evaluator, call.node, made.kind)
        made.name = layer_name(evaluator.symbols, taken, label.constant if label is not None else None, stem, made.kind)
    notes.placed[call.node] = made


def place_of(evaluator: EvaluatorBase, made: MadeLayer) -> Statement | None:
    """The statement before which a layer is made: outside of scopes, and of branches that move as a whole."""
    statement = evaluator.current
    if statement is None or not evaluator.frame.recorded or evaluator.in_fetch or statement.loops():
        return None
    if evaluator.frame.comprehension:  # which makes a layer for each element
        return None
    settings = [argument.value for name, argument in made.arguments.items() if name not in OF_CALLS]
    read = {name for node in settings for name in free_names(node)}
    place = statement
    for container in containers(statement):
        if read & {name for item in container.inner for name in item.binds}:
            break
        place = container
    inside = [item for item in containers(place) if may_be_skipped(item.node)]
    return None if inside else place


def _stem(evaluator: EvaluatorBase, node: cst.Call, kind: LayerKind) -> str | None:
    """What a layer's name is made of: the name of its output, and the kind of layer where that has several values."""
    line = evaluator.current.node if evaluator.current is not None else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    target = small.targets[0].target
    layers = (item for item in tree.walk(small.value) if isinstance(item, cst.Call) and _is_layer(evaluator, item))
    if not isinstance(target, cst.Name) or next(layers, None) is not node:
        return None  # of several layers in one statement the outermost makes the output
    bindings = [item.node for scope in evaluator.symbols.scopes() for item in scope.bindings.get(target.value, ())]
    if len(bindings) == 1:
        return f"{target.value}_layer"
    symbol = f"tf.layers.{kind.function}"
    calls = [
        item
        for binding in bindings
        if isinstance(binding, cst.Assign)
        for item in tree.walk(binding.value)
        if isinstance(item, cst.Call) and evaluator.symbols.of(item.func) == symbol
    ]
    return f"{target.value}_{kind.function}" if len(calls) == 1 else None


def _is_layer(evaluator: EvaluatorBase, call: cst.Call) -> bool:
    return evaluator.symbols.of(call.func) in FUNCTIONS
