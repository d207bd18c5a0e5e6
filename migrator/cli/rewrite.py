"""`migrator rewrite`: TF1 programs become TF2 / Keras 3 code, in place or elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codemods.result import Settings
from migrator.cli.progress import progress
from migrator.errors import Exit, UserError
from migrator.files import pool
from migrator.files.discovery import Found, Problem, discover
from migrator.files.rewriting import Task, Work, engine, rewrite_bytes, rewrite_file
from migrator.report.model import FileRecord, Outcome
from migrator.settings import NUMERICS, Project, load_project
from migrator.store import Store

if TYPE_CHECKING:
    from migrator.equivalence.results import CheckResult


@click.command("rewrite", short_help="Rewrite programs and trees as TF2 / Keras 3 code.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--diff", is_flag=True, help="Show what would change; write nothing.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit code 1 if anything would change.")
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Write the files here instead.")
@click.option("--verify", is_flag=True, help="Record, rewrite, check; what is not equal keeps its old text.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="--verify: stop programs after so long.")
@click.option("--max-runs", type=click.IntRange(min=1), help="--verify: stop programs after so many session runs.")
@click.option("--synthetic-data", is_flag=True, help="--verify: make up data sets that programs would download.")
@click.option("--numerics", type=click.Choice(NUMERICS), help="Keras where it differs by rounding, never, or always.")
@click.option("--strict", is_flag=True, default=None, help="Exit code 1 if anything was refused.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes (default: one per core).")
def command(
    paths: tuple[str, ...],
    diff: bool,
    check_only: bool,
    output: Path | None,
    verify: bool,
    seconds: float | None,
    max_runs: int | None,
    synthetic_data: bool,
    numerics: str | None,
    strict: bool | None,
    jobs: int | None,
) -> int:
    """Rewrite each PATH (a program, a notebook, or a directory of them) in place; `-` is standard input.

    A file becomes fully native TensorFlow 2 / Keras 3 code, or it stays as it is and the findings say why. Record a
    program before you rewrite it in place, if you want to check it afterwards, or use --verify.
    """
    dry = diff or check_only
    if verify and dry:
        raise UserError("--verify writes files; it does not go with --diff or --check")
    if not verify and (seconds is not None or max_runs is not None or synthetic_data):
        raise UserError("--seconds, --max-runs and --synthetic-data go with --verify")
    if output is not None and dry:
        raise UserError("-o writes files; it does not go with --diff or --check")
    project = load_project().with_flags(numerics=numerics, strict=strict, jobs=jobs)
    if "-" in paths:
        if paths != ("-",) or output is not None or verify:
            raise UserError("`-` stands alone: it takes no other path, no -o and no --verify")
        return _standard_input(project, diff, check_only)
    tasks, problems = collect([Path(path) for path in paths], project, output)
    works = compute(tasks, project.workers)
    if dry:
        return _dry(works, problems, project, diff, check_only, len(tasks))
    store = Store(project)
    results = _verified(works, store, seconds, max_runs, synthetic_data) if verify else ((work, None) for work in works)
    return _write(results, problems, store, output, len(tasks))


def collect(paths: Sequence[Path], project: Project, output: Path | None) -> tuple[list[Task], list[FileRecord]]:
    """The files to work on, and a record for each path that cannot be worked on."""
    tasks: list[Task] = []
    problems: list[FileRecord] = []
    for entry in discover(paths, project.exclude):
        if isinstance(entry, Problem):
            problems.append(FileRecord(project.relative(entry.path), Outcome.PROBLEM, entry.reason))
        elif output is None or not entry.path.resolve().is_relative_to(output.resolve()):
            tasks.append(_task(entry, project))
    if output is not None:
        _check_mirror(paths, tasks, output)
    return tasks, problems


def _task(entry: Found, project: Project) -> Task:
    settings = Settings(numerics=project.numerics)
    return Task(entry.path, entry.relative, project.relative(entry.path), settings, engine)


def _check_mirror(paths: Sequence[Path], tasks: Sequence[Task], output: Path) -> None:
    for path in paths:
        if path.is_dir() and path.resolve().is_relative_to(output.resolve()):
            raise UserError(f"-o {output} would overwrite {path}; leave out -o to rewrite in place")
    if output.exists() and not output.is_dir():
        raise UserError(f"-o {output} is not a directory")
    origins: dict[Path, Task] = {}
    for task in tasks:
        other = origins.setdefault(task.relative, task)
        if other is not task:
            raise UserError(f"{other.name} and {task.name} would both become {output / task.relative}")


def compute(tasks: Sequence[Task], workers: int) -> Iterator[Work]:
    """The rewritten files, in order; a file whose worker process died gets a record that says so."""
    for outcome in pool.run(tasks, rewrite_file, workers):
        if isinstance(outcome, pool.Crash):
            yield Work(outcome.task, FileRecord(outcome.task.name, Outcome.BUG, outcome.reason))
        else:
            yield outcome


def exit_code(records: Iterable[FileRecord], strict: bool) -> Exit:
    """What the outcomes of a rewrite mean for the exit code."""
    codes = [Exit.OK]
    for record in records:
        if record.outcome is Outcome.BUG:
            codes.append(Exit.BUG)
        elif record.outcome is Outcome.PROBLEM:
            codes.append(Exit.USAGE)
        elif record.outcome is Outcome.UNVERIFIED or (strict and record.outcome is Outcome.REFUSED):
            codes.append(Exit.TODO)
    return Exit.worst(*codes)


def _write(
    results: Iterable[tuple[Work, CheckResult | None]],
    problems: list[FileRecord],
    store: Store,
    output: Path | None,
    total: int,
) -> int:
    from migrator.files.placing import Placer
    from migrator.report.terminal import console, print_checks, print_files

    project = store.project
    store.prepare()
    old_report = store.load_report()
    placer = Placer(output, project.relative, lambda target, work: _store_map(store, target, work))
    records = list(problems)
    checks: list[CheckResult] = []
    try:
        with progress(total, "rewriting") as advance:
            for work, result in results:
                record = placer.place(work).record
                records.append(record)
                if result is not None:
                    checks.append(replace(result, program=record.written or record.path))
                advance()
    except KeyboardInterrupt:
        store.save_report(old_report.with_files(records).with_checks(checks))
        written = sum(record.written is not None for record in records)
        click.echo(f"migrator: interrupted: {written} files rewritten, all others are as they were", err=True)
        return Exit.INTERRUPTED
    store.save_report(old_report.with_files(records).with_checks(checks))
    out = console()
    print_files(out, records)
    if checks:
        out.print()
        print_checks(out, checks)
    return exit_code(records, project.strict)


def _verified(
    works: Iterator[Work], store: Store, seconds: float | None, max_runs: int | None, synthetic_data: bool
) -> Iterator[tuple[Work, CheckResult | None]]:
    from migrator.checking import CheckOptions, parse_overrides
    from migrator.verify import verify_all

    options = CheckOptions(
        overrides=parse_overrides(store.project.tolerances, "[[tool.migrator.tolerance]]"),
        seconds=seconds,
        max_runs=max_runs,
        synthetic_data=synthetic_data,
    )
    for verified in verify_all(works, store.project, options):
        yield verified.work, verified.result


def _store_map(store: Store, target: Path, work: Work) -> None:
    if work.new is None or work.snapshot is None or target.suffix == ".ipynb":
        return  # only programs are run and checked
    from codemods.source import decode
    from migrator.equivalence.mapfile import dumps

    store.write_map(target, dumps(work.map, decode(work.new).text), work.snapshot.data)


def _dry(
    works: Iterator[Work], problems: list[FileRecord], project: Project, diff: bool, check_only: bool, total: int
) -> int:
    from migrator.report.terminal import console, print_files

    records = list(problems)
    with progress(total, "reading") as advance:
        for work in works:
            records.append(work.record)
            advance()
    if diff:
        _print_diffs(records)
    print_files(console(sys.stderr), records, dry=True)
    code = exit_code(records, project.strict)
    if check_only and any(record.outcome is Outcome.REWRITTEN for record in records):
        code = Exit.worst(code, Exit.TODO)
    return code


def _print_diffs(records: Iterable[FileRecord]) -> None:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for record in records:
        for line in record.diff.splitlines():
            bold = line.startswith(("+++ ", "--- "))
            click.echo(click.style(line, fg=None if bold else styles.get(line[:1]), bold=bold or None))


def _standard_input(project: Project, diff: bool, check_only: bool) -> int:
    from migrator.report.terminal import console, print_files

    data = sys.stdin.buffer.read()
    task = Task(Path("<stdin>"), Path("<stdin>"), "<stdin>", Settings(numerics=project.numerics), engine)
    work = rewrite_bytes(task, data)
    if diff:
        _print_diffs([work.record])
    elif not check_only:
        sys.stdout.buffer.write(data if work.new is None else work.new)
        sys.stdout.buffer.flush()
    print_files(console(sys.stderr), [work.record], dry=True)
    for name in work.extra_files:
        click.echo(f"migrator: the program needs a new module {name}; rewrite the file itself to get it", err=True)
    code = exit_code([work.record], project.strict)
    return Exit.worst(code, Exit.TODO) if check_only and work.new is not None else code
