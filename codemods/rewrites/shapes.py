"""What an expression alone says about the tensor it makes: same shape as another, float, a single tensor.

All answers are "surely" or "not known"; nothing is guessed.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.symbols import Symbols

# Elementwise functions of one tensor: the result has its shape and its dtype.
_UNARY = frozenset(
    """tf.abs tf.exp tf.log tf.math.log tf.negative tf.neg tf.sqrt tf.rsqrt tf.square tf.sign tf.sin tf.cos tf.tanh tf.sigmoid
    tf.nn.relu tf.nn.relu6 tf.nn.elu tf.nn.selu tf.nn.sigmoid tf.nn.tanh tf.nn.softplus tf.identity tf.stop_gradient tf.floor
    tf.ceil tf.round tf.nn.leaky_relu tf.zeros_like tf.ones_like tf.math.abs tf.math.exp tf.math.square tf.math.sqrt
    """.split()
)
# Elementwise functions that keep the shape but not the dtype.
_TO_BOOL = frozenset(
    "tf.is_nan tf.is_inf tf.is_finite tf.math.is_nan tf.math.is_inf tf.math.is_finite tf.logical_not tf.math.logical_not".split()
)
_CASTS = frozenset({"tf.cast", "tf.to_float", "tf.to_double", "tf.to_int32", "tf.to_int64", "tf.saturate_cast"})
_BINARY = frozenset(
    """tf.add tf.subtract tf.sub tf.multiply tf.mul tf.divide tf.truediv tf.maximum tf.minimum tf.pow tf.squared_difference
    tf.greater tf.greater_equal tf.less tf.less_equal tf.equal tf.not_equal tf.logical_and tf.logical_or tf.logical_xor
    tf.math.greater tf.math.less tf.math.greater_equal tf.math.less_equal tf.math.equal tf.math.logical_and
    """.split()
)
# Functions whose result is floating point whatever they are given.
_FLOAT = frozenset(
    """tf.exp tf.log tf.math.log tf.sqrt tf.rsqrt tf.sin tf.cos tf.tanh tf.sigmoid tf.nn.sigmoid tf.nn.softmax tf.nn.tanh
    tf.nn.softplus tf.nn.l2_loss tf.norm tf.nn.softmax_cross_entropy_with_logits tf.to_float tf.to_double tf.random_normal
    tf.truncated_normal tf.nn.sigmoid_cross_entropy_with_logits tf.nn.l2_normalize tf.random.normal tf.truediv
    """.split()
)
# Functions whose result has the dtype of their first argument.
_KEEPS = frozenset(
    """tf.reduce_sum tf.reduce_mean tf.reduce_max tf.reduce_min tf.reduce_prod tf.square tf.abs tf.reshape tf.transpose
    tf.expand_dims tf.squeeze tf.add tf.subtract tf.sub tf.multiply tf.mul tf.matmul tf.negative tf.neg tf.identity tf.pow
    tf.add_n tf.maximum tf.minimum tf.clip_by_value tf.squared_difference tf.divide
    """.split()
)
_FLOATS = frozenset({"tf.float16", "tf.float32", "tf.float64", "tf.bfloat16", "tf.half", "tf.double"})
# Functions that return a list or tuple of tensors.
_SEVERAL = frozenset(
    """tf.split tf.unstack tf.unpack tf.gradients tf.hessians tf.meshgrid tf.dynamic_partition tf.tuple tf.shape_n tf.while_loop
    tf.py_func tf.numpy_function tf.nn.moments tf.case tf.map_fn tf.scan tf.cond tf.group tf.trainable_variables
    tf.get_collection tf.global_variables tf.svd tf.linalg.svd tf.train.batch tf.train.shuffle_batch
    tf.required_space_to_batch_paddings tf.clip_by_global_norm
    """.split()
)


def same_shape(symbols: Symbols, first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    """Whether two tensors surely have the same rank: both come elementwise from one and the same expression.

    Enough for TF1's `tf.where`, which accepts only equal shapes, scalars, or a vector that selects rows.
    """
    one, other = _leaves(symbols, first), _leaves(symbols, second)
    if other == set() or one == set():
        return True  # a scalar on either side: both versions do the same
    return one is not None and other is not None and len(other) == 1 and other <= one


def _leaves(symbols: Symbols, node: cst.BaseExpression) -> set[str] | None:
    """The expressions that give ``node`` its shape by broadcasting; numbers give none. None if it is not elementwise."""
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
            if isinstance(binding.node, cst.Assign) and all(isinstance(t.target, cst.Name) for t in binding.node.targets)
        ]
        return bool(values) and len(values) == len(bindings) and all(is_one_tensor(symbols, v) for v in values if v is not node)
    return False
