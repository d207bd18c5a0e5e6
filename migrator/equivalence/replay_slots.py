"""The state of the migrated program's optimizers, matched with the slots that TF1 kept for the same variables.

An optimizer of Keras or an emitted one is built when it is first applied; from then on its moments stand for TF1's
slots: locked mode restores them before each run, and they are compared after it. What an optimizer of another kind
keeps is judged by what it does to the variables, as is what cannot be told apart. Runs inside the replaying process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from migrator.checkpoints.slots import ATTRIBUTES, kinds_of
from migrator.equivalence.weights import Key, LegacySlot, is_keras_slot

_SMALLEST = 1e-30
_BETAS = {"beta1_power": ("beta1", "beta_1"), "beta2_power": ("beta2", "beta_2")}


class KeptSlot:
    """A variable of an optimizer that holds ``scale`` times the legacy slot."""

    def __init__(self, variable: Any, scale: float = 1.0) -> None:
        self._variable = variable
        self._scale = scale

    @property
    def name(self) -> str:
        """The path of the variable."""
        return str(self._variable.path)

    def value(self) -> Any:
        """The value now, as TF1 kept it."""
        value = np.asarray(self._variable.numpy())
        return value if self._scale == 1.0 else (value / value.dtype.type(self._scale)).astype(value.dtype)

    def assign(self, value: Any) -> None:
        """Take the value of the legacy slot."""
        self._variable.assign(value if self._scale == 1.0 else value * np.asarray(value).dtype.type(self._scale))


class Power:
    """The count of updates of a Keras optimizer, for the power of beta that TF1 kept instead.

    A power starts at beta and is multiplied by it after each update, in float32; ``leads`` says whether it sets the
    count. One that ran down to zero tells none.
    """

    def __init__(self, optimizer: Any, beta: float, *, leads: bool) -> None:
        self._iterations = optimizer.iterations
        self._beta = beta
        self._leads = leads

    @property
    def name(self) -> str:
        """The path of the variable."""
        return str(self._iterations.path)

    def value(self) -> Any:
        """The power that the count stands for."""
        count = int(self._iterations.numpy()) + 1
        return np.multiply.accumulate(np.full(count, self._beta, np.float32))[-1]

    def assign(self, value: Any) -> None:
        """Set the count that belongs to a power."""
        if self._leads and 0 < self._beta < 1 and value > _SMALLEST:
            self._iterations.assign(max(round(math.log(float(value)) / math.log(self._beta)) - 1, 0))


class SlotWatch:
    """Finds the slots of optimizers as they are built."""

    def __init__(self, slots: Sequence[LegacySlot]) -> None:
        self._slots = slots
        self._waiting: dict[int, Any] = {}
        self._claimed: set[int] = set()

    def made(self, optimizer: Any) -> None:
        """An optimizer of the migrated program exists."""
        self._waiting.setdefault(id(optimizer), optimizer)

    def resolve(self, owners: Mapping[int, int]) -> dict[int, KeptSlot | Power]:
        """The slots of optimizers that were built since the last time, by legacy index.

        ``owners`` gives the legacy index of a migrated variable by its id.
        """
        found: dict[int, KeptSlot | Power] = {}
        for key, optimizer in list(self._waiting.items()):
            if optimizer.built and getattr(optimizer, "_trainable_variables", None):
                del self._waiting[key]
                found |= self._of(optimizer, owners)
        return found

    def _of(self, optimizer: Any, owners: Mapping[int, int]) -> dict[int, KeptSlot | Power]:
        target = _target(optimizer)
        attributes = ATTRIBUTES.get(target)
        if attributes is None:
            return {}
        trained = [owners.get(id(_plain(item))) for item in optimizer._trainable_variables]
        group = self._group([owner for owner in trained if owner is not None], target)
        if group is None:
            return {}
        scale = 1.0 if self._of_keras(group) else _scale(optimizer, target)
        if scale is None:
            return {}
        found: dict[int, KeptSlot | Power] = {}
        for position, owner in enumerate(trained):
            own = [slot for slot in self._slots if slot.owner == owner and slot.key == group and owner is not None]
            kinds = kinds_of(target, len(own))
            for slot, kind in zip(own, kinds, strict=False):
                kept = getattr(optimizer, attributes[kind], None) or []
                if position < len(kept) and slot.index not in self._claimed:
                    found[slot.index] = KeptSlot(kept[position], scale)
        for slot in self._slots:
            power = _power(slot)
            if slot.key == group and power is not None and slot.index not in self._claimed:
                kept_power = _kept_power(optimizer, power)
                if kept_power is not None:
                    found[slot.index] = kept_power
        self._claimed.update(found)
        return found

    def _group(self, owners: Iterable[int], target: str) -> Key | None:
        """The statement that made the slots which this optimizer stands for, if only one can have."""
        wanted = set(owners)
        groups: dict[Key, set[int]] = {}
        for slot in self._slots:
            if slot.owner is not None and slot.index not in self._claimed:
                groups.setdefault(slot.key, set()).add(slot.owner)
        fitting = [
            key
            for key, members in groups.items()
            if members and members <= wanted and kinds_of(target, self._most(key)) and self._family(key, target)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _of_keras(self, key: Key) -> bool:
        """Whether these are slots of the Keras of TensorFlow 1, which kept what Keras keeps."""
        return any(is_keras_slot(slot.name) for slot in self._slots if slot.key == key)

    def _most(self, key: Key) -> int:
        counts: dict[int, int] = {}
        for slot in self._slots:
            if slot.key == key and slot.owner is not None:
                counts[slot.owner] = counts.get(slot.owner, 0) + 1
        return max(counts.values())

    def _family(self, key: Key, target: str) -> bool:
        """Whether slots with TF1's default names have those of such an optimizer."""
        names = {
            slot.name.split(":")[0].rpartition("/")[2].rstrip("0123456789").rstrip("_")
            for slot in self._slots
            if slot.key == key and slot.owner is not None
        }
        own = target.rpartition(".")[2].removesuffix("Optimizer").removeprefix("Centered").lower()
        known = {"adam", "nadam", "rmsprop", "adagrad", "adagradda", "adadelta", "ftrl", "momentum", "proximaladagrad"}
        usual = {name.lower() for name in names} & known
        return not usual or usual == {"momentum" if own == "sgd" else own}


def _plain(variable: Any) -> Any:
    """The variable of TensorFlow in one of Keras."""
    return variable.value if hasattr(variable, "path") else variable


def _target(optimizer: Any) -> str:
    cls = type(optimizer)
    return f"keras.optimizers.{cls.__name__}" if cls.__module__.startswith("keras.") else cls.__name__


def _scale(optimizer: Any, target: str) -> float | None:
    """``keras.optimizers.SGD`` keeps a momentum times the negative learning rate; None where that is no constant."""
    if target != "keras.optimizers.SGD":
        return 1.0
    rate = optimizer._learning_rate
    number = float(rate.numpy()) if hasattr(rate, "numpy") else 0.0
    return -number if number else None


def _power(slot: LegacySlot) -> str | None:
    base = slot.name.split(":")[0].rpartition("/")[2]
    return next((power for power in _BETAS if base == power or base.startswith(f"{power}_")), None)


def _kept_power(optimizer: Any, power: str) -> KeptSlot | Power | None:
    own = getattr(optimizer, power, None)
    if own is not None:
        return KeptSlot(own)
    for name in _BETAS[power]:
        beta = getattr(optimizer, name, None)
        if isinstance(beta, float):
            return Power(optimizer, beta, leads=power == "beta2_power")
    return None
