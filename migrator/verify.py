"""`rewrite --verify`: record the legacy program, check the rewritten one, and keep it only if it is equal."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from migrator import programs
from migrator.checking import CheckOptions, Legacy, compare, why_not_equal
from migrator.equivalence.results import CheckResult
from migrator.errors import MigratorError
from migrator.files.rewriting import Work
from migrator.report.model import Outcome
from migrator.store import Store


@dataclass(frozen=True)
class Verified:
    """A file after its verification: as it was rewritten, or left as it is; and the numbers, if it came to them."""

    work: Work
    result: CheckResult | None = None


@dataclass
class Verifier:
    """Verifies several programs at a time; each runs in processes of its own."""

    store: Store
    workers: int
    run: programs.RunOptions = field(default_factory=programs.RunOptions)
    options: CheckOptions = field(default_factory=CheckOptions)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def verify_all(self, works: Iterable[Work]) -> Iterator[Verified]:
        """Every file, in order; those that would not change pass through."""
        executor = ThreadPoolExecutor(self.workers)
        try:
            yield from executor.map(self._verify, works)
        finally:
            self._stopped.set()
            executor.shutdown(wait=False, cancel_futures=True)

    def _verify(self, work: Work) -> Verified:
        if work.new is None or work.snapshot is None:
            return Verified(work)
        if work.task.path.suffix == ".ipynb":
            return Verified(work.ending(Outcome.UNVERIFIED, "notebooks cannot be run for --verify"))
        try:
            result = self._check(work, work.new, work.snapshot.data)
        except MigratorError as error:
            reason = str(error).removeprefix(f"{work.record.path}: ")
            return Verified(work.ending(Outcome.UNVERIFIED, reason))
        if result.equal:
            return Verified(work, result)
        return Verified(work.ending(Outcome.UNVERIFIED, f"{result.verdict}: {why_not_equal(result)}"), result)

    def _check(self, work: Work, new: bytes, old: bytes) -> CheckResult:
        path = work.task.path
        recording = programs.record(path, self.store.recording_path(path), self.run)
        if self._stopped.is_set():
            raise MigratorError("interrupted")
        with programs.neighbour(path, new, "check", work.extra_files) as candidate:
            return compare(
                candidate,
                Legacy(old, path),
                work.map,
                recording,
                self.options,
                self.run,
                work.record.path,
                live=True,
            )
