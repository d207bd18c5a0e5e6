"""User-defined Keras layers and models: state that Keras 3 must be told about.

Keras 3 tracks only its own variables. A ``tf.Variable`` on a layer still works, but it is in no list of weights: it is
neither trained by ``fit`` nor saved, without any error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.spelling import symbol as spell_symbol

_BASES = frozenset(
    {"keras.layers.Layer", "keras.Model", "keras.models.Model", "keras.Sequential", "keras.layers.Wrapper"}
)
# add_weight of Keras 2; Keras 3 starts with the shape.
_ADD_WEIGHT = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
_NOT_IN_KERAS_3 = {
    "add_update": "Keras 2 ran such updates in `fit` only; assign to the variable in `call`, under `if training:`",
    "add_metric": "return the value, or keep a keras.metrics object on the layer",
    "get_input_at": "call the model anew instead of asking a layer for its earlier calls",
    "get_output_at": "call the model anew instead of asking a layer for its earlier calls",
}
_VARIABLE = (
    "initial_value",
    "trainable",
    "collections",
    "validate_shape",
    "caching_device",
    "name",
    "variable_def",
    "dtype",
)

Report = Callable[[cst.CSTNode, str, str], None]


def classes(ctx: Context) -> Iterator[cst.ClassDef]:
    """The classes of the module that derive from a Keras layer or model."""
    for node in tree.walk(ctx.module):
        if isinstance(node, cst.ClassDef) and any(ctx.symbols.of(base.value) in _BASES for base in node.bases):
            yield node


def is_old(ctx: Context, definition: cst.ClassDef) -> bool:
    """Whether Keras 3 would not run the class, or would lose its state."""
    return any(True for _ in _places(ctx, definition))


def propose(ctx: Context, edits: Edits, definition: cst.ClassDef, report: Report) -> None:
    """Propose the edits for one class; ``report(node, message, symbol)`` is told what changes. Raises Refusal."""
    for kind, node in _places(ctx, definition):
        if kind == "weight":
            _weight(edits, node, report)
        elif kind == "variable":
            _variable(ctx, edits, node, report)
        elif kind == "shape method":
            assert isinstance(node, cst.FunctionDef)
            edits.replace(node.name, lambda updated: updated.with_changes(value="compute_output_shape"))
            report(node.name, "get_output_shape_for is compute_output_shape since Keras 2", "keras.layers.Layer")
        elif kind == "dimension":
            assert isinstance(node, cst.Attribute)
            edits.replace(node, lambda updated: updated.value)
            report(node, "shapes hold plain integers", "tf.Dimension")
        elif kind == "shape list":
            assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
            edits.replace(node, lambda updated: cst.Call(cst.Name("list"), [cst.Arg(updated.func.value)]))
            report(node, "shapes are plain tuples", "tf.TensorShape")
        else:
            assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
            name = node.func.attr.value
            raise Refusal("TF603", f"{name}: {_NOT_IN_KERAS_3[name]}", node, f"keras.layers.Layer.{name}")


def _places(ctx: Context, definition: cst.ClassDef) -> Iterator[tuple[str, cst.CSTNode]]:
    for node in tree.walk(definition):
        if isinstance(node, cst.FunctionDef):
            if node.name.value == "get_output_shape_for":
                yield "shape method", node
            if (
                node.name.value in ("build", "compute_output_shape", "get_output_shape_for")
                and len(node.params.params) > 1
            ):
                yield from _shapes(node, node.params.params[1].name.value)
        if not isinstance(node, cst.Call) or _is_lifted(ctx, node):
            continue
        method = _own_method(node)
        if method in ("add_weight", "add_variable") and (method == "add_variable" or _names_first(node)):
            yield "weight", node
        elif method in _NOT_IN_KERAS_3:
            yield "gone", node
        elif ctx.symbols.of(node.func) == "tf.Variable" and _is_attribute(ctx, node):
            yield "variable", node


def _own_method(call: cst.Call) -> str | None:
    func = call.func
    own = isinstance(func, cst.Attribute) and isinstance(func.value, cst.Name) and func.value.value == "self"
    return func.attr.value if own and isinstance(func, cst.Attribute) else None


def _names_first(call: cst.Call) -> bool:
    """Whether positional arguments, or a first argument that is a name, show Keras 2's add_weight."""
    positional = [arg for arg in call.args if arg.keyword is None and not arg.star]
    if not positional:
        return False
    named = any(arg.keyword is not None and arg.keyword.value == "name" for arg in call.args)
    shaped = isinstance(positional[0].value, cst.Tuple | cst.List) or (len(positional) == 1 and named)
    return not shaped


def _shapes(definition: cst.FunctionDef, parameter: str) -> Iterator[tuple[str, cst.CSTNode]]:
    for node in tree.walk(definition):
        if isinstance(node, cst.Attribute) and node.attr.value == "value":
            inner = node.value
            if isinstance(inner, cst.Subscript) and _is_name(inner.value, parameter):
                yield "dimension", node
        if isinstance(node, cst.Call) and _is_attribute_of(node.func, parameter, "as_list"):
            yield "shape list", node


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _is_attribute_of(node: cst.CSTNode, owner: str, name: str) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == name and _is_name(node.value, owner)


def _is_attribute(ctx: Context, call: cst.Call) -> bool:
    parent = ctx.parents.get(call)
    if not isinstance(parent, cst.Assign | cst.AnnAssign):
        return False
    targets = [item.target for item in parent.targets] if isinstance(parent, cst.Assign) else [parent.target]
    return any(isinstance(target, cst.Attribute) and _is_name(target.value, "self") for target in targets)


def _weight(edits: Edits, node: cst.CSTNode, report: Report) -> None:
    assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
    positional = [arg for arg in node.args if arg.keyword is None]
    if any(arg.star for arg in node.args) or len(positional) > len(_ADD_WEIGHT):
        raise Refusal("TF602", "add_weight takes its arguments in another order in Keras 3", node)
    for arg, name in zip(positional, _ADD_WEIGHT, strict=False):
        edits.replace(arg, _with_keyword(name))
    edits.replace(node.func.attr, lambda updated: updated.with_changes(value="add_weight"))
    report(node, "Keras 3's add_weight starts with the shape", "keras.layers.Layer.add_weight")


def _with_keyword(name: str) -> Callable[[cst.Arg], cst.Arg]:
    def named(updated: cst.Arg) -> cst.Arg:
        return updated.with_changes(keyword=cst.Name(name), equal=plain_equal())

    return named


def plain_equal() -> cst.AssignEqual:
    """``=`` without spaces, as in a keyword argument."""
    return cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))


def tidy(updated: cst.Call) -> cst.Call:
    """``updated`` without the comma that a removed last argument left."""
    if not updated.args or isinstance(updated.args[-1].comma, cst.MaybeSentinel):
        return updated
    last = updated.args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return updated.with_changes(args=[*updated.args[:-1], last])


def _is_lifted(ctx: Context, node: cst.CSTNode) -> bool:
    """Whether a call stands under ``tf.init_scope``: it makes a variable of TensorFlow on purpose."""
    current = ctx.parents.get(node)
    while current is not None:
        if isinstance(current, cst.With) and any(
            isinstance(item.item, cst.Call) and ctx.symbols.of(item.item.func) == "tf.init_scope"
            for item in current.items
        ):
            return True
        current = ctx.parents.get(current)
    return False


def _variable(ctx: Context, edits: Edits, node: cst.CSTNode, report: Report) -> None:
    assert isinstance(node, cst.Call)
    kept = {"initial_value", "trainable", "name", "dtype"}
    for position, arg in enumerate(node.args):
        name = arg.keyword.value if arg.keyword is not None else _VARIABLE[position] if position < 8 else ""
        if arg.star or name not in kept:
            raise Refusal(
                "TF602", "this tf.Variable on a Keras layer has no keras.Variable like it", node, "tf.Variable"
            )
        if name == "initial_value" and arg.keyword is not None:
            edits.replace(arg.keyword, lambda updated: updated.with_changes(value="initializer"))
        elif arg.keyword is None and position > 0:
            edits.replace(arg, _with_keyword(name))
    edits.replace(node.func, _constant(spell_symbol(ctx, edits, ctx.symbols.scope(node.func), "keras.Variable")))
    report(
        node,
        "Keras 3 tracks keras.Variable only: a tf.Variable would be neither trained by fit nor saved",
        "tf.Variable",
    )


def _constant(node: cst.BaseExpression) -> Callable[[cst.CSTNode], cst.CSTNode]:
    return lambda _: node
