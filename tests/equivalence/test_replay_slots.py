"""Which variables of a migrated optimizer hold the slots of the TF1 one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from migrator.equivalence.replay_slots import SlotWatch
from migrator.equivalence.weights import Key, LegacySlot

LINE: Key = (("", 20),)
OTHER: Key = (("", 30),)


@dataclass(eq=False)
class Held:
    """Stands for a variable of Keras."""

    path: str
    number: Any = 0.0
    value: Any = None

    def numpy(self) -> Any:
        return self.number

    def assign(self, value: Any) -> None:
        self.number = value


@dataclass(eq=False)
class Optimizer:
    _trainable_variables: list[Held]
    built: bool = True
    iterations: Held = field(default_factory=lambda: Held("iteration", np.int64(0)))


class Adam(Optimizer):
    __module__ = "keras.src.optimizers.adam"
    beta_1, beta_2 = 0.9, 0.999


class SGD(Optimizer):
    __module__ = "keras.src.optimizers.sgd"


class MomentumOptimizer(Optimizer):
    __module__ = "__main__"


def _trained(count: int) -> tuple[list[Held], dict[int, int]]:
    variables = [Held(f"w{index}", value=object()) for index in range(count)]
    return variables, {id(variable.value): index for index, variable in enumerate(variables)}


def _slots(names: list[tuple[str, int | None]], key: Key = LINE, start: int = 10) -> list[LegacySlot]:
    return [LegacySlot(start + index, name, owner, key) for index, (name, owner) in enumerate(names)]


def _watch(slots: list[LegacySlot], *optimizers: Any) -> SlotWatch:
    watch = SlotWatch(slots)
    for optimizer in optimizers:
        watch.made(optimizer)
    return watch


def test_moments_and_count_of_an_adam() -> None:
    variables, owners = _trained(2)
    adam: Any = Adam(variables)
    adam._momentums, adam._velocities = [[Held(f"{kind}{i}") for i in range(2)] for kind in "mv"]
    names: list[tuple[str, int | None]] = [
        ("beta1_power:0", None), ("beta2_power:0", None), ("a/Adam:0", 0), ("a/Adam_1:0", 0), ("b/Adam:0", 1),
        ("b/Adam_1:0", 1),
    ]  # fmt: skip
    found = _watch(_slots(names), adam).resolve(owners)
    assert {index: slot.name for index, slot in found.items()} == {
        10: "iteration", 11: "iteration", 12: "m0", 13: "v0", 14: "m1", 15: "v1",
    }  # fmt: skip
    power = np.float32(0.999)
    for _ in range(41):
        power *= np.float32(0.999)
    found[11].assign(power)
    assert adam.iterations.number == 41
    assert found[11].value() == power


def test_a_momentum_of_keras_is_the_accumulator_times_the_rate() -> None:
    variables, owners = _trained(1)
    sgd: Any = SGD(variables)
    sgd.momentums = [Held("momentum", np.float32([-0.5]))]
    sgd._learning_rate = Held("rate", 0.25)
    [slot] = _watch(_slots([("w/Momentum:0", 0)]), sgd).resolve(owners).values()
    assert slot.value() == pytest.approx([2.0])
    slot.assign(np.float32([4.0]))
    assert sgd.momentums[0].number == pytest.approx([-1.0])


def test_the_momentum_of_an_old_keras_stays_as_it_is() -> None:
    variables, owners = _trained(1)
    sgd: Any = SGD(variables)
    sgd.momentums = [Held("momentum", np.float32([-0.5]))]
    [slot] = _watch(_slots([("training/SGD/w/momentum:0", 0)]), sgd).resolve(owners).values()
    assert slot.value() == pytest.approx([-0.5])


def test_two_optimizers_are_told_apart_by_what_they_train() -> None:
    variables, owners = _trained(2)
    first: Any = MomentumOptimizer(variables[:1])
    second: Any = MomentumOptimizer(variables[1:])
    first.accumulators, second.accumulators = [Held("first")], [Held("second")]
    slots = [*_slots([("a/Momentum:0", 0)]), *_slots([("b/Momentum:0", 1)], OTHER, 20)]
    found = _watch(slots, second, first).resolve(owners)
    assert {index: slot.name for index, slot in found.items()} == {10: "first", 20: "second"}


@pytest.mark.parametrize("second_names", [["w/Momentum_1:0"], ["w/Custom:0"]])
def test_two_optimizers_of_one_variable_are_judged_by_their_effect(second_names: list[str]) -> None:
    variables, owners = _trained(1)
    one: Any = MomentumOptimizer(variables)
    one.accumulators = [Held("one")]
    slots = [*_slots([("w/Momentum:0", 0)]), *_slots([(name, 0) for name in second_names], OTHER, 20)]
    assert _watch(slots, one).resolve(owners) == {}


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        (["w/Adam:0"], 1),  # one slot where Adam has two
        (["w/Momentum:0"], 0),  # of a variable that the optimizer does not train
        (["w/RMSProp:0", "w/RMSProp_1:0"], 1),  # of another kind
    ],
)
def test_what_does_not_fit_is_left(names: list[str], variables: int) -> None:
    trained, owners = _trained(variables)
    adam: Any = Adam([*trained, Held("x", value=object())])
    adam._momentums, adam._velocities = [Held("m"), Held("m")], [Held("v"), Held("v")]
    assert _watch(_slots([(name, 0) for name in names]), adam).resolve(owners) == {}


def test_an_optimizer_is_asked_again_until_it_is_built() -> None:
    variables, owners = _trained(1)
    late: Any = MomentumOptimizer(variables, built=False)
    late.accumulators = [Held("accumulator")]
    watch = _watch(_slots([("w/Momentum:0", 0)]), late)
    assert watch.resolve(owners) == {}
    late.built = True
    assert list(watch.resolve(owners)) == [10]
    assert watch.resolve(owners) == {}
