"""How a TF2 or Keras symbol is written in a file: by the user's own aliases, changing as little as possible."""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Scope, Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal

_MODULES = {"tf": "tensorflow", "keras": "keras"}


def path_of(target: str) -> str:
    """The import path of a canonical TF2 or Keras 3 name: ``tf.math.log`` is ``tensorflow.math.log``."""
    root, dot, rest = target.partition(".")
    return f"{_MODULES.get(root, root)}{dot}{rest}"


def native_path(symbols: Symbols, node: cst.BaseExpression) -> str | None:
    """The import path that ``node`` will have in the migrated file if its text stays as it is."""
    if isinstance(node, cst.Attribute):
        base = native_path(symbols, node.value)
        return f"{base}.{node.attr.value}" if base else None
    aliased = symbols.alias(node)
    if aliased is None:
        return symbols.path(node)
    name = symbols.of(aliased)
    entry = tables.lookup(name) if name else None
    return path_of(entry.target) if entry is not None and entry.target else None


def is_spelled(symbols: Symbols, node: cst.BaseExpression, target: str) -> bool:
    """Whether the text of ``node`` already means ``target`` in TF2 and Keras 3."""
    return _without_tf_keras(native_path(symbols, node)) == path_of(target)


def spell(ctx: Context, edits: Edits, node: cst.BaseExpression, scope: Scope, target: str) -> cst.BaseExpression:
    """An expression for ``target`` to put in the place of ``node``.

    The longest part of ``node`` that leads to the target is kept; otherwise the file's name for TensorFlow or Keras is
    used, and imported if there is none. Raises Refusal (TF110) if that name is taken.
    """
    path = path_of(target)
    prefix: cst.BaseExpression = node
    while isinstance(prefix, cst.Attribute):
        prefix = prefix.value
        lead = _without_tf_keras(native_path(ctx.symbols, prefix))
        if lead is not None and path.startswith(f"{lead}."):
            return _extend(prefix.deep_clone(), path[len(lead) + 1 :])
    return _extend(cst.parse_expression(root_name(ctx, edits, scope, target)), target.partition(".")[2])


def symbol(ctx: Context, edits: Edits, scope: Scope, target: str) -> cst.BaseExpression:
    """A new expression for ``target`` as seen from ``scope``."""
    return _extend(cst.parse_expression(root_name(ctx, edits, scope, target)), target.partition(".")[2])


def root_name(ctx: Context, edits: Edits, scope: Scope, target: str) -> str:
    """The file's name for the module that ``target`` starts with, imported if there is none yet."""
    root = target.partition(".")[0]
    if root not in _MODULES:
        raise Refusal("TF110", f"{target} has no module to be imported from")
    found = ctx.symbols.names_of(root, scope)
    if found:
        return root if root in found else found[0]
    if root == "keras" and (tensorflow := ctx.symbols.names_of("tf", scope)):
        inside = "tf" if "tf" in tensorflow else tensorflow[0]
        if ctx.symbols.is_bound("keras"):
            return f"{inside}.keras"
    if ctx.symbols.is_bound(root):
        raise Refusal("TF110", f"the name {root!r} is needed for an import and means something else here")
    if root == "keras":
        edits.require_import("keras")
    else:
        edits.require_import("tensorflow", alias="tf")
    return root


def _without_tf_keras(path: str | None) -> str | None:
    """``tensorflow.keras`` is Keras."""
    if path is not None and (path == "tensorflow.keras" or path.startswith("tensorflow.keras.")):
        return path.removeprefix("tensorflow.")
    return path


def _extend(node: cst.BaseExpression, rest: str) -> cst.BaseExpression:
    for part in rest.split(".") if rest else ():
        node = cst.Attribute(node, cst.Name(part))
    return node
