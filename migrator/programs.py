"""Passing copies of the user's programs, so that a text can be run where the program stands without replacing it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from migrator.errors import MigratorError
from migrator.files import atomic


class ProgramError(MigratorError):
    """A program that cannot be run where it stands."""


@contextmanager
def neighbour(program: Path, data: bytes, word: str) -> Iterator[Path]:
    """A passing copy of ``program`` with another text, in the same directory: it finds the same files and modules.

    Raises ProgramError when the directory cannot be written.
    """
    path = program.parent / f".{program.stem}.migrator-{word}-{os.getpid()}.py"
    try:
        atomic.write(path, data)
    except atomic.FileProblem as problem:
        raise ProgramError(f"{path} cannot be written: {problem}") from problem
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def importable(modules: Mapping[str, str]) -> Iterator[None]:
    """Let the processes that this one starts import ``modules`` (file name to text) unless they find their own."""
    if not modules:
        yield
        return
    old = os.environ.get("PYTHONPATH")
    with tempfile.TemporaryDirectory(prefix="migrator-") as folder:
        for name, text in modules.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        os.environ["PYTHONPATH"] = folder if not old else f"{folder}{os.pathsep}{old}"
        try:
            yield
        finally:
            if old is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = old
