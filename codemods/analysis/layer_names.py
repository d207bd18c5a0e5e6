"""Which layer a call of ``tf.layers`` makes or shares: TF1 finds a layer's variables by the names of its scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import stateful
from codemods.analysis.containers import join
from codemods.analysis.layer_records import OF_CALLS, MadeLayer
from codemods.analysis.layer_table import CONTRIB_NORMALIZER, CONTRIB_SCOPES, CONTRIB_WEIGHTS, LayerKind
from codemods.analysis.values import Value, Variable
from codemods.analysis.variable_scopes import Reuse
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls


def layer(
    evaluator: GraphCalls, node: cst.Call, kind: LayerKind, arguments: dict[str, cst.Arg], values: dict[str, Value]
) -> tuple[MadeLayer, bool]:
    """The layer that a call of a function of ``tf.layers`` calls, and whether an earlier call has made it."""
    notes = evaluator.keras
    reuse = _reuse(evaluator, arguments.get("reuse"), values.get("reuse"))
    if node in notes.shared:
        return notes.shared[node], True
    known = notes.made.get(node)
    if known is not None:  # the second visit of a loop body, or another call of a helper function
        known.statement = evaluator.current
        known.repeated = known.repeated or known.called_from != tuple(evaluator.called_from)
        if reuse is not Reuse.NO and kind.weights:
            message = "it is not certain which layer is shared here, or whether one is made"
            evaluator.refuse("TF410", message, node, f"tf.layers.{kind.function}")
        return known, False
    given = "name" in arguments and not is_none(arguments["name"].value)
    label = values["name"].constant if given else None
    contrib = _contrib(arguments)
    if contrib == CONTRIB_NORMALIZER and not given:
        full = None
    else:
        default = None if given else CONTRIB_SCOPES.get(contrib or "", kind.function)
        full = scope_name(evaluator, default, label if isinstance(label, str) else None)
    found = notes.by_scope.get((evaluator.graph, full)) if full is not None else None
    symbol = f"tf.layers.{kind.function}"
    weighted = bool(kind.weights or kind.statistics)
    if weighted and reuse is not Reuse.NO:
        known_names = full is not None and not evaluator.state.counts(evaluator.graph).unknown
        certain = reuse is not Reuse.UNKNOWN and known_names and not evaluator.state.branches
        certain = certain and len(evaluator.state.graphs) < 2
        if found is not None and certain and found.kind is kind:
            if same_settings(evaluator, found, arguments):
                notes.shared[node] = found
                return found, True
            message = "the call shares the weights of a layer with other settings"
            evaluator.refuse("TF410", message, node, symbol)
        elif not certain or found is not None or reuse is Reuse.YES:
            message = "it is not certain which layer is shared here, or whether one is made"
            evaluator.refuse("TF410", message, node, symbol)
    elif weighted and found is not None and len(evaluator.state.graphs) < 2:
        evaluator.refuse("TF413", f"a layer {full!r} exists already; TF1 fails here too", node, symbol)
    made = MadeLayer(kind, node, evaluator.current, full, arguments, called_from=tuple(evaluator.called_from))
    made.repeated = any(isinstance(item, _REPEATING) for item in evaluator.state.branches)
    notes.layers.append(node)
    notes.made[node] = made
    if weighted and full is not None:
        notes.by_scope[evaluator.graph, full] = made
    weights(evaluator, made, kind)
    return made, False


def layer_object(evaluator: GraphCalls, node: cst.Call, kind: LayerKind) -> MadeLayer:
    """The layer that a class of ``tf.layers`` makes; its variables come with its first call."""
    notes = evaluator.keras
    entry = tables.lookup(f"tf.layers.{kind.name}")
    arguments = dict(tables.bind(node, entry)) if entry is not None else {}
    if not stateful.is_making(evaluator):
        made = notes.made.setdefault(node, MadeLayer(kind, node, evaluator.current, None, arguments))
        made.statement = evaluator.current
        return made
    # Each object has layers of its own; it calls them in the order in which it makes them.
    new = MadeLayer(kind, node, evaluator.current, None, arguments)
    made = notes.made[node] = notes.of_objects.setdefault((node, *evaluator.makers), new)
    made.statement = evaluator.current
    first_call(evaluator, made)
    return made


def first_call(evaluator: GraphCalls, made: MadeLayer) -> None:
    """A layer object is called: the first call makes its variables."""
    if made.calls or made.variables or not (made.kind.weights or made.kind.statistics):
        return
    if _reuse(evaluator, None, None) is not Reuse.NO:
        message = "a layer object makes its variables in a scope that reuses variables"
        evaluator.refuse("TF410", message, made.call, f"tf.layers.{made.kind.name}")
    label = made.arguments["name"].value if "name" in made.arguments else None
    named = label is not None and not is_none(label)
    contrib = _contrib(made.arguments)
    default = CONTRIB_SCOPES.get(contrib or "", made.kind.function)
    text = evaluator.last_values[label].constant if label is not None and named else default
    if named or contrib != CONTRIB_NORMALIZER:
        made.scope = scope_name(evaluator, str(text) if isinstance(text, str) else None)
    weights(evaluator, made, made.kind)


def scope_name(evaluator: EvaluatorBase, default: str | None, label: str | None = None) -> str | None:
    """The full name of the scope of a layer's variables: the label that is given, or a unique one of a default."""
    state = evaluator.state
    counts = state.counts(evaluator.graph)
    outer = state.scopes[-1].name
    name = label if label is not None else default
    full = join(outer, name) if name is not None else None
    if full is not None and label is None:
        full = None if counts.unknown else counts.unique(full)
    if full is None or state.branches:
        counts.unknown = True
        return None
    counts.entered(full)
    return full


def _reuse(evaluator: GraphCalls, argument: cst.Arg | None, value: Value | None) -> Reuse:
    """Whether the variables of a layer are new: what the call says, or else its scope."""
    around = evaluator.state.scopes[-1].reuse
    said = evaluator.state.read_reuse(evaluator, argument, value)
    return around if said in (None, Reuse.NO) else said


def same_settings(evaluator: EvaluatorBase, made: MadeLayer, arguments: dict[str, cst.Arg]) -> bool:
    """Whether two calls make layers that compute the same from the same variables."""
    first = {name: item for name, item in made.arguments.items() if _decides(name, item)}
    second = {name: item for name, item in arguments.items() if _decides(name, item)}
    return set(first) == set(second) and all(_equal(evaluator, first[name], second[name]) for name in first)


def _decides(name: str, argument: cst.Arg) -> bool:
    initial = name.endswith(("_initializer", "_regularizer")) or name == "trainable"
    return name not in OF_CALLS and not initial and not is_none(argument.value)


def _equal(evaluator: EvaluatorBase, first: cst.Arg, second: cst.Arg) -> bool:
    values = [evaluator.last_values.get(item.value) for item in (first, second)]
    constants = [value.constant if value is not None else None for value in values]
    if constants[0] is not None and type(constants[0]) is type(constants[1]) and constants[0] == constants[1]:
        return True
    return isinstance(first.value, _PLAIN) and first.value.deep_equals(second.value)


_REPEATING = (cst.For, cst.While, cst.BaseComp)
_PLAIN = (cst.Name, cst.Attribute, cst.Integer, cst.Float, cst.SimpleString, cst.List, cst.Tuple)


_REGULARIZERS = {
    "kernel": "kernel_regularizer",
    "bias": "bias_regularizer",
    "depthwise_kernel": "depthwise_regularizer",
    "pointwise_kernel": "pointwise_regularizer",
    "gamma": "gamma_regularizer",
    "beta": "beta_regularizer",
}


def weights(evaluator: EvaluatorBase, made: MadeLayer, kind: LayerKind) -> None:
    """Note the variables that a layer makes, in TF1's order."""
    state = evaluator.state
    if made.variables or not (kind.weights or kind.statistics) or made.statement is None:
        return
    absent = {name: _flag(evaluator, made, name) for name in ("use_bias", "center", "scale", "trainable")}
    made.certain = made.certain and None not in absent.values()
    without = {"use_bias": "bias", "center": "beta", "scale": "gamma"}
    left_out = {without[name] for name in without if absent[name] is False}
    contrib = _contrib(made.arguments)
    if contrib is not None and kind.statistics and not left_out:
        made.certain = False  # beta came before gamma there
    for name in (*kind.weights, *kind.statistics):
        if name in left_out:
            continue
        trainable = absent["trainable"] if name in kind.weights else False
        variable = Variable(made.statement, made.call, None, trainable, evaluator.graph, weight=name)
        own = CONTRIB_WEIGHTS.get(name, name) if contrib is not None else name
        state.note(variable, f"{made.scope}/{own}" if made.scope is not None else None)
        state.named.discard(variable)  # Keras calls it otherwise
        made.variables.append(variable)
        given = made.arguments.get(_REGULARIZERS.get(name, ""))
        if given is not None:
            state.collections.regularized(evaluator, variable, given.value, evaluator.last_values[given.value])


def _contrib(arguments: dict[str, cst.Arg]) -> str | None:
    """The function of tf.contrib that a layer came from."""
    given = arguments["contrib"].value if "contrib" in arguments else None
    return str(given.evaluated_value) if isinstance(given, cst.SimpleString) else None


def _flag(evaluator: EvaluatorBase, made: MadeLayer, name: str) -> bool | None:
    if name not in made.arguments:
        return True
    constant = evaluator.last_values[made.arguments[name].value].constant
    return constant if isinstance(constant, bool) else None
