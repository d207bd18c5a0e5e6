"""What is known of layers only when the whole program was interpreted: the dtypes and ranks of their inputs."""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis import dtypes
from codemods.analysis.staging import Staging
from codemods.analysis.values import Placeholder

_DEPTH = 60  # steps back through a program
_IMAGES = frozenset({"tf.nn.conv2d", "tf.nn.max_pool", "tf.nn.avg_pool", "tf.nn.conv2d_transpose"})
_SAME_RANK = frozenset(
    {
        "tf.nn.relu", "tf.nn.relu6", "tf.nn.elu", "tf.nn.leaky_relu", "tf.nn.selu", "tf.nn.tanh", "tf.tanh",
        "tf.nn.sigmoid", "tf.sigmoid", "tf.nn.dropout", "tf.nn.bias_add", "tf.identity", "tf.cast", "tf.to_float",
        "tf.transpose", "tf.pad", "tf.nn.softmax", "tf.square", "tf.sqrt", "tf.abs",
    }
)  # fmt: skip


def settle(staging: Staging) -> None:
    """Complete the records of the layers of ``tf.layers``."""
    for made in staging.keras.made.values():
        inputs = [call.inputs for call in made.calls]
        found = {dtypes.dtype_of(staging, node) if node is not None else None for node in inputs} or {"float32"}
        made.dtype = found.pop() if len(found) == 1 else None
        ranks = {rank(staging, node) for node in inputs}
        made.rank = ranks.pop() if len(ranks) == 1 else None


def rank(staging: Staging, node: cst.BaseExpression | None, depth: int = _DEPTH) -> int | None:
    """The number of dimensions that a tensor expression surely has."""
    value = staging.last_values.get(node) if node is not None else None
    if value is None or depth == 0:
        return None
    if isinstance(value.payload, Placeholder):
        shape = value.payload.shape
        return len(shape.elements) if isinstance(shape, (cst.List, cst.Tuple)) else None
    made = value.node
    if isinstance(made, cst.BinaryOperation):
        left = rank(staging, made.left, depth - 1)
        # Where nothing is known of one side the other says nothing, and need not be looked at.
        return left if left is not None and left == rank(staging, made.right, depth - 1) else None
    if not isinstance(made, cst.Call):
        return None
    call = staging.keras.layer_uses.get(made)
    if call is not None:
        if call.made.kind.name == "Flatten":
            return 2
        digit = call.made.kind.name.removesuffix("Transpose")[-2]
        return int(digit) + 2 if digit.isdigit() else rank(staging, call.inputs, depth - 1)
    symbol = staging.symbols.of(made.func) or ""
    entry = tables.lookup(symbol)
    bound = tables.bind(made, entry) if entry is not None and entry.parameters else {}
    if symbol in _IMAGES:
        return 4
    if symbol == "tf.reshape" and "shape" in bound and isinstance(bound["shape"].value, (cst.List, cst.Tuple)):
        return len(bound["shape"].value.elements)
    if symbol in _SAME_RANK and made.args and not made.args[0].star:
        return rank(staging, made.args[0].value, depth - 1)
    return None
