"""Variables and assignments: calls that stay, with the arguments of TensorFlow 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from codemods import tables
from codemods.analysis.staging import Staging
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import template
from codemods.tree import is_none

_ASSIGNS = {
    "tf.assign": "assign",
    "tf.assign_add": "assign_add",
    "tf.assign_sub": "assign_sub",
    "tf.scatter_nd_update": "scatter_nd_update",
    "tf.scatter_nd_add": "scatter_nd_add",
    "tf.scatter_nd_sub": "scatter_nd_sub",
}
_SCATTERS = {
    "tf.scatter_update": "scatter_update",
    "tf.scatter_add": "scatter_add",
    "tf.scatter_sub": "scatter_sub",
    "tf.scatter_mul": "scatter_mul",
    "tf.scatter_div": "scatter_div",
}
_UNCHANGED = ("tf.group", "tf.no_op", "tf.control_dependencies")
_PARAMETERS = ("initial_value", "trainable", "validate_shape", "caching_device", "name")
_DROPPED = frozenset({"expected_shape", "use_resource", "collections"})

HANDLED = frozenset({"tf.Variable", *_ASSIGNS, *_SCATTERS, *_UNCHANGED})


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every call of these symbols; one finding for each."""
    for use in ctx.symbols.tf_uses():
        if use.name not in HANDLED:
            continue
        parent = ctx.parents.get(use.node)
        if not isinstance(parent, cst.Call) or parent.func is not use.node:
            message = f"{use.name} is passed on without being called"
            findings.append(Finding("TF105", ctx.span(use.node), message, Status.REFUSED, use.name))
            continue
        try:
            _rewrite(ctx, edits, use.name, parent)
        except Refusal as refusal:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else use.node
            findings.append(Finding(refusal.code, ctx.span(place), refusal.message, Status.REFUSED, use.name))
        else:
            findings.append(
                Finding("TF100", ctx.span(use.node), f"{use.name} kept or adapted", Status.NATIVE, use.name)
            )
    for call in staging.initialized_values:
        edits.replace(call, lambda updated: updated.func.value)
    for call in staging.loads:
        for argument in call.args[1:]:
            edits.drop(argument)
        edits.replace(call, _loaded)


def _rewrite(ctx: Context, edits: Edits, symbol: str, call: cst.Call) -> None:
    if symbol in _UNCHANGED:
        return
    entry = tables.lookup(symbol)
    assert entry is not None
    bound = tables.bind(call, entry)
    if symbol in _ASSIGNS or symbol in _SCATTERS:
        _assign(ctx, edits, symbol, call, bound)
        return
    _variable(edits, call, bound)


def _variable(edits: Edits, call: cst.Call, bound: Mapping[str, cst.Arg]) -> None:
    """``tf.Variable``: without the arguments that are gone; what came after them by position gets its name."""
    if "collections" in bound and not is_none(bound["collections"].value):
        raise Refusal("TF407", "a variable in collections of its own", bound["collections"])
    if "initial_value" not in bound:
        raise Refusal("TF408", "a variable without an initial value", call)
    moved = False
    for position, (name, argument) in enumerate(bound.items()):
        if name in _DROPPED:
            edits.remove(argument)
            moved = True
            continue
        in_place = position < len(_PARAMETERS) and _PARAMETERS[position] == name and not moved
        if argument.keyword is None and not in_place:
            edits.replace(argument, _named(name))
            moved = True


def _loaded(updated: cst.Call) -> cst.Call:
    """``variable.load(value, session)`` is ``variable.assign(value)``."""
    first = updated.args[0].with_changes(keyword=None, comma=cst.MaybeSentinel.DEFAULT)
    return updated.with_changes(func=updated.func.with_changes(attr=cst.Name("assign")), args=[first])


def _named(name: str) -> Callable[[cst.Arg], cst.Arg]:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return lambda updated: updated.with_changes(keyword=cst.Name(name), equal=equal)


def _assign(ctx: Context, edits: Edits, symbol: str, call: cst.Call, bound: Mapping[str, cst.Arg]) -> None:
    if "validate_shape" in bound:
        raise Refusal("TF405", "an assignment that may change the shape of its variable", call)
    scatters = symbol.startswith("tf.scatter_")
    wanted = ("ref", "indices", "updates") if scatters else ("ref", "value")
    if any(name not in bound for name in wanted):
        raise Refusal("TF103", f"{symbol} needs {', '.join(wanted)}", call)
    index = {name: position for position, name in enumerate(bound)}
    method = (_ASSIGNS | _SCATTERS)[symbol]
    tf = ctx.symbols.names_of("tf")[0] if ctx.symbols.names_of("tf") else "tf"
    for name, argument in bound.items():
        if name not in wanted:
            edits.drop(argument)
    edits.drop(call.func)

    def rebuild(updated: cst.Call) -> cst.BaseExpression:
        given = {name: updated.args[index[name]].value for name in wanted}
        ref = given["ref"]
        if not isinstance(ref, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)):
            ref = ref.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        function = cst.Attribute(ref, cst.Name(method))
        if symbol in _SCATTERS:
            slices = template.expression(
                f"{tf}.IndexedSlices({{updates}}, {{indices}})", updates=given["updates"], indices=given["indices"]
            )
            return updated.with_changes(func=function, args=[cst.Arg(slices)])
        rest = [cst.Arg(given[name]) for name in wanted if name != "ref"]
        return updated.with_changes(func=function, args=rest, whitespace_before_args=cst.SimpleWhitespace(""))

    edits.replace(call, rebuild)
