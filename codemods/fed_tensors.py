"""Feeds of tensors that are no placeholders: the slice ends there, and the tensor becomes a parameter.

TF1 lets a run replace any tensor. Its dtype has to be known, as it is that of the parameter; its shape is left open.
"""

from __future__ import annotations

import libcst as cst

from codemods import kinds, tables
from codemods.analysis import dtypes
from codemods.analysis.evaluate import arguments_of
from codemods.analysis.slices import Slice
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Feed, Site
from codemods.analysis.values import Kind, Placeholder, Value, Variable
from codemods.findings import Refusal

_FLOAT32 = frozenset({"tf.random_normal", "tf.truncated_normal", "tf.random_uniform", "tf.zeros", "tf.ones"})
# Functions whose result has the dtype of their first argument, whatever the others are.
_OF_FIRST = frozenset(
    {
        "tf.reshape", "tf.transpose", "tf.expand_dims", "tf.squeeze", "tf.tile", "tf.gather", "tf.slice", "tf.linspace",
        "tf.reduce_sum", "tf.reduce_mean", "tf.reduce_max", "tf.reduce_min", "tf.reduce_prod", "tf.square",
        "tf.nn.relu",
        "tf.placeholder_with_default",
    }
)  # fmt: skip
_INT64 = frozenset({"tf.argmax", "tf.argmin"})


class FedTensors:
    """The parameters that stand for fed tensors; one for each tensor, whichever run feeds it."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._made: list[tuple[Binding, Placeholder]] = []

    def replace(self, site: Site) -> list[tuple[Binding, Placeholder]]:
        """Give each fed tensor of ``site`` a parameter. Raises Refusal (TF244) where that cannot be exact."""
        found = []
        feeds = []
        for feed in site.feeds:
            binding = site.names.get(feed.key.value) if isinstance(feed.key, cst.Name) else None
            if feed.key_value.kind is Kind.TENSOR and binding is not None:
                placeholder = self._placeholder(binding, feed)
                found.append((binding, placeholder))
                value = Value(Kind.PLACEHOLDER, feed.key, dynamic=True, payload=placeholder)
                feed = Feed(feed.key, value, feed.value, feed.statement)
            feeds.append(feed)
        site.feeds = feeds
        return found

    def _placeholder(self, binding: Binding, feed: Feed) -> Placeholder:
        for known, placeholder in self._made:
            if known.same(binding):
                return placeholder
        statement = next(iter(binding.sources)) if len(binding.sources) == 1 else None
        if statement is not None and not binding.value.dynamic:
            raise Refusal("TF244", f"the constant tensor {binding.name!r} is fed another value", feed.key)
        if statement is None or binding.value.kind is not Kind.TENSOR:
            raise Refusal("TF244", "it is not known which tensor is fed here", feed.key)
        dtype = self._dtype(feed.key, {binding.name: binding}) or dtypes.dtype_of(self._staging, feed.key)
        if dtype is None:
            raise Refusal("TF244", f"the dtype of the fed tensor {binding.name!r} is not known", feed.key)
        call = cst.Call(cst.Name(binding.name))
        made = Placeholder(
            statement, call, None, None, None, target=binding.name, order=statement.order, fed_dtype=dtype
        )
        self._made.append((binding, made))
        return made

    def _dtype(self, node: cst.BaseExpression, names: dict[str, Binding]) -> str | None:
        """The dtype of a tensor expression, where every step to it is known."""
        if isinstance(node, cst.Float):
            return "float32"
        if isinstance(node, cst.Integer):
            return "int32"
        if isinstance(node, (cst.List, cst.Tuple)):
            return self._common([element.value for element in node.elements], names)
        if isinstance(node, cst.UnaryOperation):
            return self._dtype(node.expression, names)
        if isinstance(node, cst.BinaryOperation):
            return self._common([node.left, node.right], names)
        if isinstance(node, cst.Name):
            return self._dtype_of_name(node, names)
        return self._dtype_of_call(node, names) if isinstance(node, cst.Call) else None

    def _dtype_of_name(self, node: cst.Name, names: dict[str, Binding]) -> str | None:
        binding = names.get(node.value)
        if binding is None or len(binding.sources) != 1:
            return None
        found = binding.value.payload
        if isinstance(found, Placeholder):
            if found.default is not None:
                return self._dtype(found.default, names)
            return found.fed_dtype or kinds.dtype_name(self._staging, found)
        if isinstance(found, Variable):
            return self._dtype(found.call, _names(found.statement.uses))
        statement = next(iter(binding.sources))
        body = (
            statement.node.body if statement is not None and isinstance(statement.node, cst.SimpleStatementLine) else ()
        )
        if statement is None or len(body) != 1 or not isinstance(body[0], cst.Assign) or len(body[0].targets) != 1:
            return None
        if not isinstance(body[0].targets[0].target, cst.Name):
            return None
        return self._dtype(body[0].value, _names(statement.uses))

    def _dtype_of_call(self, node: cst.Call, names: dict[str, Binding]) -> str | None:
        symbol = self._staging.symbols.of(node.func)
        entry = tables.lookup(symbol) if symbol is not None else None
        if symbol is None or entry is None:
            return None
        positional, keyword, starred = arguments_of(node)
        given = dict(zip(entry.parameters, positional, strict=False)) | dict(keyword)
        if starred:
            return None
        if "dtype" in given:
            name = self._staging.symbols.of(given["dtype"])
            return name.rpartition(".")[2] if name is not None and name.startswith("tf.") else None
        if symbol in _INT64:
            return "int64" if "output_type" not in given else None
        if symbol in _OF_FIRST:
            return self._dtype(positional[0], names) if positional else None
        if symbol == "tf.fill":
            return self._dtype(positional[1], names) if len(positional) > 1 else None
        if symbol in _FLOAT32:
            return "float32"
        if symbol in ("tf.constant", "tf.convert_to_tensor", "tf.Variable"):
            return self._dtype(positional[0], names) if positional else None
        if symbol in tables.group("dtype_of_arguments") | tables.group("float_result"):
            tensors = [value for value in positional if self._staging.last_values[value].kind is not Kind.HOST]
            return self._common(tensors or positional, names)
        return None

    def _common(self, nodes: list[cst.BaseExpression], names: dict[str, Binding]) -> str | None:
        """The one dtype of several operands; plain numbers take that of the tensors beside them."""
        numbers = (cst.Integer, cst.Float)
        tensors = [node for node in nodes if not isinstance(node, numbers)] or nodes
        found = {self._dtype(node, names) for node in tensors}
        return found.pop() if len(found) == 1 else None


def check_cut(staging: Staging, cut: Slice, site: Site) -> None:
    """Raise Refusal where the parameter for a fed tensor would not stand for it everywhere in the slice."""
    if cut.fed and any(call.statement in cut.statements for call in staging.keras.layer_uses.values()):
        message = f"{cut.fed[0][0].name!r} is fed, and a layer needs to know the shape of what it is given"
        raise Refusal("TF244", message, site.call)
    for tensor, _ in cut.fed:
        for statement in cut.statements:
            if tensor.name in statement.binds:
                raise Refusal("TF244", f"{tensor.name!r} is fed, and names another tensor too", site.call)
            for binding in statement.binds.values():
                if any(leaf is tensor.value for leaf in binding.value.leaves()):
                    message = f"{tensor.name!r} is fed, and {binding.name!r} is another name for it"
                    raise Refusal("TF244", message, site.call)


def _names(uses: dict[str, list[Binding]]) -> dict[str, Binding]:
    return {name: found[0] for name, found in uses.items() if len(found) == 1}
