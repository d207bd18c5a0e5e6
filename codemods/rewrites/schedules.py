"""TF1 learning-rate decay functions as Keras 3 schedule objects.

A TF1 decay is a tensor computed from a step variable; a Keras schedule is an object that an optimizer calls with its
own ``iterations``. The two agree when the step variable is the ``global_step`` that ``minimize`` increments; the caller
decides that. Called on another step, ``schedule(step)`` is the tensor itself.

``tests/codemods/optimizer_numerics.py`` compares each schedule with TF1 at steps 0 to 200: all are bit-identical in
float32 under ``tf.function``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from codemods.findings import Refusal
from codemods.rewrites.literals import call
from codemods.templates import Template, load

_STEPS = {"learning_rate": "initial_learning_rate", "decay_steps": "decay_steps"}
_RATE = {**_STEPS, "decay_rate": "decay_rate", "staircase": "staircase"}

# TF1 function to its Keras class and its parameters in the order in which they are written, with their Keras names.
_SCHEDULES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "tf.train.exponential_decay": ("ExponentialDecay", _RATE),
    "tf.train.natural_exp_decay": ("ExponentialDecay", _RATE),
    "tf.train.inverse_time_decay": ("InverseTimeDecay", _RATE),
    "tf.train.piecewise_constant": ("PiecewiseConstantDecay", {"boundaries": "boundaries", "values": "values"}),
    "tf.train.piecewise_constant_decay": ("PiecewiseConstantDecay", {"boundaries": "boundaries", "values": "values"}),
    "tf.train.polynomial_decay": (
        "PolynomialDecay",
        {**_STEPS, "end_learning_rate": "end_learning_rate", "power": "power", "cycle": "cycle"},
    ),
    "tf.train.cosine_decay": ("CosineDecay", {**_STEPS, "alpha": "alpha"}),
    "tf.train.cosine_decay_restarts": (
        "CosineDecayRestarts",
        {
            "learning_rate": "initial_learning_rate",
            "first_decay_steps": "first_decay_steps",
            "t_mul": "t_mul",
            "m_mul": "m_mul",
            "alpha": "alpha",
        },
    ),
    "tf.train.linear_cosine_decay": (
        "LinearCosineDecay",
        {**_STEPS, "num_periods": "num_periods", "alpha": "alpha", "beta": "beta"},
    ),
}


@dataclass(frozen=True)
class ScheduleForm:
    """A constructor call that gives the schedule object, and the class that it needs, if any.

    ``notes`` and ``imports`` are as in ``OptimizerForm``.
    """

    constructor: cst.BaseExpression
    template: Template | None = None
    notes: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str | None, str | None], ...] = (("keras", None, None),)


def is_schedule(symbol: str) -> bool:
    """Whether ``symbol`` is a learning-rate decay function of TensorFlow 1, lowered or not."""
    return symbol in _SCHEDULES or symbol == "tf.train.noisy_linear_cosine_decay"


def step_parameter(symbol: str) -> str:
    """The name of the parameter through which the TF1 function ``symbol`` takes the step."""
    return "x" if symbol.startswith("tf.train.piecewise_constant") else "global_step"


def lower_schedule(
    symbol: str, arguments: Mapping[str, cst.BaseExpression], place: cst.Call | None = None
) -> ScheduleForm:
    """Return the Keras schedule for a call of ``symbol`` with ``arguments`` by TF1 parameter name.

    The step argument is left out; ``arguments`` must otherwise be host values. Raises ``Refusal`` (TF312) for a
    function without a counterpart, at ``place``.
    """
    if symbol not in _SCHEDULES:
        raise Refusal("TF312", f"no Keras schedule computes what {symbol} computes", place, symbol)
    name, parameters = _SCHEDULES[symbol]
    if "decay_rate" in arguments and symbol == "tf.train.natural_exp_decay":
        arguments = {**arguments, "decay_rate": _exponential_of_minus(arguments["decay_rate"])}
    written: list[tuple[str | None, cst.BaseExpression]] = []
    for parameter, keyword in parameters.items():
        if parameter in arguments:
            positional = not written or keyword == "values"
            written.append((None if positional else keyword, arguments[parameter]))
    if name == "LinearCosineDecay":
        template = load("linear_cosine_decay")
        note = ("TF712", f"the class {template.name} keeps {symbol}, which Keras does not have")
        return ScheduleForm(call(name, written), template, (note,), template.imports)
    imports: tuple[tuple[str, str | None, str | None], ...] = (("keras", None, None),)
    if symbol == "tf.train.natural_exp_decay":
        imports += (("tensorflow", "tf", None),)
    return ScheduleForm(call(f"keras.optimizers.schedules.{name}", written), imports=imports)


def _exponential_of_minus(rate: cst.BaseExpression) -> cst.BaseExpression:
    """``float(tf.exp(-rate))``: TF1 takes the exponential in float32, so ``math.exp`` would round differently."""
    simple = isinstance(rate, cst.Name | cst.Attribute | cst.Float | cst.Integer | cst.Call | cst.Subscript)
    if not (simple or rate.lpar):
        rate = rate.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return call("float", [(None, call("tf.exp", [(None, cst.UnaryOperation(cst.Minus(), rate))]))])
