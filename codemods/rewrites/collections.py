"""`tf.add_to_collection`: what is added keeps its name, or gets one, or is written out where it is read."""

from __future__ import annotations

import re
from collections.abc import Callable

import libcst as cst

from codemods import tree
from codemods.analysis.staging import Staging
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites.call_parts import taken


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every call that adds; one finding for each."""
    collections = staging.state.collections
    read = {name for node in tree.walk(ctx.module) for name in _names(staging.state.lists.get(node, ""))}
    for loss, label in collections.nameless.items():
        statement = ctx.parents.get(loss)
        if label in read and isinstance(statement, cst.Expr):
            edits.replace(statement, _named(label))
    helpers = _Helpers(ctx, edits, set(collections.helpers))
    for adding, made in collections.helpers.items():
        helpers.take_out(adding, made)
    helpers.finish()
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        if call in collections.helpers:
            message = "what is added for a variable is written out where the collection is read"
            findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
            findings += taken(ctx, edits, use, call)
            continue
        if call is None or (call not in collections.added and call not in collections.named):
            continue
        small = ctx.parents.get(call)
        line = ctx.parents.get(small) if small is not None else None
        block = ctx.parents.get(line) if line is not None else None
        if not isinstance(small, cst.Expr) or not isinstance(line, cst.SimpleStatementLine):
            message = "something is added to a collection in the middle of an expression"
            findings.append(Finding("TF424", ctx.span(use.node), message, Status.REFUSED, use.name))
            continue
        name = collections.named.get(call)
        recorded = line in staging.statements
        if name is not None and (recorded or name in read):
            edits.drop(call.func)
            edits.replace(small, _binds(name, _value_of(call, use.name)))
        elif not recorded and isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
            message = "a function that does nothing but add to a collection"
            findings.append(Finding("TF424", ctx.span(use.node), message, Status.REFUSED, use.name))
            continue
        elif not recorded:
            edits.remove(small)
        else:
            edits.drop(small)
        message = "what is added to a collection has a name"
        findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
        findings += taken(ctx, edits, use, call)


class _Helpers:
    """Takes statements out of helper functions: the calls that add, and what only they read."""

    def __init__(self, ctx: Context, edits: Edits, calls: set[cst.Call]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.calls = calls
        self.gone: list[cst.CSTNode] = []  # statement lines

    def take_out(self, call: cst.Call, made: cst.BaseExpression) -> None:
        """One call that adds, and the assignment of what it adds, where nothing else reads that."""
        self.gone.append(self._line(call))
        line = self._line(made)
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
        if not isinstance(small, cst.Assign) or small.value is not made or len(small.targets) != 1:
            return
        target = small.targets[0].target
        function = self._around(made)
        if not isinstance(target, cst.Name) or function is None:
            return
        inside = {item for other in self.calls for item in tree.walk(other)}
        reads = [item for item in tree.walk(function) if isinstance(item, cst.Name) and item.value == target.value]
        if all(item in inside or item is target for item in reads):
            self.gone.append(line)

    def finish(self) -> None:
        """Propose the edits; a branch of which nothing is left goes as a whole."""
        gone = list(dict.fromkeys(self.gone))
        done: set[cst.CSTNode] = set()
        for line in gone:
            block = self.ctx.parents[line]
            around = self.ctx.parents[block] if isinstance(block, cst.IndentedBlock) else None
            rest = [item for item in getattr(block, "body", ()) if item not in gone]
            alone = isinstance(around, cst.If) and around.orelse is None and not rest
            if isinstance(line, cst.If) or (alone and around is not None):
                target = line if isinstance(line, cst.If) else around
                if target is not None and target not in done:
                    self.edits.remove(target)
                    done.add(target)
            elif line not in done:
                self.edits.remove(line)
                done.add(line)

    def _line(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement line around a node, or the one-line ``if`` that it is the body of."""
        current = node
        while not isinstance(current, cst.SimpleStatementLine):
            suite = self.ctx.parents[current]
            if isinstance(suite, cst.SimpleStatementSuite):
                around = self.ctx.parents[suite]
                if isinstance(around, cst.If) and around.orelse is None and len(suite.body) == 1:
                    return around
                raise Refusal("TF424", "something is added to a collection on one line with other statements", node)
            current = suite
        return current

    def _around(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.FunctionDef):
            current = self.ctx.parents.get(current)
        return current


def _names(text: str) -> set[str]:
    """The names that the text of a list reads."""
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _value_of(call: cst.Call, symbol: str) -> int:
    """Which argument of a call is added."""
    wanted = "loss" if symbol == "tf.losses.add_loss" else "value"
    by_name = [
        index for index, item in enumerate(call.args) if item.keyword is not None and item.keyword.value == wanted
    ]
    return by_name[0] if by_name else 0 if wanted == "loss" else 1


def _binds(name: str, index: int) -> Callable[[cst.Expr], cst.Assign]:
    """``name = value`` in the place of ``tf.add_to_collection(key, value)``."""

    def build(updated: cst.Expr) -> cst.Assign:
        assert isinstance(updated.value, cst.Call)
        return cst.Assign([cst.AssignTarget(cst.Name(name))], updated.value.args[index].value)

    return build


def _named(name: str) -> Callable[[cst.Expr], cst.Assign]:
    """``name = value`` in the place of ``value``."""
    return lambda updated: cst.Assign([cst.AssignTarget(cst.Name(name))], updated.value)
