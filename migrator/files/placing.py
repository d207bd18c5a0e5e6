"""Putting rewritten files where they belong: over the old ones, or into a directory that mirrors the tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from migrator.files import atomic
from migrator.files.rewriting import Work
from migrator.report.model import Outcome

MapWriter = Callable[[Path, Work], None]


class Placer:
    """Writes finished work. ``output`` is the mirror's directory, or None to rewrite in place.

    ``write_map`` stores the replay map of a migrated program; it runs first, so that no migrated program is ever
    without its map.
    """

    def __init__(self, output: Path | None, show: Callable[[Path], str], write_map: MapWriter) -> None:
        self._output = output
        self._show = show
        self._write_map = write_map

    def target(self, work: Work) -> Path:
        """Where the program goes. In place that is the target of a symbolic link, not the link."""
        if self._output is not None:
            return self._output / work.task.relative
        return Path(os.path.realpath(work.task.path))

    def place(self, work: Work) -> Work:
        """Write one file and what belongs beside it; the returned record tells how that went."""
        if work.snapshot is None or (work.new is None and self._output is None):
            return work
        target = self.target(work)
        try:
            if work.new is None:
                atomic.write(target, work.snapshot.data, work.snapshot.mode)
                return work
            if self._output is None:
                atomic.check_replaceable(work.snapshot)
            extra = self._extra_files(work, target.parent)
            self._write_map(target, work)
            for path, data in extra:
                atomic.write(path, data)
            if self._output is None:
                atomic.replace(work.snapshot, work.new)
            else:
                atomic.write(target, work.new, work.snapshot.mode)
        except atomic.FileProblem as problem:
            return work.ending(Outcome.PROBLEM, str(problem))
        record = replace(
            work.record,
            written=self._show(target),
            digest=atomic.digest(work.new),
            extra_files=tuple(self._show(target.parent / name) for name in sorted(work.extra_files)),
        )
        return replace(work, record=record)

    def _extra_files(self, work: Work, directory: Path) -> list[tuple[Path, bytes]]:
        """The modules to add; FileProblem when a file of that name with other content is in the way."""
        missing = []
        for name, text in sorted(work.extra_files.items()):
            path, data = directory / name, text.encode()
            if not path.exists():
                missing.append((path, data))
            elif path.read_bytes() != data:
                raise atomic.FileProblem(f"it needs a new module {name}, but another file of that name is there")
        return missing
