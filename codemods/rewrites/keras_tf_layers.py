"""``tf.layers`` among Keras layers: the Keras layer of the same name, with the same weights, defaults and results."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods import tables, templates
from codemods.analysis.layer_records import LayerCall, MadeLayer
from codemods.analysis.layer_table import FUNCTIONS, LayerKind, kind_of
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites import layer_labels, spelling
from codemods.rewrites.call_parts import keyword, loss_reader
from codemods.rewrites.keras_classes import plain_equal, tidy
from codemods.rewrites.literals import literal_value
from codemods.rewrites.wrapping import rewrapped
from codemods.tree import is_none

_CALLED_WITH = frozenset({"inputs", "training", "reuse", "_reuse", "_scope", "scope", "updates_collections", "contrib"})
# What only one value may be said of, the one that TF1 has anyway.
_ONLY = {
    "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99, "virtual_batch_size": None, "adjustment": None,
    "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None, "depthwise_constraint": None,
    "pointwise_constraint": None, "beta_constraint": None, "gamma_constraint": None, "dtype": None,
}  # fmt: skip
# Layers without weights leave numbers of these dtypes as they are.
_INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "bool"})


def is_layer(symbol: str) -> bool:
    """Whether ``symbol`` is one of the layers that this module rewrites."""
    return kind_of(symbol) is not None


def propose(ctx: Context, edits: Edits, use: Use) -> list[tuple[str, str]]:
    """Propose the edits for one use; return the codes and messages of notes. Raises Refusal."""
    call = ctx.symbols.call(use.node)
    entry = tables.lookup(use.name)
    if call is None or entry is None:
        raise Refusal("TF105", f"{use.name} is passed on without being called", use.node, use.name)
    bound = tables.bind(call, entry)
    called = ctx.keras.layer_uses.get(call)
    shared = ctx.keras.shared.get(call)
    if shared is not None:
        _again(edits, use, call, bound, shared, called)
        return []
    kind = kind_of(use.name)
    assert kind is not None
    made = ctx.keras.made.get(call)
    functional = use.name in FUNCTIONS
    removed = _settings(ctx, edits, use, kind, bound, functional)
    if made is not None and made.frozen and "momentum" in bound:
        removed.append(bound["momentum"])
    for arg in removed:
        edits.remove(arg)
    notes: list[tuple[str, str]] = []
    target = _class(ctx, edits, use, kind, made, notes)
    added = [keyword("rate", cst.Float("0.5"))] if kind.name == "Dropout" and "rate" not in bound else []
    if made is not None and made.frozen:
        added.append(keyword("momentum", cst.Float("1.0")))
    if made is not None and made.dtype != "float32" and (kind.weights or made.dtype not in _INTEGERS):
        added.append(_dtype(made, use))
    if not functional:
        edits.replace(use.node, _constant(target))
        edits.replace(call, lambda updated: rewrapped(tidy(updated.with_changes(args=[*updated.args, *added]))))
        return notes
    edits.drop(use.node)
    taken = [bound[name] for name in ("inputs", "training") if name in bound and bound[name] not in removed]
    kept = [arg for arg in call.args if arg not in removed]

    def apart(updated: cst.Call) -> cst.Call:
        """The layer, called on its input."""
        args = dict(zip(kept, updated.args, strict=True))
        own = [new for old, new in args.items() if old not in taken]
        start = _start(updated, own)
        layer: cst.BaseExpression = rewrapped(tidy(cst.Call(target, [*own, *added], whitespace_before_args=start)))
        if made is not None and made.name is not None:
            ctx.layer_makers[made] = layer
            layer = cst.Name(made.name)
        return cst.Call(layer, _given(bound, args), lpar=updated.lpar, rpar=updated.rpar)

    edits.replace(call, apart)
    return notes


def _start(call: cst.Call, own: list[cst.Arg]) -> cst.BaseParenthesizableWhitespace:
    """What stands before the first argument: where arguments have lines of their own, the line break stays."""
    space = call.whitespace_before_args
    return space if own and isinstance(space, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace("")


def _class(
    ctx: Context, edits: Edits, use: Use, kind: LayerKind, made: MadeLayer | None, notes: list[tuple[str, str]]
) -> cst.BaseExpression:
    """The class of the layer: Keras', or for images one over TF1's kernel of batch normalization."""
    keras = spelling.spell(ctx, edits, use.node, use.scope, f"keras.layers.{kind.name}")
    if kind.name != "BatchNormalization" or made is None:
        return keras
    fused, axis = (made.arguments.get(name) for name in ("fused", "axis"))
    plain = made.rank in (3, 5) or (made.rank == 2 and not _is_of_contrib(made))
    if plain or (fused is not None and literal_value(fused.value) is False):
        trains = not made.frozen and any(call.training is not False for call in made.calls)
        exact = ctx.settings.numerics == "exact" and trains and made.dtype == "float32"
        return _written(ctx, edits, "plain_batch_normalization") if exact else keras
    if made.dtype != "float32" or (axis is not None and literal_value(axis.value) not in (-1, 1, 3)):
        message = f"{use.name} of images with another axis or dtype than the fused kernel's"
        raise Refusal("TF602", message, use.node, use.name)
    if fused is not None and not (is_none(fused.value) or literal_value(fused.value) is True):
        raise Refusal("TF602", f"{use.name}: it is not known whether it is fused", use.node, use.name)
    if ctx.settings.numerics == "keras":
        message = (
            "the moving variance follows the variance over N elements, TensorFlow 1's that over N - 1 (outputs: 7e-7)"
        )
        notes.append(("TF752", message))
        return keras
    notes.append(("TF751", "batch normalization stays that of TensorFlow 1's fused kernel"))
    return _written(ctx, edits, _fused_template(ctx, use))


def _written(ctx: Context, edits: Edits, template: str) -> cst.Name:
    """The name of a class that is written into the file."""
    found = templates.load(template)
    ctx.templates.setdefault(found.name, found)
    for module, alias, name in found.imports:
        edits.require_import(module, alias, name)
    return cst.Name(found.name)


def _fused_template(ctx: Context, use: Use) -> str:
    """The class over the fused kernel: of images, or of vectors as well, which tf.contrib normalized by it."""
    normalized = [made for made in ctx.keras.made.values() if made.kind.name == "BatchNormalization"]
    if not any(_is_of_contrib(made) and made.rank != 4 for made in normalized):
        return "fused_batch_normalization"
    axes = [made.arguments["axis"] for made in normalized if "axis" in made.arguments]
    ranks = {made.rank for made in normalized if not _is_of_contrib(made)}
    if None in ranks or any(literal_value(axis.value) not in (-1, 3) for axis in axes):
        message = f"{use.name} of a tensor whose rank is not known, beside layers of tf.contrib"
        raise Refusal("TF602", message, use.node, use.name)
    return "fused_batch_normalization_of_vectors"


def _is_of_contrib(made: MadeLayer) -> bool:
    return "contrib" in made.arguments


def _again(
    edits: Edits, use: Use, call: cst.Call, bound: dict[str, cst.Arg], made: MadeLayer, called: LayerCall | None
) -> None:
    """A call that shares the weights of an earlier one calls the same layer."""
    if made.name is None:
        raise Refusal("TF410", f"{use.name} shares a layer that has no name", use.node, use.name)
    quiet = called is None or called.training is False
    kept = [arg for name, arg in bound.items() if name == "inputs" or (name == "training" and not quiet)]
    edits.drop(use.node)
    for arg in call.args:
        if arg not in kept:
            edits.remove(arg)

    def again(updated: cst.Call) -> cst.Call:
        args = dict(zip([arg for arg in call.args if arg in kept], updated.args, strict=True))
        return cst.Call(cst.Name(str(made.name)), _given(bound, args), lpar=updated.lpar, rpar=updated.rpar)

    edits.replace(call, again)


def _given(bound: dict[str, cst.Arg], args: dict[cst.Arg, cst.Arg]) -> list[cst.Arg]:
    """The arguments that a layer is called with, from what those of the function became."""
    found = [cst.Arg(args[bound["inputs"]].value)]
    if "training" in bound and bound["training"] in args:
        found.append(keyword("training", args[bound["training"]].value))
    return found


def _settings(
    ctx: Context, edits: Edits, use: Use, kind: LayerKind, bound: dict[str, cst.Arg], functional: bool
) -> list[cst.Arg]:
    """Propose the changes of single arguments; return those that go."""
    removed = []
    for position, (parameter, arg) in enumerate(bound.items()):
        value = literal_value(arg.value)
        if parameter == "training":
            removed += [arg] if value is False or is_none(arg.value) else []
        elif parameter in _CALLED_WITH:
            removed += [arg] if parameter != "inputs" else []
        elif is_none(arg.value) and not parameter.endswith("_initializer"):
            removed.append(arg)
        elif is_none(arg.value):
            if parameter not in ("kernel_initializer", "depthwise_initializer", "pointwise_initializer"):
                raise Refusal("TF602", f"{use.name} with {parameter}=None", arg, use.name)
            removed.append(arg)
        elif parameter == "fused":
            removed.append(arg)
        elif parameter in _ONLY:
            if _ONLY[parameter] is None or value != _ONLY[parameter] or value is None:
                raise Refusal("TF602", f"{use.name} with {parameter}= has no counterpart in Keras 3", arg, use.name)
            removed.append(arg)
        elif parameter.endswith("_regularizer") and loss_reader(ctx) is not None:
            raise Refusal("TF602", f"{use.name} with {parameter}= adds to collections of TF1", arg, use.name)
        elif parameter.endswith("_regularizer"):
            removed.append(arg)  # nothing ever reads the collection that it adds to
        elif parameter == "name":
            keeps = layer_labels.keeps(ctx, arg.value)
            removed += [] if keeps else [arg]
            if keeps:
                edits.replace(arg, _with_keyword(parameter))
        elif parameter == "trainable" and kind.statistics and value is not True:
            message = f"{use.name} with trainable=: Keras 3 then uses the moving statistics"
            raise Refusal("TF602", message, arg, use.name)
        else:
            if parameter == "axis" and isinstance(arg.value, (cst.List, cst.Tuple)):
                raise Refusal("TF602", f"{use.name} over several axes has no counterpart in Keras 3", arg, use.name)
            if parameter == "padding":
                _padding(edits, arg)
            left_out = any(item.keyword is None for item in removed)  # what follows is no longer in its place
            if arg.keyword is None and (left_out or position >= kind.leading + functional):
                edits.replace(arg, _with_keyword(parameter))
    return removed


def _dtype(made: MadeLayer, use: Use) -> cst.Arg:
    """The dtype of a layer in TF1 is that of its input; one of Keras 3 is float32 unless it is said."""
    if made.dtype is None:
        message = "it is not known of which dtype the layer's input is, which its weights had in TF1"
        raise Refusal("TF610", message, use.node, use.name)
    return keyword("dtype", cst.SimpleString(f'"{made.dtype}"'))


def _padding(edits: Edits, arg: cst.Arg) -> None:
    """Keras wants the padding in small letters."""
    value = literal_value(arg.value)
    if isinstance(value, str) and value != value.lower() and isinstance(arg.value, cst.SimpleString):
        edits.replace(arg.value, lambda updated: updated.with_changes(value=updated.value.lower()))
    elif not isinstance(value, str):
        edits.replace(arg.value, lambda updated: cst.Call(cst.Attribute(updated, cst.Name("lower"))))


def _with_keyword(name: str) -> Callable[[cst.Arg], cst.Arg]:
    return lambda updated: updated.with_changes(keyword=cst.Name(name), equal=plain_equal())


def _constant(node: cst.BaseExpression) -> Callable[[cst.CSTNode], cst.CSTNode]:
    return lambda _: node
