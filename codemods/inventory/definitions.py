"""Imports, functions and classes of the program, and calls of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from codemods.analysis import modules
from codemods.inventory import host
from codemods.inventory.expressions import Expressions
from codemods.inventory.program import Frame
from codemods.inventory.values import (
    UNKNOWN,
    Bound,
    Class,
    Foreign,
    Function,
    Instance,
    Special,
    Symbol,
)  # fmt: skip

_DEPTH = 40


class Returned(Exception):
    """A ``return`` was reached."""


class Definitions(Expressions):
    """What the program defines and imports."""

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        raise NotImplementedError

    def module(self, text: str, file: str, name: str) -> Frame:
        """Read a module; its frame. Raises SyntaxError."""
        frame = Frame(file, {"__name__": name, "__file__": file})
        self.program.frames.append(frame)
        try:
            self.block(ast.parse(text).body)
        finally:
            self.program.frames.pop()
        return frame

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

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any], starred: bool) -> Any:
        """Run a function of the program on abstract values."""
        program = self.program
        name = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
        depth = sum(frame.names.get("  function") is function for frame in program.frames)
        if len(program.frames) > _DEPTH or depth > 3:
            return UNKNOWN
        program.step(5)
        program.used.add(function)
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
        self.program.used.add(made)
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


def _closure(frame: Frame) -> Frame:
    """The frame that a function's free names are looked up in: class bodies are skipped."""
    while frame.is_class and frame.parent is not None:
        frame = frame.parent
    return frame
