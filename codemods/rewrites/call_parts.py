"""Parts of calls that rewrites put together anew, and the findings of what they leave out."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.rewrites.place import parenthesized


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    """The argument ``name=value``."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, cst.Name(name), equal=equal)


def inside(ctx: Context, node: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """``new`` in the place of ``node``: in parentheses where it is an operation inside another one."""
    around = isinstance(ctx.parents.get(node), _OPERATIONS)
    return parenthesized(new) if around and isinstance(new, _OPERATIONS) else new


_OPERATIONS = (
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.ComparisonTarget,
    cst.Comparison,
    cst.Attribute,
    cst.Subscript,
)


def taken(ctx: Context, edits: Edits, use: Use, call: cst.Call) -> list[Finding]:
    """Findings of the symbols inside a rewritten call that its new form does without."""
    nodes = set(tree.walk(call)) - {use.node}
    return [
        Finding("TF100", ctx.span(other.node), f"{other.name} became part of {use.name}", Status.NATIVE, other.name)
        for other in ctx.symbols.tf_uses()
        if other.node in nodes and edits.is_dropped(other.node, ctx.parents)
    ]


def loss_reader(ctx: Context) -> Use | None:
    """The first use of something that may read the collections of losses, which TF1 fills by itself."""
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        if call in ctx.read_lists:
            continue
        if use.name.startswith(_READERS):
            return use
        if use.name in ("tf.get_collection", "tf.get_collection_ref"):
            key = call.args[0].value if call is not None and call.args else None
            if key is None or (ctx.symbols.of(key) or "").rpartition(".")[2] not in _VARIABLE_KEYS:
                return use
    return None


_READERS = (
    "tf.losses.get_", "tf.contrib.slim", "tf.contrib.losses", "tf.contrib.layers.apply_reg",
    "tf.contrib.layers.optimize_loss", "tf.contrib.training",
)  # fmt: skip
_VARIABLE_KEYS = frozenset(
    {"TRAINABLE_VARIABLES", "GLOBAL_VARIABLES", "VARIABLES", "LOCAL_VARIABLES", "MODEL_VARIABLES", "UPDATE_OPS"}
)
