"""Small questions about the text of a builder, and small pieces of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tables, tree
from codemods.builders.functions import target_names


def plain_reads(node: cst.CSTNode) -> set[str]:
    """The names that occur in a statement, wherever."""
    return {found.value for found in tree.walk(node) if isinstance(found, cst.Name)}


def scope_arguments(node: cst.With) -> list[cst.Arg]:
    """The arguments of the calls in the header of a ``with``."""
    return [arg for item in node.items if isinstance(item.item, cst.Call) for arg in item.item.args]


def is_named(argument: cst.Arg, name: str) -> bool:
    """Whether an argument is given by that keyword."""
    return argument.keyword is not None and argument.keyword.value == name


def is_reuse(argument: cst.Arg, call: cst.Call) -> bool:
    """Whether an argument of ``tf.variable_scope`` is the one that says whether variables are reused."""
    entry = tables.lookup("tf.variable_scope")
    return entry is not None and tables.bind(call, entry).get("reuse") is argument


def is_reuse_variables(node: cst.CSTNode) -> bool:
    """Whether a node is the call ``scope.reuse_variables()``."""
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "reuse_variables"
        and not node.args
    )


def is_reuse_branch(node: cst.CSTNode) -> bool:
    """``if reuse: scope.reuse_variables()``."""
    if not isinstance(node, cst.If) or node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        return False
    lines = node.body.body
    if len(lines) != 1 or not isinstance(lines[0], cst.SimpleStatementLine) or len(lines[0].body) != 1:
        return False
    small = lines[0].body[0]
    return isinstance(small, cst.Expr) and is_reuse_variables(small.value)


def is_reuse_receiver(name: cst.Name, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether a name is that of the scope in ``scope.reuse_variables()``."""
    attribute = parents.get(name)
    return isinstance(attribute, cst.Attribute) and attribute.attr.value == "reuse_variables"


def has_blank(node: cst.SimpleStatementLine) -> bool:
    """Whether a blank line stands before a statement."""
    return any(line.comment is None for line in node.leading_lines)


def with_lead(node: cst.BaseStatement, lines: Sequence[cst.EmptyLine]) -> cst.BaseStatement:
    """A statement with more lines before it."""
    own = getattr(node, "leading_lines", ())
    return node.with_changes(leading_lines=[*lines, *own])


def plain_equal() -> cst.AssignEqual:
    """The ``=`` of a keyword argument."""
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def separated(args: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Arguments in a row, with the commas that they have, or plain ones."""
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    found = []
    for arg in args:
        if arg is args[-1]:
            found.append(
                arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=cst.SimpleWhitespace(""))
            )
        else:
            found.append(arg.with_changes(comma=plain) if isinstance(arg.comma, cst.MaybeSentinel) else arg)
    return found


def bound_names(node: cst.CSTNode) -> list[str]:
    """The names that an assignment binds; none for other statements."""
    if isinstance(node, cst.Assign):
        return [name for target in node.targets for name in target_names(target.target)]
    return target_names(node.target) if isinstance(node, (cst.AugAssign, cst.AnnAssign)) else []
