"""Import statements of Keras: module paths that Keras 3 does not have.

``from keras.layers.core import Dense`` and ``from tensorflow.python.keras.layers import Dense`` bind the same names as
``from keras.layers import Dense``; only the statement changes. Modules that are gone as such (``keras.utils.np_utils``)
leave the statement; their members are written out where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods import tables, tree
from codemods.analysis import modules
from codemods.context import Context
from codemods.edits import EditFunction, Edits
from codemods.rewrites.keras_calls import is_backend_function

Statement = cst.Import | cst.ImportFrom


def statements(ctx: Context) -> Iterator[cst.ImportFrom]:
    """The ``from`` imports of Keras modules, star imports aside."""
    for node in tree.of_type(ctx.module, cst.ImportFrom):
        if node.module is not None and not node.relative:
            symbol = modules.module(modules.dotted(node.module))
            if (
                symbol is not None
                and symbol.partition(".")[0] == "keras"
                and not isinstance(node.names, cst.ImportStar)
            ):
                yield node


def home(path: str, target: str) -> str | None:
    """The module to import ``target`` (a canonical name) from, in the style of ``path``; None if it has none there.

    ``path`` is the module that the file imports from: ``tensorflow.*`` imports stay inside TensorFlow.
    """
    inside = path.startswith("tensorflow")
    base = target.rpartition(".")[0]
    if base.startswith("tf."):
        return f"tensorflow.{base[3:]}"
    return f"tensorflow.{base}" if inside else base


def renewed(path: str, name: str) -> tuple[str, str] | None:
    """Module and name that bind in Keras 3 what ``from path import name`` bound; None for what is not there.

    Names that are called otherwise in Keras 3, and modules that are gone, give None: their uses are rewritten.
    """
    base = modules.module(path)
    symbol = modules.member(base, name) if base is not None else None
    entry = tables.lookup(symbol) if symbol is not None else None
    if symbol is None or entry is None or entry.decision in (tables.Decision.REFUSED, tables.Decision.LOWERED):
        return None
    if symbol.startswith("keras.backend.") and is_backend_function(name):
        return None
    target = entry.target or symbol
    if target.rpartition(".")[2] != name:
        return None
    if entry.kind == "module" and symbol == base:
        return None  # a module of Keras 2 whose members are one level up
    new = home(path, target)
    return (new, name) if new is not None else None


def propose(ctx: Context, edits: Edits) -> frozenset[tuple[cst.ImportFrom, str]]:
    """Propose new import statements; the result holds the (statement, bound name) pairs whose uses may stay."""
    settled = set()
    for node in statements(ctx):
        assert node.module is not None and not isinstance(node.names, cst.ImportStar)
        path = modules.dotted(node.module)
        groups: dict[str, list[cst.ImportAlias]] = {}
        changed = False
        for alias in node.names:
            name = modules.dotted(alias.name)
            found = renewed(path, name)
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            if found is not None:
                settled.add((node, bound))
                groups.setdefault(found[0], []).append(alias)
                changed = changed or found[0] != path
            else:
                changed = True
        if changed:
            edits.replace(node, _rewriter(groups))
    return frozenset(settled)


def _rewriter(groups: dict[str, list[cst.ImportAlias]]) -> EditFunction:
    def rewrite(updated: cst.ImportFrom) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        made = []
        for path, aliases in groups.items():
            names = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in aliases]
            single = len(groups) == 1 and len(names) == len(updated.names)  # type: ignore[arg-type]  # no star here
            layout = {} if single else {"lpar": None, "rpar": None}
            kept = updated.names if single else names
            made.append(
                updated.with_changes(module=_dotted(path), names=kept, semicolon=cst.MaybeSentinel.DEFAULT, **layout)
            )
        if not made:
            return cst.RemoveFromParent()
        return made[0] if len(made) == 1 else cst.FlattenSentinel(made)

    return rewrite


def _dotted(path: str) -> cst.Name | cst.Attribute:
    parsed = cst.parse_expression(path)
    assert isinstance(parsed, cst.Name | cst.Attribute)
    return parsed
