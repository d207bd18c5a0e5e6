"""What is known of the objects of builder classes when the whole program was interpreted: the dtypes they are given."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis import dtypes
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind

_FLOATS = (None, "float64", "float16", "bfloat16")  # what a Keras layer would convert to float32, or may
_TENSORS = (Kind.TENSOR, Kind.PLACEHOLDER, Kind.VARIABLE)


def settle(staging: Staging) -> None:
    """Find the Keras classes that must not convert what they are given; refuse those that are given several dtypes."""
    for definition, calls in staging.object_calls.items():
        if staging.builder_classes[definition] != "call":
            continue
        for index, found in enumerate(_by_place(staging, list(calls))):
            if len(found) > 1 and _holds_layers(staging, definition):
                message = f"{definition.name.value} is given tensors of several dtypes, or of one that is not known"
                staging.refuse("TF610", message, next(iter(calls)).args[index].value)
            if any(dtype in _FLOATS for dtype in found):
                staging.keeps_dtypes.add(definition)


def given(staging: Staging, layer: cst.Call) -> set[str | None]:
    """The dtypes of the tensors that the objects are given which make a layer."""
    made = [item for item in staging.object_calls if any(node is layer for node in tree.walk(item))]
    return {dtype for item in made for place in _by_place(staging, list(staging.object_calls[item])) for dtype in place}


def _holds_layers(staging: Staging, definition: cst.ClassDef) -> bool:
    """Whether a class makes layers of TF1, whose weights have the dtype of their input."""
    return any(call in staging.keras.made for call in tree.walk(definition) if isinstance(call, cst.Call))


def _by_place(staging: Staging, calls: list[cst.Call]) -> list[set[str | None]]:
    """The dtypes of the positional tensor arguments of some calls, place by place."""
    places: list[set[str | None]] = []
    for call in calls:
        given = [argument.value for argument in call.args if argument.keyword is None]
        places += [set() for _ in range(len(given) - len(places))]
        for index, node in enumerate(given):
            value = staging.last_values.get(node)
            if value is not None and value.kind in _TENSORS and not dtypes.leads_to_itself(staging, node):
                places[index].add(dtypes.dtype_of(staging, node))
    return places
