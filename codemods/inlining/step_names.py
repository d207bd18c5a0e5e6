"""A counter that is made without a name, and asked for later: ``tf.train.create_global_step()`` on a line of its own.

The graph kept that counter; without a graph a name has to. The name is the one that the program gives it a few lines
further down, in the same block; otherwise ``global_step``, where that means nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.edits import Edits
from codemods.origins import Origins
from codemods.rewrites import template

_MAKERS = ("tf.train.create_global_step", "tf.train.get_or_create_global_step")
_READERS = ("tf.train.get_global_step", "tf.train.get_or_create_global_step")
_NAME = "global_step"


def write_out(module: cst.Module, symbols: Symbols, origins: Origins | None) -> tuple[cst.Module, Origins | None]:
    """The module with the counter named where it is made, and the places of its nodes.

    Nothing is changed where it is made in several places, or where nothing asks for it.
    """
    calls = [call for use in symbols.tf_uses() if (call := symbols.call(use.node)) is not None and not call.args]
    parents = tree.parents(module)
    made = [call for call in calls if symbols.of(call.func) in _MAKERS and _is_bare(call, parents)]
    asked = [call for call in calls if symbols.of(call.func) in _READERS and call not in made]
    if len(made) != 1 or not asked:
        return module, origins
    edits = Edits()
    again = _named_again(made[0], asked, symbols, parents)
    if again is not None:
        name, line = again
        edits.remove(line)
    elif symbols.is_bound(_NAME) or _NAME in symbols.reads:
        return module, origins
    else:
        name = _NAME
    small = parents[made[0]]

    def assigned(updated: cst.Expr) -> cst.Assign:
        new = template.statement(f"{name} = {{made}}", made=updated.value).body[0]
        assert isinstance(new, cst.Assign)
        return new.with_changes(semicolon=updated.semicolon)

    edits.replace(small, assigned)
    after = edits.apply(module, parents)
    return after, Origins(module, after, edits, origins)


def _is_bare(call: cst.Call, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    small = parents.get(call)
    return isinstance(small, cst.Expr) and isinstance(parents.get(small), cst.SimpleStatementLine)


def _named_again(
    made: cst.Call, asked: list[cst.Call], symbols: Symbols, parents: Mapping[cst.CSTNode, cst.CSTNode]
) -> tuple[str, cst.SimpleStatementLine] | None:
    """The only binding of a name, ``name = tf.train.get_global_step()`` after ``made`` in its block, and its line."""
    block = parents[parents[parents[made]]]
    lines = list(getattr(block, "body", ()))
    for line in lines[lines.index(parents[parents[made]]) + 1 :]:
        small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
        if not isinstance(small, cst.Assign) or small.value not in asked or len(small.targets) != 1:
            continue
        target = small.targets[0].target
        if not isinstance(target, cst.Name) or line.leading_lines or line.trailing_whitespace.comment is not None:
            continue
        bindings = symbols.bindings(target.value, symbols.scope(made.func))
        if len(bindings) == 1 and bindings[0] in symbols.scope(made.func).bindings.get(target.value, ()):
            return target.value, line
    return None
