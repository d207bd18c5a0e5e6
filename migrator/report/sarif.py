"""The report as SARIF 2.1.0, which code hosts show at the lines of a pull request."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from codemods.findings import Status
from migrator.equivalence.results import CheckResult
from migrator.report.advice import advice, title
from migrator.report.model import FileRecord, Note, Outcome, Report

_UNEQUAL = "CHECK"


def render(report: Report) -> str:
    """The JSON document: refusals are warnings, notes are notes, our bugs and unequal programs are errors."""
    results = [
        _note_result(record, note)
        for record in report.files
        if record.outcome is not Outcome.REWRITTEN  # the lines of a rewritten file are no longer there
        for note in record.remarks
    ]
    results += [_check_result(check) for check in report.checks if not check.equal]
    codes = sorted({result["ruleId"] for result in results})
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "migrator", "version": report.version, "rules": [_rule(c) for c in codes]}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    text = "the migrated program is not equal to the legacy program" if code == _UNEQUAL else title(code)
    rule: dict[str, Any] = {"id": code, "shortDescription": {"text": text}}
    if advice(code):
        rule["help"] = {"text": advice(code)}
    return rule


def _note_result(record: FileRecord, note: Note) -> dict[str, Any]:
    level = "error" if note.code == "TF900" else "warning" if note.status is Status.REFUSED else "note"
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(record.path)}}
    text = note.message
    if note.cell is None:
        location["region"] = {
            "startLine": note.span.line,
            "startColumn": note.span.column + 1,
            "endLine": note.span.end_line,
            "endColumn": note.span.end_column + 1,
        }
    else:  # lines of a cell are no lines of the file
        text = f"{note.place}: {text}"
    return {
        "ruleId": note.code,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }


def _check_result(check: CheckResult) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(check.program)}}
    first = check.first_difference
    if first is not None and first.migrated is not None:
        location["region"] = {"startLine": first.migrated.line, "startColumn": first.migrated.column + 1}
    return {
        "ruleId": _UNEQUAL,
        "level": "error",
        "message": {"text": first.message if first is not None else str(check.verdict)},
        "locations": [{"physicalLocation": location}],
    }
