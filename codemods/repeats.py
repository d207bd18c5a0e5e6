"""Which functions of a program may be called more than once."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Scope


def may_repeat(staging: Staging, scope: Scope) -> bool:
    """Whether the body of a function may run more than once."""
    node = scope.node
    if isinstance(node, cst.Module):
        return False
    parents = tree.parents(staging.module)
    name = node.name.value
    named = [item for item in tree.walk(staging.module) if isinstance(item, cst.Name) and item.value == name]
    named = [item for item in named if item is not node.name and not _is_attribute(item, parents)]
    if name == "main" and all(_is_main(item, parents) for item in named):
        return False
    if len(named) != 1:
        return True
    current: cst.CSTNode | None = named[0]
    while current is not None:
        if isinstance(current, (cst.For, cst.While, cst.FunctionDef, cst.Lambda, cst.BaseComp)):
            return True
        current = parents.get(current)
    return False


def _is_attribute(node: cst.Name, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether a name is that of an attribute or argument, which has nothing to do with a function of this name."""
    around = parents.get(node)
    return (isinstance(around, cst.Attribute) and around.attr is node) or (
        isinstance(around, cst.Arg) and around.keyword is node
    )


def _is_main(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    """Whether ``main`` is named in ``if __name__ == "__main__":``, or given as a keyword to ``tf.app.run``."""
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(current, (cst.For, cst.While, cst.FunctionDef)):
        if isinstance(current, cst.If) and any(
            isinstance(item, cst.Name) and item.value == "__name__" for item in tree.walk(current.test)
        ):
            return True
        current = parents.get(current)
    return False
