"""``scope.name``: the object of a variable scope goes, its name is a text that is known."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.analysis.staging import Staging
from codemods.context import Context
from codemods.edits import Edits
from codemods.origins import Origins


@dataclass(frozen=True)
class Texts:
    """The module with texts for ``scope.name``, and where its nodes stood in the text."""

    module: cst.Module
    origins: Origins


def propose(edits: Edits, staging: Staging) -> None:
    """Write every ``scope.name`` that is certain as a literal, or as the parameter that holds it."""
    for node, written in staging.state.scope_names.items():
        if written is not None:
            edits.substitute(node, cst.parse_expression(written))


def write_out(ctx: Context, staging: Staging) -> Texts | None:
    """The module, still TF1, without ``scope.name``; None where there is nothing to write."""
    edits = Edits()
    propose(edits, staging)
    if not edits:
        return None
    after = edits.apply(ctx.module, ctx.parents)
    places = ctx.origins if isinstance(ctx.origins, Origins) else None
    return Texts(after, Origins(ctx.module, after, edits, places))
