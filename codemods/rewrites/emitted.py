"""Classes and functions that a rewrite emits into the file: after the imports, once each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from codemods import tree
from codemods.templates import Template


def insert_templates(module: cst.Module, templates: Iterable[Template]) -> cst.Module:
    """``module`` with the definitions of ``templates`` after its imports, and before their first use."""
    added: list[cst.BaseStatement] = []
    for template in templates:
        for statement in cst.parse_module(template.source).body:
            assert isinstance(statement, cst.BaseCompoundStatement)
            added.append(statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2))
    if not added:
        return module
    body = list(module.body)
    place = _place(body, {statement.name.value for statement in added if isinstance(statement, _DEFINITIONS)})
    if place < len(body):
        following = body[place]
        own = list(following.leading_lines)
        blank = next((index for index, line in enumerate(own) if line.comment is not None), len(own))
        missing = [cst.EmptyLine(indent=False)] * max(0, 2 - blank)
        body[place] = following.with_changes(leading_lines=[*missing, *own])
    return module.with_changes(body=[*body[:place], *added, *body[place:]])


def _place(body: Sequence[cst.BaseStatement | cst.SimpleStatementLine], names: set[str]) -> int:
    """After the last import, or the last one before the first use where a program imports later on, too.

    What the definitions need themselves, TensorFlow and Keras, is imported before them in any case.
    """
    imports = [index for index, statement in enumerate(body) if _is_import(statement)]
    uses = (index for index, statement in enumerate(body) if _mentions(statement, names))
    first = next(uses, len(body))
    needed = [next((index for index in imports if _mentions(body[index], {name})), -1) for name in ("tf", "keras")]
    return 1 + max([index for index in imports if index < first] + needed, default=-1)


def _mentions(statement: cst.CSTNode, names: set[str]) -> bool:
    return any(isinstance(node, cst.Name) and node.value in names for node in tree.walk(statement))


_DEFINITIONS = (cst.ClassDef, cst.FunctionDef)


def _is_import(statement: cst.BaseStatement | cst.SimpleStatementLine) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )
