"""`tf.trainable_variables()` and its like become the list of the variables; the global step becomes a variable."""

from __future__ import annotations

import re
from collections.abc import Callable

import libcst as cst

from codemods import tree
from codemods.analysis.staging import Staging
from codemods.analysis.variable_lists import STEPS
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.rewrites import spelling
from codemods.rewrites.call_parts import inside, taken

_LONG = 80  # characters of a list that stands on one line
_LISTED = "the list of the variables made so far"


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every call that the analysis understood; one finding for each."""
    state = staging.state
    _added(ctx, edits, findings, staging)
    chosen: set[cst.CSTNode] = set()
    for node, text in state.lists.items():
        if isinstance(node, cst.ListComp):
            chosen.update(tree.walk(node))
            edits.substitute(node, spread(cst.parse_expression(text)))
        elif isinstance(node, cst.CompFor):
            chosen.update(tree.walk(node))
            edits.drop(node.iter)
            for test in node.ifs:
                edits.drop(test)
            edits.replace(node, _iterates(text))
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        if use.node in chosen:
            findings.append(Finding("TF100", ctx.span(use.node), _LISTED, Status.NATIVE, use.name))
            continue
        if call is None:
            continue
        if call in state.lists:
            text, message = state.lists[call], _LISTED
            if "{tf}" in text:
                text = text.replace("{tf}", spelling.root_name(ctx, edits, use.scope, "tf"))
        elif use.name in STEPS and call in state.shared:
            text, message = state.shared[call], "the counter that is there already"
        elif call in state.steps:
            tf = spelling.root_name(ctx, edits, use.scope, "tf")
            text = f'{tf}.Variable(0, trainable=False, dtype={tf}.int64, name="global_step")'
            message = "the counter is a variable"
        else:
            continue
        for argument in call.args:
            edits.drop(argument)
        edits.substitute(call, inside(ctx, call, spread(cst.parse_expression(text))))
        findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
        findings += taken(ctx, edits, use, call)


def _added(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """What is added to a collection keeps its name, or gets one."""
    collections = staging.state.collections
    read = {name for node in tree.walk(ctx.module) for name in _names(staging.state.lists.get(node, ""))}
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        if call is None or (call not in collections.added and call not in collections.named):
            continue
        small = ctx.parents.get(call)
        line = ctx.parents.get(small) if small is not None else None
        block = ctx.parents.get(line) if line is not None else None
        if not isinstance(small, cst.Expr) or not isinstance(line, cst.SimpleStatementLine):
            message = "something is added to a collection in the middle of an expression"
            findings.append(Finding("TF424", ctx.span(use.node), message, Status.REFUSED, use.name))
            continue
        name = collections.named.get(call)
        recorded = line in staging.statements
        if name is not None and (recorded or name in read):
            edits.drop(call.func)
            edits.replace(small, _binds(name, _value_of(call, use.name)))
        elif not recorded and isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
            message = "a function that does nothing but add to a collection"
            findings.append(Finding("TF424", ctx.span(use.node), message, Status.REFUSED, use.name))
            continue
        elif not recorded:
            edits.remove(small)
        else:
            edits.drop(small)
        message = "what is added to a collection has a name"
        findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
        findings += taken(ctx, edits, use, call)


def _names(text: str) -> set[str]:
    """The names that the text of a list reads."""
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _value_of(call: cst.Call, symbol: str) -> int:
    """Which argument of a call is added."""
    wanted = "loss" if symbol == "tf.losses.add_loss" else "value"
    by_name = [
        index for index, item in enumerate(call.args) if item.keyword is not None and item.keyword.value == wanted
    ]
    return by_name[0] if by_name else 0 if wanted == "loss" else 1


def _binds(name: str, index: int) -> Callable[[cst.Expr], cst.Assign]:
    """``name = value`` in the place of ``tf.add_to_collection(key, value)``."""

    def build(updated: cst.Expr) -> cst.Assign:
        assert isinstance(updated.value, cst.Call)
        return cst.Assign([cst.AssignTarget(cst.Name(name))], updated.value.args[index].value)

    return build


def spread(node: cst.BaseExpression) -> cst.BaseExpression:
    """A long list with each member on a line of its own."""
    if len(cst.Module([]).code_for_node(node)) <= _LONG:
        return node
    spreading = node.visit(_Spread())
    assert isinstance(spreading, cst.BaseExpression)
    return spreading


class _Spread(cst.CSTTransformer):
    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        line = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
        end = cst.ParenthesizedWhitespace(indent=True)
        *first, last = updated_node.elements
        members = [item.with_changes(comma=cst.Comma(whitespace_after=line)) for item in first]
        members.append(last.with_changes(comma=cst.Comma(whitespace_after=end)))
        return updated_node.with_changes(elements=members, lbracket=cst.LeftSquareBracket(whitespace_after=line))


def _iterates(text: str) -> Callable[[cst.CompFor], cst.CompFor]:
    """The clause ``for v in <the list>``."""
    return lambda updated: updated.with_changes(iter=cst.parse_expression(text), ifs=[])
