"""The state of optimizers: the slots of TF1 by name, and the variables of Keras optimizers that hold the same."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codemods import templates
from codemods.result import OptimizerMap
from migrator.checkpoints.errors import CheckpointError

# The slots that an optimizer of TF1 makes for each variable, in order: named `W/Adam`, `W/Adam_1`, ...
_SLOTS: Mapping[str, tuple[str, ...]] = {
    "Adam": ("m", "v"),
    "LazyAdam": ("m", "v"),
    "Nadam": ("m", "v"),
    "Momentum": ("momentum",),
    "RMSProp": ("rms", "momentum"),
    "Adagrad": ("accumulator",),
    "ProximalAdagrad": ("accumulator",),
    "AdagradDA": ("gradient", "square"),
    "Adadelta": ("accumulator", "update"),
    "Ftrl": ("accumulator", "linear"),
    "GradientDescent": (),
    "ProximalGradientDescent": (),
}
_CENTERED = ("rms", "gradient", "momentum")
_POWERS = ("beta1_power", "beta2_power")
_WITH_POWERS = frozenset({"Adam", "LazyAdam", "Nadam"})
# The attribute in which an optimizer keeps each slot: Keras' own, then the emitted classes.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "keras.optimizers.Adam": {"m": "_momentums", "v": "_velocities"},
    "keras.optimizers.SGD": {"momentum": "momentums"},
    "keras.optimizers.RMSprop": {"rms": "_velocities", "momentum": "_momentums", "gradient": "_average_gradients"},
    "keras.optimizers.Adagrad": {"accumulator": "_accumulators"},
    "keras.optimizers.Adadelta": {"accumulator": "_accumulated_grads", "update": "_accumulated_delta_vars"},
    "keras.optimizers.Ftrl": {"accumulator": "_accumulators", "linear": "_linears"},
    "AdamOptimizer": {"m": "momentums", "v": "velocities"},
    "NadamOptimizer": {"m": "momentums", "v": "velocities"},
    "MomentumOptimizer": {"momentum": "accumulators"},
    "RMSPropOptimizer": {"rms": "mean_squares", "momentum": "momentums"},
    "CenteredRMSPropOptimizer": {"rms": "mean_squares", "gradient": "mean_gradients", "momentum": "momentums"},
    "AdagradOptimizer": {"accumulator": "accumulators"},
    "ProximalAdagradOptimizer": {"accumulator": "accumulators"},
    "AdagradDAOptimizer": {"gradient": "gradients", "square": "squares"},
    "AdadeltaOptimizer": {"accumulator": "gradients", "update": "updates"},
    "FtrlOptimizer": {"accumulator": "accumulators", "linear": "linears"},
    "GradientDescentOptimizer": {},
    "ProximalGradientDescentOptimizer": {},
}
_TEMPLATES = {
    "AdamOptimizer": "adam_optimizer", "NadamOptimizer": "nadam_optimizer", "MomentumOptimizer": "momentum_optimizer",
    "RMSPropOptimizer": "rmsprop_optimizer", "CenteredRMSPropOptimizer": "centered_rmsprop_optimizer",
    "AdagradOptimizer": "adagrad_optimizer", "ProximalAdagradOptimizer": "proximal_adagrad_optimizer",
    "AdagradDAOptimizer": "adagrad_da_optimizer", "AdadeltaOptimizer": "adadelta_optimizer",
    "FtrlOptimizer": "ftrl_optimizer", "GradientDescentOptimizer": "gradient_descent_optimizer",
    "ProximalGradientDescentOptimizer": "proximal_gradient_descent_optimizer",
}  # fmt: skip


# The slots that TF1 kept for what these classes stand for; of the others it is the name without "Optimizer".
_FAMILIES = {"SGD": "Momentum", "RMSprop": "RMSProp", "CenteredRMSProp": "RMSProp"}


def kinds_of(target: str, count: int) -> tuple[str, ...]:
    """What the ``count`` slots of a variable are for, in TF1's order, where ``target`` is the class now; or ()."""
    name = target.rpartition(".")[2].removesuffix("Optimizer")
    kinds = _SLOTS.get(_FAMILIES.get(name, name), ())
    if _FAMILIES.get(name, name) == "RMSProp" and count == len(_CENTERED):
        kinds = _CENTERED
    return kinds if len(kinds) == count else ()


@dataclass(frozen=True)
class Slot:
    """One slot variable: its name in the old checkpoint, the variable it belongs to, and where the new one keeps it."""

    old: str
    owner: str
    attribute: str


def slots(optimizer: OptimizerMap, counts: dict[tuple[str, str], int]) -> list[Slot]:
    """The slots of one optimizer; ``counts`` are the numbers of slots that earlier ones made by variable and name.

    Raises CheckpointError for an optimizer whose state this version does not know.
    """
    attributes = ATTRIBUTES.get(optimizer.target)
    kinds = _SLOTS.get(_family(optimizer))
    if attributes is None or kinds is None:
        raise CheckpointError(f"the state of {optimizer.symbol} as {optimizer.target} is not known")
    if optimizer.target == "CenteredRMSPropOptimizer":
        kinds = _CENTERED
    found = []
    for owner in optimizer.variables:
        for kind in kinds:
            number = counts.get((owner, optimizer.name), 0)
            counts[owner, optimizer.name] = number + 1
            name = f"{owner}/{optimizer.name}" + (f"_{number}" if number else "")
            found.append(Slot(name, owner, attributes[kind]))
    return found


def powers(optimizer: OptimizerMap, names: Mapping[str, Any], used: set[str]) -> dict[str, str]:
    """The names of the old ``beta1_power`` and ``beta2_power`` of an Adam; empty for other optimizers."""
    found: dict[str, str] = {}
    for power in _POWERS if _family(optimizer) in _WITH_POWERS else ():
        for name in names:
            base = name.rpartition("/")[2]
            if name not in used and (base == power or base.startswith(f"{power}_")):
                found[power] = name
                used.add(name)
                break
    return found


def steps(optimizer: OptimizerMap, values: Mapping[str, float]) -> int | None:
    """How many updates an Adam has made, from its powers; None where they have run down to zero.

    A power starts at beta and is multiplied by beta after each update.
    """
    for power, argument, default in (("beta2_power", "beta2", 0.999), ("beta1_power", "beta1", 0.9)):
        beta, value = optimizer.arguments.get(argument, default), values.get(power, 0.0)
        if 0 < beta < 1 and value > 1e-30:
            count = round(math.log(value) / math.log(beta)) - 1
            if count >= 0 and math.isclose(beta ** (count + 1), value, rel_tol=1e-3):
                return count
    return None


def make(optimizer: OptimizerMap) -> Any:
    """An optimizer of the class that the migrated program uses, with as many variables."""
    import keras

    rate: Any = optimizer.arguments.get("learning_rate", 0.0)
    if optimizer.schedule:
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    given: dict[str, Any] = {}
    if optimizer.target in _TEMPLATES:
        template = templates.load(_TEMPLATES[optimizer.target])
        space: dict[str, Any] = {}
        lines = [f"import {module}" + (f" as {alias}" if alias else "") for module, alias, name in template.imports]
        exec("\n".join([*lines, template.source]), space)  # our own text, the one that is emitted
        cls = space[template.name]
    else:
        cls = getattr(keras.optimizers, optimizer.target.rpartition(".")[2])
    for name, parameter in list(inspect.signature(cls.__init__).parameters.items())[1:]:
        if name == "learning_rate":
            given[name] = rate
        elif name == "momentum":
            given[name] = optimizer.arguments.get(name, 0.9 if optimizer.symbol.endswith("MomentumOptimizer") else 0.0)
        elif parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            given[name] = optimizer.arguments.get(name, 0.0)
    return cls(**given)


def scale(optimizer: OptimizerMap) -> float | None:
    """What a momentum is multiplied by: ``keras.optimizers.SGD`` keeps it times the negative learning rate.

    None where the rate is not known.
    """
    if optimizer.target != "keras.optimizers.SGD":
        return 1.0
    rate = optimizer.arguments.get("learning_rate")
    return None if rate is None else -rate


def _family(optimizer: OptimizerMap) -> str:
    return optimizer.symbol.rpartition(".")[2].removesuffix("Optimizer")
