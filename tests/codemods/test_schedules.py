"""Lowering of learning-rate decay functions; their numbers are compared in ``test_optimizers``."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from codemods.findings import Refusal
from codemods.registry import CODES
from codemods.rewrites.schedules import ScheduleForm, is_schedule, lower_schedule, step_parameter


def lower(function: str, arguments: str) -> ScheduleForm:
    """Lower ``tf.train.<function>`` with keyword arguments, the step left out."""
    call = cst.ensure_type(cst.parse_expression(f"f({arguments})"), cst.Call)
    return lower_schedule(f"tf.train.{function}", {arg.keyword.value: arg.value for arg in call.args if arg.keyword})


def text(form: ScheduleForm) -> str:
    return cst.Module([]).code_for_node(form.constructor)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (
            "exponential_decay",
            "learning_rate=start, decay_steps=1000, decay_rate=0.96, staircase=True",
            "ExponentialDecay(start, decay_steps=1000, decay_rate=0.96, staircase=True)",
        ),
        (
            "exponential_decay",
            "decay_rate=0.96, name='lr', decay_steps=n // batch, learning_rate=0.1",
            "ExponentialDecay(0.1, decay_steps=n // batch, decay_rate=0.96)",
        ),
        (
            "inverse_time_decay",
            "learning_rate=0.1, decay_steps=10, decay_rate=0.5",
            "InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)",
        ),
        ("piecewise_constant", "boundaries=[1, 2], values=v", "PiecewiseConstantDecay([1, 2], v)"),
        ("piecewise_constant_decay", "values=v, boundaries=b", "PiecewiseConstantDecay(b, v)"),
        ("polynomial_decay", "learning_rate=0.1, decay_steps=10", "PolynomialDecay(0.1, decay_steps=10)"),
        (
            "polynomial_decay",
            "learning_rate=0.1, decay_steps=10, end_learning_rate=0.0, power=0.5, cycle=True",
            "PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0, power=0.5, cycle=True)",
        ),
        ("cosine_decay", "learning_rate=0.1, decay_steps=10, alpha=0.1", "CosineDecay(0.1, decay_steps=10, alpha=0.1)"),
        (
            "cosine_decay_restarts",
            "learning_rate=0.1, first_decay_steps=10, t_mul=1.0",
            "CosineDecayRestarts(0.1, first_decay_steps=10, t_mul=1.0)",
        ),
    ],
)
def test_keras_schedule(function: str, arguments: str, expected: str) -> None:
    form = lower(function, arguments)
    assert text(form) == f"keras.optimizers.schedules.{expected}"
    assert form.template is None
    assert form.notes == ()
    assert form.imports == (("keras", None, None),)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("0.5", "float(tf.exp(-0.5))"),
        ("rate", "float(tf.exp(-rate))"),
        ("a + b", "float(tf.exp(-(a + b)))"),
        ("(a + b)", "float(tf.exp(-(a + b)))"),
        ("-0.5", "float(tf.exp(-(-0.5)))"),
        ("a if b else c", "float(tf.exp(-(a if b else c)))"),
    ],
)
def test_natural_decay_takes_the_exponential_in_float32(rate: str, expected: str) -> None:
    form = lower("natural_exp_decay", f"learning_rate=0.1, decay_steps=7, decay_rate={rate}")
    assert text(form) == f"keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=7, decay_rate={expected})"
    assert ("tensorflow", "tf", None) in form.imports


def test_linear_cosine_decay_is_emitted() -> None:
    form = lower("linear_cosine_decay", "learning_rate=0.1, decay_steps=7, beta=0.01")
    assert text(form) == "LinearCosineDecay(0.1, decay_steps=7, beta=0.01)"
    assert form.template is not None
    assert isinstance(ast.parse(form.template.source).body[0], ast.ClassDef)
    assert {module for module, _, _ in form.imports} == {"math", "keras", "tensorflow"}
    assert [code for code, _ in form.notes] == ["TF712"]


@pytest.mark.parametrize("symbol", ["tf.train.noisy_linear_cosine_decay", "tf.train.warm_start"])
def test_refusals(symbol: str) -> None:
    with pytest.raises(Refusal) as caught:
        lower_schedule(symbol, {"learning_rate": cst.Float("0.1"), "decay_steps": cst.Integer("7")})
    assert caught.value.code == "TF312"
    assert "TF312" in CODES


def test_which_symbols_are_schedules() -> None:
    assert is_schedule("tf.train.exponential_decay")
    assert is_schedule("tf.train.noisy_linear_cosine_decay")
    assert not is_schedule("tf.train.AdamOptimizer")
    assert step_parameter("tf.train.exponential_decay") == "global_step"
    assert step_parameter("tf.train.piecewise_constant_decay") == "x"
