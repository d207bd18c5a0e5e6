"""Compare one recorded tensor with one migrated tensor: numbers first, verdict second."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from migrator.equivalence.results import Comparison, Kind, Numbers, Tolerance, Verdict

Array = NDArray[Any]


def compare(kind: Kind, name: str, expected: Array, actual: Array | None, tolerance: Tolerance) -> Comparison:
    """The comparison of ``actual`` (migrated; None when it is missing) with ``expected`` (recorded).

    A missing tensor, another dtype, another shape, and NaN or infinity in another place are different whatever the
    tolerance. Elements that are not finite and agree count as equal.
    """
    problem = None
    if actual is None:
        problem = "the migrated program gives no value"
    elif dtype_name(expected) != dtype_name(actual):
        problem = f"dtype {dtype_name(expected)} became {dtype_name(actual)}"
    elif expected.shape != actual.shape:
        problem = f"shape {expected.shape} became {actual.shape}"
    numbers = None
    if actual is not None and problem is None:
        numbers = measure(expected, actual, tolerance)
        if numbers.nan_expected != numbers.nan_actual:
            problem = f"{numbers.nan_expected} elements were NaN, {numbers.nan_actual} are now"
    failed = problem is not None or (
        numbers is not None and numbers.elements_off > tolerance.share * max(numbers.size, 1)
    )
    return Comparison(
        kind=kind,
        name=name,
        verdict=Verdict.DIFFERENT if failed else Verdict.EQUAL,
        expected_dtype=dtype_name(expected),
        actual_dtype=None if actual is None else dtype_name(actual),
        expected_shape=expected.shape,
        actual_shape=None if actual is None else actual.shape,
        numbers=numbers,
        tolerance=tolerance,
        detail=problem,
    )


def dtype_name(array: Array) -> str:
    """``float32``, ``bfloat16``, ``int64``, ``bool``; ``string`` for bytes, str and object arrays."""
    return "string" if array.dtype.kind in "OSU" else str(array.dtype.name)


def magnitude(*arrays: Array) -> float:
    """The largest finite absolute value in numeric arrays; 0 without any."""
    largest = 0.0
    for array in arrays:
        if dtype_name(array) == "string" or array.size == 0:
            continue
        wide = np.abs(_wide(array))
        finite = wide[np.isfinite(wide)]
        if finite.size:
            largest = max(largest, float(finite.max()))
    return largest


def measure(expected: Array, actual: Array, tolerance: Tolerance) -> Numbers:
    """The numbers for two arrays of one shape and one dtype (see `Numbers`)."""
    if dtype_name(expected) == "string":
        changed = _bytes(expected) != _bytes(actual)
        return _exact(expected, actual, changed, np.where(changed, 1.0, 0.0))
    if expected.dtype.kind in "biu":
        changed = expected != actual
        distance = np.zeros(expected.shape)
        distance[changed] = np.abs((expected[changed].astype(object) - actual[changed].astype(object)).astype(float))
        return _exact(expected, actual, changed, distance)
    return _floats(expected, actual, tolerance)


def _exact(expected: Array, actual: Array, changed: Array, distance: Array) -> Numbers:
    count = int(np.count_nonzero(changed))
    largest = float(distance.max()) if distance.size else 0.0
    index = _index(int(np.argmax(distance)), expected.shape) if count else None
    relative = 0.0
    if count and expected.dtype.kind in "biu":
        with np.errstate(divide="ignore"):
            relative = float((distance[changed] / np.abs(expected[changed].astype(float))).max())
    elif count:
        relative = float("inf")
    return Numbers(
        size=int(expected.size),
        max_abs=largest,
        max_rel=relative,
        max_ulp=None,
        elements_changed=count,
        elements_off=count,
        worst_index=index,
        worst_expected=None if index is None else _show(expected[index]),
        worst_actual=None if index is None else _show(actual[index]),
        nan_expected=0,
        nan_actual=0,
        passing_scale=float("inf") if count else 0.0,
        passing_atol=largest,
    )


def _floats(expected: Array, actual: Array, tolerance: Tolerance) -> Numbers:
    e, a = _wide(expected), _wide(actual)
    both = np.isfinite(e) & np.isfinite(a)
    same = (e == a) | (np.isnan(e) & np.isnan(a))
    with np.errstate(all="ignore"):
        distance = np.where(both, np.abs(a - e), np.where(same, 0.0, np.inf))
        size = np.where(both, np.abs(e), 0.0)
        limit = tolerance.atol + tolerance.rtol * size
        ratio = np.where(distance == 0.0, 0.0, distance / limit)
        relative = np.where(distance == 0.0, 0.0, distance / size)
    off = distance > limit
    finite = distance[both]
    index = None
    if expected.size and not bool(same.all()):
        # Where the ratio is infinite in many places (a limit of zero), the largest difference is the worst.
        worst = np.where(ratio == ratio.max(), distance, -1.0)
        index = _index(int(np.argmax(worst)), expected.shape)
    beyond = np.maximum(distance - tolerance.rtol * size, 0.0)
    return Numbers(
        size=int(expected.size),
        max_abs=float(finite.max()) if finite.size else 0.0,
        max_rel=float(relative[both].max()) if finite.size else 0.0,
        max_ulp=_ulps(expected, actual, both),
        elements_changed=int(np.count_nonzero(~same)),
        elements_off=int(np.count_nonzero(off)),
        worst_index=index,
        worst_expected=None if index is None else _show(expected[index]),
        worst_actual=None if index is None else _show(actual[index]),
        nan_expected=int(np.count_nonzero(np.isnan(e))),
        nan_actual=int(np.count_nonzero(np.isnan(a))),
        passing_scale=float(ratio.max()) if ratio.size else 0.0,
        passing_atol=float(beyond.max()) if beyond.size else 0.0,
    )


def _wide(array: Array) -> Array:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _ulps(expected: Array, actual: Array, both: Array) -> int | None:
    """The largest distance in representable values; None for complex numbers."""
    if expected.dtype.kind == "c":
        return None
    if not both.any():
        return 0
    left, right = _ordered(expected[both]), _ordered(actual[both])
    high, low = np.maximum(left, right), np.minimum(left, right)
    # Unsigned subtraction: the distance between two int64 can need 64 bits.
    return int((high.astype(np.uint64) - low.astype(np.uint64)).max())


def _ordered(array: Array) -> NDArray[np.int64]:
    """Floats as integers in the same order, neighbours one apart, both zeros at 0 (bfloat16 and float8 too)."""
    width = array.dtype.itemsize
    bits = np.ascontiguousarray(array).view(np.dtype(f"i{width}")).astype(np.int64)
    sign_bit = np.int64(-(2 ** (8 * width - 1)))
    result: NDArray[np.int64] = np.where(bits < 0, sign_bit - bits, bits)
    return result


def _bytes(array: Array) -> Array:
    flat = [item.encode("utf-8") if isinstance(item, str) else item for item in array.ravel().tolist()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def _index(position: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(part) for part in np.unravel_index(position, shape))


def _show(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) and value.dtype.kind in "biufc" else value)[:80]
