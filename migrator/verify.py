"""`rewrite --verify`: record the legacy program, check the rewritten one, and keep it only if it is equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator import programs
from migrator.checking import CheckOptions, Legacy, compare, record_to, why_not_equal
from migrator.equivalence.results import CheckResult
from migrator.errors import MigratorError, locate_bug
from migrator.files import pool
from migrator.files.rewriting import Work
from migrator.report.model import Outcome
from migrator.settings import Project
from migrator.store import Store


@dataclass(frozen=True)
class Job:
    """One rewritten file to verify."""

    work: Work
    project: Project
    options: CheckOptions


@dataclass(frozen=True)
class Verified:
    """A file after its verification: as it was rewritten, or left as it is; and the numbers, if it came to them."""

    work: Work
    result: CheckResult | None = None


def verify_all(works: Iterable[Work], project: Project, options: CheckOptions) -> Iterator[Verified]:
    """Every file, in order; those that would not change pass through. Several at a time, each in its own processes."""
    jobs = [Job(work, project, options) for work in works]
    for outcome in pool.run(jobs, verify, project.workers, fewest=2):
        if isinstance(outcome, pool.Crash):
            yield Verified(outcome.task.work.ending(Outcome.UNVERIFIED, outcome.reason))
        else:
            yield outcome


def verify(job: Job) -> Verified:
    """Verify one file; whatever keeps it from being equal becomes its outcome."""
    work = job.work
    if work.new is None or work.snapshot is None:
        return Verified(work)
    if work.task.path.suffix == ".ipynb":
        return Verified(work.ending(Outcome.UNVERIFIED, "notebooks cannot be run for --verify"))
    try:
        result = _check(job, work.new, Legacy(work.snapshot.data, work.task.path))
    except MigratorError as error:
        return Verified(work.ending(Outcome.UNVERIFIED, str(error)))
    except Exception as error:  # noqa: BLE001  (a bug in one file must not end the others)
        return Verified(work.ending(Outcome.BUG, locate_bug(error)))
    if result.equal:
        return Verified(work, result)
    return Verified(work.ending(Outcome.UNVERIFIED, f"{result.verdict}: {why_not_equal(result)}"), result)


def _check(job: Job, new: bytes, legacy: Legacy) -> CheckResult:
    work, options = job.work, job.options
    recording = record_to(Store(job.project).recording_path(legacy.path), legacy.path, options)
    with programs.neighbour(legacy.path, new, "check") as candidate, programs.importable(work.extra_files):
        return compare(candidate, legacy, work.map, recording, options, work.record.path, live=True)
