"""Static shapes of the results of TensorFlow functions, as TF1's shape functions give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.program import Call
from codemods.inventory.values import UNKNOWN, Node, Symbol, Unknown, known, nodes_in

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
_FLOATS = ("tf.random_normal", "tf.random_uniform", "tf.truncated_normal", "tf.random.", "tf.zeros", "tf.ones", "tf.random_gamma")
_INDEX = {"tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min"}
_CUT = _INDEX | _COMPARED | {"tf.stop_gradient", "tf.shape", "tf.round", "tf.floor", "tf.ceil", "tf.sign", "tf.zeros_like", "tf.ones_like"}
_MAKERS = ("tf.layers.", "tf.contrib.", "keras.", "tf.estimator", "tf.feature_column", "tf.nn.rnn", "tf.train.import_meta_graph", "tf.import_graph_def")
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
    elif nodes or call.symbol.startswith("tf.") and "." not in call.symbol[3:]:
        label = run.program.graph.names.unique(_label(call.symbol))[0]
    else:
        label = None
    if call.symbol.startswith(_MAKERS) and not call.symbol.endswith(_HARMLESS) and not call.symbol.startswith(_DATA):
        run.program.graph.opaque = True
        run.program.note(f"{call.symbol} is not followed: variables that it makes are missing here")
        return run.program.tensor(*nodes, unsure=True)
    if call.symbol.endswith(_HARMLESS) and not nodes:
        return Symbol(call.symbol)
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
    handler = _SHAPES.get(name)
    dtype = numbers.dtype_of(call.get("dtype")) or _common(call.args)
    if dtype is None and name in ("tf.constant", "tf.convert_to_tensor", "tf.fill"):
        value = call.get("value", first)
        dtype = numbers.constant_dtype(value)
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


def sliced(shape: Any, key: Any) -> Any:
    """The shape of ``tensor[key]``."""
    if shape is None:
        return None
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        index = keys.index(Ellipsis)
        rest = len(shape) - sum(item is not None for item in keys) + 1
        keys[index : index + 1] = [slice(None)] * rest
    found: list[Any] = []
    left = list(shape)
    for item in keys:
        if item is None:
            found.append(1)
        elif not left:
            return None
        elif isinstance(item, slice):
            size = left.pop(0)
            whole = item == slice(None)
            found.append(size if whole else len(range(size)[item]) if isinstance(size, int) else _length(item))
        elif isinstance(item, Unknown) and item.text == ":":
            left.pop(0)
            found.append(UNKNOWN)
        else:
            left.pop(0)
    return tuple(found + left)


def _length(item: slice) -> Any:
    return None


def convolved(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> Any:
    """The length of one spatial dimension after a convolution or pooling."""
    if not isinstance(size, int):
        return size
    if not all(isinstance(item, int) for item in (kernel, stride, dilation)) or not isinstance(padding, str):
        return UNKNOWN
    if padding.upper() == "SAME":
        return -(-size // stride)
    return -(-(size - (kernel - 1) * dilation) // stride)


def pair(value: Any, count: int = 2) -> list[Any]:
    """A kernel size or stride for each spatial dimension."""
    if isinstance(value, (list, tuple)):
        return list(value) if len(value) == count else list(value) * count if len(value) == 1 else [UNKNOWN] * count
    return [value] * count


def _matmul(run: Expressions, call: Call) -> Any:
    left, right = numbers.shape_of(call.get("a")), numbers.shape_of(call.get("b"))
    return numbers.product(left, right, call.get("transpose_a", False), call.get("transpose_b", False))


def _xw(run: Expressions, call: Call) -> Any:
    return numbers.product(numbers.shape_of(call.get("x")), numbers.shape_of(call.get("weights")))


def _reshape(run: Expressions, call: Call) -> Any:
    given = call.get("shape")
    return numbers.infer(numbers.as_shape(run, given), given, numbers.shape_of(call.get("tensor")))


def _made(run: Expressions, call: Call) -> Any:
    return numbers.as_shape(run, call.get("shape", call.args[0] if call.args else None))


def _constant(run: Expressions, call: Call) -> Any:
    shape = call.get("shape")
    return numbers.as_shape(run, shape) if shape is not None else numbers.shape_of(call.get("value"))


def _conv2d(run: Expressions, call: Call) -> Any:
    source, kernel = numbers.shape_of(call.get("input")), numbers.shape_of(call.get("filter", call.get("filters")))
    strides = call.get("strides")
    if source is None or kernel is None or len(source) != 4 or len(kernel) != 4:
        return (None, None, None, kernel[3]) if kernel is not None and len(kernel) == 4 else None
    if not isinstance(strides, (list, tuple)) or len(strides) != 4 or call.get("data_format") == "NCHW":
        return None
    padding = call.get("padding")
    height = convolved(source[1], kernel[0], strides[1], padding)
    width = convolved(source[2], kernel[1], strides[2], padding)
    return (source[0], height, width, kernel[3])


def _pool(run: Expressions, call: Call) -> Any:
    source = numbers.shape_of(call.get("value", call.get("input")))
    window, strides = call.get("ksize"), call.get("strides")
    if source is None or len(source) != 4 or not isinstance(window, (list, tuple)) or not isinstance(strides, (list, tuple)):
        return None
    return tuple(
        convolved(source[index], window[index], strides[index], call.get("padding")) for index in range(4)
    )


def _transpose(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.args[0] if call.args else None)
    order = call.get("perm")
    if shape is None:
        return None
    if order is None:
        return shape[::-1]
    return tuple(shape[index] for index in order) if known(order) and len(order) == len(shape) else None


def _concat(run: Expressions, call: Call) -> Any:
    values, axis = call.get("values"), call.get("axis")
    if isinstance(values, int):  # before TF 1.0 the axis came first
        values, axis = axis, values
    items = run.items(values)
    if items is None or not isinstance(axis, int):
        return None
    shapes = [numbers.shape_of(item) for item in items]
    if not shapes or any(shape is None or len(shape) != len(shapes[0]) for shape in shapes):
        return None
    parts = [shape[axis] for shape in shapes]
    total = sum(parts) if all(isinstance(part, int) for part in parts) else UNKNOWN if UNKNOWN in parts else None
    return tuple(total if index == axis % len(shapes[0]) else part for index, part in enumerate(shapes[0]))


def _stack(run: Expressions, call: Call) -> Any:
    items = run.items(call.args[0] if call.args else call.get("values"))
    axis = call.get("axis", 0)
    inner = numbers.shape_of(items[0]) if items else None
    if items is None or inner is None or not isinstance(axis, int) or axis < 0:
        return None
    return (*inner[:axis], len(items), *inner[axis:])


def _expand(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.args[0] if call.args else call.get("input"))
    axis = call.get("axis", call.get("dim", call.args[1] if len(call.args) > 1 else None))
    if shape is None or not isinstance(axis, int):
        return None
    index = axis if axis >= 0 else len(shape) + 1 + axis
    return (*shape[:index], 1, *shape[index:])


def _squeeze(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.args[0] if call.args else call.get("input"))
    axis = call.get("axis", call.get("squeeze_dims"))
    if shape is None:
        return None
    if axis is None:
        return tuple(part for part in shape if part != 1) if all(isinstance(part, int) for part in shape) else None
    axes = [axis] if isinstance(axis, int) else axis
    if not known(axes):
        return None
    gone = {item % len(shape) for item in axes}
    return tuple(part for index, part in enumerate(shape) if index not in gone)


def _one_hot(run: Expressions, call: Call) -> Any:
    shape, depth = numbers.shape_of(call.args[0] if call.args else None), call.get("depth")
    return (*shape, depth if isinstance(depth, int) else UNKNOWN) if shape is not None else None


def _lookup(run: Expressions, call: Call) -> Any:
    table, ids = numbers.shape_of(call.get("params")), numbers.shape_of(call.get("ids", call.get("indices")))
    return (*ids, *table[1:]) if table is not None and ids is not None and len(table) >= 1 else None


def _flat(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.args[0] if call.args else call.get("inputs"))
    if shape is None:
        return None
    return (shape[0], numbers.size(shape[1:]))


def _tile(run: Expressions, call: Call) -> Any:
    shape, times = numbers.shape_of(call.args[0] if call.args else None), call.get("multiples")
    if shape is None or not isinstance(times, (list, tuple)) or len(times) != len(shape):
        return None
    return tuple(a * b if isinstance(a, int) and isinstance(b, int) else None for a, b in zip(shape, times, strict=True))


def _scalar(run: Expressions, call: Call) -> Any:
    return ()


def _rows(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.get("logits", call.args[1] if len(call.args) > 1 else None))
    return shape[:-1] if shape is not None else None


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


_SHAPES: dict[str, Callable[[Any, Call], Any]] = {
    "tf.matmul": _matmul, "tf.batch_matmul": _matmul, "tf.nn.xw_plus_b": _xw, "tf.nn.relu_layer": _xw,
    "tf.reshape": _reshape, "tf.zeros": _made, "tf.ones": _made, "tf.fill": _made, "tf.random_normal": _made,
    "tf.random_uniform": _made, "tf.truncated_normal": _made, "tf.random.normal": _made, "tf.random.uniform": _made,
    "tf.random.truncated_normal": _made, "tf.constant": _constant, "tf.convert_to_tensor": _constant,
    "tf.nn.conv2d": _conv2d, "tf.nn.max_pool": _pool, "tf.nn.avg_pool": _pool, "tf.transpose": _transpose,
    "tf.concat": _concat, "tf.stack": _stack, "tf.pack": _stack, "tf.expand_dims": _expand, "tf.squeeze": _squeeze,
    "tf.one_hot": _one_hot, "tf.nn.embedding_lookup": _lookup, "tf.gather": _lookup, "tf.tile": _tile,
    "tf.contrib.layers.flatten": _flat, "tf.contrib.slim.flatten": _flat, "tf.layers.flatten": _flat,
    "tf.nn.l2_loss": _scalar, "tf.nn.softmax_cross_entropy_with_logits": _rows, "tf.random_gamma": _made,
    "tf.nn.softmax_cross_entropy_with_logits_v2": _rows, "tf.nn.sparse_softmax_cross_entropy_with_logits": _rows,
}  # fmt: skip
