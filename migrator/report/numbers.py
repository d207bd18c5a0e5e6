"""The numbers of a check, condensed for people: worst difference per pass and per site, and how to write them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.equivalence.results import CallResult, CheckResult, Comparison, Kind, PassResult, SiteResult, Verdict


@dataclass(frozen=True)
class Worst:
    """The largest differences over some comparisons; None where there was none with numbers.

    ``scale`` is the largest share of its tolerance that any tensor used: above 1 it failed.
    """

    compared: int
    max_abs: float | None
    max_rel: float | None
    max_ulp: int | None
    scale: float | None


def worst_numbers(comparisons: Iterable[Comparison]) -> Worst:
    """The largest of every number over ``comparisons`` of outputs and variables (feeds are inputs, not results)."""
    results = [comparison for comparison in comparisons if comparison.kind is not Kind.FEED]
    numbers = [comparison.numbers for comparison in results if comparison.numbers is not None]
    ulps = [number.max_ulp for number in numbers if number.max_ulp is not None]
    return Worst(
        compared=len(results),
        max_abs=max((number.max_abs for number in numbers), default=None),
        max_rel=max((number.max_rel for number in numbers), default=None),
        max_ulp=max(ulps, default=None),
        scale=max((number.passing_scale for number in numbers), default=None),
    )


def of_pass(a_pass: PassResult) -> Worst:
    """The largest differences of one pass."""
    return worst_numbers(comparison for site in a_pass.sites for call in site.calls for comparison in call.comparisons)


def of_mode(check: CheckResult, mode: str) -> Worst:
    """The largest differences of all passes in one mode, over the devices."""
    passes = [a_pass for a_pass in check.passes if a_pass.mode == mode]
    return worst_numbers(c for p in passes for site in p.sites for call in site.calls for c in call.comparisons)


def of_site(site: SiteResult) -> Worst:
    """The largest differences of one run site."""
    return worst_numbers(comparison for call in site.calls for comparison in call.comparisons)


def of_call(call: CallResult) -> Worst:
    """The largest differences of one call."""
    return worst_numbers(call.comparisons)


def what_went_wrong(a_pass: PassResult) -> list[str]:
    """Why a pass is not a pass, in one line each: the error, the first difference, variables without a counterpart."""
    lines = []
    if a_pass.verdict is Verdict.CRASHED and a_pass.traceback:
        lines.append(next((line.strip() for line in reversed(a_pass.traceback) if line.strip()), ""))
    elif a_pass.detail:
        lines.append(a_pass.detail)
    first = a_pass.first_difference
    if first is not None:
        lines.append(f"first difference: {first.message}")
    for match in a_pass.variables:
        if match.status == "unmatched":
            lines.append(f"variable {match.name} has no counterpart{': ' + match.detail if match.detail else ''}")
    return lines


def figure(value: float | None) -> str:
    """A difference in at most seven characters; ``–`` for none."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    return f"{value:.1e}" if math.isfinite(value) else str(value)


def share(value: float | None) -> str:
    """How much of its tolerance something used: in per cent up to all of it, then as a multiple."""
    if value is None:
        return "–"
    if 0 < value < 0.001:
        return "<0.1%"
    if value <= 1:
        return f"{100 * value:.1f}%" if value else "0%"
    return f"{value:.3g}×"


def whole(value: int | None) -> str:
    """A count with thousands separators, or ``–``."""
    return "–" if value is None else f"{value:,}"


def badge(verdict: Verdict) -> str:
    """A mark that also works without colour."""
    if verdict is Verdict.EQUAL:
        return "✓"
    return "?" if verdict is Verdict.NOT_CHECKED else "✗"
