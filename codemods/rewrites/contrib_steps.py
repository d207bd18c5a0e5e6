"""One step of what a call of tf.contrib stands for: a call of TF1 with the arguments in the layout of the old one."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods.analysis.contrib_symbols import contrib_name, layer_key
from codemods.analysis.layer_table import CONTRIB_NORMALIZER, CONTRIB_SCOPES
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_arguments import LAYER, Argument, ArgumentReader, Node, Request, Step, clone
from codemods.rewrites.contrib_functions import Function
from codemods.rewrites.wrapping import has_lines, wrapped

_ORDER = (
    "input_dim", "output_dim", "embeddings_initializer", "groups",
    "units", "filters", "kernel_size", "pool_size", "strides", "padding", "dilation_rate", "rate", "keep_prob",
    "depth_multiplier",
    "activation", "use_bias", "kernel_initializer", "depthwise_initializer", "pointwise_initializer",
    "bias_initializer", "kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer", "bias_regularizer",
    "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "moving_mean_initializer",
    "moving_variance_initializer", "updates_collections", "fused", "training", "trainable", "noise_shape", "seed",
    "contrib", "name", "reuse",
)  # fmt: skip


class StepWriter(ArgumentReader):
    """Writes the call of one step."""

    def step(
        self,
        request: Request,
        function: Function,
        bound: Mapping[str, Argument],
        extra: Mapping[str, Step],
        *,
        applied: bool = False,
    ) -> Step:
        """The call of ``function.target``; ``applied``: of a layer object that is called on its input."""
        for parameter in bound:
            if parameter not in function.renamed:
                raise Refusal(LAYER, f"{contrib_name(request.symbol)} with {parameter}=", request.call)
        target = self.spell(function.target, request.call)
        source = function.parameters[0]
        key = layer_key(request.symbol) or ""
        if key in CONTRIB_SCOPES:
            extra = {**extra, "contrib": constant(repr(CONTRIB_NORMALIZER if request.normalizes else key))}
        places = {found.place: name for name, found in bound.items() if found.place is not None}

        def write(updated: cst.Call, previous: Node | None) -> Node:
            kept: list[cst.Arg] = []
            renamed = [function.renamed.get(parameter) for parameter in function.parameters]
            new: dict[str, Step] = dict(extra)
            for parameter, found in bound.items():
                if found.place is None and not self.is_implied(function, parameter, found):
                    new[function.renamed[parameter]] = self.writer(found, clones=True)
            for parameter, text in function.defaults.items():
                if parameter not in bound and function.renamed[parameter] not in new:
                    new[function.renamed[parameter]] = constant(text)
            if request.follows:
                kept.append(cst.Arg(some(previous)))
            given = some(previous) if request.follows else None
            for place in request.places:
                parameter = places.get(place, "")
                if not parameter:
                    continue
                arg = updated.args[place]
                if parameter == source and applied:
                    given = arg.value
                    continue
                if parameter != source and self.is_implied(function, parameter, bound[parameter]):
                    continue
                value = clone(arg.value) if request.clones else arg.value
                if parameter == "padding" and isinstance(value, cst.SimpleString):
                    value = value.with_changes(value=value.value.lower())
                name = None if arg.keyword is None and len(kept) < function.leading else function.renamed[parameter]
                if applied:
                    name = function.renamed[parameter]
                new_arg = cst.Arg(value, comma=arg.comma) if name is None else _named(arg, name, value)
                if request.clones or place == len(updated.args) - 1:
                    blank = cst.SimpleWhitespace("")
                    new_arg = new_arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=blank)
                kept.append(new_arg)
            if applied and request.follows:
                kept = kept[1:]
            made = [keyword(name, new[name](updated, previous)) for name in sorted(new, key=_ORDER.index)]
            while made and len(kept) < function.leading and not any(arg.keyword for arg in kept) and not applied:
                if made[0].keyword is None or made[0].keyword.value != renamed[len(kept)]:
                    break
                kept.append(cst.Arg(made.pop(0).value))
            call = cst.Call(target.deep_clone(), _laid_out(kept, made, None if request.clones else updated.args[-1]))
            if made and not has_lines(updated):
                call = wrapped(call, is_passing)
            if not request.clones:
                before = call.whitespace_before_args if has_lines(call) else updated.whitespace_before_args
                call = call.with_changes(whitespace_before_args=before, lpar=updated.lpar, rpar=updated.rpar)
            return cst.Call(call, [cst.Arg(some(given))]) if applied else call

        return write


def joined(args: list[cst.Arg], made: list[cst.Arg]) -> list[cst.Arg]:
    """The arguments of a call with new ones, before the name where that is the last; the layout stays."""
    if not args or not made:
        return [*args, *made]
    end = args[-1]
    blank = cst.SimpleWhitespace("")
    args = [*args[:-1], end.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=blank)]
    return _laid_out(args, made, end)


def _laid_out(kept: list[cst.Arg], made: list[cst.Arg], end: cst.Arg | None) -> list[cst.Arg]:
    """The arguments that were there with the new ones, before the name where that is the last.

    ``end`` is the argument after which the call was closed: its comma and white space close the new one.
    """
    named = len(kept) > 1 and kept[-1].keyword is not None and kept[-1].keyword.value == "name"
    last = [kept[-1]] if named and made else []
    between = next((arg.comma for arg in kept if isinstance(arg.comma, cst.Comma)), None)
    result = []
    for arg in [*kept[: len(kept) - len(last)], *made, *last]:
        if not isinstance(arg.comma, cst.Comma) and between is not None:
            arg = arg.with_changes(comma=between.deep_clone())
        result.append(arg)
    if result:
        closing = end.comma if end is not None else cst.MaybeSentinel.DEFAULT
        after = end.whitespace_after_arg if end is not None else cst.SimpleWhitespace("")
        result[-1] = result[-1].with_changes(comma=closing, whitespace_after_arg=after)
    return result


def is_passing(arg: cst.Arg) -> bool:
    """Whether an argument does not stay with the layer."""
    return arg.keyword is not None and arg.keyword.value in ("contrib", "training", "updates_collections")


def _named(arg: cst.Arg, name: str, value: Node) -> cst.Arg:
    equal = arg.equal if isinstance(arg.equal, cst.AssignEqual) else keyword(name, value).equal
    return arg.with_changes(keyword=cst.Name(name), equal=equal, value=value)


def constant(text: str) -> Step:
    return lambda updated, previous: cst.parse_expression(text)


def some(node: Node | None) -> Node:
    assert node is not None
    return node
