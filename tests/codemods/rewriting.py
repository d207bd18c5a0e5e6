"""Runs the symbol rewrite alone, without the rest of the pipeline."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.symbols import Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.rewrites import imports, symbols

# Makes a text TF1 for sure, and is left alone by this rewrite.
TF1 = "import tensorflow as tf\ntf.placeholder\n"


def rewrite(source: str, is_constant: bool = False) -> tuple[str, list[Finding]]:
    """The text after the symbol rewrite, and its findings."""
    module = cst.parse_module(source)
    ctx = Context(module, Symbols(module))
    edits = Edits()
    findings: list[Finding] = []
    symbols.propose(ctx, edits, findings, lambda node: is_constant)
    return imports.fix(ctx, edits, edits.apply(module)).code, findings


def expression(source: str, is_constant: bool = False) -> str:
    """One TF1 expression after the rewrite; it must not be refused, compile, and stay as it is the second time."""
    text, findings = rewrite(f"{TF1}{source}\n", is_constant)
    refused = [finding for finding in findings if finding.status is Status.REFUSED]
    assert not refused, refused
    compile(text, "<rewritten>", "exec")
    native = text.replace("tf.placeholder\n", "")
    assert rewrite(native, is_constant)[0] == native
    return text.split("tf.placeholder\n", 1)[1].removesuffix("\n")


def refusal(source: str) -> tuple[str, str]:
    """Code and message of the only refusal of a TF1 expression, whose text must stay as it was."""
    text, findings = rewrite(f"{TF1}{source}\n")
    refused = [finding for finding in findings if finding.status is Status.REFUSED]
    assert len(refused) == 1, refused
    assert text == f"{TF1}{source}\n"
    return refused[0].code, refused[0].message
