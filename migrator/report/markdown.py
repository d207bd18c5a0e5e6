"""The report as Markdown: short enough for a pull-request comment, with the details folded away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from codemods.findings import Status
from migrator.equivalence.results import CheckResult, PassResult
from migrator.report.advice import advice
from migrator.report.model import FileRecord, Outcome, Report
from migrator.report.numbers import badge, figure, of_mode, what_went_wrong

# GitHub refuses comments of more than 65,536 characters.
_MOST_ROWS = 60
_MOST_FINDINGS = 12
_REFUSALS_ROOM, _NOTES_ROOM, _UNEQUAL_ROOM = 20_000, 15_000, 15_000


def render(report: Report) -> str:
    """The whole comment."""
    return "\n".join(_lines(report)).rstrip("\n") + "\n"


def _lines(report: Report) -> Iterator[str]:
    outcomes, uses = report.outcomes(), report.uses()
    equal = sum(check.equal for check in report.checks)
    yield "## TensorFlow 1 → 2 migration"
    yield ""
    files = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    yield f"**{outcomes[Outcome.REWRITTEN]} of {len(report.files)} files rewritten** ({files or 'no files'}). "
    yield "TF1 uses: " + ", ".join(f"{uses[status]} {status}" for status in Status) + ". "
    if report.checks:
        yield f"**{equal} of {len(report.checks)} programs checked equal**."
    else:
        yield "Nothing was checked."
    yield ""
    shown = [record for record in report.files if record.outcome is not Outcome.UNCHANGED]
    if shown:
        yield "| file | outcome | TF1 uses | check | max abs, locked | max abs, free |"
        yield "| --- | --- | ---: | --- | ---: | ---: |"
        yield from (_row(record, report.check_of(record)) for record in shown[:_MOST_ROWS])
        if len(shown) > _MOST_ROWS:
            yield f"| … {len(shown) - _MOST_ROWS} more | | | | | |"
        yield ""
    yield from _unequal(report)
    yield from _refusals([record for record in shown if record.outcome is not Outcome.REWRITTEN])
    yield from _notes([record for record in shown if record.outcome is Outcome.REWRITTEN])
    yield f"<sub>migrator {report.version}, numerics: {report.numerics}</sub>"


def _row(record: FileRecord, check: CheckResult | None) -> str:
    native = record.count(Status.NATIVE)
    total = native + record.count(Status.COMPAT) + record.count(Status.REFUSED)
    uses = f"{native}/{total}" if native != total else str(total)
    cells = [f"`{record.path}`", str(record.outcome), uses]
    if check is None:
        cells += ["not checked", "", ""]
    else:
        cells += [f"{badge(check.verdict)} {check.verdict}"]
        cells += [figure(of_mode(check, mode).max_abs) for mode in ("locked", "free")]
    return "| " + " | ".join(cells) + " |"


def _unequal(report: Report) -> Iterator[str]:
    bad = [check for check in report.checks if not check.equal]
    if not bad:
        return
    yield "### Not equal"
    yield ""
    reasons = [[f"  - {line}" for a_pass in check.passes for line in _reasons(a_pass)] for check in bad]
    heads = [f"- `{check.program}`: {check.verdict}" for check in bad]
    yield from _within(_UNEQUAL_ROOM, [[head, *lines] for head, lines in zip(heads, reasons, strict=True)])
    yield ""


def _reasons(a_pass: PassResult) -> Iterator[str]:
    for line in what_went_wrong(a_pass):
        yield f"{a_pass.mode}, {a_pass.device}: {_plain(line)}"


def _refusals(records: list[FileRecord]) -> Iterator[str]:
    if not records:
        return
    reasons = Counter(n.code for record in records for n in record.remarks if n.status is Status.REFUSED)
    frequent = ", ".join(f"{code} ×{count}" for code, count in reasons.most_common(5))
    yield f"<details><summary>Left as they were: {len(records)} files{f' ({frequent})' if frequent else ''}</summary>"
    yield ""
    yield from _within(_REFUSALS_ROOM, [list(_refused(record)) for record in records])
    yield ""
    yield "</details>"
    yield ""


def _refused(record: FileRecord) -> Iterator[str]:
    detail = f" {_plain(record.detail)}" if record.detail else ""
    yield f"- `{record.path}`: {record.outcome}.{detail}"
    blocking = [note for note in record.remarks if note.status is Status.REFUSED]
    for note in blocking[:_MOST_FINDINGS]:
        yield f"  - {note.place} **{note.code}** {_plain(note.message)}"
        if advice(note.code):
            yield f"    → {_plain(advice(note.code))}"
    if len(blocking) > _MOST_FINDINGS:
        yield f"  - … {len(blocking) - _MOST_FINDINGS} more"


def _notes(records: list[FileRecord]) -> Iterator[str]:
    """What a reviewer of the rewritten files should know."""
    noted = [record for record in records if record.remarks or record.extra_files]
    if not noted:
        return
    count = sum(len(record.remarks) for record in noted)
    yield f"<details><summary>Notes for the reviewer: {count} in {len(noted)} files</summary>"
    yield ""
    yield from _within(_NOTES_ROOM, [list(_noted(record)) for record in noted])
    yield ""
    yield "</details>"
    yield ""


def _noted(record: FileRecord) -> Iterator[str]:
    yield f"- `{record.path}`"
    yield from (f"  - new module `{name}`" for name in record.extra_files)
    for note in record.remarks[:_MOST_FINDINGS]:
        yield f"  - {note.place} **{note.code}** {_plain(note.message)}"
    if len(record.remarks) > _MOST_FINDINGS:
        yield f"  - … {len(record.remarks) - _MOST_FINDINGS} more"


def _within(room: int, blocks: list[list[str]]) -> Iterator[str]:
    """As many blocks of lines as fit into ``room`` characters, and how many are left out."""
    for index, block in enumerate(blocks):
        room -= sum(len(line) + 1 for line in block)
        if room < 0:
            yield f"- … {len(blocks) - index} more files"
            return
        yield from block


def _plain(text: str) -> str:
    """One line in which nothing but code spans is markup."""
    return re.sub(r"([\\*_<>|\[\]])", r"\\\1", " ".join(text.split()))
