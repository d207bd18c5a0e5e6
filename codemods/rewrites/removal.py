"""Taking statements out of a block without losing comments, and putting functions in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Statement
from codemods.context import Context
from codemods.edits import Edits

# A comment that only says what a removed statement did.
_ABOUT_SESSIONS = re.compile(
    r"session|initiali[sz]|\binit\b|default graph|reset.*graph|(create|start|launch|get|make)\w*( \w+)? graph",
    re.IGNORECASE,
)

_HEADING = re.compile(r"%%|--|==|##|\bstep\s*\d", re.IGNORECASE)

Make = Callable[[], Sequence[cst.BaseStatement]]


class Removal:
    """Collects what happens to whole statements; ``finish`` turns it into edits, one per statement."""

    def __init__(self, ctx: Context, edits: Edits) -> None:
        self.ctx = ctx
        self.edits = edits
        self._before: dict[cst.CSTNode, list[Make]] = {}
        self._lines: dict[cst.CSTNode, list[Make]] = {}
        self._after: dict[cst.CSTNode, list[Make]] = {}
        self._gone: dict[cst.CSTNode, bool] = {}  # node -> whether its comments are about it alone
        self._dissolved: set[cst.CSTNode] = set()
        self._changes: dict[cst.CSTNode, Callable[..., cst.CSTNode]] = {}
        self._expansions: dict[cst.CSTNode, Callable[..., list[cst.BaseStatement]]] = {}
        self._smalls: dict[cst.CSTNode, set[cst.CSTNode]] = {}
        self._containers: set[cst.CSTNode] = set()
        self._passes: set[cst.CSTNode] = set()  # what holds a block open of which nothing else is left
        self.emitted: set[cst.CSTNode] = set()

    def before(self, node: cst.CSTNode, make: Make) -> None:
        """Put statements before ``node``."""
        self._before.setdefault(node, []).append(make)

    def line_before(self, node: cst.CSTNode, make: Make) -> None:
        """Put statements before ``node`` that are not set off by blank lines."""
        self._lines.setdefault(node, []).append(make)

    def after(self, node: cst.CSTNode, make: Make) -> None:
        """Put statements after ``node``, or in its place when it goes."""
        self._after.setdefault(node, []).append(make)

    def change(self, node: cst.CSTNode, function: Callable[..., cst.CSTNode]) -> None:
        """Change a statement that stays."""
        self._changes[node] = function

    def expand(self, node: cst.CSTNode, function: Callable[..., list[cst.BaseStatement]]) -> None:
        """Put several statements in the place of one."""
        self._expansions[node] = function

    def take(self, statement: Statement, dropped: bool = False) -> None:
        """A statement leaves its place; its comments go with it, unless it is dropped."""
        self._gone[statement.node] = True
        if dropped:
            self.edits.drop(statement.node)
        self._note_container(statement)

    def remove_line(self, statement: Statement) -> None:
        """A statement without counterpart goes; comments that say more than it did stay."""
        node = statement.node
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1:
            for small in node.body:
                if any(item in statement.gone for item in tree.walk(small)):
                    self._smalls.setdefault(node, set()).add(small)
            return
        self.remove_node(node)
        self._note_container(statement)

    def remove_node(self, node: cst.CSTNode) -> None:
        """The same, where the analysis has no record of the statement: in a helper function."""
        self._gone[node] = False
        self.edits.drop(node)

    def remove_small(self, small: cst.BaseSmallStatement, statement: Statement) -> None:
        """One statement of a line goes."""
        node = statement.node
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
            self._gone[node] = False
            self.edits.drop(node)
            self._note_container(statement)
        else:
            self._smalls.setdefault(node, set()).add(small)

    def dissolve(self, statement: Statement) -> None:
        """A ``with`` goes, and its body takes its place."""
        self._dissolved.add(statement.node)
        self._note_container(statement)

    def _note_container(self, statement: Statement) -> None:
        container = statement.container
        while container is not None:
            self._containers.add(container.node)
            container = container.container

    # Edits

    def finish(self) -> None:
        """Propose the edits. Comments that stay pass to the next statement of their block."""
        touched = {
            *self._before,
            *self._lines,
            *self._after,
            *self._gone,
            *self._dissolved,
            *self._changes,
            *self._expansions,
            *self._smalls,
        }
        blocks = {self.ctx.parents[node] for node in touched} | self._container_bodies()
        for block in blocks:
            self._block(block)

    def _container_bodies(self) -> set[cst.CSTNode]:
        return {block for node in self._containers for block in _blocks(node)}

    def _block(self, block: cst.CSTNode) -> None:
        pending: list[cst.EmptyLine] = []

        body = getattr(block, "body", ())
        for node in body:
            self._statement(node, pending)
        must_hold = isinstance(block, cst.IndentedBlock) and not isinstance(self.ctx.parents[block], cst.With)

        def finish(updated: cst.CSTNode) -> cst.CSTNode:
            finished = _finished(updated, pending, self.emitted)
            if must_hold and isinstance(finished, cst.IndentedBlock) and not finished.body:
                held = cst.SimpleStatementLine([cst.Pass()])
                self._passes.add(held)
                return finished.with_changes(body=[held])
            return finished

        self.edits.replace(block, finish)

    def _statement(self, node: cst.CSTNode, pending: list[cst.EmptyLine]) -> None:
        def edit(updated: cst.CSTNode) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
            before = [item for make in self._before.get(node, ()) for item in make()]
            lines = [item for make in self._lines.get(node, ()) for item in make()]
            kept = self._kept(node, updated, pending)
            if node in self._dissolved and kept and isinstance(updated, cst.With):
                self.edits.carry(updated.body, kept[0])
            after = [item for make in self._after.get(node, ()) for item in make()]
            self.emitted.update(before)
            self.emitted.update(after)
            result = [*before, *lines, *kept, *after]
            if len(result) == 1 and result[0] is updated:
                return updated
            return cst.FlattenSentinel(result) if result else cst.RemoveFromParent()

        self.edits.replace(node, edit)

    def _shifted(self, node: cst.CSTNode, columns: int) -> cst.CSTNode:
        """``node`` with its backslash continuation lines moved along with its indentation."""
        if "\\\n" not in self.ctx.module.code_for_node(node):
            return node
        moved = node.visit(_Shift(self.edits, columns))
        assert isinstance(moved, cst.CSTNode)
        return moved

    def _kept(self, node: cst.CSTNode, updated: cst.CSTNode, pending: list[cst.EmptyLine]) -> list[cst.CSTNode]:
        if node in self._gone:
            lines = getattr(node, "leading_lines", ())
            if _has_blank(lines) and not pending:
                pending.append(cst.EmptyLine(indent=False))
            if not self._gone[node]:
                _hold(pending, _comment_lines(_earlier_blocks(lines)))
            return []
        if node in self._changes:
            updated = self._changes[node](updated)
        if (
            node in self._smalls
            and isinstance(updated, cst.SimpleStatementLine)
            and isinstance(node, cst.SimpleStatementLine)
        ):
            gone = self._smalls[node]
            body = [small for small, old in zip(updated.body, node.body, strict=True) if old not in gone]
            if not body:
                return []
            updated = updated.with_changes(
                body=[*body[:-1], body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
            )
        statements: list[cst.CSTNode] = [updated]
        if node in self._expansions:
            statements = list(self._expansions[node](updated))
        if node in self._dissolved:
            assert isinstance(updated, cst.With)
            statements = [self._shifted(item, -4) for item in _body_of(updated)]
            lead = _comment_lines(updated.leading_lines)
            if statements:
                statements[0] = _with_leading(statements[0], lead, _blanks(updated.leading_lines))
            else:
                self.edits.drop(node)  # all that was in it has moved
                _hold(pending, lead)
            if isinstance(updated.body, cst.IndentedBlock):
                footer = [line for line in updated.body.footer if line.comment is not None]
                if footer:
                    after = list(footer)
                    if pending and statements:
                        statements[0] = _prepend(statements[0], pending)
                    _hold(pending, after)
                    return statements
        if node in self._containers and node not in self._dissolved:
            emptied = _emptied(self._without_else(node, updated))
            if emptied is None:
                self.edits.drop(node)
                return []
            statements = [emptied]
        if pending and statements:
            statements[0] = _prepend(statements[0], pending)
        return statements

    def _without_else(self, node: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        """An ``if`` without an ``else`` of which nothing is left."""
        block = updated.orelse.body if isinstance(updated, cst.If) and isinstance(updated.orelse, cst.Else) else None
        if not isinstance(block, cst.IndentedBlock) or any(line.comment is not None for line in block.footer):
            return updated
        if len(block.body) != 1 or block.body[0] not in self._passes:
            return updated
        assert isinstance(node, cst.If) and node.orelse is not None
        self.edits.drop(node.orelse)
        return updated.with_changes(orelse=None)


class _Shift(cst.CSTTransformer):
    def __init__(self, edits: Edits, columns: int) -> None:
        super().__init__()
        self.edits = edits
        self.columns = columns

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if isinstance(updated_node, cst.SimpleWhitespace) and "\n" in updated_node.value:
            head, _, last = updated_node.value.rpartition("\n")
            width = max(0, len(last) + self.columns)
            return cst.SimpleWhitespace(f"{head}\n{' ' * width}")
        if updated_node is not original_node:
            self.edits.carry(original_node, updated_node)
        return updated_node


def _hold(pending: list[cst.EmptyLine], lines: Sequence[cst.EmptyLine]) -> None:
    pending.extend(lines)


def _comment_lines(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The comments worth keeping when their statement goes: not those that only speak of sessions."""
    return [line for line in lines if line.comment is not None and not _ABOUT_SESSIONS.search(line.comment.value)]


def _earlier_blocks(lines: Sequence[cst.EmptyLine]) -> Sequence[cst.EmptyLine]:
    """Without the comment that stands right above a removed statement: it says what that did. Headings stay."""
    start = len(lines)
    while start and lines[start - 1].comment is not None:
        start -= 1
    own = [line.comment.value for line in lines[start:] if line.comment is not None]
    return lines if len(own) > 2 or any(_HEADING.search(text) for text in own) else lines[:start]


def _has_blank(lines: Sequence[cst.EmptyLine]) -> bool:
    return any(line.comment is None for line in lines)


def _blanks(lines: Sequence[cst.EmptyLine]) -> int:
    """How many blank lines stand before a statement and its comments; one where they are between the comments."""
    first = next((index for index, line in enumerate(lines) if line.comment is not None), len(lines))
    return first or int(_has_blank(lines))


def _with_leading(node: cst.CSTNode, lines: Sequence[cst.EmptyLine], blanks: int) -> cst.CSTNode:
    own = list(getattr(node, "leading_lines", ()))
    while own and own[0].comment is None:
        own.pop(0)
    lead = [cst.EmptyLine(indent=False) for _ in range(blanks)]
    return node.with_changes(leading_lines=[*lead, *lines, *own])


def _prepend(node: cst.CSTNode, pending: list[cst.EmptyLine]) -> cst.CSTNode:
    """``node`` with the lines held back before it: the widest gap, then held comments, then its own."""
    own = list(getattr(node, "leading_lines", ()))
    gap = next((index for index, line in enumerate(own) if line.comment is not None), len(own))
    comments = [line for line in pending if line.comment is not None]
    held_gap = 1 if any(line.comment is None for line in pending) else 0
    pending.clear()
    blank = own[:gap] if gap >= held_gap else [cst.EmptyLine(indent=False)]
    return node.with_changes(leading_lines=[*blank, *comments, *own[gap:]])


def _body_of(node: cst.With) -> list[cst.CSTNode]:
    if isinstance(node.body, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine([small]) for small in node.body.body]
    return list(node.body.body)


def _emptied(node: cst.CSTNode) -> cst.CSTNode | None:
    """A container whose statements went: None for a ``with`` of which nothing is left."""
    body = getattr(node, "body", None)
    return None if isinstance(node, cst.With) and isinstance(body, cst.IndentedBlock) and not body.body else node


def _blocks(node: cst.CSTNode) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, (cst.Else, cst.Finally)):
            part = part.body
        if isinstance(part, cst.IndentedBlock):
            found.append(part)
    for handler in getattr(node, "handlers", ()):
        if isinstance(handler.body, cst.IndentedBlock):
            found.append(handler.body)
    return found


def _finished(block: cst.CSTNode, pending: list[cst.EmptyLine], emitted: set[cst.CSTNode]) -> cst.CSTNode:
    """Comments left over go to the end of the block; blank lines follow an emitted function."""
    body = list(getattr(block, "body", ()))
    module = isinstance(block, cst.Module)
    for index in range(1, len(body)):
        if body[index - 1] in emitted and body[index] not in emitted:
            body[index] = _separated(body[index], 2 if module else 1)
    if body and body[0] in emitted:
        body[0] = body[0].with_changes(leading_lines=[])
    changes: dict[str, object] = {"body": body}
    if any(line.comment is not None for line in pending):
        changes["footer"] = [*pending, *getattr(block, "footer", ())]
    return block.with_changes(**changes)


def _separated(node: cst.CSTNode, blank: int) -> cst.CSTNode:
    own = list(getattr(node, "leading_lines", ()))
    count = 0
    while count < len(own) and own[count].comment is None:
        count += 1
    return node.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * max(0, blank - count) + own)
