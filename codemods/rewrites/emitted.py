"""Classes that a rewrite emits into the file: after the imports, once each."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.templates import Template


def insert_templates(module: cst.Module, templates: Iterable[Template]) -> cst.Module:
    """``module`` with the definitions of ``templates`` after its last leading import."""
    added: list[cst.BaseStatement] = []
    for template in templates:
        for statement in cst.parse_module(template.source).body:
            assert isinstance(statement, cst.BaseCompoundStatement)
            added.append(statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2))
    if not added:
        return module
    body = list(module.body)
    place = 1 + max((index for index, statement in enumerate(body) if _is_import(statement)), default=-1)
    if place < len(body):
        following = body[place]
        own = list(following.leading_lines)
        blank = next((index for index, line in enumerate(own) if line.comment is not None), len(own))
        missing = [cst.EmptyLine(indent=False)] * max(0, 2 - blank)
        body[place] = following.with_changes(leading_lines=[*missing, *own])
    return module.with_changes(body=[*body[:place], *added, *body[place:]])


def _is_import(statement: cst.BaseStatement | cst.SimpleStatementLine) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )
