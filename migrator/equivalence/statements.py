"""The statement around a line, the same for every Python version and on both sides of a check.

A line of a statement that spans several may differ from version to version (in tracebacks and in recordings) and from
text to text (a rewrite may reflow it); where the statement starts does not.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax; annotations are strings).
"""

import ast
import bisect
from typing import Any


class StatementLines:
    """Where the innermost statement at each line of a text starts, decorators included.

    Every line is its own statement in a text that this interpreter cannot parse.
    """

    def __init__(self, source: "str | bytes") -> "None":
        try:
            tree = ast.parse(source)  # type: Any
        except (SyntaxError, ValueError):
            tree = None
        statements = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        # Statements start in the order in which they contain lines, so the last start is that of the innermost one.
        self._starts = sorted(set(first_line(node) for node in statements))  # noqa: C401

    def start(self, line: "int") -> "int":
        """The first line of the innermost statement at ``line``; ``line`` itself before the first statement."""
        position = bisect.bisect_right(self._starts, line)
        return self._starts[position - 1] if position else line


def first_line(node: "Any") -> "int":
    """The first line of a statement; a decorated one starts with its decorators."""
    return int(min([node.lineno] + [decorator.lineno for decorator in getattr(node, "decorator_list", [])]))


def source_lines(text: "str") -> "list[str]":
    """The lines of a text as Python counts them; a carriage return before a newline stays at the end of its line.

    Unlike `str.splitlines`, form feeds and Unicode separators do not end a line.
    """
    return text.replace("\r\n", "\n\0").replace("\r", "\n").replace("\n\0", "\r\n").split("\n")
