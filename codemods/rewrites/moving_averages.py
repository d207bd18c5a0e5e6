"""Moving averages of variables: the object stays, and makes its averages where the graph code was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.moving_averages import CODE, Applied, MovingAverages
from codemods.findings import Refusal
from codemods.rewrites import template

if TYPE_CHECKING:
    from codemods.analysis.statements import Statement
    from codemods.rewrites.sessions import Lowerer

_COMMENT = "# makes the averages: they start as the variables do"


def propose(lowerer: Lowerer) -> None:
    """Propose the edits of every moving average of the file."""
    for made in lowerer.staging.averages.values():
        lowerer.handled.add(made.call)
        message = "the moving average stays, and is applied once to make its variables"
        lowerer.notes.append(("TF481", message, made.call))
        for applied in made.applied:
            _make(lowerer, made, applied)


def _make(lowerer: Lowerer, made: MovingAverages, applied: Applied) -> None:
    """The line ``averages.apply([w, b])`` before the statement that applies the average."""
    receiver = applied.call.func.value if isinstance(applied.call.func, cst.Attribute) else None
    place = applied.statement.outermost()
    inside = any(item is not place and not item.dependencies for item in _around(applied))
    if not isinstance(receiver, cst.Name) or inside or place.scope is not made.statement.scope:
        raise Refusal(CODE, "a moving average that is not kept under one name, or is applied in a block", applied.call)
    lowerer.capture(applied.variables)

    def line() -> list[cst.BaseStatement]:
        variables = lowerer.updated[applied.variables].deep_clone()
        new = template.statement(f"{receiver.value}.apply({{variables}})", variables=variables)
        lowerer.ctx.added_lines[new.body[0]] = applied.call
        trailing = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), cst.Comment(_COMMENT))
        return [new.with_changes(trailing_whitespace=trailing)]

    lowerer.removal.line_before(place.node, line)


def _around(applied: Applied) -> list[Statement]:
    found: list[Statement] = []
    current = applied.statement.container
    while current is not None:
        if not current.dissolves:
            found.append(current)
        current = current.container
    return found
