"""Comparison of two tensors: what counts as equal, and which numbers are reported."""

from __future__ import annotations

import math

import numpy as np
import pytest

from migrator.equivalence.compare import compare, magnitude
from migrator.equivalence.results import Comparison, Kind, Tolerance, Verdict, from_json, to_json

EXACT = Tolerance(0.0, 0.0, 0.0, "identical")
LOOSE = Tolerance(1e-3, 0.0, 0.0, "test")


def check(expected: object, actual: object, tolerance: Tolerance = EXACT) -> Comparison:
    return compare(
        Kind.OUTPUT, "out:0", np.asarray(expected), None if actual is None else np.asarray(actual), tolerance
    )


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_identical_floats_are_equal_with_all_numbers_zero() -> None:
    result = check(f32(1, -2, 3), f32(1, -2, 3))
    assert result.verdict is Verdict.EQUAL
    assert result.numbers is not None
    assert (result.numbers.max_abs, result.numbers.max_rel, result.numbers.max_ulp) == (0, 0, 0)
    assert result.numbers.worst_index is None


def test_numbers_of_a_difference() -> None:
    expected = np.array([[1.0, 2.0], [4.0, 0.0]], np.float32)
    actual = expected.copy()
    actual[1, 0] = np.nextafter(np.float32(4), np.float32(5))
    result = check(expected, actual)
    numbers = result.numbers
    assert result.verdict is Verdict.DIFFERENT and numbers is not None
    assert numbers.max_ulp == 1 and numbers.worst_index == (1, 0)
    assert numbers.max_abs == 2.0**-21 and numbers.max_rel == 2.0**-23
    assert (numbers.elements_changed, numbers.elements_off, numbers.size) == (1, 1, 4)
    assert numbers.worst_expected == "4.0"


def test_tolerance_that_would_have_passed() -> None:
    result = check(f32(1, 10), f32(1.01, 10), LOOSE)
    assert result.verdict is Verdict.DIFFERENT and result.numbers is not None
    assert result.numbers.passing_scale == pytest.approx(10, rel=1e-3)
    passing = Tolerance(result.numbers.passing_atol, 0.0, 0.0, "test")
    assert check(f32(1, 10), f32(1.01, 10), passing).verdict is Verdict.EQUAL


def test_the_worst_element_is_where_the_tolerance_is_exceeded_most() -> None:
    result = check(f32(1000, 1), f32(1000.5, 1.1), Tolerance(0.0, 1e-3, 0.0, "test"))
    assert result.numbers is not None
    assert result.numbers.worst_index == (1,)
    assert result.numbers.elements_off == 1
    assert result.numbers.max_abs == 0.5


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (f32(1, np.nan), f32(np.nan, 1)),
        (f32(1, np.nan), f32(1, 1)),
        (f32(1, np.inf), f32(1, -np.inf)),
        (f32(1, np.inf), f32(1, np.nan)),
        (f32(1, 2), f32(1, np.inf)),
    ],
)
def test_another_pattern_of_nan_or_infinity_is_different_under_any_tolerance(expected: object, actual: object) -> None:
    result = check(expected, actual, Tolerance(1e30, 1.0, 0.0, "test"))
    assert result.verdict is Verdict.DIFFERENT
    assert result.numbers is not None and result.numbers.passing_scale == math.inf


def test_equal_patterns_of_nan_and_infinity_are_equal() -> None:
    assert check(f32(np.nan, np.inf, -np.inf, 1), f32(np.nan, np.inf, -np.inf, 1)).verdict is Verdict.EQUAL


@pytest.mark.parametrize(
    ("actual", "detail"),
    [
        (np.ones((3, 1), np.float32), "shape (3,) became (3, 1)"),
        (np.ones(3, np.float64), "dtype float32 became float64"),
        (None, "the migrated program gives no value"),
    ],
)
def test_another_shape_or_dtype_or_no_value_is_different(actual: object, detail: str) -> None:
    result = check(np.ones(3, np.float32), actual, Tolerance(1e9, 0, 0, "test"))
    assert result.verdict is Verdict.DIFFERENT
    assert result.detail == detail


def test_integers_and_booleans_are_exact() -> None:
    big = 2**62
    assert check(np.array([big]), np.array([big])).verdict is Verdict.EQUAL
    result = check(np.array([big, 1]), np.array([big + 1, 1]))
    assert result.verdict is Verdict.DIFFERENT and result.numbers is not None and result.numbers.max_abs == 1
    assert check(np.array([True, False]), np.array([True, True])).verdict is Verdict.DIFFERENT


def test_a_share_of_integers_may_differ_where_the_tolerance_says_so() -> None:
    expected, actual = np.zeros(100, np.int64), np.zeros(100, np.int64)
    actual[0] = 7
    assert check(expected, actual, Tolerance(0, 0, 0.02, "free")).verdict is Verdict.EQUAL
    actual[:3] = 7
    assert check(expected, actual, Tolerance(0, 0, 0.02, "free")).verdict is Verdict.DIFFERENT


def test_strings_compare_by_bytes() -> None:
    left = np.array([b"a", b"b"], object)
    assert check(left, np.array([b"a", b"b"])).verdict is Verdict.EQUAL
    assert check(left, np.array(["a", "b"], object)).verdict is Verdict.EQUAL
    result = check(left, np.array([b"a", b"c"], object))
    assert result.verdict is Verdict.DIFFERENT and result.numbers is not None
    assert result.numbers.worst_index == (1,) and result.numbers.worst_actual == "b'c'"


def test_empty_arrays_scalars_and_signed_zeros() -> None:
    assert check(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)).verdict is Verdict.EQUAL
    assert check(np.zeros((0, 3), np.float32), np.zeros((0, 4), np.float32)).verdict is Verdict.DIFFERENT
    assert check(np.float32(1), np.float32(1)).verdict is Verdict.EQUAL
    result = check(f32(0.0), f32(-0.0))
    assert result.verdict is Verdict.EQUAL and result.numbers is not None and result.numbers.max_ulp == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_ulps_across_zero(dtype: str) -> None:
    tiny = np.nextafter(np.zeros(1, dtype), np.ones(1, dtype))
    result = check(-tiny, tiny)
    assert result.numbers is not None and result.numbers.max_ulp == 2


def test_bfloat16_and_complex() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    result = check(np.array([1.0], bfloat16), np.array([1.0078125], bfloat16))
    assert result.numbers is not None and result.numbers.max_ulp == 1 and result.expected_dtype == "bfloat16"
    result = check(np.array([1 + 1j], np.complex64), np.array([1 + 1.1j], np.complex64), LOOSE)
    assert result.verdict is Verdict.DIFFERENT and result.numbers is not None and result.numbers.max_ulp is None


def test_comparisons_survive_json() -> None:
    result = check(f32(1, np.inf), f32(np.nan, 1))
    assert from_json(to_json(result), Comparison) == result
    with pytest.raises(ValueError, match="not a stored Comparison"):
        from_json({"kind": "output"}, Comparison)


def test_magnitude_ignores_what_is_not_finite() -> None:
    assert magnitude(f32(1, -3, np.inf, np.nan), f32()) == 3
    assert magnitude(np.array([b"x"], object)) == 0
