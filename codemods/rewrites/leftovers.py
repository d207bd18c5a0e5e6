"""Names of Python 2 and old NumPy that the legacy runtime still provided, and that a migrated program needs gone."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.frames import is_builtin
from codemods.context import Context
from codemods.edits import Edits

# Builtins of Python 2 to those of Python 3 that do the same for a program that runs on both.
_BUILTINS = {"xrange": "range", "unicode": "str", "basestring": "str", "raw_input": "input", "unichr": "chr"}
# Aliases that NumPy removed (1.24 and 2.0) to what they were.
_NUMPY = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "long": "int", "unicode": "str",
}  # fmt: skip
_NUMPY_RENAMED = {
    "Inf": "inf", "Infinity": "inf", "infty": "inf", "NaN": "nan", "float_": "float64", "complex_": "complex128",
    "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "unicode_": "str_",
    "string_": "bytes_", "row_stack": "vstack", "in1d": "isin", "trapz": "trapezoid",
}  # fmt: skip


def propose(ctx: Context, edits: Edits) -> None:
    """Rename them wherever nothing in the file gives the name another meaning."""
    bound = {name for scope in ctx.symbols.scopes() for name in scope.bindings}
    for node in tree.of_type(ctx.module, cst.Name, cst.Attribute):
        if isinstance(node, cst.Name):
            if node.value in _BUILTINS and node.value not in bound and not _is_label(ctx.parents[node], node):
                edits.substitute(node, cst.Name(_BUILTINS[node.value]))
        elif ctx.symbols.path(node.value) == "numpy":
            name = node.attr.value
            if name in _NUMPY and is_builtin(_NUMPY[name]) and _NUMPY[name] not in bound:
                edits.substitute(node, cst.Name(_NUMPY[name]))
            elif name in _NUMPY_RENAMED:
                edits.substitute(node.attr, cst.Name(_NUMPY_RENAMED[name]))


def _is_label(parent: cst.CSTNode, node: cst.Name) -> bool:
    """Whether a name is an attribute or keyword, not a variable."""
    if isinstance(parent, cst.Attribute):
        return parent.attr is node
    return isinstance(parent, cst.Arg) and parent.keyword is node
