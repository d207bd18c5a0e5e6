"""`tf.contrib.layers.l2_regularizer` and its like become `keras.regularizers` objects, where a name holds them.

TF1's L2 is ``scale * sum(w ** 2) / 2``, Keras' is ``l2 * sum(w ** 2)``: half the scale gives the same value, but for
the rounding of the sum (1e-7 of it).
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.regularizers import CONTRIB, FORMS, arguments_of
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.rewrites import spelling, template
from codemods.rewrites.call_parts import inside, keyword
from codemods.rewrites.place import parenthesized


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every constructor that is still there; one finding for each."""
    read = {name for text in staging.state.lists.values() for name in _words(text)}
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        if use.name not in CONTRIB or call is None or edits.is_dropped(use.node, ctx.parents):
            continue
        given = arguments_of(use.name, call)
        if given is None:
            continue
        outer = ctx.parents.get(call)
        if isinstance(outer, cst.Call) and outer.func is call and len(outer.args) == 1:
            _written_out(ctx, edits, use, call, outer)
            message = "what the regularizer computes is written out"
            findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
            continue
        small = ctx.parents.get(call)
        name = _held_by(small, call)
        if name is not None and name not in read and _only_dropped(ctx, edits, name, small):
            assert small is not None
            edits.remove(small)
            findings.append(Finding("TF100", ctx.span(use.node), "nothing reads the losses", Status.NATIVE, use.name))
            continue
        function = spelling.symbol(ctx, edits, use.scope, f"keras.regularizers.{CONTRIB[use.name]}")
        position = {name: call.args.index(argument) for name, argument in given.items() if name != "scope"}
        for parameter, argument in given.items():
            if parameter == "scope":
                edits.drop(argument)
        edits.drop(call.func)

        def rebuild(
            updated: cst.Call, function: cst.BaseExpression = function, position: dict[str, int] = position
        ) -> cst.Call:
            now = {name: updated.args[index].value for name, index in position.items()}
            if set(now) == {"scale"}:
                halved = isinstance(function, cst.Attribute) and function.attr.value == "L2"
                return cst.Call(function, [cst.Arg(_half(now["scale"]) if halved else now["scale"])])
            arguments = [keyword("l1", now.get("scale_l1", cst.Float("1.0")))]
            arguments.append(keyword("l2", _half(now["scale_l2"]) if "scale_l2" in now else cst.Float("0.5")))
            return cst.Call(function, arguments)

        edits.replace(call, rebuild)
        message = "a Keras regularizer; the rounding of the sum may differ"
        findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))


def _written_out(ctx: Context, edits: Edits, use: Use, call: cst.Call, outer: cst.Call) -> None:
    """``l2_regularizer(scale)(w)`` is ``scale * tf.nn.l2_loss(w)``."""
    given = arguments_of(use.name, call) or {}
    position = {name: call.args.index(argument) for name, argument in given.items() if name != "scope"}
    tf = spelling.root_name(ctx, edits, use.scope, "tf")
    edits.drop(call.func)
    for name, argument in given.items():
        if name == "scope":
            edits.drop(argument)

    def build(updated: cst.Call) -> cst.BaseExpression:
        assert isinstance(updated.func, cst.Call)
        scales = {name: parenthesized(updated.func.args[index].value) for name, index in position.items()}
        defaults = {name: cst.Float("1.0") for name in ("scale_l1", "scale_l2")}
        text = FORMS[use.name].replace("{tf}", tf)
        found = template.expression(text, **(defaults | scales), variable=updated.args[0].value)
        return inside(ctx, outer, found)

    edits.replace(outer, build)


def _half(node: cst.BaseExpression) -> cst.BaseExpression:
    """Half of a scale: the number itself where it is written out."""
    if isinstance(node, cst.Float | cst.Integer):
        return cst.parse_expression(repr(float(node.evaluated_value) / 2))
    return template.expression("0.5 * {scale}", scale=parenthesized(node))


def _held_by(small: cst.CSTNode | None, call: cst.Call) -> str | None:
    if not isinstance(small, cst.Assign) or small.value is not call or len(small.targets) != 1:
        return None
    target = small.targets[0].target
    return target.value if isinstance(target, cst.Name) else None


def _only_dropped(ctx: Context, edits: Edits, name: str, small: cst.CSTNode | None) -> bool:
    """Whether every use of a name goes with what is around it, and the name is bound once."""
    uses = [node for node in tree.walk(ctx.module) if isinstance(node, cst.Name) and node.value == name]
    inside = set(tree.walk(small)) if small is not None else set()
    outside = [node for node in uses if node not in inside and not isinstance(ctx.parents.get(node), cst.AssignTarget)]
    outside = [node for node in outside if not _is_keyword(ctx, node)]
    bound = [node for node in uses if isinstance(ctx.parents.get(node), cst.AssignTarget)]
    return len(bound) == 1 and all(edits.is_dropped(node, ctx.parents) for node in outside)


def _is_keyword(ctx: Context, node: cst.Name) -> bool:
    parent = ctx.parents.get(node)
    return isinstance(parent, cst.Arg) and parent.keyword is node


def _words(text: str) -> list[str]:
    return text.replace("(", " ").replace(")", " ").replace("[", " ").replace("]", " ").replace(",", " ").split()
