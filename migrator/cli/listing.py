"""`migrator list`: what a rewrite would find, without rewriting."""

from __future__ import annotations

import json
from pathlib import Path

import click

from codemods.findings import Status
from migrator.cli.progress import progress
from migrator.cli.rewrite import collect, compute, exit_code
from migrator.errors import Exit
from migrator.report.model import FileRecord, Outcome
from migrator.settings import NUMERICS, Project, load_project


@click.command("list", short_help="TF1 uses and findings per file, without rewriting.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option(
    "--state", is_flag=True, help="The variables of each program instead: who makes, shares, updates, saves them."
)
@click.option(
    "--all", "everything", is_flag=True, help="Also the uses that would be rewritten without remark, or slots."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object per file.")
@click.option("--numerics", type=click.Choice(NUMERICS), help="As for `rewrite`.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes (default: one per core).")
def command(
    paths: tuple[Path, ...], state: bool, everything: bool, as_json: bool, numerics: str | None, jobs: int | None
) -> int:
    """List the TF1 uses in each PATH with the status that a rewrite would give them. Writes nothing.

    With --state: the variables that each program has, by their TF1 names, whether it can be rewritten or not.
    """
    from migrator.equivalence.results import to_json
    from migrator.report.terminal import console, summary

    project = load_project().with_flags(numerics=numerics, jobs=jobs)
    if state:
        return _list_state(paths, project, everything, as_json)
    tasks, records = collect(list(paths), project, None)
    with progress(len(tasks), "reading") as advance:
        for work in compute(tasks, project.workers):
            records.append(work.record)
            advance()
    if as_json:
        for record in records:
            click.echo(json.dumps(to_json(record), ensure_ascii=False))
    else:
        for record in records:
            _print(record, everything)
        console().print(summary(records, dry=True))
    return Exit.worst(Exit.OK, exit_code(records, strict=False))


def _list_state(paths: tuple[Path, ...], project: Project, everything: bool, as_json: bool) -> int:
    from migrator.equivalence.results import to_json
    from migrator.files.inventories import inventories
    from migrator.report.state import print_inventory
    from migrator.report.terminal import console

    code = Exit.OK
    for number, found in enumerate(inventories(paths, project)):
        if as_json:
            click.echo(json.dumps(to_json(found), ensure_ascii=False))
        else:
            out = console()
            if number:
                out.print()
            print_inventory(out, found, everything)
        code = Exit.worst(code, Exit.USAGE if found.failure is not None else Exit.OK)
    return code


def _print(record: FileRecord, everything: bool) -> None:
    """One line per finding, as editors and other tools parse it: ``path:line:column: code status: message``."""
    if record.outcome in (Outcome.PROBLEM, Outcome.BUG) and not record.notes:
        click.echo(f"{record.path}: {record.detail}")
    for note in record.notes:
        if note.status is Status.NATIVE and not everything:
            continue
        cell = f"cell {note.cell}:" if note.cell is not None else ""
        status = note.status or "note"
        click.echo(f"{record.path}:{cell}{note.span.line}:{note.span.column + 1}: {note.code} {status}: {note.message}")
