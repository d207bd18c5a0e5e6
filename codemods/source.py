"""Bytes and text to a libcst module and back, without losing a byte."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from dataclasses import dataclass

import libcst as cst

from codemods.findings import Finding, Span, Status

# What must occur in a text before it can hold anything for us: an import by name, or one by * and the usual alias.
_MENTION = re.compile(r"tensorflow|keras|\btf_slim\b|import \*[\s\S]*\btf\.\w")

_PYTHON2 = (
    ("a print statement", re.compile(r"^\s*(?:[^#'\"\n]*[:;]\s*)?print(?:\s+(?![=(.\[,)])\S|\s*>>|[\"'])", re.M)),
    ("'except X, name'", re.compile(r"^\s*except\s+[\w.]+\s*,\s*\w+\s*:", re.M)),
    ("an exec statement", re.compile(r"^\s*exec\s+[^=\s(.]", re.M)),
    ("'raise X, value'", re.compile(r"^\s*raise\s+[\w.]+\s*,", re.M)),
    ("the operator '<>'", re.compile(r"^[^#'\"\n]*[\w)\]]\s*<>\s*[\w(\[]", re.M)),
    ("backquotes", re.compile(r"^[^#'\"\n]*`[^`\n]+`", re.M)),
    ("a ur'' string", re.compile(r"""^[^#'"\n]*\b[uU][rR]["']""", re.M)),
    ("an octal or long number", re.compile(r"^[^#'\"\n]*(?<![\w.])(?:0[0-7]+|(?:0[xX][0-9a-fA-F]+|\d+)[lL])\b", re.M)),
    ("a tuple parameter", re.compile(r"^\s*(?:def\s+\w+\s*\([^)\n]*\(|[^#'\"\n]*\blambda\s*\()", re.M)),
)
_FRAGILE = re.compile(r"\r(?!\n)|[\x0b\x0c]")
_PRINT_CHEVRON = re.compile(r"\bprint\s*>>")


class SourceError(Exception):
    """The text cannot be read as Python 3; ``finding`` says why and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True)
class Decoded:
    """A text with what is needed to write it back as the same bytes."""

    text: str
    encoding: str
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """``text`` in the encoding of the file it came from.

        Raises UnicodeEncodeError if the text has characters that this encoding lacks.
        """
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode(self.encoding)


def decode(data: bytes) -> Decoded:
    """The text of a Python file; newlines stay as they are. Raises SourceError (TF803)."""
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = "utf-8" if bom else encoding
        return Decoded(data.removeprefix(codecs.BOM_UTF8).decode(encoding), encoding, bom)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        reason = str(error).partition(" for ")[0]
        raise SourceError(
            Finding("TF803", _place(1, 0), f"cannot decode the file: {reason}", Status.REFUSED)
        ) from error


def mentions_tf(text: str) -> bool:
    """False only for texts that surely use neither TensorFlow nor Keras: they need no parsing."""
    return _MENTION.search(text) is not None


def parse(text: str) -> cst.Module:
    """The module of a Python 3 text; ``module.code == text``. Raises SourceError (TF801, TF802)."""
    _check_python3(text)
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        message = f"syntax error in line {error.raw_line}: {error.message}"
        place = _place(error.raw_line, max(error.raw_column - 1, 0))
        raise SourceError(Finding("TF801", place, message, Status.REFUSED)) from error
    # libcst keeps everything but these; generating the code again to make sure takes as long as parsing.
    if _FRAGILE.search(text) and module.code != text:
        message = "newlines or form feeds of the text cannot be kept as they are"
        raise SourceError(Finding("TF801", _place(1, 0), message, Status.REFUSED))
    return module


def _check_python3(text: str) -> None:
    """Let Python itself judge: libcst accepts some texts that are Python 2, and its messages are less clear."""
    lines = text.splitlines()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in old code are no concern of ours
            tree = ast.parse(text)
    except SyntaxError as error:
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
        found = _python2(lines, line)
        if found is None:
            finding = Finding(
                "TF801", _place(line, column), f"syntax error in line {line}: {error.msg}", Status.REFUSED
            )
        else:
            finding = _python2_finding(*found)
        raise SourceError(finding) from error
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deeply
        message = f"syntax error: {error}" if str(error) else "nested too deeply to be parsed"
        raise SourceError(Finding("TF801", _place(1, 0), message, Status.REFUSED)) from error
    if _PRINT_CHEVRON.search(text):  # valid Python 3, but it can only mean the statement
        for node in ast.walk(tree):
            match node:
                case ast.BinOp(left=ast.Name(id="print"), op=ast.RShift()):
                    raise SourceError(_python2_finding("a print statement", node.lineno))


def _python2_finding(what: str, line: int) -> Finding:
    return Finding("TF802", _place(line, 0), f"Python 2 source: {what} in line {line}", Status.REFUSED)


def _python2(lines: list[str], line: int) -> tuple[str, int] | None:
    """The Python 2 construct at the line where parsing stopped, or in the line before it."""
    for at in (line, line - 1):
        if 1 <= at <= len(lines):
            for what, pattern in _PYTHON2:
                if pattern.search(lines[at - 1]):
                    return what, at
    return None


def _place(line: int, column: int) -> Span:
    return Span(line, column, line, column)
