"""Static shapes of the results of TensorFlow functions, as TF1's shape functions give them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.program import Call
from codemods.inventory.values import UNKNOWN, Unknown, known

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions


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
    if (
        source is None
        or len(source) != 4
        or not isinstance(window, (list, tuple))
        or not isinstance(strides, (list, tuple))
    ):
        return None
    return tuple(convolved(source[index], window[index], strides[index], call.get("padding")) for index in range(4))


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
    return tuple(
        a * b if isinstance(a, int) and isinstance(b, int) else None for a, b in zip(shape, times, strict=True)
    )


def _range(run: Expressions, call: Call) -> Any:
    ends = [*call.args[:3]]
    if not ends or not all(type(item) in (int, float) for item in ends):
        return (UNKNOWN,)
    start, stop, step = (0, ends[0], 1) if len(ends) == 1 else (*ends, 1)[:3]
    return (max(math.ceil((stop - start) / step), 0),) if step else (UNKNOWN,)


def _scalar(run: Expressions, call: Call) -> Any:
    return ()


def _rows(run: Expressions, call: Call) -> Any:
    shape = numbers.shape_of(call.get("logits", call.args[1] if len(call.args) > 1 else None))
    return shape[:-1] if shape is not None else None


SHAPES: dict[str, Callable[[Any, Call], Any]] = {
    "tf.matmul": _matmul, "tf.batch_matmul": _matmul, "tf.nn.xw_plus_b": _xw, "tf.nn.relu_layer": _xw,
    "tf.reshape": _reshape, "tf.zeros": _made, "tf.ones": _made, "tf.fill": _made, "tf.random_normal": _made,
    "tf.random_uniform": _made, "tf.truncated_normal": _made, "tf.random.normal": _made, "tf.random.uniform": _made,
    "tf.random.truncated_normal": _made, "tf.constant": _constant, "tf.convert_to_tensor": _constant,
    "tf.nn.conv2d": _conv2d, "tf.nn.max_pool": _pool, "tf.nn.avg_pool": _pool, "tf.transpose": _transpose,
    "tf.concat": _concat, "tf.stack": _stack, "tf.pack": _stack, "tf.expand_dims": _expand, "tf.squeeze": _squeeze,
    "tf.one_hot": _one_hot, "tf.nn.embedding_lookup": _lookup, "tf.gather": _lookup, "tf.tile": _tile,
    "tf.contrib.layers.flatten": _flat, "tf.contrib.slim.flatten": _flat, "tf.layers.flatten": _flat,
    "tf.nn.l2_loss": _scalar, "tf.range": _range,
    "tf.nn.softmax_cross_entropy_with_logits": _rows, "tf.random_gamma": _made,
    "tf.nn.softmax_cross_entropy_with_logits_v2": _rows, "tf.nn.sparse_softmax_cross_entropy_with_logits": _rows,
}  # fmt: skip
