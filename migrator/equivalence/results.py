"""What a check found, as plain data: numbers first, verdict second.

`check` returns a `CheckResult`; reports read it. `to_json` and `from_json` carry it through a file. Nothing here
imports NumPy or TensorFlow.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codemods.findings import Span

EVENT_FILES = "event files: "  # what a pass says of them begins with this


class Verdict(enum.StrEnum):
    """The outcome of a comparison, a call, a site or a whole pass, from best to worst.

    Only ``EQUAL`` is a pass. ``NOT_CHECKED`` means that nothing was compared, for the reason beside it.
    """

    EQUAL = "equal"
    NOT_CHECKED = "not checked"
    DIFFERENT = "different"
    FEEDS_DIFFER = "feeds differ"
    RUNS_DIFFER = "runs differ"
    UNMATCHED = "unmatched"
    CRASHED = "crashed"


class Kind(enum.StrEnum):
    """What a compared tensor is."""

    FEED = "feed"
    OUTPUT = "output"
    VARIABLE = "variable"


@dataclass(frozen=True)
class Numbers:
    """How far ``actual`` (migrated) is from ``expected`` (recorded), over all elements of one tensor.

    ``max_abs`` and ``max_rel`` are over the elements that are finite on both sides, ``max_rel`` relative to the
    expected element (infinite where that is zero and the other is not). ``max_ulp`` counts representable values of
    the recorded dtype between the two; None for integers, booleans and strings. ``elements_off`` counts elements
    beyond the tolerance, ``elements_changed`` those that are not identical. ``worst_index`` is where the tolerance is
    exceeded most (or the difference is largest), with both values there as text. ``passing_scale`` is the factor by
    which the tolerance would have to be multiplied for the comparison to pass (at most 1 when it passed; infinite
    when no factor helps), and ``passing_atol`` the smallest purely absolute tolerance that passes.
    """

    size: int
    max_abs: float
    max_rel: float
    max_ulp: int | None
    elements_changed: int
    elements_off: int
    worst_index: tuple[int, ...] | None
    worst_expected: str | None
    worst_actual: str | None
    nan_expected: int
    nan_actual: int
    passing_scale: float
    passing_atol: float


@dataclass(frozen=True)
class Tolerance:
    """``|actual - expected| <= atol + rtol * |expected|`` per element, and where the numbers come from.

    ``share`` is the share of elements that may lie beyond (0 except for integers in free mode).
    ``source`` is the formula in words; ``reason`` is the user's, for an override, else None.
    """

    atol: float
    rtol: float
    share: float
    source: str
    reason: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One tensor of one call. ``numbers`` is None when shapes or dtypes do not allow any (``detail`` says why)."""

    kind: Kind
    name: str
    verdict: Verdict
    expected_dtype: str
    actual_dtype: str | None
    expected_shape: tuple[int, ...]
    actual_shape: tuple[int, ...] | None
    numbers: Numbers | None = None
    tolerance: Tolerance | None = None
    detail: str | None = None


@dataclass(frozen=True)
class CallResult:
    """One execution of a site, matched with one recorded run.

    ``ordinal`` counts the executions of the site, ``run`` the runs of the whole recording (both from 0).
    """

    ordinal: int
    run: int
    verdict: Verdict
    comparisons: tuple[Comparison, ...] = ()
    detail: str | None = None


@dataclass(frozen=True)
class SiteResult:
    """All calls of one run site.

    ``expected_runs`` and ``actual_runs`` count every execution; ``calls`` holds those whose values were recorded.
    """

    index: int
    legacy: Span
    migrated: Span | None
    kind: str
    function: str | None
    verdict: Verdict
    expected_runs: int
    actual_runs: int
    calls: tuple[CallResult, ...] = ()
    detail: str | None = None


@dataclass(frozen=True)
class FirstDifference:
    """The earliest tensor that is not equal, in the order in which the legacy program ran."""

    site: int
    legacy: Span
    migrated: Span | None
    ordinal: int
    run: int
    kind: Kind | None
    name: str | None
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class Counts:
    """``skipped`` runs were executed but their values were not recorded; ``not_checked`` runs have values that could
    not be compared. Neither is ever counted as compared."""

    compared: int = 0
    equal: int = 0
    skipped: int = 0
    not_checked: int = 0
    outputs: int = 0
    feeds: int = 0
    variables: int = 0


@dataclass(frozen=True)
class VariableMatch:
    """A legacy variable and what became of it: ``matched``, ``slot`` (judged by its effect), or ``unmatched``."""

    name: str
    status: str
    migrated: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class PassResult:
    """One execution of the migrated program: one mode (``locked`` or ``free``) on one device."""

    mode: str
    device: str
    verdict: Verdict
    counts: Counts = Counts()
    sites: tuple[SiteResult, ...] = ()
    variables: tuple[VariableMatch, ...] = ()
    first_difference: FirstDifference | None = None
    detail: str | None = None
    traceback: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class CheckResult:
    """All passes over one program. It is equal only if every pass that could run is, and at least one could."""

    program: str
    verdict: Verdict
    passes: tuple[PassResult, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    live: bool = False

    @property
    def equal(self) -> bool:
        return self.verdict is Verdict.EQUAL

    @property
    def first_difference(self) -> FirstDifference | None:
        return next((p.first_difference for p in self.passes if p.first_difference is not None), None)

    def comparisons(self) -> Iterator[tuple[PassResult, SiteResult, CallResult, Comparison]]:
        """Every compared tensor with where it belongs."""
        for a_pass in self.passes:
            for site in a_pass.sites:
                for call in site.calls:
                    for comparison in call.comparisons:
                        yield a_pass, site, call, comparison


_SEVERITY = tuple(Verdict)


def worst(verdicts: typing.Iterable[Verdict], default: Verdict = Verdict.NOT_CHECKED) -> Verdict:
    """The worst verdict; ``default`` for none at all, so that an empty comparison never counts as equal."""
    return max(verdicts, key=_SEVERITY.index, default=default)


def to_json(value: Any) -> Any:
    """Dataclasses to JSON values; infinities and NaN become the strings ``"inf"``, ``"-inf"`` and ``"nan"``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(data: Any, kind: Any = CheckResult) -> Any:
    """The inverse of `to_json`. Raises ValueError for data that does not have the form of ``kind``."""
    try:
        return _decode(data, kind)
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not a stored {getattr(kind, '__name__', kind)}: {error}") from error


def _decode(data: Any, kind: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        names = [field.name for field in dataclasses.fields(kind)]
        return kind(**{name: _decode(data[name], hints[name]) for name in names})
    if isinstance(kind, types.UnionType):
        if data is None:
            return None
        return _decode(data, next(part for part in typing.get_args(kind) if part is not types.NoneType))
    if typing.get_origin(kind) is tuple:
        parts = typing.get_args(kind)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_decode(item, parts[0]) for item in data)
        return tuple(_decode(item, part) for item, part in zip(data, parts, strict=True))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(data)
    if kind is float:
        return float(data)
    if not isinstance(data, kind):
        raise TypeError(f"expected {kind.__name__}, found {type(data).__name__}")
    return data
