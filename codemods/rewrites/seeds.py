"""``tf.set_random_seed`` becomes ``tf.random.set_seed``.

The random numbers are others, as they are between versions of TF1: the seed of an operation is derived from the global
one in another way. Both sides are reproducible, and in TF2 the seed holds for the process, not for one graph.
"""

from __future__ import annotations

from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import spelling
from codemods.tree import is_none

SYMBOLS = ("tf.set_random_seed", "tf.random.set_random_seed")
_NOTE = "the same seed gives other random numbers than in TensorFlow 1"


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Rewrite every use of ``tf.set_random_seed``, and note that the numbers drawn are others."""
    for use in ctx.symbols.tf_uses():
        if use.name not in SYMBOLS:
            continue
        call = ctx.symbols.call(use.node)
        if call is not None and len(call.args) == 1 and is_none(call.args[0].value):
            message = "tf.set_random_seed(None) took the seed back; TensorFlow 2 has nothing for this"
            findings.append(Finding("TF531", ctx.span(call), message, Status.REFUSED, use.name))
            continue
        try:
            if ctx.symbols.alias(use.node) is None:
                edits.substitute(use.node, spelling.spell(ctx, edits, use.node, use.scope, "tf.random.set_seed"))
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
            continue
        findings.append(Finding("TF530", ctx.span(use.node), "tf.random.set_seed", Status.NATIVE, use.name))
        findings.append(Finding("TF720", ctx.span(call or use.node), _NOTE, None, use.name))
