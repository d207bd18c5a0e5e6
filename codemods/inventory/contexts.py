"""``with`` statements: name scopes, variable scopes, graphs, sessions, arg_scopes."""

from __future__ import annotations

import ast
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from codemods.inventory import host
from codemods.inventory.graph import Graph
from codemods.inventory.names import VariableScope
from codemods.inventory.values import UNKNOWN, Instance, Special, Unknown, nodes_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.inventory.expressions import Expressions


def enter(run: Expressions, stack: ExitStack, value: Any, node: ast.expr) -> Any:
    """Enter a context manager; what ``as`` binds."""
    program = run.program
    if isinstance(value, Instance):
        found = value.of.find("__enter__")
        return run.call_value(found[0], [value], {}, None) if found is not None else UNKNOWN
    if not isinstance(value, Special):
        if isinstance(value, Unknown) and any(nodes_in(value)):
            program.note("a context manager that is not followed")
        return value
    if value.kind == "name scope":
        name = value.data["name"]
        path = stack.enter_context(program.graph.names.name_scope(name))
        return f"{path}/" if path else ""
    if value.kind == "variable scope":
        given = value.data
        scope = stack.enter_context(
            program.graph.names.variable_scope(
                given["given"], given.get("default"), given.get("reuse"), given.get("initializer"),
                given.get("auxiliary", True),
            )
        )  # fmt: skip
        return scope_object(scope)
    if value.kind == "graph":
        program.stack.append(value.data["graph"])
        stack.callback(program.stack.pop)
        return value
    if value.kind == "session":
        graph = value.data.get("graph")
        if isinstance(graph, Graph):
            program.stack.append(graph)
            stack.callback(program.stack.pop)
        program.sessions.append(value)
        stack.callback(program.sessions.pop)
        return value
    if value.kind == "controls":
        stack.enter_context(_controls(program.graph, value.data["nodes"]))
        return None
    if value.kind == "arg scope":
        program.graph.arguments.append(value.data["defaults"])
        stack.callback(program.graph.arguments.pop)
        return value.data["defaults"]
    if value.kind == "generator":  # of a function of the program under contextmanager
        items = value.data["items"]
        return items[0] if items else UNKNOWN
    return value


@contextmanager
def _controls(graph: Graph, nodes: Any) -> Iterator[None]:
    before = graph.controls
    graph.controls = [*before, *nodes] if nodes is not None else []
    try:
        yield
    finally:
        graph.controls = before


def scope_object(scope: VariableScope) -> Special:
    """The object that ``as`` binds of a variable scope."""
    return Special("scope object", data={"scope": scope})


def name_text(value: Any) -> str | None:
    """A name argument as a text, with ``?`` for what is not known; None when there is none."""
    if value is None:
        return None
    return host.text_of(value) or "?"
