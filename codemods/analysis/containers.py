"""Small questions about statements and expressions that several parts of the model of state ask."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.statements import Statement


def containers(statement: Statement | None) -> list[Statement]:
    """The compound statements around a statement, innermost first; not a ``with Session()``, which dissolves."""
    found = []
    current = statement.container if statement is not None else None
    while current is not None:
        if not current.dissolves:
            found.append(current)
        current = current.container
    return found


def may_be_skipped(node: cst.CSTNode) -> bool:
    """Whether the body of a compound statement may run any number of times but one."""
    return isinstance(node, (cst.If, cst.For, cst.While, cst.Try))


def join(outer: str | None, name: str) -> str | None:
    """The name of something in a scope; None where that of the scope is not known."""
    if outer is None:
        return None
    return f"{outer}/{name}" if outer else name
