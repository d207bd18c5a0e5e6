"""The report in a terminal: what was rewritten, what was not and why, and what the checks measured."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from codemods.findings import Status
from migrator.equivalence.results import EVENT_FILES, CheckResult, PassResult, Verdict
from migrator.report.advice import advice
from migrator.report.model import FileRecord, Note, Outcome, Report
from migrator.report.numbers import badge, figure, of_pass, share, what_went_wrong, whole

if TYPE_CHECKING:
    from rich.table import Table

_OUTCOME_STYLES = {
    Outcome.REWRITTEN: "green",
    Outcome.UNCHANGED: "dim",
    Outcome.REFUSED: "yellow",
    Outcome.UNVERIFIED: "red",
    Outcome.PROBLEM: "red",
    Outcome.BUG: "bold red",
}
_MOST_NOTES = 8
_WIDTH_OF_FILES = 160


def console(stream: TextIO | None = None) -> Console:
    """A console for reports. Off a terminal it neither wraps, nor colours, nor draws."""
    stream = sys.stdout if stream is None else stream
    terminal = stream.isatty()
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
        width=None if terminal else _WIDTH_OF_FILES,
    )


def print_report(out: Console, report: Report) -> None:
    """Everything in a stored report."""
    print_files(out, report.files)
    if report.checks:
        out.print()
        print_checks(out, report.checks)


def print_files(out: Console, records: Sequence[FileRecord], dry: bool = False) -> None:
    """One line per file that was or would be (``dry``) rewritten, the reasons where it was not, and the counts."""
    shown = [record for record in records if record.outcome is not Outcome.UNCHANGED]
    width = max((len(record.path) for record in shown), default=0)
    for record in shown:
        word = "would be rewritten" if dry and record.outcome is Outcome.REWRITTEN else str(record.outcome)
        line = Text(f"{record.path:<{min(width, 60)}}  ")
        line.append(word, style=_OUTCOME_STYLES[record.outcome])
        if record.outcome is Outcome.REWRITTEN:
            line.append(f"  {_plural(record.count(Status.NATIVE), 'TF1 use')}")
            if record.written is not None and record.written != record.path:
                line.append(f" → {record.written}")
        if record.detail and not (record.outcome is Outcome.BUG and record.notes):  # the note says the same
            line.append(f"  {record.detail}")
        out.print(line)
        for name in record.extra_files:
            out.print(Text(f"    new module {name}"))
        print_notes(out, record)
    if shown:
        out.print()
    out.print(Text(summary(records, dry)))


def print_notes(out: Console, record: FileRecord) -> None:
    """The findings of a file that ask for attention: refusals first, each with its advice, then notes."""
    own = sorted(record.remarks, key=lambda note: note.status is None)
    advised: set[str] = set()
    for note in own[:_MOST_NOTES]:
        _print_note(out, note, advised)
    if len(own) > _MOST_NOTES:
        out.print(Text(f"    … and {len(own) - _MOST_NOTES} more (`migrator report` has them all)", style="dim"))
    if record.consequences:
        other = "other " if own else ""
        out.print(Text(f"    {_plural(record.consequences, other + 'TF1 use')} left because of this", style="dim"))


def _print_note(out: Console, note: Note, advised: set[str]) -> None:
    line = Text(f"    {note.place}  ", style="dim")
    line.append(note.code, style="yellow not dim" if note.status is Status.REFUSED else "cyan not dim")
    line.append(f"  {note.message}", style="not dim")
    out.print(line)
    if note.source:
        out.print(Text(f"        {note.source[:110]}", style="dim"))
    if note.code not in advised and note.status is Status.REFUSED and advice(note.code):
        advised.add(note.code)
        out.print(Text(f"      → {advice(note.code)}"))


def summary(records: Sequence[FileRecord], dry: bool = False) -> str:
    """Files by outcome and TF1 uses by status, in one line."""
    outcomes = Counter(record.outcome for record in records)
    words = {Outcome.REWRITTEN: "would be rewritten" if dry else "rewritten", Outcome.PROBLEM: "with problems"}
    files = [f"{outcomes[outcome]} {words.get(outcome, str(outcome))}" for outcome in Outcome if outcomes[outcome]] or [
        "nothing to do"
    ]
    uses = {status: sum(record.count(status) for record in records) for status in Status}
    total = sum(uses.values())
    parts = ", ".join(f"{uses[status]} {status}" for status in Status)
    tail = f"; {_plural(total, 'TF1 use')}: {parts}" if total else ""
    return f"{_plural(len(records), 'file')}: {', '.join(files)}{tail}"


def print_checks(out: Console, checks: Sequence[CheckResult]) -> None:
    """A table of what was compared, and for everything that is not equal the first difference."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("program", overflow="fold")
    for heading in ("mode", "device"):
        table.add_column(heading, no_wrap=True)
    for heading in ("runs", "tensors", "max abs", "max ULP", "of tolerance"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for check in checks:
        for number, a_pass in enumerate(check.passes):
            _add_pass(table, check.program if not number else "", a_pass)
        if not check.passes:
            table.add_row(check.program, "", "", "", "", "", "", "", _verdict(check.verdict))
    out.print(table)
    for check in checks:
        _print_reasons(out, check)
        events = [note for a_pass in check.passes for note in a_pass.notes if note.startswith(EVENT_FILES)]
        for note in events[:1]:  # in locked mode, which comes first, it says most
            out.print(Text(f"\n{check.program}: {note}"))
    equal = sum(check.equal for check in checks)
    out.print()
    out.print(Text(f"{_plural(len(checks), 'program')} checked: {equal} equal, {len(checks) - equal} not"))


def _add_pass(table: Table, program: str, a_pass: PassResult) -> None:
    numbers, counts = of_pass(a_pass), a_pass.counts
    table.add_row(
        program,
        a_pass.mode,
        a_pass.device,
        f"{counts.equal}/{counts.compared}",
        str(counts.outputs + counts.variables),
        figure(numbers.max_abs),
        whole(numbers.max_ulp),
        share(numbers.scale),
        _verdict(a_pass.verdict),
    )


def _print_reasons(out: Console, check: CheckResult) -> None:
    """Why a program is not equal: the first difference, errors, variables without a counterpart, what was left out."""
    for a_pass in check.passes:
        lines = what_went_wrong(a_pass)
        if a_pass.counts.not_checked:
            lines.append(f"{_plural(a_pass.counts.not_checked, 'run')} not checked")
        if lines:
            out.print(Text(f"\n{check.program} ({a_pass.mode}, {a_pass.device})", style="bold"))
        for line in lines:
            out.print(Text(f"    {line}"))


def _verdict(verdict: Verdict) -> Text:
    styles = {Verdict.EQUAL: "green", Verdict.NOT_CHECKED: "yellow"}
    return Text(f"{badge(verdict)} {verdict}", style=styles.get(verdict, "red"))


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
