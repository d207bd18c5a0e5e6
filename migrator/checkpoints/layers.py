"""Layers without a computation: they hold the weights of a layer as its checkpoint does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.equivalence.transforms import Array

_STATISTICS = frozenset({"moving_mean", "moving_variance"})


def stand_in(values: Mapping[str, Any]) -> Any:
    """A Keras layer whose attributes are weights with these values; statistics are not trainable.

    A mapping among the values is a layer inside, such as the cell of a recurrent layer; all others are arrays.
    """
    import keras

    layer = keras.layers.Layer()
    for name, value in values.items():
        setattr(layer, name, stand_in(value) if isinstance(value, Mapping) else _weight(layer, name, value))
    layer.built = True
    return layer


def _weight(layer: Any, name: str, value: Array) -> Any:
    weight = layer.add_weight(
        shape=value.shape, dtype=value.dtype.name, trainable=name not in _STATISTICS, name=name.strip("_")
    )
    weight.assign(value)
    return weight
