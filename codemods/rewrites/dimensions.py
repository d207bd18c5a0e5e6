"""Dimensions: TF1 gave ``Dimension`` objects for the elements of a shape, TF2 gives ``int`` or ``None``.

``.value`` goes where its receiver is surely an element of a shape. ``placeholder.get_shape()`` becomes
``placeholder.shape``, which the ``tf.TensorSpec`` in its place has too.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.era import Era, era
from codemods.analysis.symbols import Binding
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.tree import is_none

_PLACEHOLDERS = ("tf.placeholder", "tf.placeholder_with_default", "tf.sparse_placeholder", "keras.backend.placeholder")
_SHAPE_METHODS = frozenset({"with_rank", "with_rank_at_least", "with_rank_at_most", "merge_with", "concatenate"})
_DEPTH = 8  # assignments followed from a name to what it means


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Drop ``.value`` from dimensions; refuse what an ``int`` or ``None`` answers differently than a dimension."""
    if not ctx.symbols.names_of("tf") and not ctx.symbols.tf_uses():
        return
    shapes = _Shapes(ctx)
    for node in tree.walk(ctx.module):
        try:
            _visit(ctx, edits, findings, shapes, node)
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(node), refusal.message, Status.REFUSED, "tf.Dimension"))


def _visit(ctx: Context, edits: Edits, findings: list[Finding], shapes: _Shapes, node: cst.CSTNode) -> None:
    if isinstance(node, cst.Attribute) and node.attr.value == "value" and shapes.is_dimension(node.value, valued=True):
        edits.replace(node, _without_value)
        message = "a dimension is an int or None in TensorFlow 2"
        findings.append(Finding("TF550", ctx.span(node), message, Status.NATIVE, "tf.Dimension.value"))
    elif isinstance(node, cst.Call) and _is_get_shape(node) and isinstance(node.func, cst.Attribute):
        if shapes.is_placeholder(node.func.value):
            edits.replace(node, lambda updated: updated.func.with_changes(attr=cst.Name("shape")))
    elif shapes.are_objects:
        _check(shapes, node)


def _check(shapes: _Shapes, node: cst.CSTNode) -> None:
    """Raise Refusal for what a dimension does otherwise than an ``int`` or ``None``."""
    if isinstance(node, cst.Comparison):
        for target in node.comparisons:
            compared = isinstance(target.operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual))
            if compared and is_none(target.comparator) and shapes.is_dimension(node.left):
                raise Refusal("TF551", "a TensorFlow 1 dimension is never None; use .value here first")
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Divide):
        return
    if shapes.is_dimension(node.left) or shapes.is_dimension(node.right):
        raise Refusal("TF551", "a TensorFlow 1 dimension cannot be divided with / in Python 3; use // here first")


def _without_value(updated: cst.Attribute) -> cst.BaseExpression:
    inner = updated.value
    return inner.with_changes(lpar=[*updated.lpar, *inner.lpar], rpar=[*inner.rpar, *updated.rpar])


def _is_get_shape(node: cst.CSTNode) -> bool:
    """Whether the node is ``<...>.get_shape()``, which only tensors and variables have."""
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "get_shape"
        and not node.args
    )


class _Shapes:
    """Which expressions are shapes and dimensions, as far as the text shows it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.are_objects = era(ctx.symbols) is Era.TF1

    def is_placeholder(self, node: cst.BaseExpression) -> bool:
        """Whether the node is a name that is a placeholder here, or that is only ever one."""
        if isinstance(node, cst.Name) and node in self._ctx.fed:
            return True
        values = [_assigned(binding) for binding in self._bindings(node)]
        return bool(values) and all(
            isinstance(value, cst.Call) and self._ctx.symbols.of(value.func) in _PLACEHOLDERS for value in values
        )

    def is_dimension(self, node: cst.BaseExpression, *, valued: bool = False, depth: int = _DEPTH) -> bool:
        """Whether the node is an element of the shape of a tensor.

        ``valued``: its ``.value`` is read, which no element of an array's ``.shape`` has.
        Raises Refusal when a name is sometimes one and sometimes something else.
        """
        if depth == 0:
            return False
        if isinstance(node, cst.Subscript):
            single = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index)
            return single and self._is_shape(node.value, valued=valued, depth=depth - 1)
        if not isinstance(node, cst.Name):
            return False
        return self._all(node, [self._binds_dimension(item, valued, depth) for item in self._bindings(node)], valued)

    def _binds_dimension(self, binding: Binding, valued: bool, depth: int) -> bool:
        at = binding.node
        if isinstance(at, (cst.For, cst.CompFor)):
            return isinstance(at.target, cst.Name) and self._is_shape(at.iter, valued=valued, depth=depth - 1)
        if isinstance(at, cst.Assign) and isinstance(at.targets[0].target, (cst.Tuple, cst.List)):
            return self._is_shape(at.value, valued=valued, depth=depth - 1)
        value = _assigned(binding)
        return value is not None and self.is_dimension(value, valued=valued, depth=depth - 1)

    def _is_shape(self, node: cst.BaseExpression, *, valued: bool, depth: int) -> bool:
        if depth == 0:
            return False
        if _is_get_shape(node):
            return True
        if isinstance(node, cst.Attribute):
            return node.attr.value == "shape" and valued
        if isinstance(node, cst.Call):
            if self._ctx.symbols.of(node.func) == "tf.TensorShape":
                return True
            method = node.func if isinstance(node.func, cst.Attribute) else None
            return (
                method is not None
                and method.attr.value in _SHAPE_METHODS
                and self._is_shape(method.value, valued=valued, depth=depth - 1)
            )
        if isinstance(node, cst.Subscript):
            sliced = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice)
            return sliced and self._is_shape(node.value, valued=valued, depth=depth - 1)
        if isinstance(node, cst.Name):
            found = [
                value is not None and self._is_shape(value, valued=valued, depth=depth - 1)
                for value in map(_assigned, self._bindings(node))
            ]
            return self._all(node, found, valued)
        return False

    def _all(self, name: cst.Name, found: list[bool], valued: bool) -> bool:
        if valued and any(found) and not all(found):
            raise Refusal("TF551", f"{name.value!r} is not always the shape of a tensor, or a part of one")
        return bool(found) and all(found)

    def _bindings(self, node: cst.BaseExpression) -> list[Binding]:
        if not isinstance(node, cst.Name):
            return []
        return self._ctx.symbols.bindings(node.value, self._ctx.symbols.scope(node))


def _assigned(binding: Binding) -> cst.BaseExpression | None:
    """The value of ``name = value``."""
    at = binding.node
    if isinstance(at, cst.Assign) and all(isinstance(target.target, cst.Name) for target in at.targets):
        return at.value
    return None
