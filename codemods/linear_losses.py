"""Losses whose gradients need not wait for all that the loss reads.

In a ``tf.function`` an optimizer of Keras passes all gradients through one operation. TensorFlow's graph optimizer
takes that for an order of reads and updates, and removes the operation afterwards: a variable may change before the
loss has read it. (TF 2.21, CPU: one step on ``sum(v * w)`` gave the right loss in 8 of 25 runs, and in 25 of 25 when it
waits for the loss.) A gradient that is computed from the value of its loss is safe, since it needs every read: that of
a square, a cross entropy and the like. For other losses the update has to wait for the loss.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind, Value, Variable
from codemods.plan import Function

# What passes a gradient on that does not depend on its operands.
_LINEAR = frozenset(
    f"tf.{name}"
    for name in (
        "reduce_mean", "reduce_sum", "add", "add_n", "accumulate_n", "identity", "subtract", "sub", "negative", "neg",
        "cast", "to_float", "to_double", "squeeze", "reshape", "stack", "pack", "concat", "expand_dims", "transpose",
        "where", "select", "tile", "gather", "slice", "strided_slice", "unstack", "split", "cumsum", "reverse", "pad",
        "check_numerics", "convert_to_tensor",
        "losses.compute_weighted_loss", "nn.dropout", "multiply", "mul", "scalar_mul", "divide", "div", "truediv",
        "boolean_mask",
    )
)  # fmt: skip
# What has a gradient that depends on the value of all of its operands.
_CURVED = frozenset(
    f"tf.{name}"
    for name in (
        "square", "squared_difference", "pow", "log", "log1p", "exp", "expm1", "sqrt", "rsqrt", "abs", "norm",
        "sigmoid", "tanh", "reduce_max", "reduce_min", "reduce_logsumexp", "maximum", "minimum", "clip_by_value",
        "reciprocal", "nn.l2_loss", "nn.relu", "nn.relu6", "nn.elu", "nn.selu", "nn.leaky_relu", "nn.softplus",
        "nn.softmax", "nn.log_softmax", "nn.sigmoid", "nn.tanh", "nn.l2_normalize",
        "nn.softmax_cross_entropy_with_logits",
        "nn.softmax_cross_entropy_with_logits_v2", "nn.sparse_softmax_cross_entropy_with_logits",
        "nn.sigmoid_cross_entropy_with_logits", "nn.weighted_cross_entropy_with_logits", "nn.nce_loss",
        "nn.sampled_softmax_loss", "nn.ctc_loss", "nn.log_poisson_loss", "stop_gradient",
    )
)  # fmt: skip
_LOSSES = ("tf.losses.", "tf.contrib.losses.", "keras.losses.")
_PRODUCTS = frozenset({"tf.multiply", "tf.mul", "tf.divide", "tf.div", "tf.truediv"})
_NO_VARIABLES = (Kind.HOST, Kind.UNKNOWN, Kind.TF, Kind.SHAPE, Kind.PLACEHOLDER)
_DEPTH = 60


def waits(staging: Staging, function: Function) -> list[cst.BaseExpression]:
    """The losses of a function whose values its optimizers must wait for."""
    statements = function.slice.ordered()
    losses = [found.loss for item in statements for found in item.trainings if found.loss is not None]
    losses += [found.loss for item in statements for found in item.gradients]
    if any(item.trainings for item in statements):
        calls = [node for item in statements for node in tree.walk(item.node) if isinstance(node, cst.Call)]
        differentiating = [call for call in calls if call.args and staging.symbols.of(call.func) == "tf.gradients"]
        losses += [call.args[0].value for call in differentiating]
    search = _Search(staging)
    return [loss for loss in losses if search.linear(loss, _DEPTH)]


class _Search:
    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.seen: dict[cst.BaseExpression, bool] = {}
        self.known: dict[Value, bool] = {}  # whether it varies

    def linear(self, node: cst.BaseExpression, depth: int) -> bool:
        """Whether the value of an expression may be linear in a variable that it reads."""
        if node not in self.seen:
            self.seen[node] = True  # what leads back to itself
            value = self.staging.last_values.get(node)
            self.seen[node] = value is None or self.value(value, depth)
        return self.seen[node]

    def value(self, value: Value, depth: int) -> bool:
        if value.kind in _NO_VARIABLES or (value.kind is Kind.TENSOR and not self.varies(value)):
            return False
        if depth == 0:
            return True
        if value.either or value.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return any(self.value(item, depth - 1) for item in value.either or value.leaves())
        if value.kind is Kind.TENSOR and isinstance(value.payload, Variable):
            return False  # the loss of its regularizer: a square, or the absolute value
        return value.kind is not Kind.TENSOR or self.made(value.node, depth - 1)

    def varies(self, value: Value) -> bool:
        """Whether a tensor may be computed from variables; those of Keras' own layers are not recorded."""
        if value.reads or value.kind is Kind.KERAS:
            return True
        if value not in self.known:
            self.known[value] = False  # what leads back to itself
            nodes = list(tree.walk(value.node)) if value.node is not None and self.staging.keras.layer_calls else []
            inner = [self.staging.last_values.get(node) for node in nodes if node is not value.node]
            layers = any(node in self.staging.keras.layer_calls for node in nodes)
            self.known[value] = layers or any(self.varies(item) for item in inner if item is not None)
        return self.known[value]

    def made(self, node: cst.CSTNode | None, depth: int) -> bool:
        """Whether what an expression computes may be linear in a variable."""
        if isinstance(node, cst.BinaryOperation) and not isinstance(node.operator, cst.Power):
            return self.any_of([node.left, node.right], depth, isinstance(node.operator, cst.Add | cst.Subtract))
        if isinstance(node, cst.UnaryOperation):
            return self.linear(node.expression, depth)
        if isinstance(node, cst.Subscript):
            return self.linear(node.value, depth)
        symbol = self.staging.symbols.of(node.func) or "" if isinstance(node, cst.Call) else ""
        if not isinstance(node, cst.Call) or symbol not in _LINEAR:
            curved = symbol in _CURVED or symbol.startswith(_LOSSES)
            return not curved and not isinstance(node, cst.BinaryOperation)
        operands = [item.value for item in node.args]
        choice = symbol in ("tf.where", "tf.select")
        return self.any_of(operands[1:] if choice else operands, depth, symbol not in _PRODUCTS)

    def any_of(self, nodes: list[cst.BaseExpression], depth: int, summed: bool) -> bool:
        """Whether an operand is linear, or two factors are made of variables."""
        values = [value for value in map(self.staging.last_values.get, nodes) if value is not None]
        varying = [value for value in values if value.kind not in _NO_VARIABLES and self.varies(value)]
        return (len(varying) > 1 and not summed) or any(self.linear(node, depth) for node in nodes)
