"""The tags of summaries in a module whose builder functions became classes: those of the program as it was.

TF1 made names unique in the order in which it built the graph. Classes make their variables before anything is
computed, in scopes that are opened once more, so that their text alone does not tell the tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods.analysis.staging import Staging
from codemods.analysis.summary_records import Summary
from codemods.context import Context
from codemods.findings import Span

Tags = Mapping[Span, Sequence[str | None]]


def of(ctx: Context, staging: Staging) -> Tags:
    """The tags of the summaries of a program by the place of the call that makes them, in the order of its visits."""
    return {place: [summary.tag for summary in found] for place, found in _by_place(ctx, staging).items()}


def settle(ctx: Context, staging: Staging) -> None:
    """Give the summaries the tags of the program as it was; none where one cannot tell which is which."""
    if ctx.summary_tags is None:
        return
    for place, found in _by_place(ctx, staging).items():
        tags = ctx.summary_tags.get(place, ())
        for index, summary in enumerate(found):
            summary.tag = tags[index] if len(tags) == len(found) else None
            text = summary.label.evaluated_value if isinstance(summary.label, cst.SimpleString) else None
            summary.cleaned = text if isinstance(text, str) and text != summary.tag else None


def _by_place(ctx: Context, staging: Staging) -> dict[Span, list[Summary]]:
    places: dict[Span, list[Summary]] = {}
    for summary in staging.summaries.made.values():
        places.setdefault(ctx.span(summary.call), []).append(summary)
    return places
