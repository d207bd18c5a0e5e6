"""What the two sides of a builder need: the making of its state, and the computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Symbols
from codemods.builders.functions import (
    Builder,
    Functions,
    Makes,
    assignments,
    is_state,
    late_names,
    read_names,
    reads,
    state_names,
    target_names,
)
from codemods.builders.parts import (
    bound_names,
    is_named,
    is_reuse,
    is_reuse_branch,
)
from codemods.builders.trees import Traces
from codemods.rewrites.names import executed

if TYPE_CHECKING:
    from codemods.builders.making import Making

_CALL_SIDE = ("inputs", "training", "mask")

Replaced = dict[cst.CSTNode, cst.CSTNode]
Block = tuple[list[cst.BaseStatement], list[cst.BaseStatement]]


class Needs:
    """The names that the making of state reads, and those that the computation reads.

    ``per_call`` are the parameters whose arguments differ between calls of one object.
    """

    def __init__(self, builder: Builder, functions: Functions, origins: Traces, per_call: set[str]) -> None:
        self.builder = builder
        self.functions = functions
        self.symbols: Symbols = functions.symbols
        self.parents = functions.parents
        self.origins = origins
        self.per_call = per_call
        self.late = late_names(functions, builder)
        self.states = state_names(functions, builder)
        self.objects: dict[cst.Call, str] = {}  # calls of builders in the body -> the attribute that holds the object
        self.attributes: list[str] = []
        self.bound: dict[str, str] = {}  # name -> the attribute that it stands for now
        self.kept: list[str] = []
        self.layers = False
        self.has_variables = False
        self.transparent: set[cst.With] = set()  # scopes of layers only: they give names in TF1, and nothing else
        self.lazy = False  # whether the state is made when the shape of the input is known
        self.docstring: cst.SimpleStatementLine | None = None
        self.init: list[cst.BaseStatement] = []
        self.call: list[cst.BaseStatement] = []
        self.settings: list[cst.Param] = []
        self.given: list[cst.Param] = []
        self.in_init: set[str] = set()
        self.in_call: set[str] = set()
        self._loop: list[tuple[str, str]] | None = None  # in a loop: the lists it fills, with the name of an element

    def _assigned(self) -> set[str]:
        return {name for names, _, _ in assignments(self.builder.definition.body) for name in names}

    def _needs(self) -> None:
        """Which names the making of state reads, and which the rest does."""
        body = self.builder.definition.body
        for node in executed(body):
            made = self.functions.makes(node)
            if made is None:
                continue
            assert isinstance(node, cst.Call)
            for argument in self._state_arguments(node, made):
                self.in_init |= reads(argument, self.parents)
            self.in_init |= reads(node.func, self.parents) if made is Makes.VARIABLE else set()
            self.in_init |= self._around(node)
        static = [item for item in assignments(body) if not set(item[0]) & (self.late | self.states)]
        for side in (self.in_init, self.in_call):
            if side is self.in_call:
                self._call_needs(side)
            grown = True
            while grown:
                grown = False
                for names, value, _ in static:
                    if set(names) & side and not reads(value, self.parents) <= side:
                        side |= reads(value, self.parents)
                        grown = True

    def _around(self, node: cst.CSTNode) -> set[str]:
        """The names in the headers of the compound statements around a call that makes state."""
        found: set[str] = set()
        current = self.parents.get(node)
        while current is not None and current is not self.builder.definition:
            if isinstance(current, cst.If):
                found |= reads(current.test, self.parents)
            elif isinstance(current, cst.For):
                found |= reads(current.iter, self.parents)
            elif isinstance(current, cst.With):
                for item in current.items:
                    found |= self._scope_reads(item)
            current = self.parents.get(current)
        return found

    def _scope_reads(self, item: cst.WithItem) -> set[str]:
        call = item.item
        if isinstance(call, cst.Call) and self.symbols.of(call.func) == "tf.variable_scope":
            return {name for arg in call.args if not is_reuse(arg, call) for name in reads(arg.value, self.parents)}
        return reads(call, self.parents)

    def _state_arguments(self, node: cst.Call, made: Makes) -> list[cst.BaseExpression]:
        """The arguments of a call that makes state which the making itself needs."""
        if made is Makes.VARIABLE:
            return [argument.value for argument in node.args]
        if made is Makes.LAYER:
            side = {id(argument) for argument in self.call_arguments(node).values()}
            return [
                argument.value for argument in node.args if id(argument) not in side and not is_named(argument, "reuse")
            ]
        builder = self.callee(node)
        return [
            argument.value
            for name, argument in self.functions.bound(builder, node).items()
            if name in self.settings_of(builder)
        ]

    # Supplied by the separation of the whole module, where the other builders are known.
    settings_of: Callable[[Builder], set[str]]
    shared: Callable[[cst.Call], cst.Call | None]
    object_call: Callable[[Making, cst.Call, cst.BaseExpression, Replaced], tuple[cst.Call | None, cst.Call]]

    def callee(self, node: cst.Call) -> Builder:
        """The builder that a call is of."""
        return self.functions.builders[self.functions.staging.user_calls[node].definition]

    def call_arguments(self, node: cst.Call) -> dict[str, cst.Arg]:
        """The arguments of a layer function that go to the call of the layer."""
        symbol = self.symbols.of(node.func) or ""
        entry = tables.lookup(symbol)
        bound = tables.bind(node, entry) if entry is not None else {}
        return {name: bound[name] for name in _CALL_SIDE if name in bound}

    def _call_needs(self, side: set[str]) -> None:
        for node in executed(self.builder.definition.body):
            if isinstance(node, cst.Return) and node.value is not None:
                side |= self._outside_state(node.value)
            elif isinstance(node, (cst.Assert, cst.Raise)):
                side |= reads(node, self.parents) if reads(node, self.parents) & self.late else set()
            elif isinstance(node, cst.Expr):
                side |= self._outside_state(node.value)
            elif isinstance(node, (cst.If, cst.While)) and self._holds_late(node):
                side |= reads(node.test, self.parents) if not is_reuse_branch(node) else set()
            elif isinstance(node, cst.For) and self._holds_late(node):
                targets = set(target_names(node.target))
                if not self.functions.made_in(node) or any(
                    targets & self._outside_state(item.value)
                    for item in executed(node.body)
                    if isinstance(item, (cst.Assign, cst.AugAssign, cst.Expr)) and self._is_late_statement(item)
                ):
                    side |= reads(node.iter, self.parents)
            elif isinstance(node, cst.With) and self._holds_late(node):
                for item in node.items:
                    call = item.item
                    variable = isinstance(call, cst.Call) and self.symbols.of(call.func) == "tf.variable_scope"
                    side |= set() if variable else reads(call, self.parents)
        for names, value, node in assignments(self.builder.definition.body):
            if set(names) & self.late and not (isinstance(node, cst.Assign) and is_state(self.functions, value)):
                side |= self._outside_state(value)
            elif isinstance(node, cst.Assign) and not names:  # a[i] = ...
                side |= reads(node, self.parents)

    def _holds_late(self, node: cst.CSTNode) -> bool:
        for inner in executed(node):
            if isinstance(inner, (cst.Return, cst.Call)) and reads(inner, self.parents) & self.late:
                return True
            if isinstance(inner, cst.BinaryOperation) and reads(inner, self.parents) & (self.late | self.states):
                return True
            if isinstance(inner, cst.Assign) and reads(inner.value, self.parents) & (self.late | self.states):
                return True
        return False

    def _is_late_statement(self, node: cst.Assign | cst.AugAssign | cst.Expr) -> bool:
        names = set(bound_names(node))
        return isinstance(node, cst.Expr) or not names or bool(names & self.late)

    def _outside_state(self, node: cst.BaseExpression) -> set[str]:
        """The names that an expression reads outside of the making of its state."""
        inside: set[cst.Name] = set()
        for call in self.functions.made_in(node):
            made = self.functions.makes(call)
            assert made is not None
            skipped = self._state_arguments(call, made)
            if made is Makes.LAYER:
                skipped += [argument.value for argument in call.args if is_named(argument, "reuse")]
            if made is Makes.VARIABLE:
                skipped.append(call)
            inside |= {found for part in skipped for found in self._names(part)}
        return {found.value for found in self._names(node) if found not in inside}

    def _names(self, node: cst.CSTNode) -> Iterator[cst.Name]:
        return read_names(node, self.parents)
