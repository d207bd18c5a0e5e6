"""Layers of tf.layers: the scopes they open and the variables they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.contexts import name_text
from codemods.inventory.graph import REGULARIZATION, UPDATE_OPS
from codemods.inventory.names import snake_case
from codemods.inventory.op_shapes import convolved, pair
from codemods.inventory.program import Call, parameters
from codemods.inventory.registry import called, method, symbol
from codemods.inventory.tf_state import reuse_of, stored
from codemods.inventory.values import UNKNOWN, Node, Special, Symbol, Unknown, Write, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_CLASSES = {
    "Dense": "dense", "Conv1D": "conv1d", "Conv2D": "conv2d", "Conv3D": "conv3d", "Conv2DTranspose": "conv2d_transpose",
    "Conv3DTranspose": "conv3d_transpose", "SeparableConv2D": "separable_conv2d", "SeparableConv1D": "separable_conv1d",
    "BatchNormalization": "batch_normalization", "Dropout": "dropout",
    "Flatten": "flatten", "MaxPooling1D": "max_pooling1d", "MaxPooling2D": "max_pooling2d",
    "AveragePooling1D": "average_pooling1d", "AveragePooling2D": "average_pooling2d",
}  # fmt: skip
_FUNCTIONS = {function: made for made, function in _CLASSES.items()}


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
    return Special(
        "layer",
        call.symbol,
        {"class": kind, "arguments": call, "variables": {}, "scope": None, "base": base, "reuse": reuse},
    )


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
                run.program.share(found)
    arguments: Call = layer.data["arguments"]
    if layer.data["class"] == "BatchNormalization":
        moving(run, layer, variables, call.kwargs.get("training", arguments.get("training", False)), UPDATE_OPS)
    for weight in ("kernel", "bias"):
        if weight in variables and arguments.get(f"{weight}_regularizer") is not None and first:
            penalty = run.program.tensor(variables[weight], shape=())
            run.program.graph.collections[REGULARIZATION].append(penalty)
    nodes = tuple(nodes_in([inputs, *call.kwargs.values()]))
    result = run.program.tensor(
        *nodes, *variables.values(), shape=output_shape(run, layer, inputs), dtype=_dtype(inputs)
    )
    return activated(run, arguments.get("activation"), result)


def _dtype(inputs: Any) -> str | None:
    """The dtype of a layer's variables: that of what it is called on."""
    return inputs.dtype if isinstance(inputs, Node) else None


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
        Write(
            variables[name],
            "batch normalisation's moving average",
            run.program.place(),
            training is True or bool(condition),
        )
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
    units = given.get("units", given.get("filters"))
    start = given.text("bias_initializer") or "zeros (default)"
    bias = [("bias", (units,), trainable, "model", start)] if given.get("use_bias", True) is not False else []
    if kind == "Dense":
        return [("kernel", (last, given.get("units")), trainable, "model", kernel), *bias]
    if kind in ("Conv1D", "Conv2D", "Conv3D"):
        size = pair(given.get("kernel_size"), int(kind[4]))
        return [("kernel", (*size, last, given.get("filters")), trainable, "model", kernel), *bias]
    if kind.endswith("DTranspose"):
        size = pair(given.get("kernel_size"), int(kind[4]))
        return [("kernel", (*size, given.get("filters"), last), trainable, "model", kernel), *bias]
    if kind.startswith("SeparableConv"):
        times = given.get("depth_multiplier", 1)
        deep = last * times if isinstance(last, int) and isinstance(times, int) else UNKNOWN
        rank = int(kind[-2])
        size = pair(given.get("kernel_size"), rank)
        shapes = {"depthwise": (*size, last, times), "pointwise": (*[1] * rank, deep, given.get("filters"))}
        starts = {part: given.text(f"{part}_initializer") or "glorot_uniform (default)" for part in shapes}
        kernels = [(f"{part}_kernel", shapes[part], trainable, "model", starts[part]) for part in shapes]
        return [*kernels, *bias]
    if kind == "BatchNormalization":
        axis = given.get("axis", -1)
        inside = bool(shape) and isinstance(axis, int) and -len(shape) <= axis < len(shape)
        width = shape[axis] if inside else UNKNOWN
        parts = [("gamma", "scale", "ones"), ("beta", "center", "zeros")]
        own = [
            (name, (width,), trainable, "model", given.text(f"{name}_initializer") or f"{start} (default)")
            for name, option, start in parts
            if given.get(option, True) is not False
        ]
        return [
            *own,
            ("moving_mean", (width,), False, "statistic", "zeros (default)"),
            ("moving_variance", (width,), False, "statistic", "ones (default)"),
            *(
                [
                    ("moving_stddev", (width,), False, "statistic", "ones (default)"),
                    ("renorm_mean", (width,), False, "statistic", "zeros (default)"),
                    ("renorm_stddev", (width,), False, "statistic", "ones (default)"),
                ]
                if given.get("renorm", False) is True
                else []
            ),
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
    if kind in ("Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D"):
        count = len(shape) - 2
        size, stride = pair(given.get("kernel_size"), count), pair(given.get("strides", 1), count)
        dilation = pair(given.get("dilation_rate", 1), count)
        space = [convolved(shape[1 + i], size[i], stride[i], padding, dilation[i]) for i in range(count)]
        return (shape[0], *space, given.get("filters"))
    if kind.startswith(("MaxPooling", "AveragePooling")):
        count = len(shape) - 2
        size, stride = pair(given.get("pool_size"), count), pair(given.get("strides"), count)
        return (shape[0], *(convolved(shape[1 + i], size[i], stride[i], padding) for i in range(count)), shape[-1])
    if kind.endswith("DTranspose"):
        count = len(shape) - 2
        size, stride = pair(given.get("kernel_size"), count), pair(given.get("strides", 1), count)
        space = [grown(shape[1 + i], size[i], stride[i], padding) for i in range(count)]
        return (shape[0], *space, given.get("filters"))
    return shape


def grown(size: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    if not isinstance(size, int):
        return size
    if not all(isinstance(item, int) for item in (kernel, stride)) or not isinstance(padding, str):
        return UNKNOWN
    return size * stride + (max(kernel - stride, 0) if padding.upper() == "VALID" else 0)
