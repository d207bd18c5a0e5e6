"""Symbolic Keras tensors in the staging analysis: which values are some, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.keras_records import Symbolic
from codemods.analysis.values import Kind, Placeholder, Value, Variable

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

GRAPH = (Kind.TENSOR, Kind.PLACEHOLDER, Kind.VARIABLE)


def promoted(evaluator: EvaluatorBase, value: Value) -> Value:
    """A placeholder that goes straight into a layer becomes the layer's ``keras.Input``."""
    if evaluator.keras.functional:
        return value
    if value.kind is Kind.PLACEHOLDER and isinstance(value.payload, Placeholder) and value.payload.default is None:
        value.payload.keras = evaluator.keras.promoted = True
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
        leaf.dynamic or leaf.kind in GRAPH for leaf in leaves
    )


def stays(node: cst.CSTNode, sources: Iterable[Value]) -> bool:
    """Whether arithmetic on, or an index of, Keras tensors is symbolic; TensorFlow's functions take no such tensors."""
    kinds = cst.BinaryOperation | cst.UnaryOperation | cst.Subscript | cst.AugAssign
    return isinstance(node, kinds) and only_keras(leaf for source in sources for leaf in source.leaves())


def derived(node: cst.CSTNode, leaves: Iterable[Value]) -> Value:
    """The symbolic tensor that Keras makes from others."""
    inputs: dict[Placeholder, None] = {}
    sources: list[Symbolic] = []
    reads: frozenset[Variable] = frozenset()
    for leaf in leaves:
        reads |= leaf.reads
        if isinstance(leaf.payload, Symbolic):
            inputs.update(dict.fromkeys(leaf.payload.inputs))
            sources.append(leaf.payload)
    ordered = tuple(sorted(inputs, key=lambda found: found.order))
    return Value(Kind.KERAS, node, reads=reads, payload=Symbolic(ordered, sources=tuple(sources)))
