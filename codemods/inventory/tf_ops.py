"""Calls of TensorFlow that make no variables: their results, with static shapes and dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.analysis import roles
from codemods.inventory import numbers
from codemods.inventory.op_shapes import SHAPES
from codemods.inventory.program import Call
from codemods.inventory.values import Node, Symbol, Unknown, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

#: Parameter names of functions that the API table does not list.
_CONTRIB = "inputs num_outputs activation_fn normalizer_fn normalizer_params weights_initializer"
PARAMETERS: dict[str, tuple[str, ...]] = {
    "tf.concat": ("values", "axis", "name"),
    **{
        f"tf.contrib.{home}.{name}": tuple(text.split())
        for home in ("layers", "slim")
        for name, text in {
            "fully_connected": _CONTRIB,
            "linear": _CONTRIB,
            "relu": _CONTRIB,
            "conv2d": "inputs num_outputs kernel_size stride padding data_format rate activation_fn normalizer_fn",
            "convolution2d": "inputs num_outputs kernel_size stride padding data_format rate activation_fn",
            "convolution": "inputs num_outputs kernel_size stride padding data_format rate activation_fn",
            "conv2d_transpose": "inputs num_outputs kernel_size stride padding data_format activation_fn",
            "separable_conv2d": "inputs num_outputs kernel_size depth_multiplier stride padding data_format rate",
            "batch_norm": "inputs decay center scale epsilon activation_fn param_initializers param_regularizers",
            "layer_norm": "inputs center scale activation_fn reuse",
            "max_pool2d": "inputs kernel_size stride padding data_format",
            "avg_pool2d": "inputs kernel_size stride padding data_format",
            "flatten": "inputs",
            "dropout": "inputs keep_prob",
            "embed_sequence": "ids vocab_size embed_dim unique initializer",
            "repeat": "inputs repetitions layer",
            "stack": "inputs layer stack_args",
            "one_hot_encoding": "labels num_classes",
            "softmax": "logits",
        }.items()
    },
}
_FIRST = {
    "tf.nn.relu", "tf.nn.relu6", "tf.nn.elu", "tf.nn.selu", "tf.nn.leaky_relu", "tf.nn.sigmoid", "tf.sigmoid",
    "tf.nn.tanh", "tf.tanh", "tf.nn.softmax", "tf.nn.log_softmax", "tf.nn.softplus", "tf.nn.bias_add", "tf.nn.dropout",
    "tf.identity", "tf.nn.lrn", "tf.nn.local_response_normalization", "tf.abs", "tf.exp", "tf.log", "tf.sqrt",
    "tf.square", "tf.negative", "tf.neg", "tf.sign", "tf.floor", "tf.ceil", "tf.round", "tf.clip_by_value",
    "tf.clip_by_norm", "tf.zeros_like", "tf.ones_like", "tf.stop_gradient", "tf.nn.l2_normalize", "tf.reverse",
    "tf.nn.crelu", "tf.check_numerics", "tf.Print", "tf.image.per_image_standardization", "tf.random_shuffle",
    "tf.nn.batch_normalization", "tf.contrib.layers.dropout", "tf.contrib.slim.dropout", "tf.layers.dropout",
    "tf.contrib.slim.softmax", "tf.contrib.layers.softmax", "tf.cumsum", "tf.sin", "tf.cos", "tf.softsign",
    "tf.nn.softsign", "tf.math.log", "tf.math.exp", "tf.log1p", "tf.contrib.layers.unit_norm",
}  # fmt: skip
_BROADCAST = {
    "tf.add", "tf.subtract", "tf.sub", "tf.multiply", "tf.mul", "tf.divide", "tf.div", "tf.truediv", "tf.maximum",
    "tf.minimum", "tf.pow", "tf.squared_difference", "tf.floordiv", "tf.mod", "tf.logical_and", "tf.logical_or",
}  # fmt: skip
_COMPARED = {"tf.equal", "tf.not_equal", "tf.less", "tf.greater", "tf.less_equal", "tf.greater_equal"}
_REDUCED = {
    f"tf.reduce_{name}" for name in ("mean", "sum", "max", "min", "prod", "any", "all", "logsumexp")
}  # fmt: skip
_SPELLED = {
    "constant": "Const", "subtract": "sub", "multiply": "mul", "divide": "truediv", "one_hot": "one_hot",
    "embedding_lookup": "embedding_lookup", "zeros_like": "zeros_like", "ones_like": "ones_like",
}  # fmt: skip
_LOOKUPS = {"tf.nn.embedding_lookup", "tf.gather"}
_FLOATS = (
    "tf.random_normal",
    "tf.random_uniform",
    "tf.truncated_normal",
    "tf.random.",
    "tf.zeros",
    "tf.ones",
    "tf.random_gamma",
)
_INDEX = {"tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min"}
_CUT = (
    _INDEX
    | _COMPARED
    | {"tf.stop_gradient", "tf.shape", "tf.round", "tf.floor", "tf.ceil", "tf.sign", "tf.zeros_like", "tf.ones_like"}
)
_MAKERS = (
    "tf.layers.",
    "tf.contrib.",
    "keras.",
    "tf.estimator",
    "tf.feature_column",
    "tf.nn.rnn",
    "tf.metrics.",
    "tf.train.import_meta_graph",
    "tf.import_graph_def",
)
_DATA = ("keras.datasets.", "keras.utils.", "keras.backend.", "keras.preprocessing.", "keras.callbacks.")
_HARMLESS = (
    "_initializer", "_regularizer", "Initializer", ".flatten", ".one_hot_encoding", ".softmax", "ConfigProto",
    "_pool2d", "_pooling2d", "HParams", ".get_weight_decay", ".summarize",
)  # fmt: skip


def other(run: Expressions, call: Call) -> Any:
    """The result of a function that makes no variables: a tensor."""
    nodes = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    label = call.get("name")
    if isinstance(label, (str, Unknown)):
        label = run.program.graph.names.unique(label if isinstance(label, str) else (label.text or "?"))[0]
    elif nodes or (call.symbol.startswith("tf.") and "." not in call.symbol[3:]):
        label = run.program.graph.names.unique(_label(call.symbol))[0]
    else:
        label = None
    if call.symbol.startswith(_MAKERS) and not call.symbol.endswith(_HARMLESS) and not call.symbol.startswith(_DATA):
        run.program.graph.opaque = True
        run.program.note(f"{call.symbol} is not followed: variables that it makes are missing here")
        return run.program.tensor(*nodes, unsure=True)
    if call.symbol.endswith(_HARMLESS) and not nodes:
        return Symbol(call.symbol)
    if roles.role(call.symbol) == roles.HOST:
        return run.mixed(*call.args)
    shape, dtype = _result(run, call)
    cut = call.symbol in _CUT or dtype in ("int32", "int64", "bool")
    result = run.program.tensor(*nodes, shape=shape, dtype=dtype, cut=cut, name=label)
    if call.symbol == "tf.shape" and call.args:
        result.extra = ("shape", numbers.shape_of(call.args[0]))
    return result


def _label(symbol: str) -> str:
    """The name that TF1 gives an op without one. Names are compared without regard to case."""
    last = symbol.rpartition(".")[2]
    if last.startswith("reduce_"):
        return last.removeprefix("reduce_")
    if last in _SPELLED or last.startswith(("random_", "truncated_", "softmax_cross", "sparse_softmax", "clip_by")):
        return _SPELLED.get(last, last)
    return last.replace("_", "")


def _result(run: Expressions, call: Call) -> tuple[Any, str | None]:
    name = call.symbol
    first = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
    handler = SHAPES.get(name)
    dtype = numbers.dtype_of(call.get("dtype")) or _common(call.args)
    if dtype is None and name in ("tf.constant", "tf.convert_to_tensor", "tf.fill", "tf.range"):
        value = call.get("value", first)
        dtype = numbers.constant_dtype(value)
    if name == "tf.where" and len(call.args) == 3:
        return numbers.shape_of(call.args[1]), _common(call.args[1:])
    if name in _LOOKUPS:
        dtype = numbers.dtype_of(first)
    elif name.startswith(_FLOATS) and dtype is None:
        dtype = "float32"
    elif name in _INDEX:
        dtype = "int64"
    elif name in _COMPARED:
        dtype = "bool"
    if handler is not None:
        return handler(run, call), dtype
    if name in _FIRST:
        return numbers.shape_of(first), dtype or numbers.constant_dtype(first)
    if name in _BROADCAST or name in _COMPARED:
        return numbers.broadcast([numbers.shape_of(item) for item in call.args[:2]]), dtype
    if name in _REDUCED or name in _INDEX:
        return reduced(call), dtype
    return None, dtype


def _common(values: Any) -> str | None:
    for value in values:
        if isinstance(value, Node) and value.dtype is not None:
            return value.dtype
        if isinstance(value, (list, tuple)) and (found := _common(value)) is not None:
            return found
    return None


def reduced(call: Call) -> Any:
    """The shape of a reduction."""
    value = call.args[0] if call.args else call.get("input_tensor")
    shape = numbers.shape_of(value)
    axis = call.kwargs.get("axis", call.kwargs.get("reduction_indices", call.kwargs.get("dimension", None)))
    if axis is None and len(call.args) > 1:
        axis = call.args[1]
    if axis is None and call.symbol in _INDEX:
        axis = 0
    keep = call.kwargs.get("keepdims", call.kwargs.get("keep_dims", call.args[2] if len(call.args) > 2 else False))
    if axis is None:
        return () if not keep else None if shape is None else (1,) * len(shape)
    axes = [axis] if isinstance(axis, int) else axis
    if shape is None or not isinstance(axes, (list, tuple)) or not all(type(item) is int for item in axes):
        return None
    gone = {item % len(shape) for item in axes if shape}
    if keep is True:
        return tuple(1 if index in gone else part for index, part in enumerate(shape))
    return tuple(part for index, part in enumerate(shape) if index not in gone)


def split(run: Expressions, call: Call) -> Any:
    """``tf.split`` and ``tf.unstack``: a list of tensors where their number is known."""
    value, count, axis = call.get("value"), call.get("num_or_size_splits"), call.get("axis", 0)
    unstacked = call.symbol in ("tf.unstack", "tf.unpack")
    if unstacked:
        count = call.get("num")
    if isinstance(value, int):  # before TF 1.0: tf.split(axis, number, value)
        value, axis = axis if isinstance(axis, Node) else call.args[2] if len(call.args) > 2 else None, value
    shape = numbers.shape_of(value)
    nodes = tuple(nodes_in(value))
    if unstacked and count is None and shape is not None and isinstance(axis, int) and isinstance(shape[axis], int):
        count = shape[axis]
    sizes = count if isinstance(count, (list, tuple)) else None
    number = len(sizes) if sizes is not None else count
    if not isinstance(number, int) or not isinstance(axis, int) or number > 2_000:
        return Unknown(nodes=(run.program.tensor(*nodes),))
    parts = []
    for index in range(number):
        part = None
        if shape is not None and unstacked:
            part = tuple(item for position, item in enumerate(shape) if position != axis % len(shape))
        elif shape is not None:
            whole = shape[axis]
            size = sizes[index] if sizes is not None else whole // number if isinstance(whole, int) else whole
            part = tuple(size if position == axis % len(shape) else item for position, item in enumerate(shape))
        parts.append(run.program.tensor(*nodes, shape=part, dtype=value.dtype if isinstance(value, Node) else None))
    return parts


def cast(run: Expressions, call: Call) -> Any:
    """``tf.cast`` and its relatives."""
    value = call.args[0] if call.args else call.get("x")
    kinds = {"tf.to_float": "float32", "tf.to_int32": "int32", "tf.to_int64": "int64", "tf.to_double": "float64"}
    dtype = kinds.get(call.symbol) or numbers.dtype_of(call.args[1] if len(call.args) > 1 else call.get("dtype"))
    nodes = tuple(nodes_in(value))
    whole = dtype is not None and not dtype.startswith(("float", "bfloat", "complex"))
    return run.program.tensor(*nodes, shape=numbers.shape_of(value), dtype=dtype, cut=whole)
