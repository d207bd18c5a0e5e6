"""Variables, assignments and control flow: calls that stay, with the arguments of TensorFlow 2."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tables
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import template

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
_PARAMETERS = {
    "tf.cond": ("pred", "true_fn", "false_fn", "name"),
    "tf.while_loop": (
        "cond", "body", "loop_vars", "shape_invariants", "parallel_iterations", "back_prop", "swap_memory",
        "maximum_iterations", "name",
    ),
    "tf.gradients": (
        "ys", "xs", "grad_ys", "name", "gate_gradients", "aggregation_method", "stop_gradients",
        "unconnected_gradients",
    ),
    "tf.Variable": ("initial_value", "trainable", "validate_shape", "caching_device", "name"),
    "tf.device": ("device_name",),
    "tf.name_scope": ("name",),
}  # fmt: skip
_RENAMED = {"fn1": "true_fn", "fn2": "false_fn", "device_name_or_function": "device_name"}
_DROPPED: Mapping[str, frozenset[str]] = {
    "tf.cond": frozenset({"strict"}),
    "tf.while_loop": frozenset({"return_same_structure"}),
    "tf.gradients": frozenset({"colocate_gradients_with_ops"}),
    "tf.Variable": frozenset({"expected_shape", "use_resource", "collections"}),
    "tf.name_scope": frozenset({"default_name", "values"}),
}

HANDLED = frozenset({*_ASSIGNS, *_SCATTERS, *_UNCHANGED, *_PARAMETERS})


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
            _rewrite(ctx, edits, staging, use.name, parent)
        except Refusal as refusal:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else use.node
            findings.append(Finding(refusal.code, ctx.span(place), refusal.message, Status.REFUSED, use.name))
        else:
            findings.append(Finding("TF100", ctx.span(use.node), f"{use.name} kept or adapted", Status.NATIVE, use.name))
    for call in staging.initialized_values:
        edits.replace(call, lambda updated: updated.func.value)
    for call in staging.loads:
        for argument in call.args[1:]:
            edits.drop(argument)
        edits.replace(call, _loaded)


def _rewrite(ctx: Context, edits: Edits, staging: Staging, symbol: str, call: cst.Call) -> None:
    if symbol in _UNCHANGED:
        return
    entry = tables.lookup(symbol)
    assert entry is not None
    bound = tables.bind(call, entry)
    if symbol in _ASSIGNS or symbol in _SCATTERS:
        _assign(ctx, edits, symbol, call, bound)
        return
    _check(staging, symbol, bound, call)
    dropped = _DROPPED.get(symbol, frozenset())
    order = _PARAMETERS[symbol]
    keyword_from = None
    for position, (name, argument) in enumerate(bound.items()):
        target = _RENAMED.get(name, name)
        if name in dropped:
            edits.remove(argument)
            keyword_from = position if keyword_from is None else keyword_from
            continue
        in_place = position < len(order) and order[position] == target and keyword_from is None
        if argument.keyword is None and not in_place:
            edits.replace(argument, _named(target))
            keyword_from = position if keyword_from is None else keyword_from
        elif argument.keyword is not None and argument.keyword.value != target:
            edits.replace(argument, _named(target))
    if symbol == "tf.while_loop" and _single_loop_variable(staging, bound, call):
        edits.replace(call, lambda updated: template.expression("{call}[0]", call=updated))


def _loaded(updated: cst.Call) -> cst.Call:
    """``variable.load(value, session)`` is ``variable.assign(value)``."""
    first = updated.args[0].with_changes(keyword=None, comma=cst.MaybeSentinel.DEFAULT)
    return updated.with_changes(func=updated.func.with_changes(attr=cst.Name("assign")), args=[first])


def _named(name: str):  # type: ignore[no-untyped-def]  # an edit function
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return lambda updated: updated.with_changes(keyword=cst.Name(name), equal=equal)


def _check(staging: Staging, symbol: str, bound: Mapping[str, cst.Arg], call: cst.Call) -> None:
    if symbol == "tf.Variable":
        if "collections" in bound and not _is_none(bound["collections"].value):
            raise Refusal("TF407", "a variable in collections of its own", bound["collections"])
        if "initial_value" not in bound:
            raise Refusal("TF408", "a variable without an initial value", call)
    if symbol == "tf.name_scope" and ("default_name" in bound or "values" in bound):
        raise Refusal("TF409", "tf.name_scope with a default name", call)
    if symbol == "tf.device":
        value = staging.last_values.get(bound["device_name_or_function"].value)
        if value is not None and value.kind is Kind.FUNCTION:
            raise Refusal("TF409", "tf.device with a function", call)
    if symbol == "tf.cond" and "strict" not in bound:
        for name in ("true_fn", "false_fn", "fn1", "fn2"):
            value = staging.branch_results.get(bound[name].value) if name in bound else None
            if value is not None and value.kind is Kind.SEQUENCE and (value.items is None or len(value.items) == 1):
                raise Refusal("TF410", "a branch of tf.cond returns a list of one tensor, which TF1 unpacks", call)


def _single_loop_variable(staging: Staging, bound: Mapping[str, cst.Arg], call: cst.Call) -> bool:
    if "return_same_structure" in bound:
        node = bound["return_same_structure"].value
        if isinstance(node, cst.Name) and node.value == "True":
            return False
    value = staging.last_values.get(bound["loop_vars"].value) if "loop_vars" in bound else None
    if value is None or value.kind is not Kind.SEQUENCE or value.items is None:
        raise Refusal("TF410", "the number of loop variables is not known here, and TF1 unpacks a single one", call)
    return len(value.items) == 1


def _assign(ctx: Context, edits: Edits, symbol: str, call: cst.Call, bound: Mapping[str, cst.Arg]) -> None:
    if "validate_shape" in bound:
        raise Refusal("TF405", "an assignment that may change the shape of its variable", call)
    if symbol == "tf.scatter_nd_update" or symbol.startswith("tf.scatter_nd"):
        wanted = ("ref", "indices", "updates")
    elif symbol in _SCATTERS:
        wanted = ("ref", "indices", "updates")
    else:
        wanted = ("ref", "value")
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


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
