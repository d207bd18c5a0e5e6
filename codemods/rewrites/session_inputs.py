"""Placeholders become the ``tf.TensorSpec`` of parameters, or Keras inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import dtypes
from codemods.analysis.values import Placeholder
from codemods.findings import Refusal
from codemods.rewrites import template

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_DTYPE_STRINGS = {
    "float": "float32", "float16": "float16", "float32": "float32", "float64": "float64", "double": "float64",
    "half": "float16", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "uint8": "uint8",
    "bool": "bool", "string": "string", "complex64": "complex64",
}  # fmt: skip


class Inputs:
    """Proposes what the placeholders of one file become."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer

    def placeholder(self, placeholder: Placeholder) -> None:
        """``tf.placeholder(...)`` becomes the ``tf.TensorSpec`` of a parameter, in its place."""
        call = placeholder.call
        if placeholder.flag:
            self.lowerer.handled.add(call)
            self.lowerer.removal.remove_line(placeholder.statement)
            return
        kept = [part for part in (placeholder.dtype, placeholder.shape) if part is not None]
        kept = [part for part in kept if not isinstance(part, cst.SimpleString)]
        if placeholder.keras and self.lowerer.keras.is_default(placeholder):
            kept = [part for part in kept if part is not placeholder.dtype]
        for part in kept:
            self.lowerer.capture(part)
        self.lowerer.handled.add(call)
        for argument in call.args:
            if argument.value not in kept:
                self.lowerer.edits.drop(argument)

        def spec(_: cst.CSTNode) -> cst.CSTNode:
            shape = (
                self.lowerer.rewritten(placeholder.shape)
                if placeholder.shape is not None
                else _unknown_shape(placeholder)
            )
            if placeholder.keras:
                default = self.lowerer.keras.is_default(placeholder)
                return self.lowerer.keras.becomes_input(
                    placeholder, shape, None if default else self.dtype(placeholder)
                )
            named = bool(call.args) and call.args[0].keyword is not None
            text = "TensorSpec(shape={shape}, dtype={dtype})" if named else "TensorSpec({shape}, {dtype})"
            tf = self.lowerer.tensorflow
            text = text.replace("TensorSpec", "SparseTensorSpec") if placeholder.sparse else text
            return template.expression(f"{tf}.{text}", shape=shape, dtype=self.dtype(placeholder))

        self.lowerer.edits.replace(call, spec)

    def without(self, key: cst.BaseExpression) -> None:
        """An entry of a feed dict goes: the functions are called without it."""
        parents = self.lowerer.ctx.parents
        entry = parents[key]
        if isinstance(entry, cst.DictElement):
            self.lowerer.edits.remove(entry)
            return
        line: cst.CSTNode = key
        while not isinstance(line, cst.SimpleStatementLine):
            line = parents[line]
        if len(line.body) > 1 or not isinstance(line.body[0], cst.Assign) or len(line.body[0].targets) > 1:
            raise Refusal("TF227", "an entry of a feed dict that goes shares its line", key)
        self.lowerer.removal.remove_node(line)

    def with_default(self, placeholder: Placeholder, quote: str) -> Callable[[cst.Dict], cst.Dict]:
        """A feed dict that does not always feed ``placeholder`` gets its default."""
        assert placeholder.default is not None
        entry = cst.DictElement(
            cst.SimpleString(f"{quote}{placeholder.target}{quote}"), placeholder.default.deep_clone()
        )

        def add(updated: cst.Dict) -> cst.Dict:
            elements = list(updated.elements)
            if elements:
                space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                between = elements[-2].comma if len(elements) > 1 else space
                new = entry.with_changes(comma=elements[-1].comma)
                elements = [*elements[:-1], elements[-1].with_changes(comma=between), new]
            return updated.with_changes(elements=elements or [entry])

        return add

    def fed(self, placeholder: Placeholder) -> None:
        """A tensor that every run is fed and none computes: the ``tf.TensorSpec`` of a parameter, in its place."""
        line = placeholder.statement.node
        assert isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Assign)
        value = line.body[0].value
        self.lowerer.edits.drop(value)
        spec = self.fed_spec(placeholder)
        self.lowerer.edits.substitute(value, cst.parse_expression(spec))

    def fed_spec(self, placeholder: Placeholder) -> str:
        """The spec of a fed tensor, with the shape that TF1 knew of it."""
        tf = self.lowerer.tensorflow
        shape = cst.Module([]).code_for_node(placeholder.shape) if placeholder.shape is not None else "None"
        return f"{tf}.TensorSpec({shape}, {tf}.{placeholder.fed_dtype})"

    def dtype(self, placeholder: Placeholder) -> cst.CSTNode:
        node = placeholder.dtype
        tf = self.lowerer.tensorflow
        if node is None:
            default = placeholder.default
            name = None if default is None else dtypes.converted_dtype(self.lowerer.staging, default)
            if default is None:
                name = "float32"  # of keras.backend.placeholder
            if name is None and default is not None:
                name = dtypes.dtype_of(self.lowerer.staging, default)
            if name is None:
                raise Refusal("TF218", "the dtype of this placeholder's default is not known", placeholder.call)
            return cst.parse_expression(f"{tf}.{name}")
        if isinstance(node, cst.SimpleString):
            name = _DTYPE_STRINGS.get(str(node.evaluated_value))
            if name is None:
                raise Refusal("TF218", f"the dtype {node.value} is not known", placeholder.call)
            return cst.parse_expression(f"{tf}.{name}")
        return self.lowerer.rewritten(node)


def _unknown_shape(placeholder: Placeholder) -> cst.BaseExpression:
    """The shape of a placeholder that gives none, or (in Keras) only its rank."""
    rank = placeholder.rank
    if isinstance(rank, cst.Integer):
        return cst.parse_expression(repr([None] * int(rank.value)))
    return cst.Name("None")
