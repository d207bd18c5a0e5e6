"""Edits keyed by original nodes, applied in one pass over the tree.

Rewrites propose edits while they look at the original tree. ``apply`` walks bottom-up and hands each edit the
*updated* node, so edits inside it have already happened. Only the ancestors of edited nodes are rebuilt; every other
node, and every node that an edit returns, keeps its identity, so positions can be looked up in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import libcst as cst

from codemods import tree

EditResult = cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel
EditFunction = Callable[..., EditResult]


class EditError(RuntimeError):
    """A bug of ours: an edit was lost, or two edits of one node cannot both happen."""

    def __init__(self, message: str, node: cst.CSTNode) -> None:
        super().__init__(f"{message}: {type(node).__name__} {_excerpt(node)!r}")
        self.node = node


@dataclass(frozen=True, order=True)
class RequiredImport:
    """``import module [as alias]``, or ``from module import name [as alias]`` when ``name`` is given."""

    module: str
    alias: str | None = None
    name: str | None = None


class Edits:
    """The edits proposed for one module."""

    def __init__(self) -> None:
        self._functions: dict[cst.CSTNode, list[EditFunction]] = {}
        self._observers: dict[cst.CSTNode, EditFunction] = {}
        self._before: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self._after: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self._dropped: set[cst.CSTNode] = set()
        self._rescued: set[cst.CSTNode] = set()
        self._stand_ins: dict[cst.CSTNode, cst.CSTNode] = {}
        self._imports: dict[RequiredImport, None] = {}
        self._produced: dict[cst.CSTNode, tuple[cst.CSTNode, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._functions or self._observers or self._before or self._after)

    def __contains__(self, node: cst.CSTNode) -> bool:
        return any(node in found for found in (self._functions, self._observers, self._before, self._after))

    @property
    def imports(self) -> tuple[RequiredImport, ...]:
        """The imports asked for, in the order of asking."""
        return tuple(self._imports)

    @property
    def nodes(self) -> frozenset[cst.CSTNode]:
        """The original nodes that have an edit."""
        return frozenset().union(self._functions, self._observers, self._before, self._after)

    def replace(self, node: cst.CSTNode, function: EditFunction) -> None:
        """Replace ``node`` by ``function(updated_node)``; several edits of one node happen in the order of asking.

        The function may return a node, or for list items (statements, arguments, elements) a ``FlattenSentinel`` or
        ``RemoveFromParent()``; nothing may follow an edit that returned one of these.
        """
        self._functions.setdefault(node, []).append(function)

    def observe(self, node: cst.CSTNode, function: EditFunction) -> None:
        """Hand ``function`` what ``node`` has become after all its edits, in whatever order they were asked for."""
        self._observers[node] = function

    def substitute(self, node: cst.CSTNode, new: cst.CSTNode) -> None:
        """Replace ``node`` and everything in it by ``new``; edits inside ``node`` are dropped."""
        self._dropped.update(tree.children(node))
        self.replace(node, lambda _: new)

    def remove(self, node: cst.CSTNode) -> None:
        """Remove a statement, argument or element and every edit inside it."""
        self.drop(node)
        self.replace(node, lambda _: cst.RemoveFromParent())

    def insert_before(self, node: cst.CSTNode, new: Iterable[cst.CSTNode]) -> None:
        """Put statements before ``node``, after those that earlier calls put there."""
        self._before.setdefault(node, []).extend(new)

    def insert_after(self, node: cst.CSTNode, new: Iterable[cst.CSTNode]) -> None:
        """Put statements after ``node``, after those that earlier calls put there."""
        self._after.setdefault(node, []).extend(new)

    def drop(self, node: cst.CSTNode) -> None:
        """Declare that ``node`` and everything in it will not be in the output; its edits may be lost."""
        self._dropped.add(node)

    def rescue(self, node: cst.CSTNode) -> None:
        """Declare that ``node`` will be in the output though something around it was dropped."""
        self._rescued.add(node)

    def is_dropped(self, node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
        """Whether ``node``, or anything around it, was declared dropped and nothing between was rescued."""
        current: cst.CSTNode | None = node
        while current is not None:
            if current in self._rescued:
                return False
            if current in self._dropped:
                return True
            current = parents.get(current)
        return False

    def carry(self, result: cst.CSTNode, stand_in: cst.CSTNode) -> None:
        """Declare that ``stand_in`` takes the place of an edited ``result`` (a parenthesised copy, for example)."""
        self._stand_ins[result] = stand_in

    def final(self, node: cst.CSTNode) -> cst.CSTNode:
        """What stands for a produced ``node`` in the output, after copies that were declared with ``carry``."""
        while node in self._stand_ins:
            node = self._stand_ins[node]
        return node

    def require_import(self, module: str, alias: str | None = None, name: str | None = None) -> None:
        """Ask for an import; asking again changes nothing."""
        self._imports.setdefault(RequiredImport(module, alias, name))

    def results(self, node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """After ``apply``: the nodes that took the place of ``node`` (without what was put beside it)."""
        return self._produced.get(node, (node,))

    def apply(self, module: cst.Module, parents: Mapping[cst.CSTNode, cst.CSTNode] | None = None) -> cst.Module:
        """The module with all edits done. Raises EditError when an edit would be lost.

        ``parents`` are those of the module's nodes, at least of the edited ones and of what is around them.
        """
        if not self:
            return module
        parents = tree.parents(module) if parents is None else parents
        rebuilt: set[cst.CSTNode] = set()
        for node in self.nodes:
            current: cst.CSTNode | None = node
            if node is not module and node not in parents:
                raise EditError("an edit of a node that is not in the module", node)
            while current is not None and current not in rebuilt:
                rebuilt.add(current)
                current = parents.get(current)
        output = module.visit(_Transformer(self, rebuilt))
        self._check_nothing_lost(output, parents)
        return output

    def edit(self, original: cst.CSTNode, updated: cst.CSTNode) -> EditResult:
        """One node's turn in the pass: its edits in order, then what was put beside it."""
        result: EditResult = updated
        observer = self._observers.get(original)
        for function in [*self._functions.get(original, ()), *([observer] if observer is not None else [])]:
            if not isinstance(result, cst.CSTNode):
                raise EditError("an edit follows one that removed or multiplied its node", original)
            result = function(result)
        kept: tuple[cst.CSTNode, ...]
        if isinstance(result, cst.CSTNode):
            kept = (result,)
        elif isinstance(result, cst.FlattenSentinel):
            kept = tuple(result)
        else:
            kept = ()
        # All statements of a line were removed; libcst would print ``pass``.
        kept = tuple(node for node in kept if not (isinstance(node, cst.SimpleStatementLine) and not node.body))
        self._produced[original] = kept
        before, after = self._before.get(original), self._after.get(original)
        if before or after:
            return cst.FlattenSentinel([*(before or ()), *kept, *(after or ())])
        return result if kept or not isinstance(result, cst.SimpleStatementLine) else cst.RemoveFromParent()

    def rebuilt(self, original: cst.CSTNode, updated: cst.CSTNode) -> None:
        """Note what took the place of a node that has edits inside it."""
        self._produced[original] = (updated,)

    def _check_nothing_lost(self, output: cst.Module, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        present = {id(node) for node in tree.walk(output)}
        for node in self.nodes:
            kept = [*self._produced.get(node, ()), *self._before.get(node, ()), *self._after.get(node, ())]
            lost = node not in self._produced or not all(self._reached(item, present) for item in kept)
            if lost and not self.is_dropped(node, parents):
                raise EditError("an edit was lost because an edit around it dropped its result", node)

    def _reached(self, item: cst.CSTNode, present: set[int]) -> bool:
        while item in self._stand_ins and id(item) not in present:
            item = self._stand_ins[item]
        # An edit further out may have copied the node itself (a comma, parentheses); then what is in it is still there.
        return id(item) in present or any(id(self.final(child)) in present for child in tree.children(item))


class _Transformer(cst.CSTTransformer):
    def __init__(self, edits: Edits, rebuilt: set[cst.CSTNode]) -> None:
        super().__init__()
        self._edits = edits
        self._rebuilt = rebuilt

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._rebuilt

    def on_leave(  # type: ignore[override]  # the base class promises the node's own type; edits decide that
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> EditResult:
        if original_node not in self._rebuilt:
            return updated_node
        if original_node in self._edits:
            return self._edits.edit(original_node, updated_node)
        if isinstance(updated_node, cst.SimpleStatementLine) and not updated_node.body:
            return cst.RemoveFromParent()  # all its statements were removed; libcst would print ``pass``
        self._edits.rebuilt(original_node, updated_node)
        return updated_node


def _excerpt(node: cst.CSTNode) -> str:
    text = cst.Module(body=[]).code_for_node(node).strip()
    return text if len(text) <= 60 else text[:57] + "..."
