"""Lowering of optimizers: the emitted text, the notes and refusals, and the numbers that they claim."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from codemods.findings import Refusal
from codemods.registry import CODES
from codemods.rewrites.optimizers import OptimizerForm, OptimizerUse, lower_optimizer
from codemods.templates import load

ROOT = Path(__file__).parents[2]
OPTIMIZERS = ["GradientDescent", "Momentum", "Adam", "RMSProp", "Adagrad", "Adadelta", "Ftrl"]
PROXIMAL = ["ProximalGradientDescent", "ProximalAdagrad", "AdagradDA"]
REQUIRED = {"Momentum": ", momentum=0.9", "AdagradDA": ", global_step=step"}


def lower(name: str, arguments: str, numerics: str = "default", **options: Any) -> OptimizerForm:
    """Lower ``tf.train.<name>Optimizer(<arguments>)``, where only the learning rate may be positional."""
    call = cst.ensure_type(cst.parse_expression(f"f({arguments})"), cst.Call)
    by_name = {arg.keyword.value if arg.keyword else "learning_rate": arg.value for arg in call.args}
    positional = bool(call.args) and call.args[0].keyword is None
    symbol = name if name.startswith("tf.") else f"tf.train.{name}Optimizer"
    return lower_optimizer(OptimizerUse(symbol, by_name, positional=positional, **options), numerics)


def text(form: OptimizerForm) -> str:
    return cst.Module([]).code_for_node(form.constructor)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("GradientDescent", "0.5", "keras.optimizers.SGD(0.5)"),
        ("GradientDescent", "learning_rate=0.5", "keras.optimizers.SGD(learning_rate=0.5)"),
        ("GradientDescent", "1e-3, name='sgd', use_locking=True", "keras.optimizers.SGD(1e-3)"),
        ("GradientDescent", "1", "keras.optimizers.SGD(1.0)"),
        ("GradientDescent", "rate", "keras.optimizers.SGD(float(rate))"),
        ("GradientDescent", "FLAGS.rate", "keras.optimizers.SGD(float(FLAGS.rate))"),
        ("GradientDescent", "(a + b)", "keras.optimizers.SGD(float(a + b))"),
        ("GradientDescent", "0.1 / 3", "keras.optimizers.SGD(0.1 / 3)"),
        ("GradientDescent", "1 / 3", "keras.optimizers.SGD(1 / 3)"),
        ("GradientDescent", "1 * 3", "keras.optimizers.SGD(float(1 * 3))"),
        ("GradientDescent", "10 ** -3", "keras.optimizers.SGD(10 ** -3)"),
        ("GradientDescent", "float(x)", "keras.optimizers.SGD(float(x))"),
        ("Momentum", "0.01, momentum=0.9", "keras.optimizers.SGD(0.01, momentum=0.9)"),
        ("Momentum", "0.01, momentum=0", "keras.optimizers.SGD(0.01, momentum=0.0)"),
        (
            "Momentum",
            "learning_rate=0.01, momentum=m, use_nesterov=True",
            "keras.optimizers.SGD(learning_rate=0.01, momentum=float(m), nesterov=True)",
        ),
        ("Adam", "", "keras.optimizers.Adam(epsilon=1e-08)"),
        ("Adam", "0.01", "keras.optimizers.Adam(0.01, epsilon=1e-08)"),
        ("Adam", "0.01, epsilon=0.1", "keras.optimizers.Adam(0.01, epsilon=0.1)"),
        ("Adam", "0.01, beta1=0.5, beta2=b", "keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=b, epsilon=1e-08)"),
        ("tf.contrib.opt.LazyAdamOptimizer", "0.01", "keras.optimizers.Adam(0.01, epsilon=1e-08)"),
        ("Adagrad", "0.1", "keras.optimizers.Adagrad(0.1, epsilon=0.0)"),
        (
            "Adagrad",
            "0.1, initial_accumulator_value=1.0",
            "keras.optimizers.Adagrad(0.1, initial_accumulator_value=1.0, epsilon=0.0)",
        ),
        ("Adadelta", "", "keras.optimizers.Adadelta(epsilon=1e-08)"),
        ("Adadelta", "1.0, rho=0.9", "keras.optimizers.Adadelta(1.0, rho=0.9, epsilon=1e-08)"),
        (
            "Ftrl",
            "0.1, l1_regularization_strength=0.5, accum_name='a', linear_name=None",
            "keras.optimizers.Ftrl(0.1, l1_regularization_strength=0.5)",
        ),
    ],
)
def test_keras_optimizer_with_the_defaults_of_tensorflow_1(name: str, arguments: str, expected: str) -> None:
    form = lower(name, arguments)
    assert text(form) == expected
    assert form.template is None
    assert form.imports == (("keras", None, None),)
    assert not form.densify


@pytest.mark.parametrize(
    ("name", "arguments", "options", "expected"),
    [
        ("RMSProp", "0.01, decay=0.8", {}, "RMSPropOptimizer(0.01, decay=0.8)"),
        ("RMSProp", "0.01, centered=False", {}, "RMSPropOptimizer(0.01)"),
        ("RMSProp", "0.01, centered=True", {}, "CenteredRMSPropOptimizer(0.01)"),
        ("RMSProp", "learning_rate=1, name='r'", {}, "RMSPropOptimizer(learning_rate=1.0)"),
        (
            "Momentum",
            "decay(), momentum=0.9",
            {"learning_rate": "schedule"},
            "MomentumOptimizer(decay(), momentum=0.9)",
        ),
        ("Momentum", "fed, momentum=0.9", {"learning_rate": "tensor"}, "MomentumOptimizer(0.0, momentum=0.9)"),
        ("Momentum", "0.1, momentum=0.9", {"sparse": True}, "MomentumOptimizer(0.1, momentum=0.9)"),
        ("Momentum", "0.1, momentum=1.5", {}, "MomentumOptimizer(0.1, momentum=1.5)"),
        ("Adadelta", "", {"sparse": True}, "AdadeltaOptimizer()"),
        ("Ftrl", "0.1", {"sparse": True}, "FtrlOptimizer(0.1)"),
        ("Adam", "", {"dtype": "float64"}, "AdamOptimizer()"),
        ("Adagrad", "0.1", {"dtype": "float64"}, "AdagradOptimizer(0.1)"),
        ("ProximalGradientDescent", "0.1", {}, "ProximalGradientDescentOptimizer(0.1)"),
        ("AdagradDA", "0.1, global_step=step", {}, "AdagradDAOptimizer(0.1, global_step=step)"),
        ("tf.contrib.opt.NadamOptimizer", "beta1=0.5", {}, "NadamOptimizer(beta1=0.5)"),
    ],
)
def test_class_over_the_kernel_where_keras_differs(
    name: str, arguments: str, options: dict[str, Any], expected: str
) -> None:
    form = lower(name, arguments, **options)
    assert text(form) == expected
    assert form.template is not None
    assert expected.startswith(f"{form.template.name}(")
    assert set(form.imports) == {("keras", None, None), ("tensorflow", "tf", None)}
    assert [code for code, _ in form.notes] == ["TF712"]
    assert not form.densify


@pytest.mark.parametrize("name", ["Adam", "Adagrad"])
def test_sparse_gradients_are_made_dense_where_that_is_exact(name: str) -> None:
    form = lower(name, "0.1", sparse=True)
    assert form.template is None
    assert form.densify


def test_sgd_takes_sparse_gradients_as_they_are() -> None:
    assert not lower("GradientDescent", "0.1", sparse=True).densify
    assert not lower("GradientDescent", "0.1", "keras", sparse=True).densify


@pytest.mark.parametrize("name", OPTIMIZERS + PROXIMAL)
@pytest.mark.parametrize("sparse", [False, True])
def test_exact_numerics_emit_a_class_for_every_optimizer(name: str, sparse: bool) -> None:
    form = lower(name, f"0.1{REQUIRED.get(name, '')}", "exact", sparse=sparse)
    assert form.template is not None
    assert form.template.name == f"{name}Optimizer"
    assert not form.densify


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rate", ["constant", "schedule", "tensor"])
@pytest.mark.parametrize("sparse", [False, True])
def test_keras_numerics_use_keras_wherever_it_has_the_optimizer(name: str, rate: str, sparse: bool) -> None:
    form = lower(name, f"x{REQUIRED.get(name, '')}", "keras", learning_rate=rate, sparse=sparse)
    assert form.template is None
    assert text(form).startswith("keras.optimizers.")
    default = lower(name, f"x{REQUIRED.get(name, '')}", learning_rate=rate, sparse=sparse)
    assert ("TF711" in [code for code, _ in form.notes]) == (default.template is not None)


def test_keras_numerics_keep_the_class_where_keras_has_none() -> None:
    form = lower("ProximalAdagrad", "0.1", "keras")
    assert text(form) == "ProximalAdagradOptimizer(0.1)"


def test_keras_numerics_keep_a_centered_flag_that_is_not_known() -> None:
    form = lower("RMSProp", "0.1, centered=flag", "keras")
    assert text(form) == "keras.optimizers.RMSprop(0.1, centered=flag, epsilon=1e-10)"


def test_known_values_spare_the_conversion() -> None:
    values = {"rate": 0.5, "count": 2, "momentum": 1.5}

    def value(expression: cst.BaseExpression) -> object:
        return values.get(expression.value) if isinstance(expression, cst.Name) else None

    assert text(lower("GradientDescent", "rate", value=value)) == "keras.optimizers.SGD(rate)"
    assert text(lower("GradientDescent", "-rate", value=value)) == "keras.optimizers.SGD(-rate)"
    assert text(lower("GradientDescent", "rate / count", value=value)) == "keras.optimizers.SGD(rate / count)"
    assert text(lower("GradientDescent", "count", value=value)) == "keras.optimizers.SGD(float(count))"
    assert text(lower("GradientDescent", "rate / other", value=value)) == "keras.optimizers.SGD(float(rate / other))"
    assert lower("Momentum", "rate, momentum=momentum", value=value).template is not None


def test_a_fed_learning_rate_is_assigned_later() -> None:
    assert text(lower("Adam", "rate", learning_rate="tensor")) == "keras.optimizers.Adam(0.0, epsilon=1e-08)"
    assert text(lower("GradientDescent", "learning_rate=rate", learning_rate="tensor")) == (
        "keras.optimizers.SGD(learning_rate=0.0)"
    )


@pytest.mark.parametrize(
    ("name", "arguments", "options", "code"),
    [
        ("tf.train.SyncReplicasOptimizer", "opt", {}, "TF310"),
        ("tf.contrib.opt.AdamWOptimizer", "0.1", {}, "TF310"),
        ("tf.contrib.opt.NadamOptimizer", "0.1", {"sparse": True}, "TF310"),
        ("tf.contrib.opt.LazyAdamOptimizer", "0.1", {"sparse": True}, "TF310"),
        ("Ftrl", "0.1, beta=0.5", {}, "TF311"),
        ("RMSProp", "0.1, centered=flag", {}, "TF311"),
        ("Adam", "0.1, amsgrad=True", {}, "TF311"),
    ],
)
def test_refusals(name: str, arguments: str, options: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        lower(name, arguments, **options)
    assert caught.value.code == code
    assert code in CODES
    assert caught.value.symbol == (name if name.startswith("tf.") else f"tf.train.{name}Optimizer")


def test_templates_are_valid_modules_with_a_docstring() -> None:
    names = [path.name.removesuffix(".py.txt") for path in resources.files("codemods.templates").iterdir()]
    optimizers = [name for name in names if name.endswith("_optimizer")]
    assert len(optimizers) == 12
    for name in optimizers:
        template = load(name)
        (definition,) = ast.parse(template.source).body
        assert isinstance(definition, ast.ClassDef)
        assert definition.name == template.name
        assert "TensorFlow 1" in (ast.get_docstring(definition) or "") or "tf.contrib" in template.source
        assert max(map(len, template.source.splitlines())) <= 120
        assert template.source.endswith("\n") and not template.source.endswith("\n\n")


# Numbers, executed on both sides.

Measured = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def measured() -> Measured:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = Path(__file__).with_name("optimizer_numerics.py")
    done = subprocess.run(
        [sys.executable, str(program)], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results: Measured = json.loads(done.stdout)
    return results


def test_emitted_classes_are_bit_identical(measured: Measured) -> None:
    classes = {name: case for name, case in measured["optimizers"].items() if case["class"]}
    assert len(classes) > 50
    assert {name: case["closed"] for name, case in classes.items() if case["closed"]} == {}


def test_keras_is_the_default_only_where_the_difference_is_rounding(measured: Measured) -> None:
    chosen = {
        name: case for name, case in measured["optimizers"].items() if name.endswith("default") and not case["class"]
    }
    assert len(chosen) > 15
    for name, case in chosen.items():
        claims = [re.search(r"at most ([\d.e-]+) apart", message) for code, message in case["notes"] if code == "TF710"]
        claimed = float(claims[0][1]) if claims and claims[0] else 0.0
        assert case["open"] <= claimed, (name, case)
        assert case["closed"] <= max(claimed * 100, 0.0), (name, case)


def test_the_notes_state_how_far_keras_is_apart(measured: Measured) -> None:
    claimed = {}
    for name, case in measured["optimizers"].items():
        for code, message in case["notes"]:
            size = re.search(r"weights ([\d.e-]+) apart", message)
            if code == "TF711" and size:
                claimed[name] = (float(size[1]), case["open"])
    assert len(claimed) > 10
    for name, (claim, size) in claimed.items():
        assert claim / 3 < size < claim * 3, (name, claim, size)


def test_emitted_classes_behave_like_keras_optimizers(measured: Measured) -> None:
    assert len(measured["classes"]) == 11
    assert {name: problems for name, problems in measured["classes"].items() if problems} == {}


def test_schedules_are_bit_identical(measured: Measured) -> None:
    assert len(measured["schedules"]) == 15
    assert {name: case for name, case in measured["schedules"].items() if any(case.values())} == {}
