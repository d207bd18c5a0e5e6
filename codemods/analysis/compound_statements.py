"""Compound statements: branches, loops, ``with`` and ``try``, definitions, and what becomes of each as a whole."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis import (
    batch_norm,
    feed_dicts,
    idle_scopes,
    keras_graph,
    keras_records,
    named_calls,
    roles,
    stateful,
)
from codemods.analysis.containers import containers
from codemods.analysis.frames import element_of, join_names
from codemods.analysis.simple_statements import SimpleStatements
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding, Role, Statement
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Value, unknown


class CompoundStatements(SimpleStatements):
    """Interpretation of statements that hold others."""

    def record(self, node: cst.SimpleStatementLine | cst.BaseCompoundStatement) -> Statement | None:
        """Start the record of a statement, where the frame is recorded; a second visit starts it again."""
        if self.frame.scope is None:
            return None
        self.order += 1
        statement = self.statements.get(node)
        if statement is None:
            statement = self.statements[node] = Statement(node, self.frame.scope, self.container, self.order)
        else:
            if statement.container is not None and statement in statement.container.inner:
                statement.container.inner.remove(statement)
            # What was bound in the visit before names this statement as its source: it stays the same object.
            Statement.__init__(statement, node, self.frame.scope, self.container, self.order)
        if self.container is not None:
            self.container.inner.append(statement)
        return statement

    def compound(self, node: cst.BaseCompoundStatement) -> None:
        if isinstance(node, cst.FunctionDef):
            self.define(node)
            return
        if isinstance(node, cst.ClassDef):
            self.define_class(node)
            return
        statement = self.record(node)
        outer, caller = self.container, self.current
        if statement is not None:
            self.current = self.container = statement
        before = dict(self.frame.names)
        self.inside(node, statement)
        self.container = outer
        self.current = outer if statement is not None else caller  # in a helper function: the statement that calls it
        if statement is not None:
            self.collapse(statement, before)
            self.current = outer

    def inside(self, node: cst.BaseCompoundStatement, statement: Statement | None) -> None:
        branches = isinstance(node, (cst.If, cst.For, cst.While, cst.Try))
        self.state.branches += [node] if branches else []
        self.interpret(node, statement)
        del self.state.branches[len(self.state.branches) - branches :]

    def interpret(self, node: cst.BaseCompoundStatement, statement: Statement | None) -> None:
        if isinstance(node, cst.If):
            self.branch(node, statement)
        elif isinstance(node, cst.For):
            self.loop_scopes.setdefault(node, self.state.scopes[-1])
            iterated = self.value(node.iter)
            feed_dicts.looked_into(iterated)
            self.loop(node, node.body, lambda: self.assign(node.target, element_of(iterated)), statement)
            if node.orelse is not None:
                self.block([node.orelse.body])
        elif isinstance(node, cst.While):
            self.loop(node, node.body, lambda: self.test(node.test), statement)
            if node.orelse is not None:
                self.suite(node.orelse.body, statement)
        elif isinstance(node, cst.With):
            self.with_statement(node, statement)
        elif isinstance(node, cst.Try):
            self.try_statement(node, statement)
        else:
            self.values_inside(node)

    def suite(self, body: cst.BaseSuite, statement: Statement | None) -> None:
        """Interpret a suite whose owner is ``statement``."""
        self.block(body.body)
        if statement is not None:
            self.current = statement

    def test(self, node: cst.BaseExpression) -> None:
        """Evaluate a condition of Python control flow."""
        value = self.value(node)
        self.feed_dicts.counted.add(value)
        if value.kind is Kind.TENSOR:
            self.refuse("TF212", "a tensor is used as a Python condition", node)

    def branch(self, node: cst.If, statement: Statement | None) -> None:
        self.test(node.test)
        known = stateful.truth(self, node.test) if statement is None else None
        if known is not None:  # in a helper function, which each call runs through anew
            taken = node.body if known else node.orelse
            if isinstance(taken, cst.If):
                self.branch(taken, statement)
            elif taken is not None:
                self.suite(taken if isinstance(taken, cst.BaseSuite) else taken.body, statement)
            return
        before = dict(self.frame.names)
        self.suite(node.body, statement)
        after_body = self.frame.names
        self.frame.names = before
        if isinstance(node.orelse, cst.If):
            self.branch(node.orelse, statement)
        elif node.orelse is not None:
            self.suite(node.orelse.body, statement)
        self.frame.names = join_names(after_body, self.frame.names)

    def loop(
        self, node: cst.CSTNode, body: cst.BaseSuite, start: Callable[[], None], statement: Statement | None
    ) -> None:
        for _ in range(2):
            before = dict(self.frame.names)
            start()
            self.suite(body, statement)
            self.frame.names = join_names(before, self.frame.names)

    def with_statement(self, node: cst.With, statement: Statement | None) -> None:
        dissolves = []
        for item in node.items:
            value = self.value(item.item)
            gone = value.kind in (Kind.SESSION, Kind.GRAPH)
            dissolves.append(gone)
            if isinstance(item.asname, cst.AsName):
                self.assign(item.asname.name, value)
            if gone and statement is not None:
                statement.gone.append(item.item)
        if statement is not None:
            statement.dissolves = bool(dissolves) and all(dissolves)
            if any(dissolves) and not all(dissolves):
                self.refuse("TF213", "one `with` holds a session and something else", node)
        sessions = len(self.default_sessions)
        for item in node.items:
            session = self.last_values.get(item.item)
            if session is not None and session.kind is Kind.SESSION:
                self.default_sessions.append(session)
        moves = batch_norm.awaited(self, node)
        if moves is not None and statement is not None:
            statement.dissolves = True
            self.mark_gone(node.items[0].item)
        self.keras.awaited.append(moves or [])
        waits = any(self.symbols.of(_called(item.item)) == "tf.control_dependencies" for item in node.items)
        depends = waits and moves is None
        scopes = self.state.enter(self, [self.last_values[item.item] for item in node.items])
        names = self.graph_names.enter(self, node.items)
        self.suite(node.body, statement)
        self.graph_names.leave(names)
        self.summaries.left([self.last_values[item.item] for item in node.items])
        self.state.leave(scopes)
        self.keras.awaited.pop()
        if statement is not None and idle_scopes.dissolves(self, node, statement):
            statement.dissolves = True
            self.mark_gone(node.items[0].item)
            self.state.dissolved.add(node.items[0].item)
        if depends and statement is not None:
            statement.graph_nodes.append(node)
            self.dependencies(node, statement)
        del self.default_sessions[sessions:]

    def dependencies(self, node: cst.With, statement: Statement) -> None:
        """The operations that must run before the body."""
        call = node.items[0].item
        given = call.args[0].value if isinstance(call, cst.Call) and call.args else None
        listed = _listed(given) if given is not None else None
        if len(node.items) > 1:
            self.refuse("TF213", "one `with` holds control dependencies and something else", node)
        elif listed is None:
            self.refuse("TF207", "control dependencies that are not written as a list", node)
        else:
            statement.dependencies = listed

    def wait(self, statement: Statement) -> None:
        """A ``with tf.control_dependencies`` that cannot move as one: what it holds waits for what it names."""
        statement.dissolves = True
        if any(not isinstance(found, (cst.Name, cst.Attribute, cst.Subscript)) for found in statement.dependencies):
            self.refuse("TF207", "an operation is made in the list of control dependencies", statement.node)
        for inner in _all_inner(statement):
            if inner.role in (Role.GRAPH, Role.TRAIN):
                for name in (name for found in statement.dependencies for name in free_names(found)):
                    inner.uses.setdefault(name, []).extend(statement.uses.get(name, ()))

    def try_statement(self, node: cst.Try, statement: Statement | None) -> None:
        before = dict(self.frame.names)
        self.suite(node.body, statement)
        paths = self.frame.names
        for handler in node.handlers:
            self.frame.names = dict(before)
            if handler.type is not None:
                self.value(handler.type)
            if handler.name is not None:
                self.assign(handler.name.name, unknown())
            self.suite(handler.body, statement)
            paths = join_names(paths, self.frame.names)
        self.frame.names = paths
        for extra in (node.orelse, node.finalbody):
            if extra is not None:
                self.suite(extra.body, statement)

    def collapse(self, statement: Statement, before: dict[str, Binding]) -> None:
        """Take a compound statement as one, where its inner statements all have the same fate."""
        found = {inner.role for inner in statement.inner}
        if statement.sites or found & {Role.RUN, Role.GONE, Role.CONTAINER, Role.PLACEHOLDER} or statement.dissolves:
            statement.role = Role.CONTAINER
            if statement.dependencies:
                self.wait(statement)
            return
        graph = bool(found & {Role.GRAPH, Role.TRAIN}) or bool(statement.graph_nodes)
        state = Role.STATE in found
        header = isinstance(statement.node, cst.With)
        if graph and state and isinstance(statement.node, (cst.For, cst.While)):
            self.check_loop(statement)
        if (
            (graph and state)
            or Role.TRAIN in found
            or (header and (graph or state) and not _is_dependencies(self.symbols, statement) and not _turns(statement))
            or (statement.dependencies and any(inner.dependencies for inner in statement.inner))
        ):
            statement.role = Role.CONTAINER
            if statement.dependencies:
                self.wait(statement)
            return
        statement.role = Role.GRAPH if graph else Role.STATE if state else Role.HOST
        statement.collapsed = True
        inner = set(_all_inner(statement))
        for part in inner:
            for name, bindings in part.uses.items():
                for binding in bindings:
                    outside = binding.sources - inner - {statement}
                    if outside:
                        statement.uses.setdefault(name, []).append(Binding(name, binding.value, outside))
            for name, bindings in part.callee_uses.items():
                statement.callee_uses.setdefault(name, []).extend(bindings)
            statement.variables += part.variables
            statement.optimizers += part.optimizers
            statement.graph_nodes += part.graph_nodes
            statement.assigned += part.assigned
            statement.summarises = statement.summarises or part.summarises
            statement.updates = statement.updates or part.updates
            statement.moves |= part.moves
            statement.rebinds |= part.rebinds
            self.statements.pop(part.node, None)
        for variable in statement.variables:
            variable.statement = statement
        for call in self.keras.layer_uses.values():
            call.statement = statement if call.statement in inner else call.statement
        for name, binding in list(self.frame.names.items()):
            if before.get(name) is not binding and binding.sources & (inner | {statement}):
                kept = frozenset({statement})
                self.frame.names[name] = statement.binds[name] = Binding(name, binding.value, kept)
        statement.inner = []

    def check_loop(self, statement: Statement) -> None:
        """Refuse a loop whose tensors are computed with variables that it makes."""
        made = {inner for inner in statement.inner if inner.role is Role.STATE}
        for inner in statement.inner:
            sources = {source for found in inner.uses.values() for binding in found for source in binding.sources}
            if inner.role is Role.GRAPH and sources & made:
                message = (
                    "a loop makes variables and computes tensors with them; make the variables in a loop before it"
                )
                self.refuse("TF401", message, statement.node)

    # Definitions

    def define(self, node: cst.FunctionDef) -> None:
        statement = self.record(node)
        if statement is not None:
            self.current = statement
        for decorator in node.decorators:
            self.value(decorator.decorator)
        for parameter in [*node.params.params, *node.params.kwonly_params]:
            leaves = self.value(parameter.default).leaves() if parameter.default is not None else []
            if any(leaf.dynamic and leaf.kind is not Kind.VARIABLE for leaf in leaves):
                self.refuse("TF214", "a tensor is the default of a parameter", parameter)
        self.definitions[node] = (node, self.frame)
        self.bind(node.name.value, Value(Kind.FUNCTION, node, payload=(node, self.frame)))
        if statement is not None:
            self.current = self.container

    def define_class(self, node: cst.ClassDef) -> None:
        statement = self.record(node)
        if statement is not None:
            self.current = statement
        for base in node.bases:
            self.value(base.value)
        if node in self.builder_classes:
            stateful.defaults(self, node)
            self.bind(node.name.value, Value(Kind.CLASS, node, payload=(node, self.frame)))
            if statement is not None:
                self.current = self.container
            return
        if named_calls.builds(self.symbols, node):
            self.graph_names.disturb(self)
        keras = keras_graph.is_keras_class(self.symbols, node)
        if self.runs_graph(node) or (self.builds_graph(node) and not keras):
            self.refuse("TF215", "a class builds or runs a graph", node)
        self.bind(
            node.name.value,
            Value(Kind.TF, node, name=keras_records.USER_LAYER, payload=node) if keras else unknown(node),
        )
        if statement is not None:
            self.current = self.container


def _turns(statement: Statement) -> bool:
    """Whether a ``with`` belongs to the turns of a loop, which stays or moves as one."""
    return any(isinstance(item.node, (cst.For, cst.While)) for item in containers(statement))


def _listed(node: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """The operations of a list that is written out, or kept under names; of a sum of such lists."""
    if isinstance(node, (cst.List, cst.Tuple)):
        return [element.value for element in node.elements]
    if isinstance(node, cst.Name):
        return [node]
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left, right = _listed(node.left), _listed(node.right)
        return left + right if left is not None and right is not None else None
    return None


def _called(node: cst.BaseExpression) -> cst.CSTNode:
    return node.func if isinstance(node, cst.Call) else node


def _is_dependencies(symbols: Symbols, statement: Statement) -> bool:
    node = statement.node
    assert isinstance(node, cst.With)
    return any(roles.role(symbols.of(_called(item.item)) or "") == roles.DEPENDENCIES for item in node.items)


def _all_inner(statement: Statement) -> list[Statement]:
    return [found for inner in statement.inner for found in [inner, *_all_inner(inner)]]
