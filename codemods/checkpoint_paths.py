"""The paths that a saver is given: where they come from, whether they change, and their directory and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis.savers import Use
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Statement
from codemods.plan import is_pure
from codemods.repeats import may_repeat

# Functions that give the same text for the same arguments while a program runs.
_STEADY = frozenset({"os.path.join", "os.path.abspath", "os.path.dirname", "os.path.basename", "os.getcwd", "str"})


@dataclass(frozen=True, eq=False)
class Split:
    """The path ``source`` as directory and name; ``needs_os`` when they are asked for with ``os.path``."""

    directory: cst.BaseExpression
    name: cst.BaseExpression
    source: cst.BaseExpression
    text: str
    needs_os: bool = False


def resolve(
    node: cst.BaseExpression, names: Mapping[str, Binding]
) -> Iterator[tuple[cst.BaseExpression, Mapping[str, Binding]]]:
    """``node``, then what the name that it is stands for, with the meaning of the names in it."""
    yield node, names
    while isinstance(node, cst.Name):
        binding = names.get(node.value)
        statement = next(iter(binding.sources)) if binding is not None and len(binding.sources) == 1 else None
        value = assigned(statement)
        if statement is None or value is None:
            return
        node, names = value, {name: found[0] for name, found in statement.uses.items() if len(found) == 1}
        yield node, names


def assigned(statement: Statement | None) -> cst.BaseExpression | None:
    """What a statement ``name = value`` binds."""
    node = statement.node if statement is not None else None
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        small = node.body[0]
        if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name):
            return small.value
    return None


def varies(staging: Staging, use: Use) -> bool:
    """Whether a place that saves may be given several paths while the program runs."""
    node = use.arguments["save_path"].value
    if use.statement.loops():
        return _changes(node, use.names, use.statement.loops(), set())
    if may_repeat(staging, use.statement.scope):
        return _changes(node, use.names, None, set())
    return False


def _changes(
    node: cst.BaseExpression, names: Mapping[str, Binding], loops: list[Statement] | None, seen: set[Statement]
) -> bool:
    """Whether an expression may give another value next time; ``loops`` None: the next time its function is called."""
    for item in tree.walk(node):
        if isinstance(item, cst.Call) and not _is_steady(item.func):
            return True
    for name in free_names(node):
        binding = names.get(name)
        for source in binding.sources if binding is not None else ():
            if source is None:
                return True
            inside = source.scope.parent is not None if loops is None else any(_within(source, item) for item in loops)
            if not inside or source in seen:
                continue
            value = assigned(source)
            inner = {key: found[0] for key, found in source.uses.items() if len(found) == 1}
            if value is None or name in source.rebinds or _changes(value, inner, loops, seen | {source}):
                return True
    return False


def _is_steady(node: cst.BaseExpression) -> bool:
    text = cst.Module([]).code_for_node(node)
    if text in _STEADY:
        return True
    return isinstance(node, cst.Attribute) and node.attr.value == "format"


def _within(statement: Statement, loop: Statement) -> bool:
    current: Statement | None = statement
    while current is not None and current is not loop:
        current = current.container
    return current is loop


def split(node: cst.BaseExpression) -> Split | None:
    """The directory and the name of the path ``node``; None where they cannot be told apart without computing twice."""
    text = cst.Module([]).code_for_node(node)
    parts = _literal(node) or _joined(node) or _added(node)
    if parts is not None:
        return Split(*parts, node, text)
    if not is_pure(node):
        return None
    directory = cst.parse_expression(f"os.path.dirname({text})")
    return Split(directory, cst.parse_expression(f"os.path.basename({text})"), node, text, needs_os=True)


_Parts = tuple[cst.BaseExpression, cst.BaseExpression]


def _literal(node: cst.BaseExpression) -> _Parts | None:
    text = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    if not isinstance(node, cst.SimpleString) or not isinstance(text, str):
        return None
    directory, _, name = text.rpartition("/")
    if not name or (text.startswith("/") and not directory):
        return None
    return _string(node, directory), _string(node, name)


def _joined(node: cst.BaseExpression) -> _Parts | None:
    """``os.path.join(directory, "name")``."""
    if not isinstance(node, cst.Call) or cst.Module([]).code_for_node(node.func) != "os.path.join":
        return None
    if len(node.args) < 2 or any(item.star or item.keyword is not None for item in node.args):
        return None
    last = node.args[-1].value
    text = last.evaluated_value if isinstance(last, cst.SimpleString) else None
    if not isinstance(text, str) or "/" in text or not text:
        return None
    rest = [*node.args[:-2], node.args[-2].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
    directory = rest[0].value if len(rest) == 1 else node.with_changes(args=rest)
    return directory, last


def _added(node: cst.BaseExpression) -> _Parts | None:
    """``directory + "/name"``."""
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Add):
        return None
    text = node.right.evaluated_value if isinstance(node.right, cst.SimpleString) else None
    if not isinstance(node.right, cst.SimpleString) or not isinstance(text, str):
        return None
    directory, slash, name = text.rpartition("/")
    if not slash or not name:
        return None
    if not directory:
        return node.left, _string(node.right, name)
    return node.with_changes(right=_string(node.right, directory)), _string(node.right, name)


def _string(like: cst.SimpleString, text: str) -> cst.SimpleString:
    quote = like.quote
    plain = quote in ("'", '"') and not like.prefix and quote not in text and "\\" not in text
    return cst.SimpleString(f"{quote}{text}{quote}" if plain else repr(text))
