"""The static shapes of tensors, where they are certain: how many dimensions, and which of them TF1 knew."""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind, Placeholder, Value, Variable
from codemods.tree import is_none

UNSURE = -1  # a dimension that TF1 may or may not have known
Shape = tuple[int | None, ...]  # None: a dimension that is not known before the run
_DEPTH = 60  # steps back through a program
_IMAGES = frozenset({"tf.nn.conv2d", "tf.nn.max_pool", "tf.nn.avg_pool", "tf.nn.conv2d_transpose"})
_SAME = frozenset(
    {
        "tf.nn.relu", "tf.nn.relu6", "tf.nn.elu", "tf.nn.leaky_relu", "tf.nn.selu", "tf.nn.tanh", "tf.tanh",
        "tf.nn.sigmoid", "tf.sigmoid", "tf.nn.dropout", "tf.nn.bias_add", "tf.identity", "tf.cast", "tf.to_float",
        "tf.to_int32", "tf.to_int64", "tf.nn.softmax", "tf.square", "tf.sqrt", "tf.abs", "tf.exp", "tf.log",
        "tf.round", "tf.sign", "tf.zeros_like", "tf.ones_like", "tf.stop_gradient", "tf.nn.log_softmax",
        "tf.clip_by_value", "tf.nn.softplus", "tf.negative", "tf.logical_not", "tf.check_numerics", "tf.to_double",
        "tf.nn.sigmoid_cross_entropy_with_logits", "tf.nn.l2_normalize",
    }
)  # fmt: skip
_SAME_RANK = frozenset({"tf.transpose", "tf.pad", "tf.tile", "tf.reverse"})
_BINARY = frozenset(
    {
        "tf.add", "tf.subtract", "tf.multiply", "tf.divide", "tf.div", "tf.truediv", "tf.maximum", "tf.minimum",
        "tf.pow", "tf.squared_difference", "tf.equal", "tf.not_equal", "tf.less", "tf.less_equal", "tf.greater",
        "tf.greater_equal", "tf.logical_and", "tf.logical_or",
    }
)  # fmt: skip
_REDUCING = frozenset(
    {
        "tf.reduce_sum", "tf.reduce_mean", "tf.reduce_max", "tf.reduce_min", "tf.reduce_prod", "tf.reduce_any",
        "tf.reduce_all", "tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min",
    }
)  # fmt: skip
_FIRST_AXIS = frozenset({"tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min"})  # the axis that is meant without one


def rank(staging: Staging, node: cst.BaseExpression | None) -> int | None:
    """The number of dimensions that a tensor expression surely has."""
    found = shape_of(staging, node) if node is not None else None
    return len(found) if found is not None else None


def shape_of(staging: Staging, node: cst.BaseExpression) -> Shape | None:
    """The shape that TF1 knew of a tensor expression; None where the number of dimensions is not certain here."""
    return _Search(staging).node(node, _DEPTH)


class _Search:
    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.known: dict[cst.BaseExpression, Shape | None] = {}

    def node(self, node: cst.BaseExpression, depth: int) -> Shape | None:
        if node not in self.known:
            self.known[node] = None  # what is computed from itself is not known
            value = self.staging.last_values.get(node)
            self.known[node] = self.value(node, value, depth) if value is not None and depth else None
        return self.known[node]

    def value(self, node: cst.BaseExpression, value: Value, depth: int) -> Shape | None:
        if isinstance(value.constant, (int, float)):
            return ()
        if isinstance(value.payload, Placeholder):
            return self.written(value.payload.shape)
        if value.kind is Kind.VARIABLE and isinstance(value.payload, Variable):
            return self.variable(value.payload)
        if value.either:
            found = {self.value(node, item, depth - 1) for item in value.either}
            return found.pop() if len(found) == 1 else None
        made = value.node if isinstance(value.node, cst.BaseExpression) else node
        return self.made(made, depth) if value.symbolic else None

    def written(self, shape: cst.BaseExpression | None) -> Shape | None:
        """A shape that is written as a list."""
        if not isinstance(shape, (cst.List, cst.Tuple)):
            return None
        return tuple(self.dimension(element.value) for element in shape.elements)

    def dimension(self, node: cst.BaseExpression) -> int | None:
        """One dimension of a shape: a number, None, or not known here."""
        if is_none(node):
            return None
        number = self.number(node)
        return UNSURE if number is None else None if number < 0 else number

    def number(self, node: cst.BaseExpression | None) -> int | None:
        """A whole number that is known."""
        value = self.staging.last_values.get(node) if node is not None else None
        found = value.constant if value is not None else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def variable(self, variable: Variable) -> Shape | None:
        symbol = self.staging.symbols.of(variable.call.func) or ""
        entry = tables.lookup(symbol)
        bound = tables.bind(variable.call, entry) if entry is not None else {}
        return self.written(bound["shape"].value) if symbol == "tf.get_variable" and "shape" in bound else None

    def made(self, made: cst.BaseExpression, depth: int) -> Shape | None:
        """The shape of what an expression computes."""
        if isinstance(made, cst.BinaryOperation):
            return self.broadcast(made.left, made.right, depth)
        if isinstance(made, cst.Comparison):
            several = len(made.comparisons) != 1
            return None if several else self.broadcast(made.left, made.comparisons[0].comparator, depth)
        if isinstance(made, cst.UnaryOperation):
            return self.node(made.expression, depth - 1)
        if isinstance(made, cst.Subscript):
            return self.item(made, depth)
        if not isinstance(made, cst.Call) or any(argument.star for argument in made.args):
            return None
        call = self.staging.keras.layer_uses.get(made)
        if call is not None:
            return self.layer(call.made.kind.name, call.made.arguments, call.inputs, depth)
        return self.function(made, self.staging.symbols.of(made.func) or "", depth)

    def layer(
        self, name: str, arguments: dict[str, cst.Arg], inputs: cst.BaseExpression | None, depth: int
    ) -> Shape | None:
        """What a layer of ``tf.layers`` gives."""
        given = self.node(inputs, depth - 1) if inputs is not None else None
        if name == "Flatten":
            return (given[0] if given else UNSURE, UNSURE)
        digit = name.removesuffix("Transpose")[-2]
        if digit.isdigit():
            return (given[0] if given else UNSURE, *[UNSURE] * (int(digit) + 1))
        if given is None or name != "Dense":
            return given
        units = self.number(arguments["units"].value) if "units" in arguments else None
        return (*given[:-1], UNSURE if units is None else units)

    def function(self, made: cst.Call, symbol: str, depth: int) -> Shape | None:
        entry = tables.lookup(symbol)
        bound = tables.bind(made, entry) if entry is not None and entry.parameters else {}
        given = {name: argument.value for name, argument in bound.items()}
        plain = [argument.value for argument in made.args]
        if symbol in _IMAGES:
            return (UNSURE,) * 4
        if symbol == "tf.reshape":
            return self.written(given.get("shape"))
        if symbol.startswith("tf.losses.") and "reduction" not in given:
            return ()
        if symbol == "tf.nn.l2_loss":
            return ()
        if symbol == "tf.nn.in_top_k":
            return (None,)
        if not plain:
            return None
        if symbol in _REDUCING - _FIRST_AXIS and given and set(given) <= {"input_tensor", "name"}:
            return ()
        if symbol in _BINARY and len(plain) >= 2:
            return self.broadcast(plain[0], plain[1], depth)
        if symbol == "tf.nn.sparse_softmax_cross_entropy_with_logits":
            return self.without_last(given.get("logits"), depth)
        if symbol.startswith("tf.nn.softmax_cross_entropy_with_logits") and not {"dim", "axis"} & set(given):
            return self.without_last(given.get("logits"), depth)
        first = self.node(given.get("logits", plain[0]) if "sigmoid_cross" in symbol else plain[0], depth - 1)
        if first is None or symbol in _SAME:
            return first
        if symbol in _SAME_RANK:
            return (UNSURE,) * len(first)
        return self.changed(symbol, given, first, depth)

    def changed(self, symbol: str, given: dict[str, cst.BaseExpression], first: Shape, depth: int) -> Shape | None:
        """What a function makes of a tensor with dimensions added, or taken away."""
        axis = given.get("axis", given.get("dim", given.get("dimension", given.get("reduction_indices"))))
        if symbol == "tf.matmul" and any(name not in ("a", "b", "name") for name in given):
            return (UNSURE,) * len(first)
        if symbol == "tf.matmul":
            second = self.node(given["b"], depth - 1) if "b" in given else None
            return (*first[:-1], second[-1] if second else UNSURE)
        if symbol == "tf.one_hot" and axis is None:
            depth_of = self.number(given.get("depth"))
            return (*first, UNSURE if depth_of is None else depth_of)
        if symbol == "tf.expand_dims":
            place = self.number(axis)
            if place is None:
                return None
            place = place + len(first) + 1 if place < 0 else place
            return (*first[:place], 1, *first[place:])
        if symbol in _REDUCING:
            if axis is None or is_none(axis):
                kept: Shape | None = first[1:] if symbol in _FIRST_AXIS else ()
                return kept if not _keeps(given) else None
            places = self.axes(axis, first)
            return None if places is None or _keeps(given) else _without(first, places)
        if symbol == "tf.squeeze":
            if axis is not None and not is_none(axis):
                places = self.axes(axis, first)
                return None if places is None else _without(first, places)
            sure = all(size is not None and size != UNSURE for size in first)
            return tuple(size for size in first if size != 1) if sure else None
        return None

    def axes(self, node: cst.BaseExpression, shape: Shape) -> set[int] | None:
        """The dimensions that an ``axis`` means."""
        listed = [item.value for item in node.elements] if isinstance(node, (cst.List, cst.Tuple)) else [node]
        numbers = [self.number(item) for item in listed]
        if any(number is None or not -len(shape) <= number < len(shape) for number in numbers):
            return None
        return {number % len(shape) for number in numbers if number is not None}

    def without_last(self, node: cst.BaseExpression | None, depth: int) -> Shape | None:
        found = self.node(node, depth - 1) if node is not None else None
        return found[:-1] if found else None

    def item(self, made: cst.Subscript, depth: int) -> Shape | None:
        """``x[:, 0]``."""
        best = self.staging.last_values.get(made.value)
        call = best.node if best is not None and best.kind is Kind.SEQUENCE else None
        if isinstance(call, cst.Call) and self.staging.symbols.of(call.func) == "tf.nn.top_k":
            of = self.node(call.args[0].value, depth - 1)
            return (*of[:-1], UNSURE) if of else None
        shape = self.node(made.value, depth - 1)
        if shape is None or len(made.slice) > len(shape):
            return None
        result: list[int | None] = []
        for place, element in enumerate(made.slice):
            found = element.slice
            if isinstance(found, cst.Slice):
                whole = found.lower is None and found.upper is None and found.step is None
                result.append(shape[place] if whole else UNSURE)
            elif not isinstance(found, cst.Index) or self.number(found.value) is None:
                return None
        return (*result, *shape[len(made.slice) :])

    def broadcast(self, left: cst.BaseExpression, right: cst.BaseExpression, depth: int) -> Shape | None:
        """The shape of an operation of two tensors; a number has no dimensions."""
        first = self.node(left, depth - 1)
        if first is None:
            return None  # then the other side says nothing, and need not be looked at
        second = self.node(right, depth - 1)
        if second is None:
            return None
        longest = max(len(first), len(second))
        pairs = zip((1,) * (longest - len(first)) + first, (1,) * (longest - len(second)) + second, strict=True)
        return tuple(_joined(*pair) for pair in pairs)


def _joined(left: int | None, right: int | None) -> int | None:
    if left == 1:
        return right
    if right == 1 or left == right:
        return left
    known = [size for size in (left, right) if size is not None and size > 1]
    return known[0] if known else UNSURE


def _keeps(given: dict[str, cst.BaseExpression]) -> bool:
    """Whether a reduction may keep its dimensions."""
    return any(name in given for name in ("keepdims", "keep_dims"))


def _without(shape: Shape, places: set[int]) -> Shape:
    return tuple(size for place, size in enumerate(shape) if place not in places)
