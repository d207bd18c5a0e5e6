"""Fast walks over libcst trees.

libcst's own ``children`` and visitors go through every whitespace node; an analysis of names needs only the nodes
that carry syntax, which is about a fifth of them.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar, overload

import libcst as cst

_A = TypeVar("_A", bound=cst.CSTNode)
_B = TypeVar("_B", bound=cst.CSTNode)

# Fields that hold whitespace, comments, parentheses and punctuation: nothing in them can be named or edited.
_LAYOUT_FIELDS = frozenset(
    {
        "comma", "colon", "dot", "equal", "semicolon", "lpar", "rpar", "lbrace", "rbrace", "lbracket", "rbracket",
        "leading_lines", "lines_after_decorators", "lines_after_module_name", "trailing_whitespace", "header", "footer",
        "first_colon", "second_colon", "indent", "newline", "async_", "asynchronous", "from_", "walrus", "star",
        "posonly_ind", "separator", "bar",
    }
)  # fmt: skip


@cache
def _getter(kind: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """A function that reads all syntax fields of a node of one type at once."""
    names = [
        field.name
        for field in dataclasses.fields(kind)
        if field.init and field.name not in _LAYOUT_FIELDS and not field.name.startswith("whitespace")
        if field.type not in (str, bool)
    ]
    if not names:
        return lambda node: ()
    getter = operator.attrgetter(*names)
    return getter if len(names) > 1 else lambda node: (getter(node),)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes that carry syntax, in field order (which is source order except for comprehensions)."""
    found: list[Any] = []
    for value in _getter(type(node))(node):
        kind = _KINDS.get(type(value))
        if kind is None:
            kind = _KINDS.setdefault(type(value), _kind(value))
        if kind == "node":
            found.append(value)
        elif kind == "nodes":
            found += value  # sequences in libcst hold nodes only
    return found


# By type: CSTNode is an abstract base class, whose isinstance is slow.
_KINDS: dict[type, str] = {}


def _kind(value: object) -> str:
    if isinstance(value, cst.CSTNode):
        return "node"
    return "nodes" if isinstance(value, (tuple, list)) else "other"


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``node`` and everything below it, parents before children, in field order."""
    return iter(_nodes(node)) if isinstance(node, cst.Module) else _walk(node)


@lru_cache(maxsize=4)
def _nodes(module: cst.Module) -> tuple[cst.CSTNode, ...]:
    """All nodes of a module: trees do not change, and most passes go through all of it."""
    return tuple(_walk(module))


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = children(current)
        below.reverse()
        stack.extend(below)


@overload
def of_type(module: cst.Module, kind: type[_A], /) -> list[_A]: ...


@overload
def of_type(module: cst.Module, kind: type[_A], other: type[_B], /) -> list[_A | _B]: ...


def of_type(module: cst.Module, *kinds: type[cst.CSTNode]) -> Sequence[cst.CSTNode]:
    """The nodes of a module whose class is one of ``kinds`` itself, in the order of ``walk``."""
    return [node for node in _nodes(module) if type(node) in kinds]


def parents(root: cst.CSTNode) -> Mapping[cst.CSTNode, cst.CSTNode]:
    """Each syntax node's parent; libcst nodes hash by identity, so the nodes themselves are the keys."""
    return _parents_in_module(root) if isinstance(root, cst.Module) else _parents(root)


@lru_cache(maxsize=4)
def _parents_in_module(module: cst.Module) -> Mapping[cst.CSTNode, cst.CSTNode]:
    return _parents(module)


def _parents(root: cst.CSTNode) -> dict[cst.CSTNode, cst.CSTNode]:
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    stack = [root]
    while stack:
        current = stack.pop()
        below = children(current)
        for child in below:
            found[child] = current
        stack.extend(below)
    return found


def statement_parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """The parents of all statements, blocks and clauses, in source order, but of no expression."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    stack: list[cst.CSTNode] = [module]
    while stack:
        current = stack.pop()
        below = [child for child in children(current) if _is_statement(type(child))]
        found.update((child, current) for child in below)
        stack.extend(reversed(below))
    return found


@cache
def _is_statement(kind: type[cst.CSTNode]) -> bool:
    return issubclass(kind, _STATEMENTS)


_STATEMENTS = (
    cst.BaseStatement, cst.BaseSmallStatement, cst.BaseSuite, cst.Else, cst.Finally, cst.ExceptHandler,
    cst.ExceptStarHandler, cst.MatchCase,
)  # fmt: skip


def names(node: cst.CSTNode, name: str) -> list[cst.Name]:
    """The nodes that read or bind a name; those of keyword arguments and attributes are none."""
    nodes = list(walk(node))
    labels = {item.keyword for item in nodes if isinstance(item, cst.Arg)}
    labels |= {item.attr for item in nodes if isinstance(item, cst.Attribute)}
    return [item for item in nodes if isinstance(item, cst.Name) and item.value == name and item not in labels]


def plain_calls(module: cst.Module, definition: cst.FunctionDef) -> list[cst.Call] | None:
    """The calls of a function by its name; None where the name is used otherwise, too."""
    name = definition.name.value
    calls = [node for node in walk(module) if isinstance(node, cst.Call)]
    own = [call for call in calls if isinstance(call.func, cst.Name) and call.func.value == name]
    called = {call.func for call in own} | {definition.name}
    return own if all(node in called for node in names(module, name)) else None


def is_none(node: cst.CSTNode) -> bool:
    """Whether an expression is ``None`` itself."""
    return isinstance(node, cst.Name) and node.value == "None"
