"""Where the nodes of a rewritten tree stood in the text that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import libcst as cst

from codemods import tree
from codemods.edits import Edits
from codemods.findings import Span
from codemods.positions import Positions


class Places(Protocol):
    """Where nodes are in the text that they came from."""

    def __getitem__(self, node: cst.CSTNode, /) -> Span: ...

    def get(self, node: cst.CSTNode, /) -> Span | None: ...


class Origins:
    """The places of the nodes of ``after`` in the text of ``before``, from which ``edits`` made it.

    A node that was kept is where it was; one that took the place of others is where these were; a new one is where the
    nearest node around it was, unless ``known`` says where it came from. ``places`` are those of ``before`` where it
    was made from another text itself.
    """

    def __init__(
        self,
        before: cst.Module,
        after: cst.Module,
        edits: Edits,
        places: Origins | None = None,
        known: Mapping[cst.CSTNode, cst.CSTNode] | None = None,
    ) -> None:
        self._positions: Positions | Origins = Positions(before) if places is None else places
        self._parents = tree.parents(after)
        self._before: dict[cst.CSTNode, cst.CSTNode] = dict(known or {})
        for node in reversed([*tree.walk(before)]):  # what is inside comes first: it knows its place best
            for result in edits.results(node):
                final = edits.final(result)
                if final is not node:
                    self._before.setdefault(final, node)

    def get(self, node: cst.CSTNode) -> Span | None:
        """The place of ``node``, or None if it is not in the module."""
        return self[node] if node in self._parents or node in self._before else None

    def __getitem__(self, node: cst.CSTNode) -> Span:
        current: cst.CSTNode | None = node
        while current is not None:
            found = self._positions.get(self._before.get(current, current))
            if found is not None:
                return found
            current = self._parents.get(current)
        return Span(1, 0, 1, 0)
