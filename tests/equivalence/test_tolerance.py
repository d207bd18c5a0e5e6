"""Default tolerances and overrides."""

from __future__ import annotations

import math

import pytest

from migrator.equivalence.results import Tolerance
from migrator.equivalence.tolerance import Override, for_feed, for_output, for_update, overridden, reduction_length

EXACT = (0.0, 0.0, 0.0)


def limits(tolerance: Tolerance) -> tuple[float, float, float]:
    return tolerance.atol, tolerance.rtol, tolerance.share


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "string"])
def test_exact_dtypes(dtype: str) -> None:
    assert limits(for_output(dtype, 1e6, 1000)) == EXACT
    assert limits(for_feed(dtype, 1e6)) == EXACT
    assert limits(for_update(dtype, 5.0, 10.0)) == EXACT
    assert limits(for_output(dtype, 1e6, 1000, device="gpu:0")) == EXACT


def test_outputs_scale_with_magnitude_reduction_and_dtype() -> None:
    u = 2.0**-24
    assert for_output("float32", 3.0, 16).atol == 2 * u * 8 * 3
    assert for_output("float32", 3.0, 10000).atol == 2 * u * 100 * 3
    assert for_output("float64", 3.0, 16).atol == 2 * 2.0**-53 * 8 * 3
    assert for_output("float32", 3.0, 16, device="gpu:0").atol == 8 * for_output("float32", 3.0, 16).atol
    assert "K=10000" in for_output("float32", 3.0, 10000).source


def test_updates_scale_with_the_step_not_with_the_variable() -> None:
    tolerance = for_update("float32", 1e-3, 100.0)
    assert tolerance.atol == pytest.approx(2e-7)
    assert tolerance.rtol == 2.0**-22
    assert for_update("float32", 0.0, 100.0).atol == 0.0
    assert for_update("float16", 1e-3, 1.0).atol > tolerance.atol


def test_free_mode_is_wider_and_says_so() -> None:
    tolerance = for_output("float32", 2.0, 16, drifted=True)
    assert tolerance.atol == pytest.approx(0.04) and "free mode" in tolerance.source
    assert for_output("int64", 2.0, 16, drifted=True).share == pytest.approx(0.02)


def test_an_override_needs_a_reason_and_finite_numbers() -> None:
    for reason in ("", "  "):
        with pytest.raises(ValueError, match="needs a reason"):
            Override("loss*", 1e-3, 0.0, reason)
    for atol in (math.inf, math.nan, -1.0):
        with pytest.raises(ValueError, match="finite"):
            Override("loss*", atol, 0.0, "because")


def test_the_last_matching_override_wins_and_carries_its_reason() -> None:
    default = for_output("float32", 1.0, 1)
    overrides = [Override("*", 1e-2, 0.0, "first"), Override("loss:*", 1e-3, 1e-4, "second")]
    assert overridden("loss:0", default, overrides).reason == "second"
    assert overridden("acc:0", default, overrides).atol == 1e-2
    assert overridden("acc:0", default, []) is default


def test_reduction_length() -> None:
    assert reduction_length([]) == 1
    assert reduction_length([(100, 784), (784, 256), (256,)]) == 784
    assert reduction_length([(3, 3, 64, 128)]) == 576
    assert reduction_length([(), (0,), (4, 0)]) == 1
