"""The report as one HTML page that needs nothing else: no scripts, fonts or images from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from codemods.findings import Status
from migrator.equivalence.results import CheckResult, PassResult, Verdict
from migrator.report import numbers
from migrator.report.advice import advice, title
from migrator.report.diff import Row, rows
from migrator.report.model import FileRecord, Note, Outcome, Report

_PLOT_WIDTH, _PLOT_HEIGHT, _PLOT_MARGIN = 640, 90, 4


@dataclass(frozen=True)
class DiffRow:
    """A row of the diff with the findings at its legacy line."""

    row: Row
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Plot:
    """The share of its tolerance that the worst tensor of each call used, on a logarithmic axis.

    ``points`` are pixel coordinates with a label; ``limit`` is the height of "all of the tolerance".
    """

    points: tuple[tuple[float, float, str], ...]
    limit: float
    identical: int


def render(report: Report) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("migrator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "figure": numbers.figure,
        "share": numbers.share,
        "whole": numbers.whole,
        "badge": numbers.badge,
    }
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        uses=report.uses(),
        outcomes=report.outcomes(),
        Status=Status,
        Outcome=Outcome,
        Verdict=Verdict,
        of_pass=numbers.of_pass,
        of_site=numbers.of_site,
        of_mode=numbers.of_mode,
        what_went_wrong=numbers.what_went_wrong,
        title=title,
        advice=advice,
        diff_rows=diff_rows,
        plot=plot,
        orphans=tuple(check for check in report.checks if not _belongs(report, check)),
        plot_width=_PLOT_WIDTH,
        plot_height=_PLOT_HEIGHT,
    )


def _belongs(report: Report, check: CheckResult) -> bool:
    return any(check.program in (record.path, record.written) for record in report.files)


def diff_rows(record: FileRecord) -> Iterator[DiffRow]:
    """The diff of one file with its findings in place; notebook findings count lines per cell and stand elsewhere."""
    at_line: dict[int, list[Note]] = {}
    for note in record.remarks:
        if note.cell is None:
            at_line.setdefault(note.span.line, []).append(note)
    for row in rows(record.diff):
        yield DiffRow(row, tuple(at_line.get(row.old_number or 0, ())))


def plot(a_pass: PassResult) -> Plot | None:
    """How near each call of a pass came to its tolerance, in the order of the runs; None for fewer than two calls."""
    calls = sorted((call for site in a_pass.sites for call in site.calls), key=lambda call: call.run)
    scales = [(call.run, numbers.of_call(call).scale) for call in calls]
    known = [(run, scale) for run, scale in scales if scale is not None]
    if len(known) < 2:
        return None
    low, high = -8.0, max(1.0, *(math.log10(scale) for _, scale in known if 0 < scale < math.inf), 0.0)

    def height(scale: float) -> float:
        exponent = high if scale == math.inf else max(low, math.log10(scale)) if scale > 0 else low
        usable = _PLOT_HEIGHT - 2 * _PLOT_MARGIN
        return round(_PLOT_MARGIN + usable * (high - exponent) / (high - low), 1)

    step = (_PLOT_WIDTH - 2 * _PLOT_MARGIN) / (len(known) - 1)
    points = tuple(
        (round(_PLOT_MARGIN + step * index, 1), height(scale), f"run {run}: {numbers.share(scale)} of the tolerance")
        for index, (run, scale) in enumerate(known)
    )
    return Plot(points, height(1.0), sum(scale == 0 for _, scale in known))
