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
_MAKES = tables.group("takes_a_dtype")
_INTEGERS = tables.group("integer_dtypes")
_FLOATS = tables.group("float_dtypes")
# Functions that return a list or tuple of tensors.
_DTYPES = _FLOATS | _INTEGERS
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
    return _number_kind(symbols, node, frozenset()) is float


def is_integer(symbols: Symbols, node: cst.BaseExpression) -> bool:
    """Whether a tensor or number is surely an integer."""
    return _number_kind(symbols, node, frozenset()) is int


def _number_kind(symbols: Symbols, node: cst.BaseExpression, seen: frozenset[str]) -> type | None:
    """``float`` or ``int`` where that is sure, else None; ``seen`` are the names that are being resolved."""
    if isinstance(node, cst.Float):
        return float
    if isinstance(node, cst.Integer):
        return int
    if isinstance(node, cst.UnaryOperation):
        return _number_kind(symbols, node.expression, seen)
    if isinstance(node, cst.BinaryOperation):
        return _joined(symbols, [node.left, node.right], seen)
    if isinstance(node, (cst.List, cst.Tuple)):
        return _joined(symbols, [element.value for element in node.elements], seen)
    if isinstance(node, cst.Name) and node.value not in seen:
        value = assigned_value(symbols, node)
        return _number_kind(symbols, value, seen | {node.value}) if value is not None else None
    return _kind_of_call(symbols, node, seen) if isinstance(node, cst.Call) else None


def _kind_of_call(symbols: Symbols, call: cst.Call, seen: frozenset[str]) -> type | None:
    name = symbols.of(call.func)
    if name is None:
        return None
    if name in _FLOAT:
        return float
    values = [argument.value for argument in call.args]
    dtypes = {symbols.of(value) for value in values}
    if name in _MAKES:
        if dtypes & _FLOATS:
            return float
        if dtypes & _INTEGERS:
            return int
        known = name in ("tf.constant", "tf.Variable") and not any(dtype in _DTYPES for dtype in dtypes)
        return _number_kind(symbols, values[0], seen) if known and len(values) == 1 else None
    if name in _KEEPS:
        return _joined(symbols, [argument.value for argument in call.args if argument.keyword is None], seen)
    return None


def _joined(symbols: Symbols, nodes: list[cst.BaseExpression], seen: frozenset[str]) -> type | None:
    """The kind of operands that must have one dtype: one float is enough, integers must be all of them."""
    kinds = [_number_kind(symbols, node, seen) for node in nodes]
    if float in kinds:
        return float
    return int if kinds and all(kind is int for kind in kinds) else None


def assigned_value(symbols: Symbols, name: cst.Name) -> cst.BaseExpression | None:
    """The expression that is assigned to ``name``, if it is bound once, by a plain assignment."""
    bindings = symbols.bindings(name.value, symbols.scope(name))
    node = bindings[0].node if len(bindings) == 1 else None
    if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
        return node.value
    return None


def is_one_tensor(symbols: Symbols, node: cst.BaseExpression, depth: int = 4) -> bool:
    """Whether an expression is surely no list of exactly one tensor; ``depth`` bounds the names and calls followed."""
    if isinstance(node, (cst.List, cst.Tuple)):
        return len(node.elements) > 1 and not any(isinstance(item, cst.StarredElement) for item in node.elements)
    if isinstance(node, (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.Integer, cst.Float)):
        return True
    if isinstance(node, cst.IfExp):
        return is_one_tensor(symbols, node.body, depth) and is_one_tensor(symbols, node.orelse, depth)
    if depth == 0:
        return False
    if isinstance(node, cst.Call):
        return _returns_one_tensor(symbols, node.func, depth)
    if isinstance(node, cst.Name):
        bindings = symbols.bindings(node.value, symbols.scope(node))
        values = [
            binding.node.value
            for binding in bindings
            if isinstance(binding.node, cst.Assign)
            and all(isinstance(t.target, cst.Name) for t in binding.node.targets)
        ]
        known = bool(values) and len(values) == len(bindings)
        return node.value in ("True", "False") or (
            known and all(is_one_tensor(symbols, value, depth - 1) for value in values)
        )
    return False


def _returns_one_tensor(symbols: Symbols, function: cst.BaseExpression, depth: int) -> bool:
    name = symbols.of(function)
    if name is not None:
        return name.startswith("tf.") and name not in _SEVERAL
    if isinstance(function, cst.Attribute):
        return function.attr.value in ("assign", "assign_add", "assign_sub")  # of a variable
    if isinstance(function, cst.Name):
        bindings = symbols.bindings(function.value, symbols.scope(function))
        if len(bindings) == 1 and isinstance(bindings[0].node, cst.FunctionDef):
            results = returned(bindings[0].node)
            return bool(results) and all(is_one_tensor(symbols, result, depth - 1) for result in results)
    return False


def returned(function: cst.FunctionDef) -> list[cst.BaseExpression]:
    """The expressions that a function returns."""
    found: list[cst.BaseExpression] = []
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Return):
            if node.value is not None:
                found.append(node.value)
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression)):
            stack.extend(node.children)
    return found
