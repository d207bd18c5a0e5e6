"""An engine for tests of the application: tiny, importable from worker processes, and able to go wrong on demand."""

from __future__ import annotations

import os
import re
import time

from codemods.findings import Finding, Span, Status
from codemods.result import Result, Settings

EXTRA = {"mnist_data.py": "DATA = 1\n"}


def engine(text: str, settings: Settings, path: str) -> Result:
    """``tf.log(`` becomes ``tf.math.log(``; the text asks for everything else by name."""
    if "RAISE" in text:
        raise KeyError("asked for")
    if "SLOW" in text:
        time.sleep(0.1)
    if "DIE" in text:
        os._exit(7)
    refused = "tf.contrib" in text
    findings = tuple(_finding(text, match, refused) for match in re.finditer(r"tf\.log\b|tf\.contrib\b", text))
    new = text if refused else text.replace("tf.log(", "tf.math.log(")
    if "MOVE_CELL" in text:
        new = re.sub(r'"__notebook_cell_\d+__"\n', "", new)
    extra = EXTRA if "NEEDS_DATA" in text and new != text else {}
    return Result(new, new != text, findings, extra_files=extra)


def _finding(text: str, match: re.Match[str], refused: bool) -> Finding:
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1)
    span = Span(line, column, line, column + len(match[0]))
    if not refused:
        return Finding("TF100", span, "rewritten", Status.NATIVE, match[0])
    code = "TF101" if match[0] == "tf.contrib" else "TF901"
    return Finding(code, span, f"{match[0]} is refused", Status.REFUSED, match[0])
