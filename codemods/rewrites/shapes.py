"""What an expression alone says about the tensor it makes: same shape as another, float, a single tensor.

All answers are "surely" or "not known"; nothing is guessed.
"""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Symbols

# Elementwise functions of one tensor: the result has its shape and its dtype.
_UNARY = tables.group("elementwise_unary")
# Elementwise functions that keep the shape but not the dtype.
_TO_BOOL = tables.group("elementwise_predicate")
_CASTS = tables.group("cast")
_BINARY = tables.group("elementwise_binary")
# Functions whose result is floating point whatever they are given.
_FLOAT = tables.group("float_result")
# Functions whose result has the dtype of their first argument.
_KEEPS = tables.group("dtype_of_arguments")
_FLOATS = tables.group("float_dtypes")
# Functions that return a list or tuple of tensors.
_SEVERAL = tables.group("several_results")


def same_shape(symbols: Symbols, first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    """Whether two tensors surely have the same rank: both come elementwise from one and the same expression.

    Enough for TF1's `tf.where`, which accepts only equal shapes, scalars, or a vector that selects rows.
    """
    one, other = _leaves(symbols, first), _leaves(symbols, second)
    if other == set() or one == set():
        return True  # a scalar on either side: both versions do the same
    return one is not None and other is not None and len(other) == 1 and other <= one


def _leaves(symbols: Symbols, node: cst.BaseExpression) -> set[str] | None:
    """The expressions whose shapes ``node`` broadcasts (none for numbers); None if it is not elementwise."""
    if isinstance(node, (cst.Integer, cst.Float)):
        return set()
    if isinstance(node, cst.Name):
        return set() if node.value in ("True", "False") else {node.value}
    if isinstance(node, (cst.Attribute, cst.Subscript)):
        return {cst.Module(body=[]).code_for_node(node)}
    operands: list[cst.BaseExpression] = []
    if isinstance(node, cst.UnaryOperation):
        operands = [node.expression]
    elif isinstance(node, cst.BinaryOperation) and not isinstance(node.operator, cst.MatrixMultiply):
        operands = [node.left, node.right]
    elif isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        operands = [node.left, node.comparisons[0].comparator]
    elif isinstance(node, cst.Call):
        name = symbols.of(node.func)
        count = 2 if name in _BINARY else 1 if name in _UNARY or name in _TO_BOOL or name in _CASTS else 0
        plain = [argument for argument in node.args[:count] if argument.keyword is None and not argument.star]
        if count == 0 or len(plain) != count:
            return None
        operands = [argument.value for argument in plain]
    if not operands:
        return None
    found: set[str] = set()
    for operand in operands:
        inner = _leaves(symbols, operand)
        if inner is None:
            return None
        found |= inner
    return found


def is_float(symbols: Symbols, node: cst.BaseExpression) -> bool:
    """Whether a tensor or number is surely floating point."""
    if isinstance(node, cst.Float):
        return True
    if isinstance(node, cst.UnaryOperation):
        return is_float(symbols, node.expression)
    if isinstance(node, cst.BinaryOperation):
        # Operands of TF1 must have one dtype, and a float number only goes with a float tensor.
        return is_float(symbols, node.left) or is_float(symbols, node.right)
    if not isinstance(node, cst.Call) or not node.args:
        return False
    name = symbols.of(node.func)
    if name in _FLOAT:
        return True
    if name in ("tf.cast", "tf.constant", "tf.placeholder", "tf.zeros", "tf.ones", "tf.random_uniform"):
        dtypes = [symbols.of(argument.value) for argument in node.args]
        return any(dtype in _FLOATS for dtype in dtypes)
    if name in _KEEPS:
        return any(is_float(symbols, argument.value) for argument in node.args if argument.keyword is None)
    return False


def is_one_tensor(symbols: Symbols, node: cst.BaseExpression) -> bool:
    """Whether an expression is surely no list of exactly one tensor."""
    if isinstance(node, (cst.List, cst.Tuple)):
        return len(node.elements) > 1 and not any(isinstance(item, cst.StarredElement) for item in node.elements)
    if isinstance(node, (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.Integer, cst.Float)):
        return True
    if isinstance(node, cst.IfExp):
        return is_one_tensor(symbols, node.body) and is_one_tensor(symbols, node.orelse)
    if isinstance(node, cst.Call):
        name = symbols.of(node.func)
        return name is not None and name.startswith("tf.") and name not in _SEVERAL
    if isinstance(node, cst.Name):
        if node.value in ("True", "False"):
            return True
        bindings = symbols.bindings(node.value, symbols.scope(node))
        values = [
            binding.node.value
            for binding in bindings
            if isinstance(binding.node, cst.Assign)
            and all(isinstance(t.target, cst.Name) for t in binding.node.targets)
        ]
        return (
            bool(values)
            and len(values) == len(bindings)
            and all(not isinstance(value, cst.Name) and is_one_tensor(symbols, value) for value in values)
        )
    return False
