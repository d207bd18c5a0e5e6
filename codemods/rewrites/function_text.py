"""Text of emitted functions, statement by statement: definitions, blocks, lines that say less than they could."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind
from codemods.plan import Part

# Gives the rewritten form of an original node, a fresh copy after the first time.
Rewritten = Callable[[cst.CSTNode], cst.CSTNode]
# Emitted ``with`` blocks, and the statements of the program that they stand for.
Blocks = dict[cst.With, cst.With]


def tidy(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Statements as the body of a block: no blank line at its start, one at most between, none with spaces."""
    found = []
    for position, item in enumerate(lines):
        own = list(getattr(item, "leading_lines", ()))
        kept: list[cst.EmptyLine] = []
        for line in own:
            if line.comment is not None:
                kept.append(line)
            elif (kept or position) and not (kept and kept[-1].comment is None):
                kept.append(cst.EmptyLine(indent=False))
        found.append(item.with_changes(leading_lines=kept))
    return found


def definition(
    name: str,
    parameters: Sequence[str],
    body: Sequence[cst.BaseStatement],
    decorator: cst.BaseExpression | None,
    blank: int,
) -> cst.FunctionDef:
    """A function definition, with ``blank`` empty lines before it."""
    lines = _returned_directly(tidy(body))
    return cst.FunctionDef(
        cst.Name(name),
        cst.Parameters([cst.Param(cst.Name(parameter)) for parameter in parameters]),
        cst.IndentedBlock(lines),
        decorators=[cst.Decorator(decorator)] if decorator is not None else [],
        leading_lines=[cst.EmptyLine(indent=False)] * blank,
    )


def part_definition(part: Part, rewritten: Rewritten, blank: int) -> cst.FunctionDef:
    """The helper function of a shared part."""
    lines: list[cst.BaseStatement] = []
    blocks: Blocks = {}
    for item in part.statements:
        node = rewritten(item.node)
        assert isinstance(node, cst.BaseStatement)
        lines.append(in_blocks(item, node, lines, blocks, rewritten))
    lines.append(cst.parse_statement(f"return {', '.join(part.outputs)}"))
    return definition(part.name, part.inputs, lines, None, blank)


def in_blocks(
    item: Statement, node: cst.BaseStatement, lines: list[cst.BaseStatement], blocks: Blocks, rewritten: Rewritten
) -> cst.BaseStatement:
    """``node`` in the ``with`` blocks that the moved statement stood in; the last of ``lines`` is taken into them.

    ``blocks`` are those emitted so far, with the outermost statement that each stands for.
    """
    wrapped = node
    outermost: cst.With | None = None
    container = item.container
    while container is not None:
        if isinstance(container.node, cst.With) and not container.dissolves:
            wrapped = _rewrap(container.node, wrapped, rewritten)
            outermost = container.node
        container = container.container
    previous = lines[-1] if lines else None
    if isinstance(wrapped, cst.With) and outermost is not None:
        if isinstance(previous, cst.With) and blocks.get(previous) is outermost:
            merged = merge_blocks(previous, wrapped)
            if merged is not None:
                lines.pop()
                wrapped = merged
        blocks[wrapped] = outermost
    return wrapped


def _rewrap(header: cst.With, inner: cst.BaseStatement, rewritten: Rewritten) -> cst.With:
    items = [rewritten(item) for item in header.items]
    leading = inner.leading_lines if isinstance(inner, (cst.SimpleStatementLine, cst.BaseCompoundStatement)) else ()
    body = cst.IndentedBlock([without_leading_blank(inner)])
    blank = [line for line in leading if line.comment is None]
    return header.with_changes(items=items, body=body, leading_lines=blank, lpar=header.lpar, rpar=header.rpar)


def _returned_directly(lines: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``x = value; return x`` is ``return value``."""
    if len(lines) < 2:
        return lines
    before, last = lines[-2:]
    if not (isinstance(before, cst.SimpleStatementLine) and isinstance(last, cst.SimpleStatementLine)):
        return lines
    assign, returned = before.body[-1], last.body[0]
    if len(before.body) != 1 or not isinstance(assign, cst.Assign) or not isinstance(returned, cst.Return):
        return lines
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Name) or not isinstance(returned.value, cst.Name):
        return lines
    if target.value != returned.value.value or last.leading_lines:
        return lines
    return [*lines[:-2], before.with_changes(body=[cst.Return(assign.value)])]


def only_groups(item: Statement) -> bool:
    """Whether a statement binds nothing but operations without a value: ``done = tf.group(first, second)``."""
    kinds = [binding.value.kind for binding in item.binds.values()]
    return bool(kinds) and all(kind is Kind.OP for kind in kinds)


def metric_update(node: cst.BaseStatement, item: Statement, read: bool) -> cst.BaseStatement:
    """The update of a metric: ``update = metric(...)`` where something reads the new value, else ``update_state``."""
    assert isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Assign)
    value = node.body[0].value
    call = value.value if isinstance(value, cst.Subscript) else value
    assert isinstance(call, cst.Call)
    name = item.metrics[0].update_name
    node = cst.SimpleStatementLine(node.body)  # its comments are about the object
    if read and name is not None:
        return node.with_changes(body=[cst.Assign([cst.AssignTarget(cst.Name(name))], call)])
    update = call.with_changes(func=cst.Attribute(call.func, cst.Name("update_state")))
    return node.with_changes(body=[cst.Expr(update)])


def merge_blocks(first: cst.With, second: cst.With) -> cst.With | None:
    """One ``with`` block for two with the same items; None when they differ."""
    empty = cst.Module([])
    same = [empty.code_for_node(item) for item in first.items] == [empty.code_for_node(item) for item in second.items]
    if not same:
        return None
    body = [*first.body.body, *second.body.body]
    return first.with_changes(body=first.body.with_changes(body=body))


def comments(node: cst.CSTNode) -> list[cst.EmptyLine]:
    """The comments above a statement."""
    lines = getattr(node, "leading_lines", ())
    return [line for line in lines if line.comment is not None]


def without_leading_blank(node: cst.BaseStatement) -> cst.BaseStatement:
    """A statement without the blank lines above it and its comments."""
    lines = list(getattr(node, "leading_lines", ()))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return node.with_changes(leading_lines=lines)


def as_line(small: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    """A small statement as a line of its own."""
    return cst.SimpleStatementLine([small])


def pass_() -> cst.SimpleStatementLine:
    """``pass``."""
    return as_line(cst.Pass())
