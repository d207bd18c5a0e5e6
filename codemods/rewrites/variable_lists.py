"""`tf.trainable_variables()` and its like become the list of the variables; the global step becomes a variable."""

from __future__ import annotations

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
    for node, text in staging.lookups.weights.items():
        chosen.update(tree.walk(node))
        edits.substitute(node, cst.parse_expression(text))
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


def spread(node: cst.BaseExpression) -> cst.BaseExpression:
    """A long list or dict with each member on a line of its own."""
    if len(cst.Module([]).code_for_node(node)) <= _LONG:
        return node
    spreading = node.visit(_Spread())
    assert isinstance(spreading, cst.BaseExpression)
    return spreading


_LINE = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
_END = cst.ParenthesizedWhitespace(indent=True)


class _Spread(cst.CSTTransformer):
    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        *first, last = updated_node.elements
        members = [item.with_changes(comma=cst.Comma(whitespace_after=_LINE)) for item in first]
        members.append(last.with_changes(comma=cst.Comma(whitespace_after=_END)))
        return updated_node.with_changes(elements=members, lbracket=cst.LeftSquareBracket(whitespace_after=_LINE))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        *first, last = updated_node.elements
        members = [item.with_changes(comma=cst.Comma(whitespace_after=_LINE)) for item in first]
        members.append(last.with_changes(comma=cst.Comma(whitespace_after=_END)))
        return updated_node.with_changes(elements=members, lbrace=cst.LeftCurlyBrace(whitespace_after=_LINE))


def _iterates(text: str) -> Callable[[cst.CompFor], cst.CompFor]:
    """The clause ``for v in <the list>``."""
    return lambda updated: updated.with_changes(iter=cst.parse_expression(text), ifs=[])
