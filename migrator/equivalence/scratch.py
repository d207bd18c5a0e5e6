"""A passing folder that looks like the one a program runs in, for programs that save checkpoints.

What a program saves, it may look for when it is started again: the files of one side must not be found by the other.
Existing files are there as links, folders are folders of their own, and so are the folders above, as far as relative
paths reach. What a program writes under a new name, or TensorFlow replaces, stays in the passing folder. Absolute
paths are not covered.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SAVES = re.compile(r"\b(Saver|Checkpoint|CheckpointManager|Supervisor|MonitoredTrainingSession)\s*\(")
_LINKED = frozenset({".git", ".hg", ".svn", ".migrator", "__pycache__", "node_modules", ".venv", "venv"})
_ENTRIES = 20_000  # beyond them folders are linked as a whole
_ABOVE = 3  # levels of folders above whose neighbours can be reached


def saves(text: str) -> bool:
    """Whether a program makes something that saves checkpoints."""
    return _SAVES.search(text) is not None


@contextmanager
def own_folder(cwd: Path, text: str) -> Iterator[Path]:
    """``cwd``, or, for a program ``text`` that saves checkpoints, a passing folder with the same content."""
    if not saves(text):
        yield cwd
        return
    real = Path(os.path.abspath(cwd))
    with tempfile.TemporaryDirectory(prefix="migrator-") as root:
        place = Path(root).joinpath(*real.parts[1:])
        place.mkdir(parents=True)
        _fill(real, place, _ENTRIES, frozenset({Path(root).resolve()}))
        outer, inner = real, place
        for _ in range(_ABOVE):
            if outer.parent == outer:
                break
            _link(outer.parent, inner.parent, outer.name)
            outer, inner = outer.parent, inner.parent
        yield place


def _fill(real: Path, place: Path, left: int, skipped: frozenset[Path]) -> int:
    """Put what is in ``real`` into ``place``; how many more entries there may be."""
    with suppress(OSError):
        for entry in sorted(os.scandir(real), key=lambda item: item.name):
            target = place / entry.name
            if Path(entry.path).resolve() in skipped:
                continue
            left -= 1
            if left > 0 and entry.is_dir(follow_symlinks=False) and entry.name not in _LINKED:
                target.mkdir()
                left = _fill(Path(entry.path), target, left, skipped)
            else:
                target.symlink_to(entry.path)
    return left


def _link(real: Path, place: Path, except_for: str) -> None:
    with suppress(OSError):
        for entry in os.scandir(real):
            if entry.name != except_for and not (place / entry.name).exists():
                (place / entry.name).symlink_to(entry.path)
