"""Layers of tf.contrib.layers and slim: the scopes they open and the variables they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.analysis.contrib_symbols import layer_key, real_name
from codemods.analysis.layer_table import CONTRIB_SCOPES
from codemods.inventory import numbers
from codemods.inventory.graph import GLOBAL, REGULARIZATION, UPDATE_OPS
from codemods.inventory.objects import canonical
from codemods.inventory.op_shapes import convolved, pair
from codemods.inventory.program import Call
from codemods.inventory.registry import symbol
from codemods.inventory.tf_layers import activated, grown, moving
from codemods.inventory.tf_state import reuse_of, stored
from codemods.inventory.values import UNKNOWN, Node, Special, Symbol, Unknown, Variable, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_LAYERS = (
    "fully_connected", "linear", "relu", "relu6", "elu", "conv2d", "convolution2d", "convolution", "conv2d_transpose",
    "convolution2d_transpose", "separable_conv2d", "separable_convolution2d",
)  # fmt: skip
_POOLS = {"max_pool2d": "MaxPool2D", "avg_pool2d": "AvgPool2D"}
HOMES = ("tf.contrib.layers", "tf.contrib.slim")


def _everywhere(*names: str) -> list[str]:
    return [f"{home}.{name}" for home in HOMES for name in names]


@symbol(*_everywhere(*_LAYERS))
def contrib_layer(run: Expressions, call: Call) -> Any:
    """``slim.conv2d``, ``tf.contrib.layers.fully_connected`` and the like."""
    last = layer_key(call.symbol) or ""
    names = run.program.graph.names
    inputs = call.get("inputs", call.args[0] if call.args else UNKNOWN)
    default = CONTRIB_SCOPES.get(last, "Conv")
    scope, certain = _scope(run, call, default)
    normalizer = call.get("normalizer_fn")
    trainable = call.get("trainable", True)
    with names.variable_scope(scope, default, reuse=reuse_of(call.get("reuse"))) as entered:
        certain = certain and names.scope_certain(entered.name, default)
        made = {}
        for name, shape, initializer in _contrib_weights(call, last, inputs):
            if name == "biases" and normalizer is not None:
                continue
            made[name] = stored(
                run, name, shape=shape, dtype="float32", trainable=trainable, made_by=call.symbol,
                initializer=initializer, collections=[GLOBAL, "model_variables"],
            )  # fmt: skip
            made[name].certain = made[name].certain and certain
        if call.get("weights_regularizer") is not None and "weights" in made and not made["weights"].shared:
            run.program.graph.collections[REGULARIZATION].append(run.program.tensor(made["weights"], shape=()))
        shape = _contrib_shape(call, last, inputs)
        result = run.program.tensor(*nodes_in(inputs), *made.values(), shape=shape, dtype="float32")
        if normalizer is not None:
            given = call.get("normalizer_params")
            found = run.call_value(normalizer, [result], given if isinstance(given, dict) else {}, call.node)
            result = found if isinstance(found, Node) else result
        return activated(run, call.get("activation_fn"), result)


def _scope(run: Expressions, call: Call, default: str) -> tuple[Any, bool]:
    given = call.kwargs.get("scope")
    if isinstance(given, Special) and given.kind == "scope object":
        return given.data["scope"], True
    if isinstance(given, Unknown):
        return given.text or "?", False
    return given, True


def _contrib_weights(call: Call, last: str, inputs: Any) -> list[tuple[str, Any, str]]:
    shape = numbers.shape_of(inputs)
    channels = shape[-1] if shape else UNKNOWN
    if call.get("data_format") == "NCHW":
        channels = shape[1] if shape else UNKNOWN
    units = call.get("num_outputs")
    start = call.text("weights_initializer") or "xavier (default)"
    biases = [("biases", (units,), "zeros (default)")]
    if call.kwargs.get("biases_initializer", 0) is None:
        biases = []
    if last == "fully_connected":
        return [("weights", (channels, units), start), *biases]
    size = pair(call.get("kernel_size"))
    if "transpose" in last:
        return [("weights", (*size, units, channels), start), *biases]
    if last.startswith("separable"):
        times = call.get("depth_multiplier", 1)
        deep = channels * times if isinstance(channels, int) and isinstance(times, int) else UNKNOWN
        found = [("depthwise_weights", (*size, channels, times), start)]
        if units is None:
            return [*found, ("biases", (deep,), "zeros (default)")]
        return [*found, ("pointwise_weights", (1, 1, deep, units), start), *biases]
    return [("weights", (*size, channels, units), start), *biases]


def _contrib_shape(call: Call, last: str, inputs: Any) -> Any:
    shape = numbers.shape_of(inputs)
    if shape is None:
        return None
    units = call.get("num_outputs")
    if last == "fully_connected":
        return (*shape[:-1], units)
    if len(shape) != 4 or call.get("data_format") == "NCHW":
        return None
    size, stride = pair(call.get("kernel_size")), pair(call.get("stride", 1))
    padding = call.get("padding", "SAME")
    if "transpose" in last:
        space = [grown(shape[1 + i], size[i], stride[i], padding) for i in range(2)]
    else:
        rate = pair(call.get("rate", 1))
        space = [convolved(shape[1 + i], size[i], stride[i], padding, rate[i]) for i in range(2)]
    return (shape[0], *space, shape[-1] if units is None else units)


@symbol(*_everywhere("batch_norm", "layer_norm"))
def contrib_norm(run: Expressions, call: Call) -> Any:
    """``slim.batch_norm`` and ``tf.contrib.layers.layer_norm``."""
    batch = call.symbol.endswith("batch_norm")
    default = "BatchNorm" if batch else "LayerNorm"
    names = run.program.graph.names
    inputs = call.get("inputs", call.args[0] if call.args else UNKNOWN)
    shape = numbers.shape_of(inputs)
    size = (shape[1] if call.get("data_format") == "NCHW" and len(shape) > 1 else shape[-1]) if shape else UNKNOWN
    given, certain = _scope(run, call, default)
    trainable = call.get("trainable", True)
    parts = [("beta", call.get("center", True), trainable, "model", "zeros (default)")]
    parts.append(("gamma", call.get("scale", not batch), trainable, "model", "ones (default)"))
    if batch:
        parts += [
            ("moving_mean", True, False, "statistic", "zeros"),
            ("moving_variance", True, False, "statistic", "ones"),
        ]
    with names.variable_scope(given, default, reuse=reuse_of(call.get("reuse"))) as entered:
        certain = certain and names.scope_certain(entered.name, default)
        made: dict[str, Variable] = {}
        for name, wanted, trained, role, start in parts:
            if wanted is False or wanted is None:
                continue
            made[name] = stored(
                run, name, shape=(size,), dtype="float32", trainable=trained, made_by=call.symbol, initializer=start,
                collections=[GLOBAL, "model_variables"], role=role,
            )  # fmt: skip
            made[name].certain = made[name].certain and certain
        result = run.program.tensor(*nodes_in(inputs), *made.values(), shape=shape, dtype="float32")
        if batch:
            in_place = "updates_collections" in call.kwargs and call.kwargs["updates_collections"] is None
            moving(run, Special("layer"), made, call.get("is_training", True), None if in_place else UPDATE_OPS)
            if in_place:
                result.controls += tuple(run.program.graph.collections.pop("", []))
        return activated(run, call.get("activation_fn"), result)


@symbol(*_everywhere(*_POOLS))
def contrib_pool(run: Expressions, call: Call) -> Any:
    """``slim.max_pool2d`` and the like."""
    inputs = call.get("inputs", call.args[0] if call.args else UNKNOWN)
    shape = numbers.shape_of(inputs)
    if shape is not None and len(shape) == 4:
        size, stride = pair(call.get("kernel_size")), pair(call.get("stride", 2))
        padding = call.get("padding", "VALID")
        shape = (shape[0], *(convolved(shape[1 + i], size[i], stride[i], padding) for i in range(2)), shape[3])
    return run.program.tensor(*nodes_in(inputs), shape=shape, dtype="float32")


@symbol(*_everywhere("embed_sequence"))
def embed_sequence(run: Expressions, call: Call) -> Any:
    """``tf.contrib.layers.embed_sequence``."""
    ids = call.get("ids", call.args[0] if call.args else UNKNOWN)
    scope, certain = _scope(run, call, "EmbedSequence")
    width = call.get("embed_dim")
    with run.program.graph.names.variable_scope(scope, "EmbedSequence", reuse=reuse_of(call.get("reuse"))):
        table = stored(
            run, "embeddings", shape=(call.get("vocab_size"), width), dtype="float32",
            trainable=call.get("trainable", True), made_by=call.symbol, initializer=call.text("initializer"),
            collections=[GLOBAL, "model_variables"],
        )  # fmt: skip
    table.certain = table.certain and certain
    shape = numbers.shape_of(ids)
    return run.program.tensor(
        *nodes_in(ids), table, shape=(*shape, width) if shape is not None else None, dtype="float32"
    )


@symbol(*_everywhere("repeat", "stack"))
def repeated(run: Expressions, call: Call) -> Any:
    """``slim.repeat`` and ``slim.stack``: one layer several times, in numbered scopes."""
    stacked = call.symbol.endswith("stack")
    args = list(call.args)
    inputs = args.pop(0) if args else call.kwargs.pop("inputs", UNKNOWN)
    many = None if stacked else args.pop(0) if args else call.kwargs.pop("repetitions", UNKNOWN)
    layer = args.pop(0) if args else call.kwargs.pop("layer", UNKNOWN)
    rows: Any = run.items(args.pop(0) if args else call.kwargs.pop("stack_args", UNKNOWN)) if stacked else None
    if not stacked:
        rows = [args] * many if isinstance(many, int) else None
    if rows is None:
        return run.program.opaque(call.symbol, tuple(nodes_in(inputs)))
    kwargs = dict(call.kwargs)
    scope = kwargs.pop("scope", None)
    names = run.program.graph.names
    label = layer.name.rpartition(".")[2] if isinstance(layer, Symbol) else getattr(layer, "name", "layer")
    with names.variable_scope(scope, "Stack" if stacked else "Repeat", reuse=reuse_of(kwargs.pop("reuse", None))):
        base = scope if isinstance(scope, str) else real_name(label)
        for index, row in enumerate(rows):
            given = row if isinstance(row, (list, tuple)) else [row]
            inputs = run.call_value(layer, [inputs, *given], {**kwargs, "scope": f"{base}_{index + 1}"}, call.node)
    return inputs


@symbol("tf.contrib.slim.arg_scope", "tf.contrib.framework.arg_scope")
def arg_scope(run: Expressions, call: Call) -> Any:
    """``slim.arg_scope([functions], **defaults)``, or a scope entered before."""
    given = call.args[0] if call.args else call.kwargs.get("list_ops_or_scope")
    before = run.program.graph.arguments[-1]
    if isinstance(given, dict):
        return Special("arg scope", data={"defaults": given})
    defaults = {name: dict(kept) for name, kept in before.items()}
    for item in given if isinstance(given, (list, tuple)) else []:
        if isinstance(item, Symbol):
            defaults.setdefault(canonical(item.name), {}).update(call.kwargs)
        else:
            run.program.note("arg_scope over a function of the program is not followed")
    return Special("arg scope", data={"defaults": defaults})
