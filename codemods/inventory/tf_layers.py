"""Layers of tf.layers, tf.contrib.layers and slim: the scopes they open and the variables they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.contexts import name_text
from codemods.inventory.graph import GLOBAL, REGULARIZATION, UPDATE_OPS
from codemods.inventory.names import snake_case
from codemods.inventory.objects import canonical
from codemods.inventory.program import Call, parameters
from codemods.inventory.registry import called, method, symbol
from codemods.inventory.tf_ops import convolved, pair
from codemods.inventory.tf_state import reuse_of, stored
from codemods.inventory.values import UNKNOWN, Node, Special, Symbol, Unknown, Variable, Write, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_CLASSES = {
    "Dense": "dense", "Conv1D": "conv1d", "Conv2D": "conv2d", "Conv3D": "conv3d", "Conv2DTranspose": "conv2d_transpose",
    "SeparableConv2D": "separable_conv2d", "BatchNormalization": "batch_normalization", "Dropout": "dropout",
    "Flatten": "flatten", "MaxPooling1D": "max_pooling1d", "MaxPooling2D": "max_pooling2d",
    "AveragePooling1D": "average_pooling1d", "AveragePooling2D": "average_pooling2d",
}  # fmt: skip
_FUNCTIONS = {function: made for made, function in _CLASSES.items()}
_WEIGHTS = {"kernel": "weights", "bias": "biases", "depthwise_kernel": "depthwise_weights",
            "pointwise_kernel": "pointwise_weights"}  # fmt: skip


@symbol(*(f"tf.layers.{name}" for name in _FUNCTIONS))
def layer_function(run: Expressions, call: Call) -> Any:
    """``tf.layers.dense(x, ...)``: a layer made and called."""
    kind = _FUNCTIONS[call.symbol.rpartition(".")[2]]
    name, reuse = call.get("name"), call.get("reuse")
    layer = Special("layer", call.symbol, {"class": kind, "arguments": call, "variables": {}, "scope": None})
    names = run.program.graph.names
    if name is not None:
        with names.variable_scope(name_text(name)) as scope:
            layer.data["scope"] = scope
    layer.data["reuse"] = reuse_of(reuse)
    layer.data["base"] = snake_case(kind)
    return call_layer(run, layer, Call(call.symbol, [call.get("inputs")], {}, call.node, False, ("inputs",)))


@symbol(*(f"tf.layers.{name}" for name in _CLASSES))
def layer_object(run: Expressions, call: Call) -> Any:
    """``tf.layers.Dense(...)``."""
    kind = call.symbol.rpartition(".")[2]
    call.parameters = tuple(
        name for name in parameters(f"tf.layers.{_CLASSES[kind]}") if name not in ("inputs", "reuse", "training")
    )
    base = name_text(call.get("name")) or snake_case(kind)
    reuse = reuse_of(call.get("_reuse"))
    return Special("layer", call.symbol, {"class": kind, "arguments": call, "variables": {}, "scope": None, "base": base, "reuse": reuse})


@called("layer")
@method("layer", "apply", "call")
def call_layer(run: Expressions, layer: Special, call: Call) -> Any:
    """Call a layer: its variables are made at the first call, in its scope."""
    names = run.program.graph.names
    inputs = call.args[0] if call.args else call.kwargs.get("inputs", UNKNOWN)
    certain = True
    if layer.data["scope"] is None:
        base = layer.data["base"]
        with names.variable_scope(base if layer.data["reuse"] else None, base) as scope:
            layer.data["scope"] = scope
            certain = names.scope_certain(scope.name, base)
    first = not layer.data.get("built")
    reuse = layer.data["reuse"] if first else True
    with names.variable_scope(layer.data["scope"], reuse=reuse, auxiliary=False):
        variables = layer.data["variables"]
        if first:
            layer.data["built"] = True
            for name, shape, trainable, role, initializer in weights(run, layer, inputs):
                variables[name] = stored(
                    run, name, shape=shape, dtype=_dtype(inputs), trainable=trainable, made_by=layer.symbol,
                    initializer=initializer, role=role,
                )  # fmt: skip
                if not certain:
                    variables[name].certain = False
        else:
            for found in variables.values():
                if run.program.place() not in found.shared:
                    found.shared.append(run.program.place())
    arguments: Call = layer.data["arguments"]
    if layer.data["class"] == "BatchNormalization":
        moving(run, layer, variables, call.kwargs.get("training", arguments.get("training", False)), UPDATE_OPS)
    for weight in ("kernel", "bias"):
        if weight in variables and arguments.get(f"{weight}_regularizer") is not None and first:
            penalty = run.program.tensor(variables[weight], shape=())
            run.program.graph.collections[REGULARIZATION].append(penalty)
    nodes = tuple(nodes_in([inputs, *call.kwargs.values()]))
    result = run.program.tensor(*nodes, *variables.values(), shape=output_shape(run, layer, inputs), dtype=_dtype(inputs))
    return activated(run, arguments.get("activation"), result)


def _dtype(inputs: Any) -> str:
    found = inputs.dtype if isinstance(inputs, Node) else None
    return found if found is not None and found.startswith(("float", "bfloat")) else "float32"


def activated(run: Expressions, activation: Any, result: Node) -> Any:
    """The result of an activation: a function of the program may make variables of its own."""
    if activation is None or isinstance(activation, (Symbol, Unknown)):
        return result
    found = run.call_value(activation, [result], {}, None)
    return found if isinstance(found, Node) else result


def moving(run: Expressions, layer: Special, variables: dict[str, Any], training: Any, collection: str | None) -> None:
    """The updates of moving statistics: ops in ``collection``."""
    if training is False or "moving_mean" not in variables:
        return
    condition = tuple(nodes_in(training))
    writes = tuple(
        Write(variables[name], "batch normalisation's moving average", run.program.place(), training is True or bool(condition))
        for name in ("moving_mean", "moving_variance")
    )
    for write in writes:
        run.program.graph.collections[collection or ""].append(run.program.op(*condition, writes=(write,)))


def weights(run: Expressions, layer: Special, inputs: Any) -> list[tuple[str, Any, Any, str, str | None]]:
    """The variables of a layer of tf.layers: name, shape, trainable, role, initializer."""
    given: Call = layer.data["arguments"]
    kind = layer.data["class"]
    shape = numbers.shape_of(inputs)
    last = shape[-1] if shape else UNKNOWN
    if given.get("data_format") == "channels_first" and shape and len(shape) > 2:
        last = shape[1]
    trainable = given.get("trainable", True)
    kernel = given.text("kernel_initializer") or "glorot_uniform (default)"
    bias = [("bias", (given.get("units", given.get("filters")),), trainable, "model", given.text("bias_initializer") or "zeros (default)")]
    bias = bias if given.get("use_bias", True) is not False else []
    if kind == "Dense":
        return [("kernel", (last, given.get("units")), trainable, "model", kernel), *bias]
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        size = pair(given.get("kernel_size"), int(kind[4]))
        return [("kernel", (*size, last, given.get("filters")), trainable, "model", kernel), *bias]
    if kind == "Conv2DTranspose":
        return [("kernel", (*pair(given.get("kernel_size")), given.get("filters"), last), trainable, "model", kernel), *bias]
    if kind == "SeparableConv2D":
        times = given.get("depth_multiplier", 1)
        deep = last * times if isinstance(last, int) and isinstance(times, int) else UNKNOWN
        size = pair(given.get("kernel_size"))
        return [
            ("depthwise_kernel", (*size, last, times), trainable, "model", given.text("depthwise_initializer") or "glorot_uniform (default)"),
            ("pointwise_kernel", (1, 1, deep, given.get("filters")), trainable, "model", given.text("pointwise_initializer") or "glorot_uniform (default)"),
            *bias,
        ]  # fmt: skip
    if kind == "BatchNormalization":
        axis = given.get("axis", -1)
        size = shape[axis] if shape and isinstance(axis, int) and -len(shape) <= axis < len(shape) else UNKNOWN
        parts = [("gamma", "scale", "ones"), ("beta", "center", "zeros")]
        own = [
            (name, (size,), trainable, "model", given.text(f"{name}_initializer") or f"{start} (default)")
            for name, option, start in parts
            if given.get(option, True) is not False
        ]
        return [
            *own,
            ("moving_mean", (size,), False, "statistic", "zeros (default)"),
            ("moving_variance", (size,), False, "statistic", "ones (default)"),
        ]
    return []


def output_shape(run: Expressions, layer: Special, inputs: Any) -> Any:
    """The static shape of a layer's result."""
    given: Call = layer.data["arguments"]
    kind = layer.data["class"]
    shape = numbers.shape_of(inputs)
    if shape is None:
        return None
    if kind == "Dense":
        return (*shape[:-1], given.get("units"))
    if kind == "Flatten":
        return (shape[0], numbers.size(shape[1:]))
    if given.get("data_format") == "channels_first":
        return None
    padding = given.get("padding", "valid")
    if kind in ("Conv1D", "Conv2D", "Conv3D", "SeparableConv2D"):
        count = len(shape) - 2
        size, stride = pair(given.get("kernel_size"), count), pair(given.get("strides", 1), count)
        dilation = pair(given.get("dilation_rate", 1), count)
        space = [convolved(shape[1 + i], size[i], stride[i], padding, dilation[i]) for i in range(count)]
        return (shape[0], *space, given.get("filters"))
    if kind.startswith(("MaxPooling", "AveragePooling")):
        count = len(shape) - 2
        size, stride = pair(given.get("pool_size"), count), pair(given.get("strides"), count)
        return (shape[0], *(convolved(shape[1 + i], size[i], stride[i], padding) for i in range(count)), shape[-1])
    if kind == "Conv2DTranspose":
        size, stride = pair(given.get("kernel_size")), pair(given.get("strides", 1))
        return (shape[0], *(_grown(shape[1 + i], size[i], stride[i], padding) for i in range(2)), given.get("filters"))
    return shape


def _grown(size: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    if not isinstance(size, int):
        return size
    if not all(isinstance(item, int) for item in (kernel, stride)) or not isinstance(padding, str):
        return UNKNOWN
    return size * stride + (max(kernel - stride, 0) if padding.upper() == "VALID" else 0)


# contrib.layers and slim

_SCOPES = {
    "fully_connected": "fully_connected", "linear": "fully_connected", "relu": "fully_connected", "conv2d": "Conv",
    "convolution2d": "Conv", "convolution": "Conv", "conv2d_transpose": "Conv2d_transpose",
    "convolution2d_transpose": "Conv2d_transpose", "separable_conv2d": "SeparableConv2d",
    "separable_convolution2d": "SeparableConv2d", "batch_norm": "BatchNorm",
}  # fmt: skip
_POOLS = {"max_pool2d": "MaxPool2D", "avg_pool2d": "AvgPool2D"}
HOMES = ("tf.contrib.layers", "tf.contrib.slim")


def _everywhere(*names: str) -> list[str]:
    return [f"{home}.{name}" for home in HOMES for name in names]


@symbol(*_everywhere(*(name for name in _SCOPES if name != "batch_norm")))
def contrib_layer(run: Expressions, call: Call) -> Any:
    """``slim.conv2d``, ``tf.contrib.layers.fully_connected`` and the like."""
    last = call.symbol.rpartition(".")[2]
    names = run.program.graph.names
    inputs = call.get("inputs", call.args[0] if call.args else UNKNOWN)
    default = _SCOPES[last]
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
    if last in ("fully_connected", "linear", "relu"):
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
    if last in ("fully_connected", "linear", "relu"):
        return (*shape[:-1], units)
    if len(shape) != 4 or call.get("data_format") == "NCHW":
        return None
    size, stride = pair(call.get("kernel_size")), pair(call.get("stride", 1))
    padding = call.get("padding", "SAME")
    if "transpose" in last:
        space = [_grown(shape[1 + i], size[i], stride[i], padding) for i in range(2)]
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
        parts += [("moving_mean", True, False, "statistic", "zeros"), ("moving_variance", True, False, "statistic", "ones")]
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
    return run.program.tensor(*nodes_in(ids), table, shape=(*shape, width) if shape is not None else None, dtype="float32")


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
        base = scope if isinstance(scope, str) and not stacked else label
        base = base.rpartition("/")[2] if isinstance(base, str) else label
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

