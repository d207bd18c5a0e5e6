"""Places for statements that can be made only when every node of the file has been rewritten.

An emitted function stands where its graph was built, and so before the run site whose fetch it may have to hold. The
pass leaves a statement of its own there, which ``fill`` replaces when the pass is over.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods import tree
from codemods.edits import Edits


class Holes:
    """The places of one module."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._made: dict[str, Callable[[], cst.FunctionDef]] = {}
        self.filled: set[cst.CSTNode] = set()

    def hole(self, make: Callable[[], cst.FunctionDef], blank: int) -> cst.SimpleStatementLine:
        """A statement that ``make()`` will replace, with ``blank`` empty lines before it."""
        name = f"__emitted_{len(self._made)}__"
        self._made[name] = make
        lines = [cst.EmptyLine(indent=False)] * blank
        return cst.SimpleStatementLine([cst.Expr(cst.Name(name))], leading_lines=lines)

    def fill(self, module: cst.Module) -> cst.Module:
        """``module`` with every place filled; nodes that are not around one keep their identity."""
        if not self._made:
            return module
        parents = tree.parents(module)
        around: set[cst.CSTNode] = set()
        for node in parents:
            if isinstance(node, cst.SimpleStatementLine) and self._name(node) is not None:
                current: cst.CSTNode | None = node
                while current is not None:
                    around.add(current)
                    current = parents.get(current)
        filled = module.visit(_Fill(self, around))
        assert isinstance(filled, cst.Module)
        return filled

    def made(self, node: cst.SimpleStatementLine) -> cst.FunctionDef | None:
        """What belongs in the place ``node``; None for any other statement."""
        name = self._name(node)
        if name is None:
            return None
        made = self._made[name]().with_changes(leading_lines=node.leading_lines)
        self._edits.carry(node.body[0], made)  # shared by every copy of the place
        self.filled.add(made)
        return made

    def carry(self, old: cst.CSTNode, new: cst.CSTNode) -> None:
        """Declare that ``new`` stands for ``old``, which is around a place."""
        if old is not new:
            self._edits.carry(old, new)

    def _name(self, node: cst.SimpleStatementLine) -> str | None:
        small = node.body[0] if len(node.body) == 1 else None
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Name) and small.value.value in self._made:
            return small.value.value
        return None


class _Fill(cst.CSTTransformer):
    def __init__(self, holes: Holes, around: set[cst.CSTNode]) -> None:
        super().__init__()
        self._holes = holes
        self._around = around

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._around and not isinstance(node, cst.SimpleStatementLine)

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if original_node not in self._around:
            return updated_node
        if isinstance(original_node, cst.SimpleStatementLine):
            return self._holes.made(original_node) or updated_node
        if isinstance(updated_node, (cst.Module, cst.IndentedBlock)):
            updated_node = self._spaced(updated_node, 2 if isinstance(updated_node, cst.Module) else 1)
        self._holes.carry(original_node, updated_node)
        return updated_node

    def _spaced(self, block: cst.Module | cst.IndentedBlock, wanted: int) -> cst.CSTNode:
        """At least ``wanted`` empty lines around every function that was put in."""
        body = list(block.body)
        for index in range(1, len(body)):
            if body[index] in self._holes.filled or body[index - 1] in self._holes.filled:
                own = list(getattr(body[index], "leading_lines", ()))
                empty = next((count for count, line in enumerate(own) if line.comment is not None), len(own))
                lines = [*[cst.EmptyLine(indent=False)] * (wanted - empty), *own]
                spaced = body[index].with_changes(leading_lines=lines)
                self._holes.carry(body[index], spaced)
                if body[index] in self._holes.filled:
                    self._holes.filled.add(spaced)
                body[index] = spaced
        return block.with_changes(body=body)
