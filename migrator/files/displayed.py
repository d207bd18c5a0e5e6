"""The value that a notebook cell shows: its last expression, which in a program would be thrown away.

``sess.run(y)`` at the end of a cell shows an array. For the time of the rewrite it is assigned to a name, so that the
engine sees that its value is wanted as it is.
"""

from __future__ import annotations

import ast
import re
import warnings

_MARK = re.compile(r"__notebook_value_(\d+)__ = ")
_RUNS = ("run", "eval")


def mark(lines: list[str], cell: int) -> list[str] | None:
    """The lines of a cell (Python) with the value that it shows assigned; None if it shows no value of a run."""
    text = "\n".join(lines)
    if text.rstrip().endswith(";"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr) or not any(_is_run(node) for node in ast.walk(last.value)):
        return None
    line = lines[last.lineno - 1]
    column = len(line.encode()[: last.col_offset].decode())
    marked = f"{line[:column]}__notebook_value_{cell}__ = {line[column:]}"
    return [*lines[: last.lineno - 1], marked, *lines[last.lineno :]]


def _is_run(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS


def marked_cells(text: str) -> list[int]:
    """The cells whose values are marked in a text, in order."""
    return [int(match[1]) for match in _MARK.finditer(text)]


def unmark(text: str) -> str:
    """The text without marks."""
    return _MARK.sub("", text)


def columns_before(line: str, column: int) -> int:
    """How far a mark in ``line`` shifts what stands at ``column``."""
    match = _MARK.search(line)
    return len(match[0]) if match is not None and column >= match.end() else 0
