"""From the values of a TF1 checkpoint to those of the new one, by a weight map."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from codemods.result import OptimizerMap
from migrator.checkpoints import slots
from migrator.checkpoints.errors import CheckpointError
from migrator.checkpoints.layers import stand_in
from migrator.checkpoints.maps import WeightMap
from migrator.checkpoints.reading import Checkpoint
from migrator.equivalence.transforms import TRANSFORMS, Array, TransformError, forward, inverse

_STEP = "global_step"


@dataclass
class Converted:
    """What the new checkpoint holds: ``values`` by key, and the optimizers with their state set.

    ``used`` are the old names that went into it, ``unused`` the others; ``missing`` says which keys have no value and
    why; ``notes`` what is not the same bit for bit.
    """

    values: dict[str, Array] = field(default_factory=dict)
    optimizers: dict[str, Any] = field(default_factory=dict)
    tree: dict[str, Any] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def convert(old: Checkpoint, weights: WeightMap) -> Converted:
    """Apply ``weights`` to ``old``. Raises CheckpointError for values that do not fit their transform."""
    result = Converted()
    for rule in weights.rules:
        absent = [name for name in rule.old if name not in old.entries]
        if absent:
            result.missing += [(key, f"there is no {', '.join(absent)}") for key in rule.new]
            continue
        arrays = [old.value(name) for name in rule.old]
        try:
            made = forward(rule.transform, arrays, rule.options)
            back = inverse(rule.transform, made, rule.options)
        except TransformError as error:
            raise CheckpointError(f"{rule.old[0]}: {error}") from error
        if not all(_same(left, right) for left, right in zip(arrays, back, strict=True)):
            if TRANSFORMS[rule.transform].exact:
                raise CheckpointError(f"{rule.old[0]}: {rule.transform} does not lead back to the same values")
            result.notes.append(f"{rule.old[0]}: {rule.transform} adds a constant, which rounds the last bit")
        result.values.update(zip(rule.new, made, strict=True))
        result.used += rule.old
    result.missing += [(key, "its name in TensorFlow 1 is not known; give it with --map") for key in weights.unknown]
    result.tree = _tree(result.values, weights.layers)
    counts: dict[tuple[str, str], int] = {}
    keys = {rule.old[0]: rule.new[0] for rule in weights.rules if rule.transform == "identity"}
    for optimizer in weights.optimizers:
        _optimizer(old, optimizer, keys, counts, result)
    result.unused = [name for name in old.entries if name not in set(result.used)]
    return result


def _same(left: Array, right: Array) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def _tree(values: Mapping[str, Array], layers: Collection[str]) -> dict[str, Any]:
    """``values`` as variables in nested dicts, or layers; a dict with the keys 0, 1, ... is a list, as in programs."""
    import tensorflow as tf

    tree: dict[str, Any] = {}
    for key, value in values.items():
        *around, last = key.split("/")
        inner = tree
        for part in around:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise CheckpointError(f"{key!r} lies inside of another key")
        if last in inner:
            raise CheckpointError(f"{key!r} is given twice, or lies around another key")
        inner[last] = tf.Variable(value)
    return {name: _listed(item, name, layers) for name, item in tree.items()}


def _listed(item: Any, key: str, layers: Collection[str]) -> Any:
    if not isinstance(item, dict):
        return item
    if key in layers:
        return stand_in(_arrays(item))
    inner = {name: _listed(part, f"{key}/{name}", layers) for name, part in item.items()}
    numbers = [str(number) for number in range(len(inner))]
    return [inner[number] for number in numbers] if set(inner) == set(numbers) else inner


def _arrays(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of variables in nested dicts."""
    return {name: _arrays(part) if isinstance(part, dict) else part.numpy() for name, part in item.items()}


def _find(tree: Any, key: str) -> Any:
    """The variable at ``key``."""
    for part in key.split("/"):
        if isinstance(tree, dict):
            tree = tree[part]
        else:
            tree = tree[int(part)] if isinstance(tree, list) else getattr(tree, part)
    return tree


def _optimizer(
    old: Checkpoint,
    optimizer: OptimizerMap,
    keys: Mapping[str, str],
    counts: dict[tuple[str, str], int],
    result: Converted,
) -> None:
    """Build one optimizer and give it the state of the old one."""
    wanted = slots.slots(optimizer, counts)
    without = [name for name in optimizer.variables if name not in keys or keys[name] not in result.values]
    if without:
        result.missing.append((optimizer.key, f"its variable {without[0]} has no value"))
        return
    made = slots.make(optimizer)
    made.build([_find(result.tree, keys[name]) for name in optimizer.variables])
    factor = slots.scale(optimizer)
    for slot in wanted:
        kept = getattr(made, slot.attribute, None)
        key = f"{optimizer.key}: {slot.attribute.strip('_')} of {slot.owner}"
        if not kept:
            if slot.old in old.entries:
                result.used.append(slot.old)  # a momentum of 0: Keras keeps none
            continue
        if slot.old not in old.entries or factor is None:
            why = f"there is no {slot.old}" if factor is not None else "the learning rate is not known"
            result.missing.append((key, why))
            continue
        value = old.value(slot.old)
        target = kept[optimizer.variables.index(slot.owner)]
        if tuple(target.shape) != value.shape:
            raise CheckpointError(f"{slot.old} has the shape {list(value.shape)}, {slot.owner} {list(target.shape)}")
        target.assign(value if factor == 1.0 else value * value.dtype.type(factor))
        result.used.append(slot.old)
    if factor not in (None, 1.0) and wanted:
        result.notes.append(
            f"{optimizer.key}: the momentum is kept times the learning rate {-(factor or 0):g}, rounded"
        )
    _count(old, optimizer, made, result)
    result.optimizers[optimizer.key] = made


def _count(old: Checkpoint, optimizer: OptimizerMap, made: Any, result: Converted) -> None:
    """Powers of beta, and the number of updates so far."""
    names = slots.powers(optimizer, old.entries, set(result.used))
    values = {power: float(old.value(name)) for power, name in names.items()}
    count: int | None = None
    if names:
        count = slots.steps(optimizer, values)
        for power, name in names.items():
            kept = getattr(made, power, None)
            if kept is not None:
                kept.assign(old.value(name))
            result.used.append(name)
    elif hasattr(made, "beta_1") or hasattr(made, "beta1_power"):
        result.missing.append((optimizer.key, "there is no beta1_power and beta2_power"))
    if count is None and _STEP in old.entries:
        count = int(old.value(_STEP))
    if count is None:
        count = 0
        if names:
            result.missing.append((f"{optimizer.key}: iterations", "the powers of beta have run down to 0"))
    made.iterations.assign(count)
