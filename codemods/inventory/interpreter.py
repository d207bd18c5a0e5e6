"""Statements: control flow, functions, classes and imports of the program, read on abstract values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from codemods.analysis import modules
from codemods.inventory import contexts, host, objects
from codemods.inventory.expressions import Expressions
from codemods.inventory.graph import TF1Error
from codemods.inventory.program import Frame, Run, written
from codemods.inventory.values import (
    UNKNOWN,
    Bound,
    Class,
    Foreign,
    Function,
    Instance,
    Items,
    Node,
    Special,
    Symbol,
    Unknown,
    known,
    nodes_in,
)  # fmt: skip

_UNROLLED = 64  # iterations of a loop of known length that are all read
_RUNS = ("run", "eval")
_FLAGS = ("tf.app.flags", "tf.flags", "tf.compat.v1.flags")
_DEPTH = 40


class Returned(Exception):
    """A ``return`` was reached."""


class Ended(Exception):
    """The program ends itself here."""


class LoopEnd(Exception):
    """``break`` or ``continue``."""


class Interpreter(Expressions):
    """Reads modules, functions and classes statement by statement."""

    def module(self, text: str, file: str, name: str) -> Frame:
        """Read a module; its frame. Raises SyntaxError."""
        frame = Frame(file, {"__name__": name, "__file__": file})
        self.program.frames.append(frame)
        try:
            self.block(ast.parse(text).body)
        finally:
            self.program.frames.pop()
        return frame

    def main(self, text: str, frame: Frame) -> None:
        """Read the program itself, and then what only others would call: functions that build graphs."""
        self.block(ast.parse(text).body)

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in body:
            self.program.step()
            self.program.frame.line = statement.lineno
            _STATEMENTS.get(type(statement), Interpreter.other)(self, statement)

    # Simple statements

    def other(self, node: Any) -> None:
        """Statements that do nothing here."""

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

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            value = self.imported(alias.name)
            if alias.asname is None and "." in alias.name:
                value = self.imported(alias.name.partition(".")[0])
            self.program.frame.bind(alias.asname or alias.name.partition(".")[0], value)

    def import_from(self, node: ast.ImportFrom) -> None:
        base = "." * node.level + (node.module or "")
        source = self.imported(base)
        for alias in node.names:
            if alias.name == "*":
                if isinstance(source, Frame):
                    for name, value in source.names.items():
                        if not name.startswith("_"):
                            self.program.frame.bind(name, value)
                continue
            value = self.attribute_of(source, alias.name)
            if value is UNKNOWN or isinstance(value, Foreign):
                inner = self.imported(f"{base}.{alias.name}" if base.strip(".") else f"{base}{alias.name}")
                value = inner if isinstance(inner, Frame) else value
            self.program.frame.bind(alias.asname or alias.name, value)

    def imported(self, path: str) -> Any:
        """The module of a dotted path: TensorFlow, a module of the project, or a foreign one."""
        name = path.lstrip(".")
        symbol = modules.module(name) if name == path else None
        if symbol is not None:
            return Symbol(symbol)
        if name not in self.program.modules:
            found = self.program.load(path)
            if found is None or len(self.program.frames) > _DEPTH:
                return Foreign(name)
            text, file = found
            self.program.modules[name] = Frame(file)  # for modules that import each other
            try:
                self.program.modules[name] = self.module(text, file, name)
            except (SyntaxError, ValueError):
                self.program.note(f"{file} cannot be read as Python 3: what it makes is missing here")
                return Foreign(name)
        return self.program.modules[name]

    # Definitions

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        frame = self.program.frame
        owner = frame.names.get("  class")
        function = Function(node, frame, node.name, owner=owner)
        function.defaults = [self.value(item) for item in node.args.defaults]
        function.keyword_defaults = {
            argument.arg: self.value(item)
            for argument, item in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if item is not None
        }
        value: Any = function
        for decorator in reversed(node.decorator_list):
            value = self.decorated(decorator, value)
        frame.bind(node.name, value)

    def decorated(self, decorator: ast.expr, value: Any) -> Any:
        applied = self.value(decorator)
        if isinstance(applied, Special) and applied.kind == "wraps":
            return value
        if isinstance(applied, Symbol) and applied.name.endswith((".add_arg_scope", ".contextmanager")):
            return Special("arg_scoped", data={"function": value})
        if applied is property or (isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "getter")):
            return Special("property", data={"function": value})
        if applied is staticmethod:
            return Special("static", data={"function": value})
        if applied is classmethod:
            return Special("classmethod", data={"function": value})
        if isinstance(applied, (Function, Bound)):
            return self.call_value(applied, [value], {}, None)
        if isinstance(applied, Foreign) and applied.path in ("functools.wraps", "contextlib.contextmanager"):
            return value
        return value

    def define_class(self, node: ast.ClassDef) -> None:
        outer = self.program.frame
        made = Class(node.name, [self.value(base) for base in node.bases], {})
        frame = Frame(outer.file, {"  class": made}, outer, outer.function, line=node.lineno, is_class=True)
        self.program.frames.append(frame)
        try:
            self.block(node.body)
        finally:
            self.program.frames.pop()
        made.members = {name: value for name, value in frame.names.items() if not name.startswith("  ")}
        outer.bind(node.name, made)

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
        except (Returned, Ended, LoopEnd, TF1Error):
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
        with self.program.uncertain(condition):
            try:
                self.block(body)
            except (LoopEnd, Returned, Ended, TF1Error):
                pass
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
        try:
            self.block(node.body)
            self.block(node.orelse)
        except TF1Error as error:
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

    # Calls of the program's own functions

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any], starred: bool) -> Any:
        """Run a function of the program on abstract values."""
        program = self.program
        name = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
        depth = sum(frame.names.get("  function") is function for frame in program.frames)
        if len(program.frames) > _DEPTH or depth > 3:
            return UNKNOWN
        program.step(5)
        frame = Frame(function.frame.file, {}, _closure(function.frame), name, line=function.node.lineno)
        frame.names = host.bind(function, args, kwargs, starred)
        frame.names["  function"] = function
        frame.owner, frame.receiver = function.owner, args[0] if args and function.owner is not None else None
        program.frames.append(frame)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body)
            self.block(function.node.body)
        except Returned:
            pass
        finally:
            program.frames.pop()
        if host.is_generator(function.node):
            return Special("generator", data={"items": frame.names.get("  yielded", [])})
        if not frame.returned:
            return None
        return host.merge(frame.returned, program)

    def instantiate(self, made: Class, args: list[Any], kwargs: dict[str, Any], starred: bool) -> Any:
        """Make an object of a class of the program."""
        if any(isinstance(base, Foreign) and base.path == "collections.namedtuple" for base in made.bases):
            return UNKNOWN
        if any(isinstance(base, Special) and base.kind == "namedtuple" for base in made.bases):
            return host.namedtuple_of(next(base for base in made.bases if isinstance(base, Special)), args, kwargs)
        found = Instance(made)
        constructor = made.find("__init__")
        if made.foreign:
            names = ", ".join(
                base.name if isinstance(base, Symbol) else base.path
                for base in made.bases
                if isinstance(base, (Symbol, Foreign)) and getattr(base, "path", "") != "object"
            )
            if names:
                self.program.note(f"class {made.name}: what {names} does is not followed")
        if constructor is not None and isinstance(constructor[0], Function):
            self.call_function(constructor[0], [found, *args], kwargs, starred)
        return found

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


def _closure(frame: Frame) -> Frame:
    """The frame that a function's free names are looked up in: class bodies are skipped."""
    while frame.is_class and frame.parent is not None:
        frame = frame.parent
    return frame


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
