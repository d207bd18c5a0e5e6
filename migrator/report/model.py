"""What commands leave behind for `migrator report`: one record per file and one result per checked program.

The stored form is JSON with a schema number. Nothing here imports NumPy or TensorFlow.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from codemods.findings import Span, Status
from migrator.equivalence.results import CheckResult

SCHEMA = 1

# Codes of uses that were left only because of something else in the file; reports count them and show the cause.
CONSEQUENCES = frozenset({"TF901", "TF902"})


class Outcome(enum.StrEnum):
    """What became of one file."""

    REWRITTEN = "rewritten"
    """Fully native TF2 / Keras 3 now."""
    UNCHANGED = "unchanged"
    """Nothing in it to rewrite."""
    REFUSED = "refused"
    """Left byte for byte as it was; the findings say why."""
    UNVERIFIED = "not verified"
    """Could be rewritten, but the rewritten program did not check equal: left as it was."""
    PROBLEM = "problem"
    """Could not be read or written."""
    BUG = "bug"
    """A bug of ours; left as it was."""


@dataclass(frozen=True)
class Note:
    """A finding as reports show it. ``cell`` is the notebook cell (from 1), whose lines ``span`` then counts."""

    code: str
    message: str
    status: Status | None
    symbol: str | None
    span: Span
    cell: int | None
    source: str

    @property
    def place(self) -> str:
        """``12:5``, or ``cell 3, 12:5`` in a notebook (columns from 1, as editors count)."""
        where = f"{self.span.line}:{self.span.column + 1}"
        return f"cell {self.cell}, {where}" if self.cell is not None else where


@dataclass(frozen=True)
class FileRecord:
    """One file of a `rewrite`.

    ``detail`` is the one-line reason of a problem, a bug or a failed verification. ``diff`` is unified and there also
    for a rewrite that was not kept. ``written`` is where the new text went (None when nothing was written), ``digest``
    the SHA-256 of what the file then held. ``extra_files`` were put beside it.
    """

    path: str
    outcome: Outcome
    detail: str | None = None
    notes: tuple[Note, ...] = ()
    diff: str = ""
    written: str | None = None
    digest: str | None = None
    extra_files: tuple[str, ...] = ()
    traceback: tuple[str, ...] = ()

    def count(self, status: Status) -> int:
        """Number of TF1 uses in this file that ended in ``status``; what needed no change was no TF1 use."""
        if self.outcome is Outcome.UNCHANGED:
            return 0
        return sum(note.status is status for note in self.notes)

    @property
    def remarks(self) -> tuple[Note, ...]:
        """The findings that ask for attention: causes of refusals, and notes for the reviewer."""
        return tuple(n for n in self.notes if n.status is not Status.NATIVE and n.code not in CONSEQUENCES)

    @property
    def consequences(self) -> int:
        """Number of TF1 uses that were left only because of something else."""
        return sum(note.code in CONSEQUENCES for note in self.notes)


@dataclass(frozen=True)
class Report:
    """Everything known about a project. ``numerics`` is the policy of the last `rewrite`."""

    schema: int = SCHEMA
    version: str = ""
    numerics: str = "default"
    files: tuple[FileRecord, ...] = ()
    checks: tuple[CheckResult, ...] = ()

    def uses(self) -> Counter[Status]:
        """TF1 uses by the status that each ended in."""
        return Counter({status: sum(record.count(status) for record in self.files) for status in Status})

    def outcomes(self) -> Counter[Outcome]:
        """Files by what became of them."""
        return Counter(record.outcome for record in self.files)

    def with_files(self, records: Iterable[FileRecord]) -> Report:
        """The report with newer records put over older ones of the same path.

        A rewritten file that the next `rewrite` rightly finds unchanged keeps the record of its rewriting.
        """
        files = {record.path: record for record in self.files}
        for record in records:
            old = files.get(record.path)
            keeps = old is not None and old.outcome is Outcome.REWRITTEN and old.digest == record.digest
            if not (keeps and record.outcome is Outcome.UNCHANGED):
                files[record.path] = record
        return replace(self, files=tuple(files[path] for path in sorted(files)))

    def with_checks(self, checks: Iterable[CheckResult]) -> Report:
        """The report with newer check results put over older ones of the same program."""
        results = {check.program: check for check in self.checks} | {check.program: check for check in checks}
        return replace(self, checks=tuple(results[program] for program in sorted(results)))

    def check_of(self, record: FileRecord) -> CheckResult | None:
        """The check of the program that a record's file became, or None."""
        names = {record.path, record.written}
        return next((check for check in self.checks if check.program in names), None)
