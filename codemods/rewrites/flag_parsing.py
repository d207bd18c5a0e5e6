"""Where a program must parse its command line before it reads flags.

TF1 parsed the command line at the first read of a flag. absl raises UnparsedFlagAccessError instead, so a program
whose first read comes before ``app.run`` (or that has none) needs the call that TF1 made by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.rewrites import names

# Where the name of a function or class leads to a call of it.
_USERS = (cst.Call, cst.Arg, cst.Attribute)

FlagSymbol = Callable[[str], str | None]


@dataclass(frozen=True)
class Place:
    """Where to parse: after or before ``statement``, by the local name of FLAGS; or why there is nothing to put."""

    statement: cst.CSTNode | None = None
    after: bool = True
    name: str | None = None
    message: str = ""
    refused: bool = False
    node: cst.CSTNode | None = None


@dataclass
class _Step:
    """One statement (or head of a compound one) that runs when the file runs, and what it does with flags.

    ``path`` are the bodies that it is in, outermost first, each with the statement of that body.
    """

    path: tuple[tuple[cst.CSTNode, cst.CSTNode], ...]
    binds: bool = False
    defines: bool = False
    reads: cst.CSTNode | None = None
    parses: bool = False


def is_parse_flags(node: cst.CSTNode) -> bool:
    """Whether the node is ``<...>._parse_flags``."""
    return isinstance(node, cst.Attribute) and node.attr.value == "_parse_flags"


def find(ctx: Context, flag_symbol: FlagSymbol) -> Place | None:
    """The place to parse at, or None when the program says it already or reads no flag."""
    search = _Search(ctx, flag_symbol)
    steps = list(search.steps())
    reads = [step for step in steps if step.reads is not None]
    if not reads:
        if search.reads_inside and not search.runs and not any(step.parses for step in steps):
            return Place(
                message="TensorFlow 1 parsed the command line at the first read of a flag; absl needs "
                "app.run(main) or FLAGS(sys.argv) in the program that imports this file"
            )
        return None
    first = reads[0]
    before = steps[: steps.index(first)]
    if any(step.parses and _holds(step, first) for step in before):
        return None
    depth = _common_depth([step.path for step in reads])
    body, child = first.path[depth - 1]
    earlier = [step for step in before if len(step.path) >= depth and step.path[depth - 1][0] is body]
    outer = [step for step in earlier if step.path[depth - 1][1] is not child]
    if any(step.defines for step in earlier if step not in outer):
        return Place(
            message="flags are read on one branch and defined on another: it is not certain where to parse them",
            refused=True,
            node=first.reads,
        )
    name = search.name_before(steps, first)
    anchors = [step for step in outer if step.binds or step.defines]
    if anchors:
        return Place(anchors[-1].path[depth - 1][1], True, name)
    return Place(child, False, name)


def _holds(parse: _Step, read: _Step) -> bool:
    """Whether ``parse`` has surely run when ``read`` runs: it is in a body around it."""
    bodies = [body for body, _ in read.path]
    return all(body in bodies for body, _ in parse.path)


def _common_depth(paths: Sequence[tuple[tuple[cst.CSTNode, cst.CSTNode], ...]]) -> int:
    depth = 0
    for level in zip(*paths, strict=False):
        if len({id(body) for body, _ in level}) != 1:
            break
        depth += 1
    return depth


class _Search:
    def __init__(self, ctx: Context, flag_symbol: FlagSymbol) -> None:
        self.ctx = ctx
        self.flag_symbol = flag_symbol
        self.runs = False
        self.reads_inside = False
        self._reading: set[str] = set()  # functions and classes that read flags when called
        self._running: set[str] = set()  # functions that call tf.app.run
        self._definitions()

    def _definitions(self) -> None:
        root = self.ctx.symbols.root
        definitions: dict[str, list[cst.CSTNode]] = {}
        for name, bindings in root.bindings.items():
            nodes: list[cst.CSTNode] = [b.node for b in bindings if isinstance(b.node, (cst.FunctionDef, cst.ClassDef))]
            if nodes:
                definitions[name] = nodes
        mentions: dict[str, set[str]] = {}
        for name, nodes in definitions.items():
            mentions[name] = set()
            for definition in nodes:
                for node in tree.walk(definition):
                    if self._is_read(node):
                        self._reading.add(name)
                        self.reads_inside = True
                    if self._symbol(node) == "tf.app.run":
                        self._running.add(name)
                        self.runs = True
                    if isinstance(node, cst.Name) and node.value in definitions:
                        mentions[name].add(node.value)
        for known in (self._reading, self._running):
            grown = True
            while grown:
                found = {name for name, inner in mentions.items() if name not in known and inner & known}
                grown = bool(found)
                known |= found

    def steps(self) -> Iterator[_Step]:
        """The steps of the file in the order in which they run."""
        yield from self._body(self.ctx.module, self.ctx.module.body, ())

    def _body(
        self, body: cst.CSTNode, statements: Sequence[cst.CSTNode], path: tuple[tuple[cst.CSTNode, cst.CSTNode], ...]
    ) -> Iterator[_Step]:
        for statement in statements:
            here = (*path, (body, statement))
            inner: list[cst.BaseSuite] = []
            heads: list[cst.CSTNode] = []
            if isinstance(statement, cst.BaseCompoundStatement) and not isinstance(
                statement, (cst.FunctionDef, cst.ClassDef)
            ):
                for node in _parts(statement):
                    (inner if isinstance(node, cst.BaseSuite) else heads).append(node)  # type: ignore[arg-type]
            else:
                heads.append(statement)
            yield self._step(heads, here)
            for suite in inner:
                below = suite.body if isinstance(suite, cst.IndentedBlock) else [statement]
                if isinstance(suite, cst.IndentedBlock):
                    yield from self._body(suite, below, here)
                else:
                    yield self._step([suite], here)

    def _step(self, nodes: list[cst.CSTNode], path: tuple[tuple[cst.CSTNode, cst.CSTNode], ...]) -> _Step:
        step = _Step(path)
        found = [item for node in nodes for item in names.executed(node)]
        step.parses = any(self._is_parse(node) for node in found)
        for node in found:
            symbol = self._symbol(node)
            name = self.flag_symbol(symbol) if symbol is not None else None
            if name is not None and name.startswith("DEFINE"):
                step.defines = True
            if name in ("FLAGS", "") and isinstance(self.ctx.parents.get(node), (cst.Assign, cst.AssignTarget)):
                step.binds = True
            if step.reads is None and self._is_read(node):
                step.reads = node
            elif isinstance(node, cst.Name) and isinstance(self.ctx.parents.get(node), _USERS):
                if node.value in self._running:
                    step.parses = True
                elif step.reads is None and node.value in self._reading and not step.parses:
                    step.reads = node
        self.runs = self.runs or any(self._symbol(node) == "tf.app.run" for node in found)
        return step

    def name_before(self, steps: list[_Step], read: _Step) -> str | None:
        """A name of the module that holds FLAGS when ``read`` runs."""
        bound = {id(step.path[-1][1]) for step in steps[: steps.index(read)] if step.binds and len(step.path) == 1}
        for name, bindings in self.ctx.symbols.root.bindings.items():
            if len(bindings) != 1:
                continue
            binding = bindings[0]
            symbol = binding.symbol or (self.ctx.symbols.of(binding.value) if binding.value is not None else None)
            if symbol is None or self.flag_symbol(symbol) != "FLAGS":
                continue
            if binding.symbol is not None or id(names.statement_of(self.ctx, binding.node)) in bound:
                return name
        return None

    def _symbol(self, node: cst.CSTNode) -> str | None:
        return self.ctx.symbols.of(node)

    def _is_flags(self, node: cst.CSTNode) -> bool:
        symbol = self._symbol(node)
        return symbol is not None and self.flag_symbol(symbol) == "FLAGS"

    def _is_read(self, node: cst.CSTNode) -> bool:
        """Whether the node is FLAGS where a flag is, or may be, read from it."""
        if not self._is_flags(node):
            return False
        parent = self.ctx.parents.get(node)
        if isinstance(parent, cst.Attribute):
            above = self.ctx.parents.get(parent)
            return not is_parse_flags(parent) and not isinstance(above, cst.AssignTarget)
        return isinstance(parent, cst.Arg)

    def _is_parse(self, node: cst.CSTNode) -> bool:
        """Whether the node runs ``tf.app.run``, ``FLAGS._parse_flags()`` or ``FLAGS(...)``."""
        if self._symbol(node) == "tf.app.run":
            return True
        if is_parse_flags(node) and isinstance(node, cst.Attribute) and self._is_flags(node.value):
            return True
        return self._is_flags(node) and names.call_of(self.ctx, node) is not None


def _parts(statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The suites of a compound statement and what runs around them, in order."""
    for child in tree.children(statement):
        if isinstance(child, (cst.If, cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler)):
            yield from _parts(child)
        else:
            yield child
