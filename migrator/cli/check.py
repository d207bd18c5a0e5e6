"""`migrator check`: migrated programs against the recordings of what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.progress import progress
from migrator.errors import Exit, MigratorError, UserError, locate_bug
from migrator.files import pool
from migrator.report.model import Outcome
from migrator.settings import Project, load_project
from migrator.store import Store

if TYPE_CHECKING:
    from migrator.checking import CheckOptions
    from migrator.equivalence.results import CheckResult

_PATH = click.Path(path_type=Path)


@click.command("check", short_help="Compare migrated programs with the recordings of what they were.")
@click.argument("programs", nargs=-1, metavar="[PROGRAM...]", type=_PATH)
@click.option("--recording", type=_PATH, metavar="FILE", help="A recording from elsewhere.")
@click.option("--legacy", type=_PATH, metavar="FILE", help="The legacy program, if it was not rewritten here.")
@click.option("--live", is_flag=True, help="Run the legacy program now, even if there is a recording.")
@click.option("--mode", type=click.Choice(["locked", "free", "both"]), default="both", show_default=True)
@click.option("--device", default="cpu", show_default=True, metavar="cpu|gpu|all", help="Or one by number: gpu:1.")
@click.option("--cwd", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Default: the program's.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="For each run.")
@click.option("--synthetic-data", is_flag=True, help="Live runs make up data sets that they would download.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="Stop live runs after so long.")
@click.option("--max-runs", type=click.IntRange(min=1), help="Stop live runs after so many session runs.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Programs at a time (default: cores).")
def command(
    programs: tuple[Path, ...],
    recording: Path | None,
    legacy: Path | None,
    live: bool,
    mode: str,
    device: str,
    cwd: Path | None,
    timeout: float | None,
    synthetic_data: bool,
    seconds: float | None,
    max_runs: int | None,
    jobs: int | None,
) -> int:
    """Run each migrated PROGRAM (default: all that were rewritten) and compare it, run by run, with its recording.

    *locked* puts the recorded variables back before every run and judges each alone; *free* lets the program run on.
    Without a recording, the legacy program runs now, side by side.
    """
    from migrator.checking import CheckOptions, parse_overrides

    if (recording is not None or legacy is not None) and len(programs) != 1:
        raise UserError("--recording and --legacy belong to one PROGRAM")
    project = load_project().with_flags(jobs=jobs)
    store = Store(project)
    overrides = parse_overrides(project.tolerances, "[[tool.migrator.tolerance]]")
    options = CheckOptions(mode, device, overrides, cwd, timeout, synthetic_data, seconds, max_runs)
    checker = _Checker(project, recording, legacy, live, options)
    return _report(checker, programs or _rewritten(store), store)


def _rewritten(store: Store) -> tuple[Path, ...]:
    """Every program that earlier rewrites left migrated."""
    records = store.load_report().files
    root = store.project.root
    paths = [root / record.written for record in records if record.outcome is Outcome.REWRITTEN and record.written]
    programs = tuple(path for path in paths if path.suffix != ".ipynb")
    if not programs:
        raise UserError("nothing was rewritten yet: run `migrator rewrite` first, or name a program")
    return programs


@dataclass(frozen=True)
class _Failed:
    """A program that could not be checked, why, and what that means for the exit code."""

    reason: str
    code: Exit


@dataclass(frozen=True)
class _Checker:
    """Checks one program after the other; travels to worker processes."""

    project: Project
    recording: Path | None
    legacy: Path | None
    live: bool
    options: CheckOptions

    def __call__(self, program: Path) -> CheckResult | _Failed:
        """The result for one program, or why there is none."""
        from migrator import checking

        store = Store(self.project)
        try:
            if not program.is_file():
                raise UserError(f"{program}: no such program")
            legacy = checking.find_legacy(store, program, self.legacy)
            replay_map = checking.find_map(store, program, legacy)
            found = None if self.live else checking.find_recording(store, legacy, self.recording)
            recording = found or checking.record_live(legacy, program, self.options)
            name = self.project.relative(program)
            return checking.compare(program, legacy, replay_map, recording, self.options, name, live=found is None)
        except MigratorError as error:
            return _Failed(str(error), Exit.USAGE)
        except Exception as error:  # noqa: BLE001  (a bug in one program must not end the others)
            return _Failed(f"{program}: a bug of ours: {locate_bug(error)}", Exit.BUG)


def _report(checker: _Checker, programs: Sequence[Path], store: Store) -> int:
    from migrator.report.terminal import console, print_checks

    results: list[CheckResult] = []
    code = Exit.OK
    with progress(len(programs), "checking") as advance:
        for outcome in pool.run(programs, checker, store.project.workers, fewest=2):
            advance()
            if isinstance(outcome, pool.Crash):
                outcome = _Failed(f"{outcome.task}: {outcome.reason}", Exit.BUG)
            if isinstance(outcome, _Failed):
                click.echo(f"migrator: {outcome.reason}", err=True)
                code = Exit.worst(code, outcome.code)
            else:
                results.append(outcome)
    if results:
        store.save_report(store.load_report().with_checks(results))
        print_checks(console(), results)
    if not all(result.equal for result in results):
        code = Exit.worst(code, Exit.TODO)
    return code
