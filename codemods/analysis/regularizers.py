"""Regularizers: what `tf.contrib.layers.l2_regularizer(0.1)` and functions of the program compute of a variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import object_lists
from codemods.analysis.layer_lists import name_of
from codemods.analysis.slices import free_names
from codemods.analysis.values import Kind, Value, Variable
from codemods.analysis.variable_names import spelled
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.statements import Binding

# What TF1 computed, with the arguments of the constructor and the variable as holes; {tf} is TensorFlow.
_L1, _L2 = "{scale} * {tf}.reduce_sum({tf}.abs({variable}))", "{scale} * {tf}.nn.l2_loss({variable})"
FORMS = {
    "tf.contrib.layers.l2_regularizer": _L2,
    "tf.contrib.layers.l1_regularizer": _L1,
    "tf.contrib.layers.l1_l2_regularizer": (
        f"{_L1.replace('{scale}', '{scale_l1}')} + {_L2.replace('{scale}', '{scale_l2}')}"
    ),
    "keras.regularizers.l2": "{l2} * {tf}.reduce_sum({tf}.square({variable}))",
    "keras.regularizers.l1": "{l1} * {tf}.reduce_sum({tf}.abs({variable}))",
}
_PARAMETERS = {
    "tf.contrib.layers.l2_regularizer": ("scale", "scope"),
    "tf.contrib.layers.l1_regularizer": ("scale", "scope"),
    "tf.contrib.layers.l1_l2_regularizer": ("scale_l1", "scale_l2", "scope"),
    "keras.regularizers.l2": ("l2",),
    "keras.regularizers.l1": ("l1",),
}
_DEFAULTS = {
    "tf.contrib.layers.l1_l2_regularizer": {"scale_l1": "1.0", "scale_l2": "1.0"},
    "keras.regularizers.l2": {"l2": "0.01"},
    "keras.regularizers.l1": {"l1": "0.01"},
}


CONTRIB = {
    "tf.contrib.layers.l2_regularizer": "L2",
    "tf.contrib.layers.l1_regularizer": "L1",
    "tf.contrib.layers.l1_l2_regularizer": "L1L2",
}


@dataclass(eq=False)
class Regularizer:
    """What is added for a variable: a text with the hole ``{variable}``; ``names`` are what its names meant."""

    text: str
    names: Mapping[str, Binding] = field(default_factory=dict)
    nothing: bool = False  # a scale of 0: TF1 adds nothing then

    def written(self, evaluator: EvaluatorBase, variable: Variable) -> str | None:
        """The text for one variable, where the evaluator stands; None where a name is not what it was."""
        held = _held(evaluator, variable)
        for name, binding in self.names.items():
            found = evaluator.frame.find(name)
            if found is None or not found[0].same(binding):
                return None
            evaluator.name(cst.Name(name))
        return None if held is None else self.text.replace("{variable}", held)


def _held(evaluator: EvaluatorBase, variable: Variable) -> str | None:
    """How a variable is written: its name, the weight of a layer, or an attribute of an object that holds it."""
    made = evaluator.keras.owner(variable)
    if variable.weight is None or made is None:
        return spelled(evaluator, variable) or object_lists.spelled(evaluator, variable)
    held = object_lists.spelled(evaluator, variable)
    if held is not None:
        return held
    name = name_of(evaluator, made)
    return f"{name}.{variable.weight}" if name is not None else None


def regularizer(evaluator: EvaluatorBase, node: cst.BaseExpression, value: Value) -> Regularizer | str | None:
    """The regularizer that an argument stands for; None for ``None``, or the reason why it is not known."""
    if is_none(node) or (value.kind is Kind.HOST and value.node is not None and is_none(value.node)):
        return None
    if value.kind is Kind.FUNCTION:
        return _function(evaluator, node)
    made = value.node
    symbol = evaluator.symbols.of(made.func) if isinstance(made, cst.Call) else None
    if not isinstance(made, cst.Call) or symbol not in FORMS:
        return "a regularizer that is not known here"
    bound = arguments_of(symbol, made)
    if bound is None:
        return "a regularizer with arguments that are not known"
    given = {name: argument.value for name, argument in bound.items()}
    text = FORMS[symbol]
    names: dict[str, Binding] = {}
    scales: list[object] = []
    for parameter in _PARAMETERS[symbol]:
        hole = f"{{{parameter}}}"
        if hole not in text:
            continue
        scale = given.get(parameter)
        if scale is None:
            default = _DEFAULTS.get(symbol, {}).get(parameter)
            if default is None:
                return f"{symbol} without {parameter}"
            text = text.replace(hole, default)
            scales.append(None)
            continue
        scales.append(evaluator.last_values[scale].constant if scale in evaluator.last_values else None)
        written = cst.Module([]).code_for_node(scale)
        text = text.replace(hole, written if isinstance(scale, _ATOMS) else f"({written})")
        for name in free_names(scale):
            found = evaluator.frame.find(name)
            if found is None:
                return f"{name!r} is not bound where the regularizer is used"
            names[name] = found[0]
    several = len(scales) > 1
    if several and any(scale == 0 for scale in scales):
        return "a scale of 0, which leaves out one of two parts"
    nothing = not several and scales[0] == 0 and symbol in CONTRIB
    held = evaluator.frame.find(node.value) if isinstance(node, cst.Name) and symbol in CONTRIB else None
    if held is not None and made is not node:
        assert isinstance(node, cst.Name)
        return Regularizer(f"{node.value}({{variable}})", {node.value: held[0]}, nothing)
    return Regularizer(text, names, nothing)


def arguments_of(symbol: str, call: cst.Call) -> dict[str, cst.Arg] | None:
    """The arguments of a constructor by their names; None where they are starred, or not its own."""
    parameters = _PARAMETERS[symbol]
    plain = [item for item in call.args if item.keyword is None]
    if any(argument.star for argument in call.args) or len(plain) > len(parameters):
        return None
    by_name = {item.keyword.value: item for item in call.args if item.keyword is not None}
    if "l" in by_name and symbol.startswith("keras."):  # what Keras 2 called it before
        by_name[parameters[0]] = by_name.pop("l")
    return dict(zip(parameters, plain, strict=False)) | by_name if set(by_name) <= set(parameters) else None


def is_regularizer(evaluator: EvaluatorBase, callee: Value) -> bool:
    """Whether a value that is called is a regularizer object of tf.contrib."""
    made = callee.node
    return callee.kind is Kind.HOST and isinstance(made, cst.Call) and evaluator.symbols.of(made.func) in CONTRIB


def applied(evaluator: GraphCalls, node: cst.Call, callee: Value) -> Value:
    """A regularizer object is called: the loss of what it is given."""
    assert isinstance(callee.node, cst.Call)
    values = evaluator.argument_values(node)
    symbol = evaluator.symbols.of(callee.node.func) or ""
    bound = arguments_of(symbol, callee.node)
    scales = [evaluator.last_values[item.value].constant for item in (bound or {}).values()]
    if bound is None or any(scale == 0 for scale in scales):
        evaluator.refuse("TF412", "a regularizer with a scale of 0 computes nothing in TensorFlow 1", node, symbol)
    return evaluator.computed(node, values)


def _function(evaluator: EvaluatorBase, node: cst.BaseExpression) -> Regularizer | str:
    """A function of the program: called by its name, or a lambda whose body is written out."""
    if isinstance(node, cst.Name):
        found = evaluator.frame.find(node.value)
        if found is None:
            return "a regularizer that is not known here"
        return Regularizer(f"{node.value}({{variable}})", {node.value: found[0]})
    return "a lambda that no name holds"


_ATOMS = (cst.Name, cst.Attribute, cst.Integer, cst.Float, cst.Subscript, cst.Call)
