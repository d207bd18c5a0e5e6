"""The call of an emitted function in the place of a run: its arguments from what the run feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.values import Placeholder
from codemods.plan import Lowering, is_pure, sparse_parts
from codemods.rewrites import template

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

Make = Callable[[], cst.BaseExpression]


def captured(lowerer: Lowerer, node: cst.BaseExpression, placeholder: Placeholder) -> list[cst.BaseExpression]:
    """The parts of a feed that go into the call."""
    if not placeholder.sparse:
        return [node]
    lowerer.edits.drop(node)
    return sparse_parts(node, lowerer.ctx.symbols) or [node]


def function_call(lowerer: Lowerer, lowering: Lowering) -> Make:
    """What makes the call for one run, once all of it is rewritten."""
    function = lowering.function
    assert function is not None
    site = lowering.site

    def make() -> cst.BaseExpression:
        step = lowerer.summaries.step_argument(function)
        if site.feed_node is not None:
            fed = {feed.placeholder for feed in site.feeds}
            named = [_by_keyword(item, function.inside.step) for item in step if function.inside]
            for name, placeholder in function.parameters:
                if placeholder not in fed and placeholder.default is not None:
                    named.append(_by_keyword(cst.Arg(placeholder.default.deep_clone()), name))
            given_by = cst.Arg(lowerer.rewritten_expression(site.feed_node), star="**")
            return cst.Call(cst.Name(function.name), [given_by, *named])
        given = {feed.placeholder: feed.value for feed in site.feeds}
        impure = [feed.placeholder for feed in site.feeds if not is_pure(feed.value)]
        order = [placeholder for _, placeholder in function.parameters]
        by_name = len(impure) > 1 and [item for item in order if item in impure] != impure
        arguments = []
        names = {placeholder: name for name, placeholder in function.parameters}
        for placeholder in [feed.placeholder for feed in site.feeds if feed.placeholder in names] if by_name else order:
            assert placeholder is not None
            node = given.get(placeholder) or placeholder.default
            assert node is not None
            if placeholder.sparse:
                value = _sparse(lowerer, node, placeholder)
            else:
                value = lowerer.rewritten_expression(node) if placeholder in given else node.deep_clone()
            keyword = cst.Name(names[placeholder]) if by_name else None
            equal = (
                cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                if by_name
                else cst.MaybeSentinel.DEFAULT
            )
            arguments.append(cst.Arg(value, keyword=keyword, equal=equal))
        if by_name and function.inside is not None:
            step = [_by_keyword(item, function.inside.step) for item in step]
        return cst.Call(cst.Name(function.name), [*arguments, *step])

    return make


def _by_keyword(argument: cst.Arg, name: str) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return argument.with_changes(keyword=cst.Name(name), equal=equal)


def _sparse(lowerer: Lowerer, node: cst.BaseExpression, placeholder: Placeholder) -> cst.BaseExpression:
    """A sparse feed as a ``tf.SparseTensor`` of the placeholder's dtype, which TF1 cast its values to."""
    parts = sparse_parts(node, lowerer.ctx.symbols)
    assert parts is not None
    indices, values, shape = (lowerer.rewritten_expression(part) for part in parts)
    tf = lowerer.tensorflow
    dtype = lowerer.dtype(placeholder).deep_clone()
    return template.expression(
        f"{tf}.SparseTensor({{indices}}, {tf}.constant({{values}}, {{dtype}}), {{shape}})",
        indices=indices, values=values, dtype=dtype, shape=shape,
    )  # fmt: skip
