"""Flags that are false at the first turn of a loop and true at the others, as towers say ``reuse=``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.frames import literal
from codemods.builders.functions import Functions, assignments, read_names


def later_turns(functions: Functions, node: cst.BaseExpression) -> bool:
    """Whether an expression is surely false (or None) at the first turn of the loop around it, and true afterwards."""
    loop, inner = _loop(functions, node)
    if loop is None or not isinstance(inner, cst.SimpleStatementLine):
        return False
    if isinstance(node, cst.Comparison):
        return _is_not_first(node, loop)
    return isinstance(node, cst.Name) and _is_raised(functions, node.value, loop, inner)


def idle_flags(
    functions: Functions, calls: Sequence[cst.Call], taken: Callable[[cst.Call], list[cst.Arg]]
) -> set[cst.CSTNode]:
    """The lines that only set flags for ``reuse=``, which nothing reads once objects are shared.

    ``taken`` gives the arguments of a builder's call that stay; lines with comments of their own stay, too.
    """
    gone = {arg.value for call in calls for arg in call.args if arg not in taken(call)}
    names = {node.value for node in gone if isinstance(node, cst.Name) and later_turns(functions, node)}
    lines: set[cst.CSTNode] = set()
    for name in names:
        loop = next(_loop(functions, node)[0] for node in gone if isinstance(node, cst.Name) and node.value == name)
        scope = functions.symbols.scope(loop) if loop is not None else functions.symbols.root
        whole = read_names(functions.staging.module, functions.parents)
        read = [node for node in whole if node.value == name and node not in gone]
        bindings = functions.symbols.bindings(name, scope)
        found = [functions.parents[item.node] for item in bindings]
        plain = [item for item in found if isinstance(item, cst.SimpleStatementLine) and len(item.body) == 1]
        bare = all(all(line.comment is None for line in item.leading_lines) for item in plain)
        if not read and len(plain) == len(found) and bare:
            lines.update(found)
    return lines


def _loop(functions: Functions, node: cst.CSTNode) -> tuple[cst.For | None, cst.CSTNode | None]:
    """The one loop around an expression, with nothing but ``with`` between; and the statement line."""
    line: cst.CSTNode | None = None
    found: cst.For | None = None
    current = functions.parents.get(node)
    while current is not None and not isinstance(current, (cst.Module, cst.FunctionDef)):
        if isinstance(current, cst.SimpleStatementLine):
            line = current
        elif isinstance(current, cst.For) and found is None:
            found = current
        elif isinstance(current, (cst.For, cst.While, cst.BaseComp, cst.Lambda)):
            return None, None  # its turns start over
        elif isinstance(current, (cst.If, cst.Try)) and found is None:
            return None, None  # not each turn comes here
        current = functions.parents.get(current)
    return found, line


def _is_not_first(node: cst.Comparison, loop: cst.For) -> bool:
    """``i > 0``, ``i != 0`` or ``i >= 1`` with the count of the turns."""
    if not isinstance(node.left, cst.Name) or len(node.comparisons) != 1 or _counter(loop) != node.left.value:
        return False
    if any(node.left.value in names for names, _, _ in assignments(loop.body)):
        return False
    operator, other = node.comparisons[0].operator, literal(node.comparisons[0].comparator)
    if isinstance(operator, (cst.GreaterThan, cst.NotEqual)):
        return other == 0 and other is not False
    return isinstance(operator, cst.GreaterThanEqual) and other == 1 and other is not True


def _counter(loop: cst.For) -> str | None:
    """The name that counts the turns from 0: ``for i in range(n)``, ``for i, x in enumerate(xs)``."""
    call = loop.iter
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Name) or any(arg.star for arg in call.args):
        return None
    name, target = call.func.value, loop.target
    if name in ("range", "xrange"):
        starts = len(call.args) == 1 or (len(call.args) == 2 and literal(call.args[0].value) == 0)
        return target.value if starts and isinstance(target, cst.Name) else None
    if name == "enumerate" and len(call.args) == 1 and isinstance(target, cst.Tuple) and target.elements:
        first = target.elements[0].value
        return first.value if isinstance(first, cst.Name) else None
    return None


def _is_raised(functions: Functions, name: str, loop: cst.For, line: cst.SimpleStatementLine) -> bool:
    """Whether a name is set to False before the loop, and to True in it after ``line``; and nowhere else."""
    nodes = [item.node for item in functions.symbols.bindings(name, functions.symbols.scope(loop))]
    if len(nodes) != 2 or not all(isinstance(item, cst.Assign) and len(item.targets) == 1 for item in nodes):
        return False
    inside = [item for item in nodes if any(found is item for found in tree.walk(loop.body))]
    outside = [item for item in nodes if item not in inside]
    if len(inside) != 1 or len(outside) != 1:
        return False
    raised, start = inside[0], outside[0]
    assert isinstance(raised, cst.Assign) and isinstance(start, cst.Assign)
    if literal(raised.value) is not True or not _is_off(start.value) or not _precedes(functions, start, loop):
        return False
    place = functions.parents.get(raised)
    if not isinstance(place, cst.SimpleStatementLine) or _loop(functions, raised.value)[0] is not loop:
        return False
    order = [item for item in tree.walk(loop.body) if item is line or item is place]
    return order[0] is line and line is not place


def _is_off(node: cst.BaseExpression) -> bool:
    return literal(node) is False or (isinstance(node, cst.Name) and node.value == "None")


def _precedes(functions: Functions, start: cst.Assign, loop: cst.For) -> bool:
    """Whether a statement stands before a loop in the same block: it ran, and just before that loop."""
    line = functions.parents.get(start)
    block = functions.parents.get(line) if line is not None else None
    body = list(getattr(block, "body", ()))
    return functions.parents.get(loop) is block and body.index(line) < body.index(loop)
