"""`migrator record`: golden outputs of an untouched TF1 program."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from migrator.errors import Exit, UserError
from migrator.settings import load_project
from migrator.store import Store


@click.command("record", short_help="Run a TF1 program and store what its session runs were fed and returned.")
@click.argument("program", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, metavar="[-- ARGUMENTS...]")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The recording (.npz)."
)
@click.option("--python", metavar="PATH", help="An interpreter with a real TensorFlow 1.x (Python 3.5 or later).")
@click.option("--cwd", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Default: the program's.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop the program after so long.")
@click.option("--max-runs", type=click.IntRange(min=1), help="Stop the program after so many runs.")
@click.option("--max-bytes", type=click.IntRange(min=1000), help="Size of the recording (default 300,000).")
@click.option("--synthetic-data", is_flag=True, help="Make up data sets that the program would download.")
def command(
    program: Path,
    arguments: tuple[str, ...],
    output: Path | None,
    python: str | None,
    cwd: Path | None,
    seconds: float | None,
    max_runs: int | None,
    max_bytes: int | None,
    synthetic_data: bool,
) -> int:
    """Run PROGRAM, untouched, as a TensorFlow 1 program and record it, for `check` to compare with.

    It runs in its own directory. Arguments after `--` are the program's.
    """
    from migrator.equivalence import golden
    from migrator.equivalence.record import GOLDEN_BYTES, Limits, record

    if python is not None and shutil.which(python) is None:
        raise UserError(f"--python {python}: there is no such interpreter")
    store = Store(load_project())
    if output is None:
        store.prepare()
        output = store.recording_path(program)
    recording = record(
        program,
        argv=arguments,
        python=None if python is None else Path(python),
        cwd=cwd,
        limits=Limits(max_bytes=max_bytes or GOLDEN_BYTES, max_runs=max_runs, seconds=seconds),
        synthetic_data=synthetic_data,
        show_output=True,
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}") from error
    golden.save(recording, output)
    total = sum(site.total for site in recording.sites)
    size = output.stat().st_size
    click.echo(
        f"{program}: {total} runs at {len(recording.sites)} places, {len(recording.runs)} of them recorded, "
        f"{len(recording.variables)} variables, {size:,} bytes in {output}",
        err=True,
    )
    if not recording.runs:
        raise UserError(f"{program} made no session run: there is nothing to compare a migrated program with")
    return Exit.OK
