"""Objects of the classes that builder functions became: they hold variables and layers, and compute when called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.frames import Frame
from codemods.analysis.statements import Role
from codemods.analysis.values import Kind, Value, sequence, unknown
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.staging import Staging

_VARIABLES = frozenset({"trainable_variables", "trainable_weights", "variables", "weights"})


@dataclass(eq=False)
class Instance:
    """One object: its class, with the frame in which that is defined, and its attributes so far."""

    definition: cst.ClassDef
    frame: Frame
    attributes: dict[str, Value] = field(default_factory=dict)


def method(definition: cst.ClassDef, name: str) -> cst.FunctionDef:
    """The method of that name, which the class has."""
    return next(item for item in definition.body.body if isinstance(item, cst.FunctionDef) and item.name.value == name)


def is_making(evaluator: EvaluatorBase) -> bool:
    """Whether an object is being made."""
    inside = evaluator.calling[-1] if evaluator.calling else None
    names = ("__init__", "build")
    return (
        isinstance(inside, cst.FunctionDef)
        and inside.name.value in names
        and any(inside is item for definition in evaluator.builder_classes for item in definition.body.body)
    )


def computing(owner: Value) -> list[cst.FunctionDef]:
    """The methods of an object that compute."""
    assert isinstance(owner.payload, Instance)
    found = [item for item in owner.payload.definition.body.body if isinstance(item, cst.FunctionDef)]
    return [item for item in found if item.name.value not in ("__init__", "build")]


def defaults(evaluator: EvaluatorBase, definition: cst.ClassDef) -> None:
    """Evaluate the defaults of the parameters of the methods."""
    for item in definition.body.body:
        if isinstance(item, cst.FunctionDef):
            for parameter in [*item.params.params, *item.params.kwonly_params]:
                if parameter.default is not None:
                    evaluator.value(parameter.default)


def make(evaluator: GraphCalls, node: cst.Call, callee: Value) -> Value:
    """The object that a call of a class makes."""
    assert isinstance(callee.payload, tuple)
    definition, frame = callee.payload
    made = Value(Kind.OBJECT, node, payload=Instance(definition, frame))
    evaluator.makers.append(node)
    _run(evaluator, node, made, "__init__")
    if any(isinstance(item, cst.FunctionDef) and item.name.value == "build" for item in definition.body.body):
        evaluator.state.layers = True  # what it makes is there after the first call only: no list can hold it before
        shape = Value(Kind.SHAPE, definition)
        evaluator.call_definition(method(definition, "build"), frame, [made, shape], {})
    evaluator.makers.pop()
    return made


def apply(evaluator: GraphCalls, node: cst.Call, owner: Value) -> Value:
    """What an object computes when it is called."""
    assert isinstance(owner.payload, Instance)
    evaluator.object_calls.setdefault(owner.payload.definition, {})[node] = None
    return _run(evaluator, node, owner, evaluator.builder_classes[owner.payload.definition])


def _run(evaluator: GraphCalls, node: cst.Call, owner: Value, name: str) -> Value:
    instance = owner.payload
    assert isinstance(instance, Instance)
    positional = [owner]
    named: dict[str, Value] = {}
    for argument in node.args:
        value = evaluator.value(argument.value)
        if argument.keyword is not None:
            named[argument.keyword.value] = value
        else:
            positional.append(value)
    return evaluator.call_definition(method(instance.definition, name), instance.frame, positional, named)


def attribute(node: cst.Attribute, owner: Value) -> Value:
    """An attribute of an object."""
    assert isinstance(owner.payload, Instance)
    name = node.attr.value
    if name in _VARIABLES:
        leaves = [leaf for value in owner.payload.attributes.values() for leaf in value.leaves()]
        return sequence([leaf for leaf in leaves if leaf.kind is Kind.VARIABLE], node=node)
    return owner.payload.attributes.get(name) or unknown(node)


def store(node: cst.Attribute, owner: Value, value: Value) -> None:
    """``self.name = value``."""
    assert isinstance(owner.payload, Instance)
    owner.payload.attributes[node.attr.value] = value


def truth(evaluator: EvaluatorBase, test: cst.BaseExpression) -> bool | None:
    """What a condition on a setting (``if activation is None``) is in the call at hand; None if not known."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inner = truth(evaluator, test.expression)
        return None if inner is None else not inner
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        operator, other = test.comparisons[0].operator, test.comparisons[0].comparator
        if (
            isinstance(operator, (cst.Is, cst.IsNot))
            and is_none(other)
            and isinstance(test.left, (cst.Name, cst.Attribute))
        ):
            found = _none(evaluator.last_values[test.left])
            return found if found is None or isinstance(operator, cst.Is) else not found
        return None
    if isinstance(test, (cst.Name, cst.Attribute)):
        value = evaluator.last_values[test]
        if isinstance(value.constant, bool) and value.kind is Kind.HOST:
            return value.constant
        return None if _none(value) is not True else False
    return None


def _none(value: Value) -> bool | None:
    """Whether a value is None, where that is known."""
    if value.kind in (Kind.TF, Kind.FUNCTION, Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.LAYER):
        return False
    if value.constant is not None:
        return False
    return True if value.kind is Kind.HOST and value.node is not None and is_none(value.node) else None


def check(staging: Staging) -> None:
    """The methods must not read what moves into functions: there is no place from which they could."""
    for definition in staging.builder_classes:
        for item in definition.body.body:
            reads = staging.helper_reads.get(item, {})
            for name, bindings in reads.items():
                sources = {source for binding in bindings for source in binding.sources}
                if any(source is not None and source.role in _MOVING for source in sources):
                    staging.refuse("TF445", f"it reads {name!r}, which exists only inside a function now", item)


_MOVING = (Role.GRAPH, Role.TRAIN, Role.PLACEHOLDER, Role.GONE)
