"""The classes that builder functions became: their bases, and the scopes that only gave names to layers."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis import stateful
from codemods.analysis.staging import Staging
from codemods.context import Context
from codemods.edits import Edits
from codemods.rewrites import spelling
from codemods.rewrites.call_parts import keyword


def propose(ctx: Context, edits: Edits, staging: Staging) -> None:
    """Propose the edits: ``keras.Model`` where the base stood under ``tf.keras``; the bodies of such scopes."""
    for definition in ctx.builder_classes:
        base = definition.bases[0].value
        symbol = ctx.symbols.of(base) or ""
        if symbol.startswith("keras."):
            new = spelling.symbol(ctx, edits, ctx.symbols.root, symbol)
            edits.replace(base, lambda _, new=new: new)
    for definition in staging.keeps_dtypes:
        for call in tree.walk(stateful.method(definition, "__init__")):
            if (
                isinstance(call, cst.Call)
                and isinstance(call.func, cst.Attribute)
                and call.func.attr.value == "__init__"
            ):
                edits.replace(call, _without_conversion)
    for scope in ctx.transparent:
        for item in scope.items:
            edits.drop(item)
        edits.replace(scope, _body)


def _without_conversion(updated: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(updated, cst.Call)
    return updated.with_changes(args=[keyword("autocast", cst.Name("False"))])


def _body(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
    assert isinstance(updated, cst.With)
    return cst.FlattenSentinel(updated.body.body)
