"""Statements and control flow of the program, read on abstract values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from codemods.inventory import contexts, host, objects
from codemods.inventory.definitions import Definitions, Returned
from codemods.inventory.graph import TF1Error
from codemods.inventory.program import Frame, Run, written
from codemods.inventory.values import (
    UNKNOWN,
    Class,
    Function,
    Items,
    Node,
    Unknown,
    known,
    nodes_in,
)  # fmt: skip

_UNROLLED = 64  # iterations of a loop of known length that are all read
_RUNS = ("run", "eval")


class LoopEnd(Exception):
    """``break`` or ``continue``."""


class Interpreter(Definitions):
    """Reads the program statement by statement."""

    def main(self, text: str) -> None:
        """Read the program itself, and then the classes and functions that only other files would call."""
        self.block(ast.parse(text).body)
        for name, value in list(self.program.frame.names.items()):
            alone = isinstance(value, (Class, Function)) and value not in self.program.used
            if alone and _mentions_graphs(value) and not name.startswith("  "):
                self.program.stack.append(self.program.new_graph())
                with self.program.uncertain(f"if something calls {name}"), suppress(TF1Error):
                    self.call_value(value, [], {}, None, starred=True)
                self.program.stack.pop()

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in body:
            self.program.step()
            self.program.frame.line = statement.lineno
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                handler(self, statement)

    # Simple statements

    def expression(self, node: ast.Expr) -> None:
        self.value(node.value)

    def assignment(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def augmented(self, node: ast.AugAssign) -> None:
        before = self.value(_loaded(node.target))
        after = self.value(node.value)
        if isinstance(before, Items) and isinstance(node.op, ast.Add):
            objects.call_method(self, before, "extend", [after], {}, None, False)
            return
        self.assign(node.target, self.operation(node.op, before, after))

    def returning(self, node: ast.Return) -> None:
        frame = self.program.frame
        frame.returned.append(self.value(node.value) if node.value is not None else None)
        if not self._open_branches(frame):
            raise Returned

    def _open_branches(self, frame: Frame) -> bool:
        return bool(frame.names.get("  open"))

    def globals_(self, node: ast.Global) -> None:
        self.program.frame.globals.update(node.names)

    def nonlocals(self, node: ast.Nonlocal) -> None:
        self.program.frame.nonlocals.update(node.names)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                owner, key = self.value(target.value), self.value(target.slice)
                if isinstance(owner, dict) and known(key):
                    owner.pop(key, None)

    def raising(self, node: ast.Raise) -> None:
        if self._open_branches(self.program.frame):
            return
        kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        raise TF1Error(kind.id if isinstance(kind, ast.Name) else "Exception", "raised by the program")

    # Control flow

    def branch(self, node: ast.If) -> None:
        test = self.truth(self.value(node.test))
        if test is not None:
            self.block(node.body if test else node.orelse)
            return
        condition = f"if {written(node.test, 40)}"
        self.alternatives([(condition, node.body), (f"not ({written(node.test, 40)})", node.orelse)])

    def alternatives(self, bodies: list[tuple[str, Sequence[ast.stmt]]]) -> None:
        """Read bodies of which one runs; what they bind differently is joined."""
        frame = self.program.frame
        before = dict(frame.names)
        results = []
        for condition, body in bodies:
            frame.names = dict(before)
            frame.names["  open"] = frame.names.get("  open", 0) + 1
            with self.program.uncertain(condition):
                ended = self._guarded(body)
            frame.names.pop("  open")
            if not ended:
                results.append(frame.names)
        frame.names = before
        if results:
            frame.names = host.joined(results, self.program)
            if "  open" in before:
                frame.names["  open"] = before["  open"]

    def _guarded(self, body: Sequence[ast.stmt]) -> bool:
        """Read a body that may not run; whether it surely leaves the block around."""
        try:
            self.block(body)
        except (Returned, LoopEnd, TF1Error):
            return True
        return any(isinstance(item, (ast.Return, ast.Raise, ast.Continue, ast.Break)) for item in body)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.items(self.value(node.iter))
        if iterated is not None and (len(iterated) <= 2 or (len(iterated) <= _UNROLLED and not _runs(node))):
            for item in iterated:
                self.assign(node.target, item)
                try:
                    self.block(node.body)
                except LoopEnd as end:
                    if end.args[0] == "break":
                        return
            self.block(node.orelse)
            return
        if iterated is not None and not iterated:
            return
        first = iterated[0] if iterated and isinstance(iterated[0], (int, Node)) else None
        value = self.value(node.iter)
        element = Unknown(nodes=tuple(nodes_in(value))) if iterated is None or first is None else UNKNOWN
        self.widened(node.body, f"for {written(node.target, 20)} in …", lambda: self.assign(node.target, element))

    def while_(self, node: ast.While) -> None:
        test = self.truth(self.value(node.test))
        if test is False:
            return
        self.widened(node.body, f"while {written(node.test, 40)}", lambda: None)

    def widened(self, body: Sequence[ast.stmt], condition: str, start: Callable[[], None]) -> None:
        """Read a loop body of which it is not known how often it runs: what it binds is unknown, then it is read."""
        frame = self.program.frame
        kept = {name: value for name, value in frame.names.items() if isinstance(value, (int, float, str, bool))}
        for name in _stored(body):
            if name in kept:
                frame.names[name] = UNKNOWN
        start()
        frame.names["  open"] = frame.names.get("  open", 0) + 1
        with self.program.uncertain(condition), suppress(LoopEnd, Returned, TF1Error):
            self.block(body)
        frame.names["  open"] -= 1
        if not frame.names["  open"]:
            del frame.names["  open"]

    def break_(self, node: ast.Break) -> None:
        if not self._open_branches(self.program.frame):
            raise LoopEnd("break")

    def continue_(self, node: ast.Continue) -> None:
        if not self._open_branches(self.program.frame):
            raise LoopEnd("continue")

    def trying(self, node: ast.Try) -> None:
        self.program.trying += 1
        try:
            self.block(node.body)
            self.program.trying -= 1
            self.block(node.orelse)
        except TF1Error as error:
            self.program.trying -= 1
            for handler in node.handlers:
                if host.catches(handler, error.kind):
                    self.block(handler.body)
                    break
            else:
                raise
        finally:
            self.block(node.finalbody)

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        with ExitStack() as stack:
            for item in node.items:
                entered = contexts.enter(self, stack, self.value(item.context_expr), item.context_expr)
                if item.optional_vars is not None:
                    self.assign(item.optional_vars, entered)
            self.block(node.body)

    def run_site(self, node: ast.Call, fetches: Any, feeds: Any) -> None:
        """Note a run of the graph."""
        key = self.program.place(), written(node, 70)
        run = self.program.runs.setdefault(key, Run(*key))
        run.fetched += nodes_in(fetches)
        if isinstance(feeds, dict):
            run.fed += [item for item in feeds if isinstance(item, Node)]
        if isinstance(fetches, Unknown) or (
            isinstance(fetches, (list, tuple)) and any(isinstance(item, Unknown) for item in fetches)
        ):
            run.certain = False


def _mentions_graphs(value: Class | Function) -> bool:
    """Whether a definition of this file may make variables."""
    if isinstance(value, Class):
        return any(isinstance(item, Function) and _mentions_graphs(item) for item in value.members.values())
    text = ast.unparse(value.node)
    return any(word in text for word in ("Variable(", "get_variable(", "layers.", "slim.", "rnn", "minimize("))


def _loaded(target: ast.expr) -> ast.expr:
    copied = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(copied, target)


def _runs(node: ast.AST) -> bool:
    """Whether a loop may run the graph: then it is a training loop, not one that builds."""
    return any(
        isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in _RUNS
        for child in ast.walk(node)
    )


def _stored(body: Sequence[ast.stmt]) -> set[str]:
    return {
        child.id
        for statement in body
        for child in ast.walk(statement)
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)
    }


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any], None]] = {
    ast.Expr: Interpreter.expression,
    ast.Assign: Interpreter.assignment,
    ast.AnnAssign: Interpreter.annotated,
    ast.AugAssign: Interpreter.augmented,
    ast.Return: Interpreter.returning,
    ast.Global: Interpreter.globals_,
    ast.Nonlocal: Interpreter.nonlocals,
    ast.Delete: Interpreter.delete,
    ast.Raise: Interpreter.raising,
    ast.Import: Interpreter.import_,
    ast.ImportFrom: Interpreter.import_from,
    ast.FunctionDef: Interpreter.define,
    ast.AsyncFunctionDef: Interpreter.define,
    ast.ClassDef: Interpreter.define_class,
    ast.If: Interpreter.branch,
    ast.For: Interpreter.loop,
    ast.AsyncFor: Interpreter.loop,
    ast.While: Interpreter.while_,
    ast.Break: Interpreter.break_,
    ast.Continue: Interpreter.continue_,
    ast.Try: Interpreter.trying,
    ast.With: Interpreter.with_,
    ast.AsyncWith: Interpreter.with_,
}
