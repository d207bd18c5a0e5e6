"""The names of a function's body: which are its own, where they stand, and what else a program calls by a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from codemods import tree
from codemods.analysis.frames import assigned_names


def parameters(node: cst.FunctionDef | cst.Lambda) -> list[cst.Param]:
    """All parameters, starred ones included."""
    params = node.params
    starred = [found for found in (params.star_arg, params.star_kwarg) if isinstance(found, cst.Param)]
    return [*params.posonly_params, *params.params, *params.kwonly_params, *starred]


def bound_names(statements: Iterable[cst.CSTNode]) -> set[str]:
    """The names that statements bind in their own scope, by imports, too."""
    nodes = list(statements)
    return assigned_names(nodes) | imported_names(nodes)


def imported_names(statements: Iterable[cst.CSTNode]) -> set[str]:
    """The names that import statements bind; ``import os.path`` binds ``os``."""
    found: set[str] = set()
    for node in (inner for statement in statements for inner in executed(statement)):
        names = node.names if isinstance(node, (cst.Import, cst.ImportFrom)) else ()
        for alias in names if not isinstance(names, cst.ImportStar) else ():
            name: cst.CSTNode = alias.asname.name if alias.asname is not None else alias.name
            while isinstance(name, cst.Attribute):
                name = name.value
            if isinstance(name, cst.Name):
                found.add(name.value)
    return found


def executed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What runs when a statement runs: not the bodies of the functions, lambdas and classes in it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            stack.extend(reversed(tree.children(current)))


def own_names(statements: Iterable[cst.CSTNode], wanted: set[str]) -> Iterator[cst.Name]:
    """Each place where a name of ``wanted`` stands for the variable of the scope that ``statements`` are in."""
    for statement in statements:
        yield from _own(statement, frozenset(wanted))


def _own(node: cst.CSTNode, wanted: frozenset[str]) -> Iterator[cst.Name]:
    if not wanted:
        return
    if isinstance(node, cst.Name):
        if node.value in wanted:
            yield node
    elif isinstance(node, (cst.Attribute, cst.Arg)):
        yield from _own(node.value, wanted)
    elif isinstance(node, cst.FunctionDef):
        yield from _own(node.name, wanted)
        for part in [*node.decorators, *(p.default for p in parameters(node) if p.default is not None)]:
            yield from _own(part, wanted)
        inside = {param.name.value for param in parameters(node)} | bound_names([node.body])
        yield from _own(node.body, wanted - inside)
    elif isinstance(node, cst.Lambda):
        for default in (param.default for param in parameters(node) if param.default is not None):
            yield from _own(default, wanted)
        yield from _own(node.body, wanted - {param.name.value for param in parameters(node)})
    elif isinstance(node, cst.BaseComp):
        yield from _own_of_comprehension(node, wanted)
    elif isinstance(node, (cst.Import, cst.ImportFrom)):
        return
    else:
        for child in tree.children(node):
            yield from _own(child, wanted)


def _own_of_comprehension(node: cst.BaseComp, wanted: frozenset[str]) -> Iterator[cst.Name]:
    clause: cst.CompFor | None = node.for_in
    inner = wanted
    while clause is not None:
        yield from _own(clause.iter, inner)
        inner = inner - {found.value for found in tree.walk(clause.target) if isinstance(found, cst.Name)}
        for test in clause.ifs:
            yield from _own(test.test, inner)
        clause = clause.inner_for_in
    parts = [node.key, node.value] if isinstance(node, cst.DictComp) else [getattr(node, "elt")]  # noqa: B009
    for part in parts:
        yield from _own(part, inner)


def free_names(statements: Iterable[cst.CSTNode], own: set[str]) -> set[str]:
    """The names that statements read from outside of their scope, of which ``own`` are the variables."""
    nodes = list(statements)
    every = {found.value for node in nodes for found in tree.walk(node) if isinstance(found, cst.Name)}
    return {found.value for found in own_names(nodes, every - own)}
