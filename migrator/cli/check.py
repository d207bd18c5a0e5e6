"""`migrator check`: migrated programs against the recordings of what they were."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrator.cli.progress import progress
from migrator.errors import Exit, MigratorError, UserError
from migrator.report.model import Outcome
from migrator.settings import load_project
from migrator.store import Store

if TYPE_CHECKING:
    from migrator.checking import CheckOptions
    from migrator.equivalence.results import CheckResult
    from migrator.programs import RunOptions

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
    jobs: int | None,
) -> int:
    """Run each migrated PROGRAM (default: all that were rewritten) and compare it, run by run, with its recording.

    *locked* puts the recorded variables back before every run and judges each alone; *free* lets the program run on.
    Without a recording, the legacy program runs now, side by side.
    """
    from migrator.checking import CheckOptions, parse_overrides
    from migrator.programs import RunOptions

    if (recording is not None or legacy is not None) and len(programs) != 1:
        raise UserError("--recording and --legacy belong to one PROGRAM")
    project = load_project().with_flags(jobs=jobs)
    store = Store(project)
    overrides = parse_overrides(project.tolerances, "[[tool.migrator.tolerance]]")
    checker = _Checker(
        store,
        recording,
        legacy,
        live,
        CheckOptions(mode, device, overrides, timeout),
        RunOptions(cwd=cwd, synthetic=synthetic_data),
    )
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
class _Checker:
    store: Store
    recording: Path | None
    legacy: Path | None
    live: bool
    options: CheckOptions
    run: RunOptions

    def __call__(self, program: Path) -> CheckResult | MigratorError:
        """The result for one program, or why there is none."""
        from migrator import checking

        try:
            if not program.is_file():
                raise UserError(f"{program}: no such program")
            legacy = checking.find_legacy(self.store, program, self.legacy)
            replay_map = checking.find_map(self.store, program, legacy)
            found = None if self.live else checking.find_recording(self.store, legacy, self.recording)
            with tempfile.TemporaryDirectory(prefix="migrator-") as folder:
                live = Path(folder, "live.npz")
                recording = found or checking.record_live(legacy, program, live, self.run)
            name = self.store.project.relative(program)
            return checking.compare(
                program, legacy, replay_map, recording, self.options, self.run, name, live=found is None
            )
        except MigratorError as error:
            return error


def _report(checker: _Checker, programs: Iterable[Path], store: Store) -> int:
    from migrator.report.terminal import console, print_checks

    programs = tuple(programs)
    results: list[CheckResult] = []
    code = Exit.OK
    executor = ThreadPoolExecutor(min(store.project.workers, len(programs)))
    try:
        with progress(len(programs), "checking") as advance:
            for outcome in executor.map(checker, programs):
                advance()
                if isinstance(outcome, MigratorError):
                    click.echo(f"migrator: {outcome}", err=True)
                    code = Exit.USAGE
                else:
                    results.append(outcome)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    if results:
        store.save_report(store.load_report().with_checks(results))
        print_checks(console(), results)
    if not all(result.equal for result in results):
        code = Exit.worst(code, Exit.TODO)
    return code
