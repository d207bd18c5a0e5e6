"""The dtypes of tensors, where they are certain: TF1 converts to float32 where TF2 has no such step."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods import tables
from codemods.analysis import effects
from codemods.analysis.keras_records import Symbolic
from codemods.analysis.staging import Staging
from codemods.analysis.state_model import Initial
from codemods.analysis.values import Kind, Placeholder, Value, Variable

_FLOAT32 = frozenset(
    {
        "tf.random_normal", "tf.truncated_normal", "tf.random_uniform", "tf.zeros", "tf.ones", "tf.to_float",
        "tf.random.normal", "tf.random.truncated_normal", "tf.random.uniform", "tf.one_hot",
    }
)  # fmt: skip
# Functions and layers whose result has the dtype of their first argument, whatever the others are.
_OF_FIRST = frozenset(
    {
        "tf.reshape", "tf.transpose", "tf.expand_dims", "tf.squeeze", "tf.tile", "tf.gather", "tf.slice", "tf.square",
        "tf.reduce_sum", "tf.reduce_mean", "tf.reduce_max", "tf.reduce_min", "tf.reduce_prod", "tf.linspace",
        "tf.nn.relu", "tf.nn.relu6", "tf.nn.elu",
        "tf.nn.leaky_relu", "tf.nn.selu", "tf.nn.bias_add", "tf.nn.conv2d", "tf.nn.max_pool", "tf.nn.avg_pool",
        "tf.nn.dropout", "tf.nn.xw_plus_b", "tf.identity", "tf.contrib.layers.fully_connected",
        "tf.contrib.layers.flatten", "tf.concat", "tf.stop_gradient", "tf.pad", "tf.reverse", "tf.stack", "tf.unstack",
        "tf.nn.lrn", "tf.nn.local_response_normalization", "tf.nn.conv1d", "tf.nn.conv3d", "tf.nn.separable_conv2d",
        "tf.nn.depthwise_conv2d", "tf.nn.conv2d_transpose", "tf.nn.atrous_conv2d", "tf.nn.batch_normalization",
        "tf.nn.max_pool3d", "tf.nn.avg_pool3d", "tf.nn.embedding_lookup", "tf.nn.log_softmax", "tf.nn.softsign",
        "tf.nn.crelu", "tf.strided_slice", "tf.space_to_depth", "tf.depth_to_space", "tf.cumsum", "tf.floor", "tf.ceil",
        "tf.round", "tf.sign", "tf.erf", "tf.check_numerics", "tf.reverse_sequence", "tf.image.flip_left_right",
    }
)  # fmt: skip
_INT64 = frozenset({"tf.argmax", "tf.argmin"})
# What dividing integers gives.
_QUOTIENTS = {"int8": "float32", "int16": "float32", "uint8": "float32", "uint16": "float32"} | {
    "int32": "float64", "int64": "float64"
}  # fmt: skip
_WEIGHTED = ("tf.nn.conv2d", "tf.nn.bias_add", "tf.nn.xw_plus_b")  # the second argument has the same dtype
_FILLED_ARRAYS = ("numpy.zeros", "numpy.ones")
_ARRAY_DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8")
_SAME = ""  # the dtype of a value that is being looked at
_QUOTIENT = "/"  # that of such a value divided
_DEPTH = 60  # steps back through a program


def is_float32(staging: Staging, node: cst.BaseExpression) -> bool:
    """Whether every value of a tensor expression surely is float32; plain Python values are not tensors."""
    return dtype_of(staging, node) == "float32"


def dtype_of(staging: Staging, node: cst.BaseExpression) -> str | None:
    """The name of the dtype that every value of a tensor expression surely has; None for plain Python values."""
    return _known(_Search(staging).node(node, _DEPTH))


def leads_to_itself(staging: Staging, node: cst.BaseExpression) -> bool:
    """Whether a tensor is what a function makes of its own results, so that its first arguments tell the dtype."""
    return _Search(staging).node(node, _DEPTH) == _SAME


def variable_dtype(staging: Staging, variable: Variable) -> str | None:
    """The name of the dtype that a variable surely has."""
    return _known(_Search(staging).variable(variable, _DEPTH))


def converted_dtype(staging: Staging, node: cst.BaseExpression) -> str | None:
    """The name of the dtype that a tensor made of a value surely has: of a number, a list, an array or a tensor."""
    return _known(_Search(staging).initial(node, _DEPTH))


class _Search:
    """The name of a dtype; None: not known, or a Python value."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.path: list[Value] = []  # values that are being looked at
        self.known: dict[Value, str | None] = {}
        self.nodes: dict[cst.BaseExpression, str | None] = {}
        self.active: set[cst.BaseExpression] = set()  # those that are being looked at
        self.cuts = 0  # how often a value led back to itself

    def node(self, node: cst.BaseExpression, depth: int) -> str | None:
        if node in self.nodes:
            return self.nodes[node]
        if node in self.active:  # a loop, or a function that is called with what it returned, leads back to it
            self.cuts += 1
            return _SAME
        value = self.staging.last_values.get(node)
        self.active.add(node)
        cuts = self.cuts
        found = self.value(value, depth) if value is not None else None
        self.active.remove(node)
        if self.cuts == cuts or not self.active:
            self.nodes[node] = found
        return found

    def value(self, value: Value, depth: int) -> str | None:
        """The dtype of a value; one that leads back to itself has that of the others that it may be."""
        if value in self.path:
            self.cuts += 1
            return _SAME
        if depth == 0:
            return None
        if value in self.known:
            return self.known[value]
        self.path.append(value)
        cuts = self.cuts
        found = self.value_of(value, depth)
        self.path.pop()
        if self.cuts == cuts or not self.path:
            self.known[value] = found
        return found

    def value_of(self, value: Value, depth: int) -> str | None:
        if value.either:
            return self.all_of(value.either, depth)
        if value.kind is Kind.SEQUENCE and value.parts():
            return self.all_of(value.leaves(), depth)
        if value.kind is Kind.PLACEHOLDER and isinstance(value.payload, Placeholder):
            made = value.payload
            if made.dtype is not None:
                return self.dtype(made.dtype)
            return self.initial(made.default, depth) if made.default is not None else None
        if value.kind is Kind.VARIABLE and isinstance(value.payload, Variable):
            return self.variable(value.payload, depth)
        if value.kind is Kind.KERAS:
            return self.symbolic(value, depth)
        if value.kind is Kind.TENSOR and isinstance(value.node, cst.BaseExpression):
            return self.made(value.node, depth)
        return None

    def dtype(self, node: cst.BaseExpression) -> str | None:
        if isinstance(node, cst.SimpleString):
            text = str(node.evaluated_value)
            return {"float": "float32", "double": "float64"}.get(text, text)
        symbol = self.staging.symbols.of(node)
        name = symbol.removeprefix("tf.") if symbol is not None else None
        return name.removesuffix("_ref") if name is not None and "." not in name else None

    def symbolic(self, value: Value, depth: int) -> str | None:
        """The dtype of a Keras tensor: layers of ``tf.layers`` keep that of their input, Keras' have float32."""
        payload = value.payload
        if isinstance(payload, Symbolic) and payload.placeholder is not None:
            return self.dtype(payload.placeholder.dtype) if payload.placeholder.dtype is not None else "float32"
        node = value.node
        if isinstance(node, cst.Call) and node in self.staging.keras.layer_uses:
            return self.made(node, depth)
        return "float32"

    def variable(self, variable: Variable, depth: int) -> str | None:
        if variable.call in self.staging.keras.recurrent:
            return None
        symbol = self.staging.symbols.of(variable.call.func) or ""
        entry = tables.lookup(symbol)
        bound = tables.bind(variable.call, entry) if entry is not None else {}
        if "dtype" in bound:
            return self.dtype(bound["dtype"].value)
        if symbol == "tf.get_variable" and self.staging.state.made.get(variable.call) is not Initial.VALUE:
            return "float32"
        initial = bound.get("initial_value") or bound.get("initializer")
        if initial is None:
            return None
        return self.initial(initial.value, depth)

    def initial(self, node: cst.BaseExpression, depth: int) -> str | None:
        """A value that is converted to a tensor without a dtype given: numbers and lists of them, or tensors."""
        if isinstance(node, (cst.Float, cst.Integer)):
            small = isinstance(node, cst.Float) or abs(int(node.value, 0)) < 2**31
            return None if not small else "float32" if isinstance(node, cst.Float) else "int32"
        if isinstance(node, cst.Name) and node.value in ("True", "False"):
            return "bool"
        if isinstance(node, cst.UnaryOperation) and not isinstance(node.operator, cst.Not):
            return self.initial(node.expression, depth)
        if isinstance(node, cst.Call) and effects.dotted_name(node.func, self.staging.modules) in _FILLED_ARRAYS:
            return self.array(node)
        if isinstance(node, (cst.List, cst.Tuple)) and node.elements:
            found = {self.initial(element.value, depth) for element in node.elements}
            return "float32" if "float32" in found else "int32" if found == {"int32"} else None
        return self.made(node, depth - 1) if isinstance(node, cst.Call) else self.node(node, depth - 1)

    def array(self, node: cst.Call) -> str | None:
        """The dtype of ``np.zeros`` or ``np.ones``: that of the second argument, else float64."""
        given = [item.value for item in node.args if item.keyword is not None and item.keyword.value == "dtype"]
        given += [item.value for item in node.args[1:2] if item.keyword is None]
        if not given:
            return "float64"
        name = effects.dotted_name(given[0], self.staging.modules).removeprefix("numpy.")
        return name if name in _ARRAY_DTYPES else None

    def made(self, node: cst.BaseExpression, depth: int) -> str | None:
        """The dtype of what an expression computes."""
        if isinstance(node, cst.BinaryOperation):
            operands = self.any_of([node.left, node.right], depth)
            return _quotient(operands) if isinstance(node.operator, cst.Divide) else operands
        if isinstance(node, cst.UnaryOperation):
            return self.node(node.expression, depth - 1)
        if isinstance(node, cst.Subscript):
            return self.node(node.value, depth - 1)
        if not isinstance(node, cst.Call):
            return None
        if node in self.staging.keras.layer_calls:
            return "float32"
        used = self.staging.keras.layer_uses.get(node)
        if used is not None and not isinstance(used.node.func, cst.Call):  # a layer object, held by a name
            return self.node(used.inputs, depth - 1) if used.inputs is not None else None
        symbol = self.staging.symbols.of(node.func) or ""
        entry = tables.lookup(symbol)
        if entry is None or any(argument.star for argument in node.args):
            return None
        bound = tables.bind(node, entry) if entry.parameters else {}
        if "dtype" in bound:
            return self.dtype(bound["dtype"].value)
        arguments = [argument.value for argument in node.args]
        if symbol == "tf.to_double":
            return "float64"
        if symbol in _FLOAT32:
            return "float32"
        if symbol in ("tf.constant", "tf.convert_to_tensor"):
            return self.initial(arguments[0], depth) if arguments else None
        if symbol == "tf.fill":
            return self.initial(arguments[1], depth) if len(arguments) == 2 else None
        if symbol in _INT64:
            return "int64" if "output_type" not in bound else None
        if symbol in ("tf.divide", "tf.truediv"):
            return _quotient(self.any_of(arguments, depth))
        if symbol.startswith("tf.layers."):
            return self.node(bound["inputs"].value, depth - 1) if "inputs" in bound else None
        if symbol in ("tf.where", "tf.select"):
            return self.any_of(arguments[1:], depth) if len(arguments) > 1 else "int64"
        if symbol in _OF_FIRST:
            first = arguments[1] if symbol == "tf.concat" and isinstance(arguments[0], cst.Integer) else arguments[0]
            weights = arguments[1:2] if symbol in _WEIGHTED else []
            return self.any_of([*weights, first], depth)
        if symbol in tables.group("dtype_of_arguments") | tables.group("float_result"):
            tensors = self.any_of(arguments, depth)
            plain = tensors is None and all(self.is_plain(argument) for argument in arguments)
            return self.initial(arguments[0], depth) if plain and arguments else tensors
        return None

    def is_plain(self, node: cst.BaseExpression) -> bool:
        """Whether an operand is a Python value."""
        value = self.staging.last_values.get(node)
        return value is not None and value.kind is Kind.HOST

    def all_of(self, values: Iterable[Value], depth: int) -> str | None:
        """The one dtype of all that a value may be, or holds; what is computed from the value itself has the same."""
        found = {self.value(item, depth - 1) for item in values}
        if _QUOTIENT in found:  # it becomes a float when it is divided
            found = {_quotient(item) for item in found - {_QUOTIENT}} | found - {_QUOTIENT}
        found -= {_SAME}
        return found.pop() if len(found) == 1 else _SAME if not found else None

    def any_of(self, nodes: list[cst.BaseExpression], depth: int) -> str | None:
        """Operands have one dtype, so any tensor among them that is known tells it."""
        same: str | None = None
        for node in nodes:
            inner = [item.value for item in node.elements] if isinstance(node, (cst.List, cst.Tuple)) else [node]
            for item in inner:
                found = self.node(item, depth - 1)
                if found in (_SAME, _QUOTIENT):
                    same = found
                elif found is not None:
                    return found
        return same


def _quotient(dtype: str | None) -> str | None:
    """The dtype of a quotient: dividing integers gives floats."""
    return _QUOTIENT if dtype in (_SAME, _QUOTIENT) else _QUOTIENTS.get(dtype, dtype) if dtype is not None else None


def _known(dtype: str | None) -> str | None:
    """A dtype, not one that leads back to itself only."""
    return None if dtype in (_SAME, _QUOTIENT) else dtype
