"""How the host-side rewrites name modules in a file, and small questions about its tree."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Binding, Symbols
from codemods.context import Context
from codemods.edits import Edits


def tensorflow(ctx: Context, edits: Edits) -> str:
    """The name by which the file may say TensorFlow; imported as ``tf`` when it has none."""
    found = ctx.symbols.names_of("tf")
    if found:
        return found[0]
    edits.require_import("tensorflow", alias="tf")
    return "tf"


def imported(
    ctx: Context, edits: Edits, module: str, name: str | None = None, *, replaces: tuple[str, ...] = ()
) -> str:
    """Ask for ``import module`` or ``from module import name``, and return the local name.

    A name that the file uses for something else gets an alias; ``replaces`` are the TensorFlow symbols whose place the
    import takes, so that a name that means one of them is free.
    """
    if is_free(ctx.symbols, module, name, replaces):
        edits.require_import(module, name=name)
        return name or module
    alias = f"{module.rpartition('.')[2]}_{name}" if name else f"std_{module}"
    edits.require_import(module, alias=alias, name=name)
    return alias


def is_free(symbols: Symbols, module: str, name: str | None, replaces: tuple[str, ...]) -> bool:
    """Whether the plain import would take no name from anything else (see ``imported``)."""
    meaning = module if name is None else f"{module}.{name}"
    for scope in symbols.scopes():
        for binding in scope.bindings.get(name or module, ()):
            if binding.path == meaning or binding.symbol in replaces:
                continue
            if binding.value is None or symbols.of(binding.value) not in replaces:
                return False
    return True


def dotted(path: str) -> cst.Name | cst.Attribute:
    """The expression ``a.b.c``."""
    first, *rest = path.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def call_of(ctx: Context, node: cst.CSTNode) -> cst.Call | None:
    """The call whose function ``node`` is."""
    parent = ctx.parents.get(node)
    return parent if isinstance(parent, cst.Call) and parent.func is node else None


def statement_of(ctx: Context, node: cst.CSTNode) -> cst.BaseStatement:
    """The smallest statement (a line, or a compound statement) around ``node``."""
    current = node
    while not isinstance(current, cst.BaseStatement):
        current = ctx.parents[current]
    return current


def sole_statement(ctx: Context, node: cst.BaseSmallStatement) -> cst.SimpleStatementLine | None:
    """The line that holds ``node`` and no other statement, or None."""
    line = ctx.parents[node]
    return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None


def is_import(statement: cst.CSTNode) -> bool:
    """Whether the statement is a line of imports only."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )


def is_preamble(statement: cst.CSTNode) -> bool:
    """Whether the statement is an import or a docstring."""
    first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and statement.body else None
    docstring = isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
    return docstring or is_import(statement)


def has_comments(line: cst.SimpleStatementLine) -> bool:
    """Whether a comment would go if the line went."""
    return bool(comments(line))


def comments(line: cst.BaseStatement) -> list[cst.EmptyLine]:
    """The comments of ``line``, each as a line of its own; none for a compound statement."""
    if not isinstance(line, cst.SimpleStatementLine):
        return []
    found = [empty for empty in line.leading_lines if empty.comment is not None]
    own = line.trailing_whitespace.comment
    return [*found, cst.EmptyLine(comment=own)] if own is not None else found


def executed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes that run when ``node`` runs: not the bodies of functions and lambdas in it."""
    stack: list[cst.CSTNode] = [node]
    while stack:
        current = stack.pop()
        yield current
        below = tree.children(current)
        if isinstance(current, cst.FunctionDef):
            below = [*current.decorators, *_defaults(current.params)]
        elif isinstance(current, cst.Lambda):
            below = _defaults(current.params)
        stack.extend(reversed(below))


def _defaults(params: cst.Parameters) -> list[cst.CSTNode]:
    every = [*params.posonly_params, *params.params, *params.kwonly_params]
    return [param.default for param in every if param.default is not None]


def references(ctx: Context, binding: Binding) -> list[cst.Name]:
    """The places that read the name that ``binding`` (its only one) gives."""
    found = []
    for node in tree.walk(ctx.module):
        if not isinstance(node, cst.Name) or node.value != binding.name or not _is_read(ctx.parents.get(node), node):
            continue
        if binding in ctx.symbols.bindings(node.value, ctx.symbols.scope(node)):
            found.append(node)
    return found


def _is_read(parent: cst.CSTNode | None, node: cst.Name) -> bool:
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    if isinstance(parent, cst.Arg):
        return parent.value is node
    definitions = (cst.AssignTarget, cst.FunctionDef, cst.ClassDef, cst.Param, cst.ImportAlias, cst.AsName)
    return not isinstance(parent, definitions)


def argument(call: cst.Call, position: int, keyword: str) -> cst.Arg | None:
    """The argument given for a parameter, by place or by keyword; None also when ``*`` or ``**`` hide it."""
    for index, arg in enumerate(call.args):
        if arg.star:
            return None
        if (arg.keyword is None and index == position) or (arg.keyword is not None and arg.keyword.value == keyword):
            return arg
    return None


def append_argument(call: cst.Call, text: str) -> cst.Call:
    """``call`` with the argument ``text`` (``keyword=value`` or a value) after its last one."""
    donor = cst.ensure_type(cst.parse_expression(f"_({text})"), cst.Call).args[0]
    args = list(call.args)
    if args:
        last = args[-1]
        if isinstance(last.comma, cst.MaybeSentinel):
            args[-1] = last.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
        else:
            donor = donor.with_changes(comma=last.comma)
            args[-1] = last.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    return call.with_changes(args=[*args, donor])
