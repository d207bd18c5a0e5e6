"""The static shapes of tensors that are fed: what TF1 knew of them while it built the graph, as text for a spec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods import tables, tree
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Kind, Placeholder, Value, Variable

_DEPTH = 60  # steps back through a program
_SAME_SHAPE = frozenset({"tf.nn.dropout", "tf.nn.bias_add", "tf.nn.softmax", "tf.cast", "tf.to_float"})
_FILLED = frozenset({"tf.zeros", "tf.ones", "tf.random_normal", "tf.truncated_normal", "tf.random_uniform"})
_SAME_LAYERS = frozenset({"Dropout", "BatchNormalization"})
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide)
_OPEN = cst.Name("None")

Shape = list[cst.BaseExpression]


@dataclass(frozen=True)
class Static:
    """A shape as the text of a list, and what the names in it mean where it is known."""

    text: cst.BaseExpression
    names: dict[str, Binding] = field(default_factory=dict)


def static_shape(staging: Staging, node: cst.BaseExpression) -> Static | None:
    """The shape that TF1 knew of a tensor expression; None where it is not certain."""
    search = _Search(staging)
    found = search.node(node, _DEPTH)
    if found is None or not all(search.take(size) for size in found):
        return None
    return Static(cst.List([cst.Element(size.deep_clone()) for size in found]), search.names)


class _Search:
    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.names: dict[str, Binding] = {}
        self._parents = tree.parents(staging.module)

    def node(self, node: cst.BaseExpression, depth: int) -> Shape | None:
        value = self.staging.last_values.get(node)
        return self.value(value, depth) if value is not None and depth else None

    def value(self, value: Value, depth: int) -> Shape | None:
        if value.kind is Kind.HOST and isinstance(value.constant, int | float):
            return []
        if value.either:
            return None
        if value.kind is Kind.PLACEHOLDER and isinstance(value.payload, Placeholder):
            return self.written(value.payload.shape) if value.payload.default is None else None
        if value.kind is Kind.VARIABLE and isinstance(value.payload, Variable):
            return self.variable(value.payload, depth)
        made = value.node
        if value.kind is not Kind.TENSOR or not isinstance(made, cst.BaseExpression) or not self.is_once(made):
            return None
        if isinstance(made, cst.UnaryOperation):
            return self.node(made.expression, depth - 1)
        if isinstance(made, cst.BinaryOperation):
            return self.together([made.left, made.right], depth)
        return self.called(made, depth) if isinstance(made, cst.Call) else None

    def variable(self, variable: Variable, depth: int) -> Shape | None:
        if self.staging.symbols.of(variable.call.func) == "tf.get_variable":
            entry = tables.lookup("tf.get_variable")
            shape = tables.bind(variable.call, entry).get("shape") if entry is not None else None
            return self.written(shape.value) if shape is not None else None
        initial = variable.initial
        return self.node(initial, depth - 1) if initial is not None and initial is not variable.call else None

    def called(self, node: cst.Call, depth: int) -> Shape | None:
        layer = self.staging.keras.layer_uses.get(node)
        if layer is not None:
            given = self.node(layer.inputs, depth - 1) if layer.inputs is not None else None
            if given is None or layer.made.kind.name in _SAME_LAYERS:
                return given
            units = layer.made.arguments.get("units")
            return [*given[:-1], units.value] if layer.made.kind.name == "Dense" and given and units else None
        symbol = self.staging.symbols.of(node.func) or ""
        entry = tables.lookup(symbol)
        if entry is None or not entry.parameters or any(argument.star for argument in node.args):
            return None
        bound = {name: argument.value for name, argument in tables.bind(node, entry).items()}
        first = node.args[0].value if node.args else None
        if first is None:
            return None
        if symbol in _SAME_SHAPE or symbol in tables.group("elementwise_unary"):
            return self.node(first, depth - 1)
        if symbol in tables.group("elementwise_binary"):
            return self.together([argument.value for argument in node.args[:2]], depth)
        if symbol == "tf.constant" and set(bound) <= {"value", "dtype", "name"}:
            return _of_literal(first)
        if symbol in _FILLED:
            return self.filled(first, depth)
        if symbol == "tf.matmul" and set(bound) <= {"a", "b", "name"}:
            left, right = self.node(bound["a"], depth - 1), self.node(bound["b"], depth - 1)
            known = left is not None and right is not None and len(left) == len(right) == 2
            return [left[0], right[1]] if known and left and right else None
        if symbol == "tf.reshape" and "shape" in bound:
            return self.written(bound["shape"])
        return None

    def filled(self, shape: cst.BaseExpression, depth: int) -> Shape | None:
        """A shape that is written out, or that of another tensor: ``tf.shape(x)``."""
        if isinstance(shape, cst.Call) and self.staging.symbols.of(shape.func) == "tf.shape" and len(shape.args) == 1:
            return self.node(shape.args[0].value, depth - 1)
        return self.written(shape)

    def written(self, shape: cst.BaseExpression | None) -> Shape | None:
        if not isinstance(shape, (cst.List, cst.Tuple)):
            return None
        sizes = [element.value for element in shape.elements]
        return [_OPEN if isinstance(size, cst.UnaryOperation) else size for size in sizes]

    def together(self, nodes: Sequence[cst.BaseExpression], depth: int) -> Shape | None:
        """The shape of an elementwise result: one operand has no dimensions, or both have the same."""
        left, right = (self.node(node, depth - 1) for node in nodes)
        if left is None or right is None:
            return None
        if not left or not right:
            return left or right
        beside = left[1:] if len(left) == 2 and len(right) == 1 else left  # a bias is added to each row
        same = _text(beside) == _text(right) and all(self.take(size) for size in [*beside, *right])
        return left if same else None

    def is_once(self, node: cst.CSTNode) -> bool:
        """Whether an expression stands in a recorded statement, where what is in it has one value."""
        return self.statement(node) is not None

    def statement(self, node: cst.CSTNode) -> Statement | None:
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Lambda, cst.BaseComp)):
            found = self.staging.statements.get(current)
            if found is not None:
                return found
            current = self._parents.get(current)
        return None

    def take(self, size: cst.BaseExpression) -> bool:
        """Whether a dimension is plain arithmetic of names that mean one thing; these are taken in."""
        if not _is_plain(size):
            return False
        statement = self.statement(size)
        for name in free_names(size):
            if name == "None":
                continue
            found = statement.uses.get(name, []) if statement is not None else []
            if len(found) != 1 or found[0].value.kind is not Kind.HOST:
                return False
            if not self.names.setdefault(name, found[0]).same(found[0]):
                return False
        return True


def _of_literal(node: cst.BaseExpression) -> Shape | None:
    """The shape of numbers written out: alone, in a list, or in lists of one length."""
    if isinstance(node, cst.UnaryOperation):
        return _of_literal(node.expression)
    if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
        return []
    if not isinstance(node, (cst.List, cst.Tuple)) or not node.elements:
        return None
    inner = [_of_literal(element.value) for element in node.elements]
    first = inner[0]
    if first is None or any(item is None or _text(item) != _text(first) for item in inner):
        return None
    return [cst.Integer(str(len(inner))), *first]


def _is_plain(size: cst.BaseExpression) -> bool:
    if isinstance(size, cst.BinaryOperation):
        return isinstance(size.operator, _ARITHMETIC) and _is_plain(size.left) and _is_plain(size.right)
    return isinstance(size, (cst.Name, cst.Integer))


def _text(shape: Shape) -> list[str]:
    empty = cst.Module([])
    return [empty.code_for_node(size) for size in shape]
