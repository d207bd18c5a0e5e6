"""``tf.layers`` among Keras layers: the Keras layer of the same name, with the same weights, defaults and results."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods import tables
from codemods.analysis.keras_records import TF_FUNCTIONS, TF_LAYERS
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites import spelling
from codemods.rewrites.keras_classes import plain_equal, tidy
from codemods.rewrites.literals import literal_value

# What both sides have in the same order; everything after it is written as a keyword.
_LEADING = 2
_DROPPED = frozenset({"reuse", "_reuse", "_scope"})
_REFUSED = frozenset({"kernel_regularizer", "bias_regularizer", "activity_regularizer", "dtype", "outputs_collections"})


def is_layer(symbol: str) -> bool:
    """Whether ``symbol`` is one of the layers that this module rewrites."""
    home, _, name = symbol.rpartition(".")
    return symbol in TF_FUNCTIONS or (home == "tf.layers" and name in TF_LAYERS)


def propose(ctx: Context, edits: Edits, use: Use) -> None:
    """Propose the edits for one use. Raises Refusal."""
    call = ctx.symbols.call(use.node)
    entry = tables.lookup(use.name)
    if call is None or entry is None:
        raise Refusal("TF105", f"{use.name} is passed on without being called", use.node, use.name)
    bound = tables.bind(call, entry)
    functional = use.name in TF_FUNCTIONS
    name = TF_FUNCTIONS.get(use.name, use.name.rpartition(".")[2])
    removed = []
    for position, (parameter, arg) in enumerate(bound.items()):
        if parameter == "scope":  # of contrib: the name of the layer
            removed.append(arg)
        elif parameter in _DROPPED or _is_none(arg):
            if parameter in _DROPPED and not (_is_none(arg) or literal_value(arg.value) is False):
                raise Refusal("TF602", f"{use.name} with {parameter}= shares weights by name", arg, use.name)
            removed.append(arg)
        elif parameter in _REFUSED:
            raise Refusal("TF602", f"{use.name} with {parameter}= adds to collections of TF1", arg, use.name)
        elif arg.keyword is None and position >= _LEADING + functional:
            edits.replace(arg, _with_keyword(parameter))
    for arg in removed:
        edits.remove(arg)
    target = spelling.spell(ctx, edits, use.node, use.scope, f"keras.layers.{name}")
    if not functional:
        edits.replace(use.node, _constant(target))
        edits.replace(call, tidy)
        return
    edits.drop(use.node)
    place = call.args.index(bound["inputs"])
    offsets = sum(arg in removed for arg in call.args[:place])

    def apart(updated: cst.Call) -> cst.Call:
        """The layer, called on its input."""
        args = list(updated.args)
        given = args.pop(place - offsets)
        layer = tidy(cst.Call(target, args))
        return cst.Call(layer, [cst.Arg(given.value)], lpar=updated.lpar, rpar=updated.rpar)

    edits.replace(call, apart)
    if call in ctx.hoisted:
        edits.replace(call, ctx.hoisted[call])


def _is_none(arg: cst.Arg) -> bool:
    return isinstance(arg.value, cst.Name) and arg.value.value == "None"


def _with_keyword(name: str) -> Callable[[cst.Arg], cst.Arg]:
    return lambda updated: updated.with_changes(keyword=cst.Name(name), equal=plain_equal())


def _constant(node: cst.BaseExpression) -> Callable[[cst.CSTNode], cst.CSTNode]:
    return lambda _: node
