"""One file, from its bytes to the bytes that should replace it. Runs in worker processes; writes nothing."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.findings import Finding, Span, Status
from codemods.result import ReplayMap, Result, Settings
from migrator.errors import locate_bug
from migrator.files import atomic
from migrator.files.notebooks import Notebook, NotebookProblem, OtherLanguage
from migrator.report.model import FileRecord, Note, Outcome

if TYPE_CHECKING:
    from codemods.source import Decoded

# Generated code beyond this size is data; parsing it would take minutes and gigabytes.
MAX_SOURCE_BYTES = 2_000_000
# Notebooks carry their outputs; only their code counts against the limit above.
MAX_NOTEBOOK_BYTES = 200_000_000

_VALUE_OF_INITIALISER = "TF240"

Engine = Callable[[str, Settings, str], Result]


@dataclass(frozen=True)
class Task:
    """One file to rewrite. ``name`` is the path as people see it; ``engine`` must be picklable."""

    path: Path
    relative: Path
    name: str
    settings: Settings
    engine: Engine


@dataclass(frozen=True)
class Work:
    """What should be done with one file. ``new`` is None when there is nothing to write."""

    task: Task
    record: FileRecord
    snapshot: atomic.Snapshot | None = None
    new: bytes | None = None
    map: ReplayMap = field(default_factory=ReplayMap)
    extra_files: Mapping[str, str] = field(default_factory=dict)

    def ending(self, outcome: Outcome, detail: str) -> Work:
        """The same file, left as it is for a reason that came up after the rewrite: no use in it became native."""
        notes = tuple(
            replace(note, code="TF902", message=f"the rewrite was not kept: {detail}", status=Status.REFUSED)
            if note.status is Status.NATIVE
            else note
            for note in self.record.notes
        )
        return replace(self, new=None, record=replace(self.record, outcome=outcome, detail=detail, notes=notes))


def engine(text: str, settings: Settings, path: str) -> Result:
    """The real engine, imported when the first file needs it."""
    from codemods.pipeline import rewrite_source

    return rewrite_source(text, settings=settings, path=path)


def rewrite_file(task: Task) -> Work:
    """Read and rewrite one file. Never raises: whatever goes wrong becomes the file's record."""
    limit = MAX_NOTEBOOK_BYTES if task.path.suffix == ".ipynb" else MAX_SOURCE_BYTES
    try:
        snapshot = atomic.read(task.path, limit)
    except atomic.FileProblem as error:
        return Work(task, FileRecord(task.name, Outcome.PROBLEM, str(error)))
    return replace(rewrite_bytes(task, snapshot.data), snapshot=snapshot)


def rewrite_bytes(task: Task, data: bytes) -> Work:
    """Rewrite the content of one file. Never raises."""
    unchanged = Work(task, FileRecord(task.name, Outcome.UNCHANGED, digest=atomic.digest(data)))
    if not mentions_tensorflow(data):
        return unchanged
    try:
        return _rewrite_bytes(task, data, unchanged)
    except Exception as error:  # noqa: BLE001  (a bug in one file must not end the others)
        where, lines = locate_bug(error), tuple(traceback.format_exception(error))
        work = _refused(unchanged, "TF900", f"internal error: {where}").ending(Outcome.BUG, where)
        return replace(work, record=replace(work.record, traceback=lines))


def mentions_tensorflow(data: bytes) -> bool:
    """Whether there can be anything to do: a cheap test that spares most files of a project the parser."""
    return b"tensorflow" in data or b"keras" in data


def _rewrite_bytes(task: Task, data: bytes, unchanged: Work) -> Work:
    from codemods.source import SourceError, decode  # loads libcst

    try:
        source = decode(data)
    except SourceError as problem:
        return _refused(unchanged, problem.finding.code, problem.finding.message)
    if task.path.suffix == ".ipynb":
        return _rewrite_notebook(task, source, unchanged)
    if len(data) > MAX_SOURCE_BYTES:  # from standard input; files are measured before they are read
        return unchanged.ending(Outcome.PROBLEM, _too_large(len(data)))
    result = task.engine(source.text, task.settings, task.name)
    try:
        new = source.encode(result.text) if result.changed else None
    except UnicodeEncodeError as problem:
        return _refused(unchanged, "TF803", f"the rewritten text cannot be written in {source.encoding}: {problem}")
    lines = source.text.splitlines()
    notes = tuple(_note(finding, lines) for finding in result.findings)
    return _work(unchanged, result, new, notes, _diff(task.name, source.text, result.text))


def _rewrite_notebook(task: Task, source: Decoded, unchanged: Work) -> Work:
    try:
        notebook = Notebook(source.text)
    except OtherLanguage:
        return unchanged
    except NotebookProblem as problem:
        return _refused(unchanged, "TF810", str(problem))
    if len(notebook.script) > MAX_SOURCE_BYTES:
        return unchanged.ending(Outcome.PROBLEM, _too_large(len(notebook.script)))
    result = task.engine(notebook.script, task.settings, task.name)
    unseen = notebook.values_at(f.span.line for f in result.findings if f.code == _VALUE_OF_INITIALISER)
    if unseen:  # such a run gives None, which a cell does not show
        notebook = Notebook(source.text, unseen)
        result = task.engine(notebook.script, task.settings, task.name)
    lines = notebook.lines()
    notes = tuple(_in_cell(_note(finding, lines), notebook) for finding in result.findings)
    try:
        new = source.encode(notebook.with_script(result.text)) if result.changed else None
    except NotebookProblem as problem:
        return _refused(unchanged, "TF811", str(problem))
    return _work(
        unchanged, result, new, notes, _diff(task.name, notebook.shown(notebook.script), notebook.shown(result.text))
    )


def _work(unchanged: Work, result: Result, new: bytes | None, notes: tuple[Note, ...], diff: str) -> Work:
    outcome, detail = Outcome.UNCHANGED, None
    if new is not None:
        outcome = Outcome.REWRITTEN
    elif any(note.status is Status.REFUSED for note in notes):
        outcome = Outcome.REFUSED
    bug = next((note for note in notes if note.code == "TF900"), None)
    if bug is not None:
        outcome, detail = Outcome.BUG, bug.message
    record = replace(
        unchanged.record, outcome=outcome, detail=detail, notes=notes, diff=diff, traceback=result.traceback
    )
    extra_files = result.extra_files if new is not None else {}
    return replace(unchanged, record=record, new=new, map=result.map, extra_files=extra_files)


def _refused(unchanged: Work, code: str, message: str) -> Work:
    """A file that cannot be understood as a whole."""
    note = Note(code, message, Status.REFUSED, None, Span(1, 0, 1, 0), None, "")
    return replace(unchanged, record=replace(unchanged.record, outcome=Outcome.REFUSED, notes=(note,)))


def _too_large(size: int) -> str:
    return f"{size:,} bytes of source, more than the limit of {MAX_SOURCE_BYTES:,}"


def _note(finding: Finding, lines: list[str]) -> Note:
    line = lines[finding.span.line - 1].strip() if 0 < finding.span.line <= len(lines) else ""
    return Note(finding.code, finding.message, finding.status, finding.symbol, finding.span, None, line)


def _in_cell(note: Note, notebook: Notebook) -> Note:
    cell, line = notebook.place(note.span.line)
    end_cell, end_line = notebook.place(note.span.end_line)
    if end_cell != cell:
        end_line = line
    column = notebook.column(note.span.line, note.span.column)
    end_column = notebook.column(note.span.end_line, note.span.end_column)
    return replace(note, cell=cell, span=Span(line, column, end_line, end_column))


def _diff(name: str, old: str, new: str) -> str:
    if old == new:
        return ""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return "".join(line + "\n" for line in lines)
