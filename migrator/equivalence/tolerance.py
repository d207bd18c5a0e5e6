"""How far two tensors may be apart: the defaults, their formulas and their reasons.

Integers, booleans and strings must be identical. For floats with unit roundoff u (float32: 2**-24, float64: 2**-53,
float16: 2**-11, bfloat16: 2**-8) a limit is ``atol + rtol * |expected|`` per element.

Outputs (`for_output`)
    ``atol = 2 u max(8, sqrt(K)) S`` and ``rtol = 0``. The rounding error of a dot product of length K is at most
    2 u |a| |b| per element, measured from K = 8 to 262,144; relative and ULP limits do not hold, because the terms may
    cancel. |a| |b| is not visible from outside. For terms of random sign it is about sqrt(K) times the result, so
    S, the largest magnitude of that output over the whole recording, stands for the result, and K for the longest
    reduction that the shapes of the feeds and variables allow (`reduction_length`). S is taken over the recording
    because a loss that has fallen to 1e-9 was computed from the same terms as when it was 1.

Variables that a run changed (`for_update`)
    ``atol = 2e-4 max|after - before|`` and ``rtol = 4 u`` (two ULP, for the rounding of the sum). A limit on the
    magnitude of the variable would hide a wrong optimizer: at a learning rate of 1e-3 the whole update is 1e-3. Over
    100 locked steps of a two-layer classifier with exact gradients, the differences beyond two ULP, in units of the
    largest update, were: Keras optimizers carried over rightly, at most 2.5e-5 (Ftrl; Adam 8e-6, the others below
    4e-7); with gradients disturbed by 1e-7 of their largest, at most 2.5e-5. Wrong ones: Adam with epsilon 1e-7 for
    1e-8 3e-4 at the median step and 0.33 at the worst, RMSProp with epsilon 1e-7 for 1e-10 1e-3 at the worst and
    starting from zeros 5 and 110, a learning rate off by 1% 1e-2, momentum .89 for .9 0.7.

Feeds (`for_feed`)
    Computed by the host in the same way, so they are identical unless they depend on earlier outputs: as outputs.

Free mode
    Rounding grows from step to step (Keras' Adam: 4e-6 becomes 8e-3 in 100 closed steps). Once the state has changed
    the limit is ``atol = 2e-2 S``, and 2% of the elements of integers and booleans may differ. More than 100 runs
    after the first update (`FREE_HORIZON`) nothing is judged: no limit would tell rounding from a fault.

On a GPU every ``u`` above counts eightfold: other kernels sum in another order (XLA on positive sums of 262k terms
measured 16 u where the CPU kernels had 2 u). TF32 must be off; with it, u would be 2**-11.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from migrator.equivalence.results import Tolerance

_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
_ROUNDOFF |= {"complex128": _ROUNDOFF["float64"], "complex64": _ROUNDOFF["float32"]}
_UPDATE_SHARE = {"float16": 2e-2, "bfloat16": 2e-2}
_DEFAULT_UPDATE_SHARE = 2e-4
_SHORTEST = 8.0  # sqrt(K) of reductions up to 64 terms; elementwise chains of a few operations stay below it
_GPU_FACTOR = 8.0
_FREE_SHARE = 2e-2
FREE_HORIZON = 100


@dataclass(frozen=True)
class Override:
    """A tolerance that the user sets for tensors whose TF1 name matches the shell pattern ``pattern``.

    Raises ValueError without a reason: the reason is shown wherever the tolerance was used.
    """

    pattern: str
    atol: float
    rtol: float
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"the tolerance for {self.pattern!r} needs a reason")
        if not (0 <= self.atol < math.inf and 0 <= self.rtol < math.inf):
            raise ValueError(f"the tolerance for {self.pattern!r} must be finite and not negative")

    def tolerance(self) -> Tolerance:
        return Tolerance(self.atol, self.rtol, 0.0, f"set for {self.pattern!r}", self.reason)


def overridden(name: str, default: Tolerance, overrides: Sequence[Override]) -> Tolerance:
    """The last override whose pattern matches ``name``, else ``default``."""
    for override in reversed(overrides):
        if fnmatchcase(name, override.pattern):
            return override.tolerance()
    return default


def unit_roundoff(dtype: str, device: str = "cpu") -> float:
    """u of a dtype, eightfold on a GPU; 0 for dtypes that hold exact values."""
    return _ROUNDOFF.get(dtype, 0.0) * (_GPU_FACTOR if device.lower().startswith("gpu") else 1.0)


def reduction_length(shapes: Iterable[Sequence[int]]) -> int:
    """The longest sum that a program over tensors of these shapes is likely to make, at least 1.

    A matrix product or convolution sums over all axes of its kernel but the last, a mean over a whole vector or all
    examples of a batch.
    """
    longest = 1
    for shape in shapes:
        size = math.prod(shape)
        longest = max(longest, size if len(shape) < 2 else size // max(shape[-1], 1))
    return longest


def for_output(dtype: str, scale: float, reduction: int, *, device: str = "cpu", drifted: bool = False) -> Tolerance:
    """The default for an output of largest magnitude ``scale``; ``drifted`` in free mode after the first update."""
    u = unit_roundoff(dtype, device)
    if drifted:
        return _drifted(scale, exact=u == 0.0)
    if u == 0.0:
        return Tolerance(0.0, 0.0, 0.0, "identical")
    factor = max(_SHORTEST, math.sqrt(reduction))
    return Tolerance(2 * u * factor * scale, 0.0, 0.0, f"2 u max(8, sqrt(K)) S: u={u:.3g} K={reduction} S={scale:.3g}")


def for_feed(dtype: str, scale: float, *, device: str = "cpu", drifted: bool = False) -> Tolerance:
    """The default for a fed value: as for an output without reductions."""
    return for_output(dtype, scale, 1, device=device, drifted=drifted)


def for_update(dtype: str, step: float, scale: float, *, device: str = "cpu", drifted: bool = False) -> Tolerance:
    """The default for a variable whose largest recorded change in this run was ``step``."""
    u = unit_roundoff(dtype, device)
    if drifted:
        return _drifted(scale, exact=u == 0.0)
    if u == 0.0:
        return Tolerance(0.0, 0.0, 0.0, "identical")
    share = _UPDATE_SHARE.get(dtype, _DEFAULT_UPDATE_SHARE)
    return Tolerance(share * step, 4 * u, 0.0, f"{share:g} max|update| + 4 u |value|: u={u:.3g} update={step:.3g}")


def _drifted(scale: float, *, exact: bool) -> Tolerance:
    if exact:
        return Tolerance(0.0, 0.0, _FREE_SHARE, f"free mode: {_FREE_SHARE:.0%} of the elements may differ")
    return Tolerance(_FREE_SHARE * scale, 0.0, 0.0, f"free mode: {_FREE_SHARE:g} S: S={scale:.3g}")
