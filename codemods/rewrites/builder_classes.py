"""The classes that builder functions became: their bases, and the scopes that only gave names to layers."""

from __future__ import annotations

import libcst as cst

from codemods.context import Context
from codemods.edits import Edits
from codemods.rewrites import spelling


def propose(ctx: Context, edits: Edits) -> None:
    """Propose the edits: ``keras.Model`` where the base stood under ``tf.keras``; the bodies of such scopes."""
    for definition in ctx.builder_classes:
        base = definition.bases[0].value
        symbol = ctx.symbols.of(base) or ""
        if symbol.startswith("keras."):
            new = spelling.symbol(ctx, edits, ctx.symbols.root, symbol)
            edits.replace(base, lambda _, new=new: new)
    for scope in ctx.transparent:
        for item in scope.items:
            edits.drop(item)
        edits.replace(scope, _body)


def _body(updated: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
    assert isinstance(updated, cst.With)
    return cst.FlattenSentinel(updated.body.body)
