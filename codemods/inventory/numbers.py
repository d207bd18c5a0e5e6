"""Shapes and dtypes of values: NumPy arrays, Python numbers, elementwise results."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from codemods.inventory.program import Program
from codemods.inventory.values import (
    UNKNOWN,
    Array,
    Foreign,
    Node,
    ShapeValue,
    Symbol,
    known,
    nodes_in,
)  # fmt: skip

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_DTYPES = {
    "float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
    "uint64", "bool", "string", "complex64", "complex128", "half", "double",
}  # fmt: skip
_SAME = {
    "half": "float16",
    "double": "float64",
    "float": "float64",
    "int": "int64",
    "float_": "float64",
    "int_": "int64",
}
_FUNCTIONS = {"sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "sin", "cos", "tan", "fabs"}
_PYTHON = {"float64": "float32", "int64": "int32"}  # what TensorFlow makes of a Python number
_SHAPED = {"zeros", "ones", "empty", "full"}
_DRAWN = {"uniform": 2, "normal": 2, "random": 0, "random_sample": 0, "randint": 2, "truncated_normal": 2, "choice": 1}


def dtype_of(value: Any, numpy: bool = False) -> str | None:
    """The dtype that a value names or has as a tensor; None when that is not known."""
    if isinstance(value, (Node, Array)):
        return value.dtype
    if isinstance(value, Symbol) and value.name.rpartition(".")[2] in _DTYPES:
        last = value.name.rpartition(".")[2]
        return _SAME.get(last, last)
    if isinstance(value, Foreign) and value.path.startswith("numpy."):
        last = value.path.rpartition(".")[2]
        return _SAME.get(last, last if last in _DTYPES else None)
    if isinstance(value, str) and value in _DTYPES:
        return value
    if value in (float, int, bool) and isinstance(value, type):
        return {float: "float32", int: "int32", bool: "bool"}[value]
    return None


def constant_dtype(value: Any) -> str | None:
    """The dtype of a Python value as a TensorFlow constant."""
    if isinstance(value, (Node, Array)):
        return value.dtype
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int32"
    if isinstance(value, float):
        return "float32"
    if isinstance(value, (str, bytes)):
        return "string"
    if isinstance(value, (list, tuple)) and value:
        found = {constant_dtype(item) for item in value}
        return "float32" if found == {"int32", "float32"} else found.pop() if len(found) == 1 else None
    return None


def shape_of(value: Any) -> Any:
    """The static shape of a value as a tensor; None when that is not known."""
    if isinstance(value, (Node, Array)):
        return value.shape
    if isinstance(value, (bool, int, float, str, bytes)):
        return ()
    if isinstance(value, (list, tuple)):
        if not value:
            return (0,)
        inner = [shape_of(item) for item in value]
        if any(shape is None for shape in inner):
            return None
        return (len(value), *inner[0]) if all(len(shape) == len(inner[0]) for shape in inner) else None
    return None


def as_shape(run: Expressions, value: Any) -> Any:
    """The shape that an argument like ``shape=[None, 4]`` gives; None when its rank is not known."""
    if isinstance(value, ShapeValue):
        return value.shape
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, Node) and isinstance(value.extra, tuple) and value.extra[:1] == ("shape",):
        return value.extra[1]
    items = run.items(value)
    if items is None:
        return None
    return tuple(_dimension(item) for item in items)


def _dimension(item: Any) -> Any:
    if item is None or (isinstance(item, int) and item >= 0):
        return item
    if isinstance(item, float) and item == int(item):
        return int(item)
    return UNKNOWN


def broadcast(shapes: list[Any]) -> Any:
    """The shape of an elementwise result."""
    if any(shape is None for shape in shapes):
        return None
    length = max((len(shape) for shape in shapes), default=0)
    found = []
    for position in range(-length, 0):
        sizes = [shape[position] for shape in shapes if len(shape) >= -position]
        large = [size for size in sizes if isinstance(size, int) and size != 1]
        unknown = [size for size in sizes if not isinstance(size, int)]
        found.append(large[0] if large else unknown[0] if unknown else 1)
    return tuple(found)


def elementwise(
    program: Program, values: list[Any], *, matmul: bool = False, dtype: str | None = None, cut: bool = False
) -> Any:
    """The result of an elementwise operator, ``@`` included."""
    shapes = [shape_of(value) for value in values]
    shape = product(shapes[0], shapes[1]) if matmul else broadcast(shapes)
    kinds = [value.dtype for value in values if isinstance(value, (Node, Array)) and value.dtype is not None]
    nodes = tuple(nodes_in(values))
    found = dtype or (kinds[0] if kinds else None)
    if nodes or any(isinstance(value, Node) for value in values):
        typed = [value.dtype for value in values if isinstance(value, Node) and value.dtype is not None]
        return program.tensor(*nodes, shape=shape, dtype=dtype or (typed[0] if typed else found), cut=cut)
    return Array(shape, found)


def product(left: Any, right: Any, transpose_left: Any = False, transpose_right: Any = False) -> Any:
    """The shape of a matrix product."""
    if left is None or right is None or len(left) < 2 or len(right) < 2:
        return None
    rows = left[-1] if transpose_left is True else left[-2]
    columns = right[-2] if transpose_right is True else right[-1]
    return (*left[:-2], rows, columns)


def size(shape: Any) -> Any:
    """The number of elements; None or UNKNOWN when a dimension is."""
    found: Any = 1
    for part in shape:
        if not isinstance(part, int):
            return part
        found *= part
    return found


def call_numpy(run: Expressions, path: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of a NumPy function: an array of a known shape, a number, or unknown."""
    last = path.rpartition(".")[2]
    dtype = dtype_of(kwargs.get("dtype"))
    if last in _FUNCTIONS and args and known(args[0]) and isinstance(args[0], (int, float)):
        try:
            return getattr(math, last)(args[0])
        except (ValueError, ArithmeticError):
            return UNKNOWN
    items = run.items(args[0]) if last in ("prod", "sum", "product") and len(args) == 1 else None
    if items is not None and all(isinstance(item, (int, float)) for item in items):
        return math.prod(items) if last != "sum" else sum(items)
    if last in ("int32", "int64", "int") and args and isinstance(args[0], (int, float)):
        return int(args[0])
    if last in ("float32", "float64") and args:
        return args[0] if isinstance(args[0], (int, float)) else Array(shape_of(args[0]), last)
    if last in _SHAPED and args:
        place = 2 if last == "full" else 1
        given = dtype or dtype_of(args[place] if len(args) > place else None)
        return Array(as_shape(run, args[0]), given or "float64")
    if path.startswith("random.") or last in ("rand", "randn"):
        return _drawn(run, last, args, kwargs)
    if last in ("array", "asarray", "asanyarray", "float32", "matrix") and args:
        inner = shape_of(args[0])
        own = dtype or dtype_of(args[1] if len(args) > 1 else None)
        kinds = {"float32": "float64", "int32": "int64"}
        found = args[0].dtype if isinstance(args[0], (Node, Array)) else kinds.get(constant_dtype(args[0]) or "")
        return Array(inner, own or found) if not any(nodes_in(args[0])) else UNKNOWN
    if last in ("zeros_like", "ones_like", "copy") and args:
        return Array(shape_of(args[0]), dtype or dtype_of(args[0]))
    if last == "linspace":
        count = args[2] if len(args) > 2 else kwargs.get("num", 50)
        return Array((count,) if isinstance(count, int) else None, dtype or "float64")
    if last in ("eye", "identity") and args and isinstance(args[0], int):
        return Array((args[0], args[0]))
    if last == "arange" and args and all(type(item) is int for item in args):
        return Array((len(range(*args)),), dtype or "int64")
    if last == "reshape" and len(args) >= 2:
        return reshaped(args[0], as_shape(run, args[1]), args[1])
    if last == "RandomState" or last == "default_rng":
        return Foreign("numpy.random")
    return run.mixed(*args)


def _drawn(run: Expressions, last: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    kind = "int64" if last == "randint" else "float64"
    if last in ("rand", "randn"):
        if not args:
            return Array((), _PYTHON[kind])
        return Array(tuple(args), kind) if all(isinstance(item, int) for item in args) else Array(None, kind)
    if "size" in kwargs or len(args) > _DRAWN.get(last, 99):
        given = kwargs.get("size", args[_DRAWN[last]] if last in _DRAWN and len(args) > _DRAWN[last] else None)
        return Array(as_shape(run, given), kind)
    return Array((), _PYTHON[kind]) if last in _DRAWN and last != "choice" else UNKNOWN


def reshaped(value: Any, shape: Any, given: Any) -> Any:
    """An array in another shape, -1 included."""
    return Array(infer(shape, given, shape_of(value)), value.dtype if isinstance(value, Array) else None)


def infer(shape: Any, given: Any, before: Any) -> Any:
    """A new shape in which one dimension may be -1."""
    if shape is None:
        return None
    items = list(given) if isinstance(given, (list, tuple)) else [given]
    total = size(before) if before is not None else None
    found = list(shape)
    for index, item in enumerate(items):
        if item == -1 and isinstance(item, int):
            others = size([part for position, part in enumerate(found) if position != index])
            exact = isinstance(total, int) and isinstance(others, int) and others > 0
            found[index] = total // others if exact else total if before is not None else None
    return tuple(found)


def plain(shape: Any) -> Any:
    """A shape for output: unknown dimensions are None."""
    if shape is None:
        return None
    return tuple(item if isinstance(item, int) else None for item in shape)
