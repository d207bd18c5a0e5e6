"""Where each node of a tree is in its text.

libcst's PositionProvider gives the same answers; it follows lines and columns token by token and walks the tree once
more, and takes three times as long. Here one code generation notes token numbers, and lines are computed on demand.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import AbstractContextManager
from itertools import accumulate
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState

from codemods.findings import Span

_NEWLINE = re.compile(r"\r\n?|\n")


class Positions:
    """The places of the nodes of ``module``: without leading and trailing whitespace, comments and parentheses.

    ``text`` is the text of the module, ``module.code``.
    """

    def __init__(self, module: cst.Module) -> None:
        state = _Noting(module.default_indent, module.default_newline)
        module._codegen(state)
        self._module = module  # as long as it is there, no other node has the identity of one of its nodes
        self._found = state.found
        self._offsets = [0, *accumulate(len(token) for token in state.tokens)]
        self.text = "".join(state.tokens)
        self._lines = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]

    def __getitem__(self, node: cst.CSTNode) -> Span:
        start, end = self._found[id(node)]
        return Span(*self._place(start), *self._place(end))

    def get(self, node: cst.CSTNode) -> Span | None:
        """The place of ``node``, or None if it is not in the module."""
        return self[node] if id(node) in self._found else None

    def _place(self, token: int) -> tuple[int, int]:
        offset = self._offsets[min(token, len(self._offsets) - 1)]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1]


class _Noting(CodegenState):
    """Notes before which token each node starts and ends."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(indent, newline)
        self.found: dict[int, tuple[int, int]] = {}  # by identity: hashing nodes is much slower
        self._open: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._open.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._open.pop()
        key = id(node)
        if key not in self.found:  # else its syntactic place is known already
            self.found[key] = (start, len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]  # a class is faster than the generator it overrides
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return _Recording(self, node, start_node, end_node)


class _Recording(AbstractContextManager[None]):
    def __init__(
        self, state: _Noting, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.state, self.node, self.start_node, self.end_node = state, node, start_node, end_node

    def __enter__(self) -> None:
        self.start = len(self.state.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = self.state.found
        start = found[id(self.start_node)][0] if self.start_node is not None else self.start
        end = found[id(self.end_node)][1] if self.end_node is not None else len(self.state.tokens)
        found[id(self.node)] = (start, end)
