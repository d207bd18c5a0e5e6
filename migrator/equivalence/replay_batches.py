"""Sites whose runs Keras makes: `fit`, `evaluate`, `predict` and the like, one run for each batch.

A rewrite keeps such calls as they are, so they are found on both sides by their statement. What counts is the batch:
the n-th batch that TF1's Keras ran inside the call is matched with the n-th that Keras 3 runs there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from codemods.findings import Span
from codemods.result import SiteMap
from migrator.equivalence.golden import CallSite, Run
from migrator.equivalence.weights import Lines

KIND = "keras"
_HOUSEKEEPING = ("VarIsInitializedOp", "AssignVariableOp", "Assign")


def is_batch(run: Run) -> bool:
    """True for a run of Keras' own that computes on data; not for its set-up of variables and metrics."""
    return (
        run.kind == KIND
        and any(array.ndim > 0 for array in run.feeds.values())
        and any(fetch.kind == "tensor" and not fetch.name.startswith(_HOUSEKEEPING) for fetch in run.fetches)
    )


def keras_site(site: CallSite, lines: Lines) -> SiteMap | None:
    """The site of a Keras call that both texts have, or None where the migrated one cannot be told for sure."""
    if site.end_line is None or site.column is None or site.end_column is None:
        return None
    span = Span(site.line, site.column, site.end_line, site.end_column)
    legacy = _method_calls(lines.legacy.at(site.line))
    here = next((i for i, call in enumerate(legacy) if _span(call, lines.legacy.rows) == span), None)
    if here is None:
        return None
    name = _name(legacy[here])
    before = [_name(call) for call in legacy[:here]].count(name)
    calls = [call for call in _method_calls(lines.statements_from(site.line)) if _name(call) == name]
    if len(calls) != [_name(call) for call in legacy].count(name):
        return None
    return SiteMap(span, _span(calls[before], lines.migrated.rows), KIND, None, ())


def _method_calls(statements: Iterable[ast.stmt]) -> list[ast.Call]:
    """The method calls in statements, in the order of the text."""
    calls = {
        id(node): node
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return sorted(calls.values(), key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))


def _name(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def _span(call: ast.Call, rows: Sequence[str]) -> Span:
    """The place of a call, with columns in characters."""
    end_line, end_column = call.end_lineno or call.lineno, call.end_col_offset or call.col_offset
    return Span(
        call.lineno,
        _characters(rows[call.lineno - 1], call.col_offset),
        end_line,
        _characters(rows[end_line - 1], end_column),
    )


def _characters(row: str, column: int) -> int:
    return column if row.isascii() else len(row.encode("utf-8")[:column].decode("utf-8", "replace"))
