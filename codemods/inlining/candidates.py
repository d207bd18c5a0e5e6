"""Which functions are written out: helpers that make placeholders, metrics, averages or updates, in plain calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis import roles
from codemods.analysis.symbols import Scope, Symbols
from codemods.inlining import folding
from codemods.inlining.names import bound_names, executed, free_names, parameters

_UPDATES = ("minimize", "apply_gradients", "compute_gradients")
_RUNS = ("run", "eval", "partial_run")
_LONG = 12  # statements; a longer function that is called several times would be there several times
_OUTSIDE = (cst.Global, cst.Nonlocal, cst.ClassDef, cst.Yield, cst.Await)
_SMALL = (cst.Assign, cst.Expr, cst.Return)


@dataclass(frozen=True)
class Call:
    """One call of a helper: ``small`` is the statement that it is the value of, ``line`` the line of that."""

    node: cst.Call
    small: cst.Assign | cst.Expr | cst.Return
    line: cst.SimpleStatementLine
    owner: cst.Module | cst.FunctionDef  # whose names the statement binds


@dataclass(frozen=True)
class Helper:
    """A function to be written out, with all its calls."""

    definition: cst.FunctionDef
    calls: tuple[Call, ...]


class Candidates:
    """The helpers of one module."""

    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.module = module
        self.symbols = symbols
        self.parents: Mapping[cst.CSTNode, cst.CSTNode] = tree.parents(module)
        nodes = list(tree.walk(module))
        self.definitions = [node for node in nodes if isinstance(node, cst.FunctionDef)]
        self.reads: dict[str, list[cst.Name]] = {}
        for node in nodes:
            if isinstance(node, cst.Name) and symbols.is_read(node):
                self.reads.setdefault(node.value, []).append(node)
        self.globals = {item.name.value for node in nodes if isinstance(node, cst.Global) for item in node.names}
        self.makers = self._makers()

    def first(self, left: set[str]) -> Helper | None:
        """A helper that calls no other one, except those that are ``left`` as they are; None when there is none."""
        for definition in self.makers:
            called = {self.callee(node) for node in executed(definition.body) if isinstance(node, cst.Call)}
            inner = called & set(self.makers) - {definition}
            if definition.name.value in left or any(found.name.value not in left for found in inner if found):
                continue
            calls = self.calls(definition)
            if calls:
                return Helper(definition, tuple(calls))
        return None

    def callee(self, node: cst.Call) -> cst.FunctionDef | None:
        """The function of the file that a call is surely of."""
        if not isinstance(node.func, cst.Name):
            return None
        bindings = self.symbols.bindings(node.func.value, self.symbols.scope(node.func))
        found = bindings[0].node if len(bindings) == 1 else None
        return found if isinstance(found, cst.FunctionDef) else None

    def _makers(self) -> list[cst.FunctionDef]:
        found: list[cst.FunctionDef] = []
        grown = True
        while grown:
            grown = False
            for definition in self.definitions:
                if definition not in found and not self.runs(definition) and self.makes(definition, found):
                    found.append(definition)
                    grown = True
        return found

    def runs(self, definition: cst.FunctionDef) -> bool:
        """Whether a function may run a graph itself: then it is no helper, but has functions of its own."""
        for node in tree.walk(definition):
            if isinstance(node, cst.Call):
                symbol = self.symbols.of(node.func)
                if symbol is not None and roles.role(symbol) == roles.SESSION:
                    return True
                if symbol is None and isinstance(node.func, cst.Attribute) and node.func.attr.value in _RUNS:
                    return True
        return False

    def makes(self, definition: cst.FunctionDef, makers: list[cst.FunctionDef]) -> bool:
        """Whether a call of a function makes a placeholder, a metric, a moving average or a train op."""
        for node in executed(definition.body):
            if not isinstance(node, cst.Call):
                continue
            symbol = self.symbols.of(node.func)
            if symbol is not None and roles.role(symbol) in (roles.PLACEHOLDER, roles.METRIC, roles.AVERAGES):
                return True
            if symbol is None and isinstance(node.func, cst.Attribute) and node.func.attr.value in _UPDATES:
                return True
            if self.callee(node) in makers:
                return True
        return False

    # What can be written out

    def calls(self, definition: cst.FunctionDef) -> list[Call]:
        """All calls of a function, where each can be written out; otherwise none."""
        outer = self.parents.get(definition)
        body = folding.lines_of(definition.body)
        params = definition.params
        names = {param.name.value for param in parameters(definition)} | bound_names(body)
        if (
            definition.decorators
            or definition.asynchronous is not None
            or isinstance(params.star_arg, cst.Param)
            or params.star_kwarg is not None
            or self.in_class(definition)
            or any(isinstance(found, _OUTSIDE) for found in tree.walk(definition.body))
            or len(getattr(outer, "body", ())) < 2
            or free_names(body, names) & {"locals", "vars", "exec", "eval", definition.name.value}
        ):
            return []
        found: list[Call] = []
        for node in self.reads.get(definition.name.value, ()):
            bindings = self.symbols.bindings(node.value, self.symbols.scope(node))
            if all(binding.node is not definition for binding in bindings):
                continue
            call = self.parents.get(node)
            made = self.call(call) if isinstance(call, cst.Call) and call.func is node else None
            if len(bindings) != 1 or made is None or not self.same_names(definition, names, made):
                return []
            found.append(made)
        return found if len(found) < 2 or len(body) <= _LONG else []

    def call(self, node: cst.Call) -> Call | None:
        """A call that is the whole value of a statement which surely runs once."""
        small = self.parents.get(node)
        line = self.parents.get(small) if small is not None else None
        if not isinstance(small, _SMALL) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        if any(argument.star for argument in node.args):
            return None
        around = self.parents.get(line)
        while not isinstance(around, (cst.Module, cst.FunctionDef)):
            if around is None or isinstance(around, (cst.For, cst.While, cst.ClassDef)):
                return None
            around = self.parents.get(around)
        return None if self.in_class(around) else Call(node, small, line, around)

    def in_class(self, node: cst.CSTNode) -> bool:
        """Whether a node is part of a class."""
        current = self.parents.get(node)
        while current is not None:
            if isinstance(current, cst.ClassDef):
                return True
            current = self.parents.get(current)
        return False

    def same_names(self, definition: cst.FunctionDef, own: set[str], call: Call) -> bool:
        """Whether the names that a function reads from outside mean the same where it is called."""
        scope = self.symbols.scope(call.node.func)
        defaults = [param.default for param in parameters(definition) if param.default is not None]
        outside = free_names(folding.lines_of(definition.body), own) | free_names(defaults, set())
        home = self.home(definition)
        for name in outside:
            there, here = self.symbols.bindings(name, home), self.symbols.bindings(name, scope)
            modules = {binding.path for binding in [*there, *here]}
            if there is not here and (there or here) and (len(modules) != 1 or None in modules):
                return False
        return True

    def home(self, definition: cst.FunctionDef) -> Scope:
        """The scope that a function is defined in."""
        for scope in self.symbols.scopes():
            if any(binding.node is definition for found in scope.bindings.values() for binding in found):
                return scope
        return self.symbols.root
