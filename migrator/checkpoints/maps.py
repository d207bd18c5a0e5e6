"""The weight map: which value of the old checkpoint becomes which key of the new one, and how.

It comes from the replay map of a migrated program (`codemods.result.CheckpointMap`) or from the user, as JSON or TOML:

    layers = ["dense"]  # keys that are Keras layers: what follows them are attributes of the layer

    [variables]
    "dense/kernel" = "dense/_kernel"
    "rnn/basic_lstm_cell/kernel" = {to = ["lstm/cell/kernel", "lstm/cell/recurrent_kernel"], transform = "lstm_kernel"}
    "rnn/basic_lstm_cell/bias" = {to = "lstm/cell/bias", transform = "lstm_bias", forget_bias = 1.0}

    [[optimizers]]
    key = "optimizer"
    symbol = "tf.train.AdamOptimizer"
    target = "keras.optimizers.Adam"
    variables = ["dense/kernel", "dense/bias"]
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codemods.result import CheckpointMap, OptimizerMap
from migrator.checkpoints.errors import CheckpointError
from migrator.equivalence.transforms import TRANSFORMS

_MAP_BYTES = 10_000_000


@dataclass(frozen=True)
class Rule:
    """Values of the old checkpoint that become values of the new one through one transform."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    transform: str = "identity"
    options: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WeightMap:
    """All rules. ``unknown`` are keys of the new checkpoint for which the rewrite knew no old name.

    ``layers`` are keys that are Keras layers; what is below them are the names of their attributes.
    """

    rules: tuple[Rule, ...]
    optimizers: tuple[OptimizerMap, ...] = ()
    unknown: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


def of_rewrite(found: CheckpointMap) -> WeightMap:
    """The map that a rewrite wrote."""
    rules = tuple(Rule((old,), (new,)) for old, new in found.variables.items())
    return WeightMap(rules, found.optimizers, found.unknown, found.layers)


def read(path: Path) -> WeightMap:
    """The map in a JSON or TOML file (by its suffix). Raises CheckpointError for anything that is not one."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAP_BYTES)
        text = data.decode("utf-8")
        document: Any = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a weight map: {str(error).splitlines()[0]}") from error
    try:
        return _map(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} is not a weight map: {type(error).__name__}: {error}") from error


def merged(first: WeightMap, second: WeightMap) -> WeightMap:
    """``first`` with everything that ``second`` says about the same names and keys put over it."""
    old = {name for rule in second.rules for name in rule.old}
    new = {key for rule in second.rules for key in rule.new}
    kept = [rule for rule in first.rules if not old & set(rule.old) and not new & set(rule.new)]
    names = {key: name for rule in second.rules for name, key in zip(rule.old, rule.new, strict=False)}
    keys = {item.key for item in second.optimizers}
    optimizers = [_named(item, names) for item in first.optimizers if item.key not in keys]
    unknown = tuple(key for key in first.unknown if key not in new)
    layers = tuple(dict.fromkeys((*first.layers, *second.layers)))
    return WeightMap((*kept, *second.rules), (*optimizers, *second.optimizers), unknown, layers)


def _named(optimizer: OptimizerMap, names: Mapping[str, str]) -> OptimizerMap:
    """An optimizer whose variables of unknown name have the names that the user gave."""
    from dataclasses import replace

    variables = tuple(
        names.get(item.removeprefix("?"), item) if item.startswith("?") else item for item in optimizer.variables
    )
    return replace(optimizer, variables=variables)


def _map(document: Mapping[str, Any]) -> WeightMap:
    unexpected = set(document) - {"variables", "optimizers", "layers"}
    if unexpected:
        raise ValueError(f"unexpected {sorted(unexpected)}")
    rules = tuple(_rule(_text(name), value) for name, value in document.get("variables", {}).items())
    optimizers = tuple(_optimizer(item) for item in document.get("optimizers", []))
    return WeightMap(rules, optimizers, layers=tuple(map(_text, document.get("layers", []))))


def _rule(name: str, value: Any) -> Rule:
    if isinstance(value, str):
        return Rule((name,), (value,))
    transform = _text(value.get("transform", "identity"))
    if transform not in TRANSFORMS:
        raise ValueError(f"unknown transform {transform!r}; there are {', '.join(TRANSFORMS)}")
    old = (name, *map(_text, value.get("with", [])))
    new = (value["to"],) if isinstance(value["to"], str) else tuple(map(_text, value["to"]))
    kind = TRANSFORMS[transform]
    if len(old) != kind.takes or len(new) != kind.gives:
        raise ValueError(f"{transform} makes {kind.gives} of {kind.takes}; {name!r} gives it {len(old)} for {len(new)}")
    options = {key: float(item) for key, item in value.items() if key not in ("to", "with", "transform")}
    return Rule(old, new, transform, options)


def _optimizer(item: Mapping[str, Any]) -> OptimizerMap:
    symbol = _text(item["symbol"])
    return OptimizerMap(
        key=_text(item["key"]),
        symbol=symbol,
        name=_text(item.get("name", symbol.rpartition(".")[2].removesuffix("Optimizer"))),
        target=_text(item["target"]),
        variables=tuple(map(_text, item["variables"])),
        arguments={_text(key): float(value) for key, value in item.get("arguments", {}).items()},
        schedule=item.get("schedule", False) is True,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, found {value!r}")
    return value
