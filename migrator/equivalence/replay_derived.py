"""Run sites that the replay map does not list because the rewrite had nothing to lower there.

They are found on both sides by their statement, or they are not matched.

* Calls whose runs Keras makes, one for each batch: `fit`, `evaluate`, `predict` and the like. What counts is the batch:
  the n-th batch that TF1's Keras ran inside the call is matched with the n-th that Keras 3 runs there.
* Statements that are nothing but a call, of which only the effect on variables counts: ``v.load(7., sess)``, which
  becomes ``v.assign(7.)``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from codemods.findings import Span
from codemods.result import SiteMap
from migrator.equivalence.golden import CallSite, Run, SiteCount
from migrator.equivalence.weights import Lines

#: Kinds of runs that a library makes inside a call of the user's: Keras for its batches, others for their own ends.
KERAS, LIBRARY = "keras", "library"
_HOUSEKEEPING = ("VarIsInitializedOp", "AssignVariableOp", "Assign")


def is_batch(run: Run) -> bool:
    """True for a run of Keras' own that computes on data; not for its set-up of variables and metrics."""
    return (
        run.kind == KERAS
        and any(array.ndim > 0 for array in run.feeds.values())
        and any(fetch.kind == "tensor" and not fetch.name.startswith(_HOUSEKEEPING) for fetch in run.fetches)
    )


def keras_site(site: CallSite, lines: Lines) -> SiteMap | None:
    """The site of a Keras call that both texts have, or None where the migrated one cannot be told for sure."""
    span = _site_span(site)
    if span is None:
        return None
    legacy = _method_calls(lines.legacy.at(site.line))
    here = next((i for i, call in enumerate(legacy) if _span(call, lines.legacy.rows) == span), None)
    if here is None:
        return None
    name = _name(legacy[here])
    before = [_name(call) for call in legacy[:here]].count(name)
    calls = [call for call in _method_calls(lines.statements_from(site.line)) if _name(call) == name]
    if len(calls) != [_name(call) for call in legacy].count(name):
        return None
    return SiteMap(span, _span(calls[before], lines.migrated.rows), KERAS, None, ())


def statement_site(count: SiteCount, outputs: int, lines: Lines) -> SiteMap | None:
    """The site of a call that is a whole statement in both texts; its ``outputs`` values are discarded in both.

    Of what libraries run on their own account only `Variable.load` is one run for each call.
    """
    site = count.site
    legacy = [node for node in lines.legacy.at(site.line) if isinstance(node, ast.Expr)]
    if count.kind == LIBRARY:
        legacy = [node for node in legacy if isinstance(node.value, ast.Call) and _name(node.value) == "load"]
    migrated = lines.statements_from(site.line)
    span = _site_span(site)
    if span is None or len(migrated) != 1 or not isinstance(migrated[0], ast.Expr):
        return None
    if not any(isinstance(node.value, ast.Call) and _span(node.value, lines.legacy.rows) == span for node in legacy):
        return None
    return SiteMap(span, _span(migrated[0].value, lines.migrated.rows), "run", None, (None,) * outputs)


def _site_span(site: CallSite) -> Span | None:
    if site.end_line is None or site.column is None or site.end_column is None:
        return None
    return Span(site.line, site.column, site.end_line, site.end_column)


def _method_calls(statements: Iterable[ast.stmt]) -> list[ast.Call]:
    """The method calls in statements, in the order of the text."""
    calls = {
        id(node): node
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return sorted(calls.values(), key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))


def _name(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _span(call: ast.expr, rows: Sequence[str]) -> Span:
    """The place of an expression, with columns in characters."""
    end_line, end_column = call.end_lineno or call.lineno, call.end_col_offset or call.col_offset
    return Span(
        call.lineno,
        _characters(rows[call.lineno - 1], call.col_offset),
        end_line,
        _characters(rows[end_line - 1], end_column),
    )


def _characters(row: str, column: int) -> int:
    return column if row.isascii() else len(row.encode("utf-8")[:column].decode("utf-8", "replace"))
