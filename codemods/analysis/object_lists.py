"""Variables of objects and containers in lists of variables: ``discriminator.trainable_variables``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.keras_records import Layer
from codemods.analysis.stateful import Instance
from codemods.analysis.values import Kind, Value, Variable

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase


def leading(evaluator: EvaluatorBase, chosen: Sequence[Variable]) -> tuple[str, int] | None:
    """What the first variables of a list are written as, when an object or a container holds them; and how many."""
    best: tuple[str, int] | None = None
    for name, binding in evaluator.frame.visible().items():
        if binding.value.kind not in (Kind.OBJECT, *_CONTAINERS) or len(binding.sources) != 1:
            continue
        for text, variables in _held(name, binding.value):
            fits = bool(variables) and list(chosen[: len(variables)]) == variables
            if fits and (best is None or len(variables) > best[1]):
                best = text, len(variables)
                evaluator.name(cst.Name(name))
    return best


def spelled(evaluator: EvaluatorBase, variable: Variable) -> str | None:
    """How one variable of an object, or of a layer of one, is written where the evaluator stands."""
    for name, binding in evaluator.frame.visible().items():
        if binding.value.kind is Kind.OBJECT and len(binding.sources) == 1:
            text = _attribute(name, binding.value, variable)
            if text is not None:
                evaluator.name(cst.Name(name))
                return text
    return None


def _attribute(name: str, value: Value, variable: Variable) -> str | None:
    if value.kind is Kind.VARIABLE:
        return name if value.payload is variable else None
    if value.kind is Kind.LAYER and isinstance(value.payload, Layer) and value.payload.made is not None:
        return f"{name}.{variable.weight}" if variable.weight and variable in value.payload.made.variables else None
    if value.kind is not Kind.OBJECT or not isinstance(value.payload, Instance):
        return None
    inner = (_attribute(f"{name}.{attribute}", held, variable) for attribute, held in value.payload.attributes.items())
    return next((text for text in inner if text is not None), None)


def _held(name: str, value: Value) -> Iterator[tuple[str, list[Variable]]]:
    """What an object holds: expressions, each with the trainable variables that it stands for, in its order."""
    if value.kind is Kind.VARIABLE and isinstance(value.payload, Variable):
        yield name, [value.payload]
    elif value.kind is Kind.LAYER and isinstance(value.payload, Layer) and value.payload.made is not None:
        yield f"*{name}.trainable_variables", [item for item in value.payload.made.variables if item.trainable]
    elif isinstance(value.payload, Instance) and value.kind is Kind.OBJECT:
        owned = _owned(value.payload)
        if owned is not None:
            yield f"*{name}.trainable_variables", owned
        for attribute, held in value.payload.attributes.items():
            yield from _held(f"{name}.{attribute}", held)
    elif value.kind in _CONTAINERS:
        members = value.items if value.kind is Kind.SEQUENCE else (value.fields or {}).values()
        variables = [item.payload for item in members or () if isinstance(item.payload, Variable)]
        named = any(variable.targets for variable in variables)
        if members is not None and len(variables) == len(members) > 1 and not named:
            yield f"*{name}" if value.kind is Kind.SEQUENCE else f"*{name}.values()", variables


def _owned(instance: Instance) -> list[Variable] | None:
    """The trainable variables of an object in the order of its ``trainable_variables``; None where it is not known."""
    found: list[Variable] = []
    kinds = {value.kind for value in instance.attributes.values() if value.symbolic or value.kind in _HOLDERS}
    if Kind.VARIABLE in kinds and len(kinds) > 1:
        return None  # Keras lists no plain variables; tf.Module lists its own before those of its modules
    # tf.Module lists its variables in the order of their names, Keras its layers as they were made.
    names = sorted(instance.attributes) if Kind.VARIABLE in kinds else list(instance.attributes)
    for name in names:
        held = instance.attributes[name]
        if held.kind is Kind.VARIABLE and isinstance(held.payload, Variable):
            found += [held.payload] if held.payload.trainable else []
        elif held.kind is Kind.LAYER and isinstance(held.payload, Layer) and held.payload.made is not None:
            found += [item for item in held.payload.made.variables if item.trainable]
        elif held.kind is Kind.OBJECT and isinstance(held.payload, Instance):
            inner = _owned(held.payload)
            if inner is None:
                return None
            found += inner
        elif any(leaf.symbolic or leaf.kind in _HOLDERS for leaf in held.leaves()):
            return None
    return found


_CONTAINERS = (Kind.MAPPING, Kind.SEQUENCE)
_HOLDERS = (Kind.LAYER, Kind.OBJECT)
