"""Lines of emitted functions that are there for their effect alone, written that way."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods.analysis.roles import ASSIGN_METHODS
from codemods.analysis.slices import free_names
from codemods.rewrites.function_text import as_line, comments, pass_


def without_unread_updates(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``count = v.assign_add(1)`` that nothing reads is ``v.assign_add(1)``; ``tf.group`` of what ran is nothing."""
    found = _cleared(_without_unread_lists(lines), set())
    return [_as_loop(line, found) for line in found]


def _without_unread_lists(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``ops = []`` that a loop appends its updates to and nothing reads: the loop only makes the updates."""
    kept = list(lines)
    for start in lines:
        name = _empty_list(start)
        if name is None:
            continue
        filling = [line for line in kept if isinstance(line, cst.For) and name in free_names(line)]
        others = [line for line in kept if line is not start and line not in filling and name in free_names(line)]
        bodies = [_unappended(line, name) for line in filling]
        if others or not filling or None in bodies:
            continue
        made: dict[cst.BaseStatement, cst.For | None] = dict(zip(filling, bodies, strict=True))
        kept = [made.get(line) or line for line in kept if line is not start]
    return kept


def _empty_list(line: cst.BaseStatement) -> str | None:
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1 or not isinstance(small.value, cst.List):
        return None
    target = small.targets[0].target
    return target.value if isinstance(target, cst.Name) and not small.value.elements else None


def _unappended(loop: cst.For, name: str) -> cst.For | None:
    """The loop without the list ``name``; None where a line does more than append an update to it."""
    body: list[cst.BaseStatement] = []
    for line in loop.body.body:
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
        if not isinstance(line, cst.SimpleStatementLine) or small is None:
            return None
        call = small.value if isinstance(small, cst.Expr) else None
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and name in free_names(call.func):
            given = call.args[0].value if call.func.attr.value == "append" and len(call.args) == 1 else None
            if given is None or name in free_names(given) or not _updates(given):
                return None
            body.append(line.with_changes(body=[cst.Expr(given)]))
        elif name in free_names(line):
            return None
        else:
            body.append(line)
    return loop.with_changes(body=loop.body.with_changes(body=body))


def _cleared(lines: Sequence[cst.BaseStatement], later: set[str]) -> list[cst.BaseStatement]:
    """The lines, where ``later`` are the names that are read after them."""
    kept: list[cst.BaseStatement] = []
    read = set(later)
    for line in reversed(lines):
        new = _bare_updates(line, read)
        if isinstance(line, cst.With) and isinstance(line.body, cst.IndentedBlock):
            held = [item for item in line.body.body if isinstance(item, cst.BaseStatement)]
            body = _cleared(held, read)
            new = [line.with_changes(body=line.body.with_changes(body=body or [pass_()]))]
        if not new and kept and comments(line):
            kept[-1] = kept[-1].with_changes(leading_lines=[*comments(line), *getattr(kept[-1], "leading_lines", ())])
        for item in reversed(new):
            read |= set(free_names(item))
            kept.append(item)
    return kept[::-1]


def _bare_updates(line: cst.BaseStatement, read: set[str]) -> list[cst.BaseStatement]:
    value = _unread(line, read)
    if isinstance(value, cst.ListComp) and isinstance(line, cst.SimpleStatementLine):
        return [line.with_changes(body=[cst.Expr(value)])]
    if not isinstance(value, cst.Call) or not isinstance(value.func, cst.Attribute):
        return [line]
    assert isinstance(line, cst.SimpleStatementLine)
    name = value.func.attr.value
    if name in ASSIGN_METHODS or name == "apply":  # of moving averages
        return [line.with_changes(body=[cst.Expr(value)])]
    if name not in ("group", "no_op"):
        return [line]
    parts = [item.value for item in value.args if item.keyword is None and not isinstance(item.value, cst.Name)]
    lines: list[cst.BaseStatement] = [as_line(cst.Expr(_bare(part))) for part in parts]
    if lines:
        lines[0] = lines[0].with_changes(leading_lines=line.leading_lines)
    return lines


def _unread(line: cst.BaseStatement, read: set[str]) -> cst.BaseExpression | None:
    """The value of a line that binds one name which nothing reads, or that binds none."""
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if isinstance(small, cst.Expr):
        return small.value if isinstance(small.value, cst.Call) and _is_group(small.value) else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    target = small.targets[0].target
    if not isinstance(target, cst.Name) or target.value in read:
        return None
    if isinstance(small.value, cst.ListComp) and not _updates(small.value.elt):
        return None
    return small.value


def _is_group(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "group"


def _updates(node: cst.BaseExpression) -> bool:
    return (
        isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in ASSIGN_METHODS
    )


def _bare(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[], rpar=[])


def _as_loop(line: cst.BaseStatement, around: Sequence[cst.BaseStatement]) -> cst.BaseStatement:
    """``[t.assign(e) for t, e in zip(a, b)]`` as a loop, unless its names mean something else in the function."""
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    value = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(value, (cst.ListComp, cst.GeneratorExp)) or not _updates(value.elt):
        return line
    clause = value.for_in
    names = set(free_names(clause.target))
    others = {name for other in around if other is not line for name in free_names(other)}
    if clause.inner_for_in is not None or clause.asynchronous is not None or names & (others | set(free_names(value))):
        return line
    body: cst.BaseStatement = as_line(cst.Expr(value.elt))
    for test in reversed(clause.ifs):
        body = cst.If(_bare(test.test), cst.IndentedBlock([body]))
    target = _bare(clause.target) if isinstance(clause.target, cst.Tuple) else clause.target
    assert isinstance(target, (cst.Name, cst.Tuple, cst.List, cst.Subscript, cst.Attribute))
    leading = getattr(line, "leading_lines", ())
    return cst.For(target, clause.iter, cst.IndentedBlock([body]), leading_lines=leading)
