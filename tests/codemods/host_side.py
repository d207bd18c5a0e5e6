"""Runs single rewrite families on a text, without the passes around them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

import libcst as cst

from codemods.analysis.symbols import Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status


@dataclass(frozen=True)
class Outcome:
    """What the families made of a text; ``imports`` are the statements that they asked for."""

    text: str
    imports: tuple[str, ...]
    findings: tuple[Finding, ...]
    extra_files: Mapping[str, str]

    @property
    def refused(self) -> list[str]:
        return [item.message for item in self.findings if item.status is Status.REFUSED]

    @property
    def native(self) -> list[str | None]:
        return [item.symbol for item in self.findings if item.status is Status.NATIVE]

    @property
    def notes(self) -> list[str]:
        return [item.message for item in self.findings if item.status is None]

    @property
    def program(self) -> str:
        """The text with the imports above it, for running it."""
        return "\n".join([*self.imports, self.text])


def rewrite(text: str, *families: ModuleType) -> Outcome:
    """Propose and apply the edits of ``families``; the result must compile."""
    module = cst.parse_module(text)
    context = Context(module, Symbols(module))
    edits = Edits()
    findings: list[Finding] = []
    for family in families:
        family.propose(context, edits, findings)
    output = edits.apply(module).code
    compile(output, "<output>", "exec")
    imports = []
    for item in edits.imports:
        name, source = (item.name, f"from {item.module} ") if item.name else (item.module, "")
        imports.append(f"{source}import {name}" + (f" as {item.alias}" if item.alias else ""))
    return Outcome(output, tuple(sorted(imports)), tuple(findings), context.extra_files)


def check(before: str, after: str, *families: ModuleType, imports: tuple[str, ...] = ()) -> Outcome:
    """``before`` becomes ``after``, with nothing refused; doing it again to the whole program changes nothing."""
    outcome = rewrite(before, *families)
    assert outcome.refused == []
    assert outcome.text == after
    assert outcome.imports == imports
    again = rewrite(outcome.program, *families)
    assert again.text == outcome.program
    assert again.findings == ()
    ast.parse(outcome.program)
    return outcome


def unchanged(text: str, *families: ModuleType) -> None:
    """Nothing in ``text`` concerns the families."""
    outcome = rewrite(text, *families)
    assert outcome.text == text
    assert outcome.findings == ()
    assert outcome.imports == ()
