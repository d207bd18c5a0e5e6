"""Which Keras 3 optimizer replaces each TF1 optimizer, with which arguments, and what is emitted where none matches.

Keras is chosen where the same gradients lead to the same weights up to rounding; elsewhere a class over the TF1 kernel
is emitted (``codemods/templates``), which is bit-identical. The sizes in the notes are the largest absolute difference
of float32 weights after 100 steps of a small network, the recorded TF1 gradients being replayed through both sides
(TensorFlow 2.21, Keras 3.15, CPU); the tests execute both sides and compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods.findings import Refusal
from codemods.rewrites.literals import Value, call, literal_value, python_float
from codemods.templates import Template, load


@dataclass(frozen=True)
class OptimizerUse:
    """One construction of a TF1 optimizer, as the analysis understood it.

    ``arguments`` maps TF1 parameter names to expressions already rewritten for TF2. ``learning_rate`` is
    ``"constant"`` (a host value), ``"schedule"`` (``arguments["learning_rate"]`` is a Keras schedule) or ``"tensor"``
    (fed or computed in the step, which assigns it to ``optimizer.learning_rate`` before each update). ``sparse``: some
    gradient may be ``tf.IndexedSlices``. ``positional``: the learning rate was passed by position. ``dtype`` is that
    of the trained variables. ``value`` returns the host value of an expression, or None when it is not known.
    """

    symbol: str
    arguments: Mapping[str, cst.BaseExpression]
    learning_rate: str = "constant"
    sparse: bool = False
    positional: bool = True
    dtype: str = "float32"
    value: Value = literal_value


@dataclass(frozen=True)
class OptimizerForm:
    """What to write instead: a constructor call, and the class that it needs, if any.

    ``densify``: gradients that are ``tf.IndexedSlices`` must pass ``tf.convert_to_tensor`` before the update.
    ``notes`` are (code, message) pairs. ``imports`` has the form of ``Template.imports``.
    """

    constructor: cst.BaseExpression
    template: Template | None = None
    densify: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str | None, str | None], ...] = (("keras", None, None),)


@dataclass(frozen=True)
class _Rule:
    """How one TF1 optimizer is lowered.

    ``parameters`` maps the TF1 parameters to their Keras names (the emitted classes keep the TF1 names). ``added`` are
    the Keras arguments to write when the program gives none, because the defaults differ. ``rounding`` holds the
    difference for "dense" and "sparse" gradients (absent: bit-identical). ``apart`` says by situation ("schedule",
    "tensor", "sparse", or "dense" for all others) how and how far Keras computes something else. ``dense_only``:
    refused for sparse gradients.
    """

    keras: str | None
    template: str
    parameters: Mapping[str, str]
    added: Mapping[str, str] = field(default_factory=dict)
    rounding: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    dense_only: bool = False


_FOLDED = "Keras folds the learning rate into the velocity, which differs once the rate changes"
_ROWS = "Keras also moves the rows that a sparse gradient does not hold"
_ONES = "the mean square starts at 1 in TensorFlow 1 and at 0 in Keras"
_NONE = "Keras has no such optimizer"


def _apart(reason: str, size: str) -> str:
    return f"{reason} (weights {size} apart after 100 steps of a small network)"


_ADAM = _Rule(
    "Adam",
    "adam_optimizer",
    {"beta1": "beta_1", "beta2": "beta_2", "epsilon": "epsilon"},
    {"epsilon": "1e-08"},
    rounding={"dense": "2e-5", "sparse": "2e-5"},
)
_ACCUMULATOR = {"initial_accumulator_value": "initial_accumulator_value"}
_L1_L2 = {name: name for name in ("l1_regularization_strength", "l2_regularization_strength")}

_RULES: Mapping[str, _Rule] = {
    "tf.train.GradientDescentOptimizer": _Rule("SGD", "gradient_descent_optimizer", {}),
    "tf.train.MomentumOptimizer": _Rule(
        "SGD",
        "momentum_optimizer",
        {"momentum": "momentum", "use_nesterov": "nesterov"},
        rounding={"dense": "2e-6"},
        apart={
            "schedule": _apart(_FOLDED, "0.3"),
            "tensor": _apart(_FOLDED, "0.09"),
            "sparse": _apart(_ROWS, "0.5"),
        },
    ),
    "tf.train.AdamOptimizer": _ADAM,
    # The lazy variant differs from Adam for sparse gradients only.
    "tf.contrib.opt.LazyAdamOptimizer": replace(_ADAM, dense_only=True),
    "tf.train.RMSPropOptimizer": _Rule(
        "RMSprop",
        "rmsprop_optimizer",
        {"decay": "rho", "momentum": "momentum", "epsilon": "epsilon", "centered": "centered"},
        {"epsilon": "1e-10"},
        apart={"dense": _apart(_ONES, "0.3"), "sparse": _apart(f"{_ONES}, and {_ROWS}", "0.3")},
    ),
    "tf.train.AdagradOptimizer": _Rule(
        "Adagrad", "adagrad_optimizer", _ACCUMULATOR, {"epsilon": "0.0"}, rounding={"sparse": "6e-8"}
    ),
    "tf.train.AdadeltaOptimizer": _Rule(
        "Adadelta",
        "adadelta_optimizer",
        {"rho": "rho", "epsilon": "epsilon"},
        {"epsilon": "1e-08"},
        rounding={"dense": "2e-7"},
        apart={"sparse": _apart(_ROWS, "8e-3")},
    ),
    "tf.train.FtrlOptimizer": _Rule(
        "Ftrl",
        "ftrl_optimizer",
        {
            "learning_rate_power": "learning_rate_power",
            **_ACCUMULATOR,
            **_L1_L2,
            "l2_shrinkage_regularization_strength": "l2_shrinkage_regularization_strength",
        },
        apart={"sparse": _apart(_ROWS, "1.6")},
    ),
    "tf.train.ProximalGradientDescentOptimizer": _Rule(
        None, "proximal_gradient_descent_optimizer", _L1_L2, apart={"dense": _NONE}
    ),
    "tf.train.ProximalAdagradOptimizer": _Rule(
        None, "proximal_adagrad_optimizer", {**_ACCUMULATOR, **_L1_L2}, apart={"dense": _NONE}
    ),
    "tf.train.AdagradDAOptimizer": _Rule(
        None,
        "adagrad_da_optimizer",
        {
            "global_step": "global_step",
            "initial_gradient_squared_accumulator_value": "initial_gradient_squared_accumulator_value",
            **_L1_L2,
        },
        apart={"dense": _NONE},
    ),
    "tf.contrib.opt.NadamOptimizer": _Rule(
        "Nadam",
        "nadam_optimizer",
        _ADAM.parameters,
        {"epsilon": "1e-08"},
        apart={"dense": _apart("Keras warms the momentum up", "0.07")},
        dense_only=True,
    ),
}

# Names and locks have no meaning for a Keras optimizer.
WITHOUT_MEANING = frozenset({"name", "use_locking", "accum_name", "linear_name", "use_own_namescope_for_non_slot_vars"})


def lower_optimizer(use: OptimizerUse, numerics: str = "default") -> OptimizerForm:
    """Return what replaces the construction ``use`` under ``numerics`` ("default", "exact" or "keras").

    Raises ``Refusal`` (TF310, TF311) for an optimizer or an argument that cannot be carried over exactly.
    """
    rule = _RULES.get(use.symbol)
    if rule is None:
        raise Refusal("TF310", f"no Keras 3 optimizer computes what {use.symbol} computes", symbol=use.symbol)
    if use.sparse and rule.dense_only:
        raise Refusal("TF310", f"{use.symbol} is not carried over for sparse gradients", symbol=use.symbol)
    arguments = {name: value for name, value in use.arguments.items() if name not in WITHOUT_MEANING}
    for name, value in arguments.items():
        if name != "learning_rate" and name not in rule.parameters:
            message = f"the argument {name}= of {use.symbol} has no counterpart in Keras 3"
            raise Refusal("TF311", message, node=value, symbol=use.symbol)
    reason = _difference(use, rule)
    if rule.keras is None or numerics == "exact" or (numerics == "default" and reason):
        return _emitted(use, rule, arguments, reason)
    return _keras(use, rule, rule.keras, arguments, reason)


def _difference(use: OptimizerUse, rule: _Rule) -> str | None:
    """Why the Keras optimizer computes something else than TF1 in this use, beyond rounding; None if it does not."""
    reason = rule.apart.get("sparse" if use.sparse else use.learning_rate) or rule.apart.get("dense")
    if reason:
        return reason
    momentum = use.arguments.get("momentum")
    number = use.value(momentum) if momentum else None
    if isinstance(number, int | float) and not 0 <= number <= 1:
        return "Keras takes no momentum outside 0 to 1"
    if use.dtype != "float32" and rule.parameters:
        return f"for {use.dtype} variables, Keras rounds hyperparameters at other places than TensorFlow 1"
    return None


def _keras(
    use: OptimizerUse, rule: _Rule, name: str, arguments: Mapping[str, cst.BaseExpression], reason: str | None
) -> OptimizerForm:
    keywords = {rule.parameters[given]: value for given, value in arguments.items() if given != "learning_rate"}
    if name == "SGD" and "momentum" in keywords:
        keywords["momentum"] = python_float(keywords["momentum"], use.value)
    for keyword, default in rule.added.items():
        keywords.setdefault(keyword, cst.Float(default))
    rounding = rule.rounding.get("sparse" if use.sparse else "dense")
    notes: tuple[tuple[str, str], ...] = ()
    if reason:
        notes = (("TF711", f"keras.optimizers.{name} replaces {use.symbol}: {reason}"),)
    elif rounding:
        message = f"weights at most {rounding} apart after 100 steps of a small network"
        notes = (("TF710", f"keras.optimizers.{name} rounds otherwise than {use.symbol}: {message}"),)
    # Keras does not sum the rows that a sparse gradient repeats; its SGD adds them up one by one, as TF1 does.
    densify = use.sparse and use.symbol != "tf.train.GradientDescentOptimizer"
    return OptimizerForm(call(f"keras.optimizers.{name}", _arguments(use, keywords)), densify=densify, notes=notes)


def _emitted(
    use: OptimizerUse, rule: _Rule, arguments: dict[str, cst.BaseExpression], reason: str | None
) -> OptimizerForm:
    template = load(rule.template)
    if "centered" in arguments:
        argument = arguments.pop("centered")
        centered = use.value(argument)
        if not isinstance(centered, bool):
            message = "whether this RMSProp is centered is not known from the source"
            raise Refusal("TF311", message, node=argument, symbol=use.symbol)
        if centered:
            template = load(f"centered_{rule.template}")
    arguments.pop("learning_rate", None)
    because = f": {reason}" if reason else ""
    note = ("TF712", f"the class {template.name} keeps the update rule of {use.symbol}{because}")
    return OptimizerForm(
        call(template.name, _arguments(use, arguments)), template, notes=(note,), imports=template.imports
    )


def _arguments(
    use: OptimizerUse, keywords: Mapping[str, cst.BaseExpression]
) -> list[tuple[str | None, cst.BaseExpression]]:
    """The learning rate as the program passed it, then ``keywords``."""
    rate = use.arguments.get("learning_rate")
    if use.learning_rate == "tensor":
        rate = cst.Float("0.0")  # assigned before each update
    elif rate is not None and use.learning_rate == "constant":
        rate = python_float(rate, use.value)
    arguments: list[tuple[str | None, cst.BaseExpression]] = []
    if rate is not None:
        arguments.append((None if use.positional else "learning_rate", rate))
    return [*arguments, *keywords.items()]
