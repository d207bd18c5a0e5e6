"""New trees from parts of old ones, in which every node still knows the node that it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import libcst as cst

from codemods import tree
from codemods.findings import Span
from codemods.origins import Places

Node = TypeVar("Node", bound=cst.CSTNode)


class Traces:
    """The original node of each node that was rebuilt or copied; ``places`` are those of the original nodes."""

    def __init__(self, module: cst.Module, places: Places) -> None:
        self._places = places
        self._of: dict[cst.CSTNode, cst.CSTNode] = {}
        self._original = frozenset(tree.walk(module))

    def __getitem__(self, node: cst.CSTNode) -> Span:
        found = self.get(node)
        return found if found is not None else Span(1, 0, 1, 0)  # of a node that stands for none of the text

    def get(self, node: cst.CSTNode) -> Span | None:
        """The place of what ``node`` came from, or None if that is not in the text."""
        return self._places.get(self.of(node))

    def of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node of the original tree that ``node`` came from, or ``node`` itself."""
        while node in self._of:
            node = self._of[node]
        return node

    def note(self, new: Node, old: cst.CSTNode) -> Node:
        """``new``, which came from ``old``."""
        if new is not old:
            self._of.setdefault(new, old)
        return new

    def made_for(self, new: Node, old: cst.CSTNode) -> Node:
        """``new``, of which every part that has no origin yet was made because of ``old``."""
        for node in tree.walk(new):
            if node not in self._original:
                self._of.setdefault(node, old)
        return new

    def copy(self, node: Node) -> Node:
        """A copy of ``node``: a tree must not hold one node twice."""
        new = node.deep_clone()
        for one, other in zip(tree.walk(new), tree.walk(node), strict=True):
            self.note(one, other)
        return new

    def rebuilt(
        self,
        node: Node,
        replaced: Mapping[cst.CSTNode, cst.CSTNode],
        before: Mapping[cst.CSTNode, Sequence[cst.BaseStatement]] | None = None,
        removed: Collection[cst.CSTNode] = (),
    ) -> Node:
        """``node`` with the nodes in ``replaced`` exchanged, and statements put before those in ``before``."""
        before = before or {}
        touched: set[cst.CSTNode] = set()
        parents = tree.parents(node)
        for start in (*replaced, *before, *removed):
            current: cst.CSTNode | None = start if start is node or start in parents else None
            while current is not None and current not in touched:
                touched.add(current)
                current = parents.get(current)
        if not touched:
            return node
        result = node.visit(_Rebuild(self, replaced, before, touched, removed))
        assert isinstance(result, cst.CSTNode)
        return result


class _Rebuild(cst.CSTTransformer):
    def __init__(
        self,
        origins: Traces,
        replaced: Mapping[cst.CSTNode, cst.CSTNode],
        before: Mapping[cst.CSTNode, Sequence[cst.BaseStatement]],
        touched: set[cst.CSTNode],
        removed: Collection[cst.CSTNode],
    ) -> None:
        super().__init__()
        self.removed = removed
        self.origins = origins
        self.replaced = replaced
        self.before = before
        self.touched = touched

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.touched and node not in self.replaced

    def on_leave(  # type: ignore[override]  # the base class promises the node's own type
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        if original_node in self.removed:
            return cst.RemoveFromParent()
        new = self.replaced.get(original_node)
        if new is None:
            new = self.origins.note(updated_node, original_node)
        lines = self.before.get(original_node)
        return cst.FlattenSentinel([*lines, new]) if lines else new
