"""Errors that end a command, and the exit codes that every command shares."""

from __future__ import annotations

import enum
import traceback
from pathlib import Path


class Exit(enum.IntEnum):
    """Exit codes of the console script: fine, something to do, the user's mistake, our bug, Ctrl-C."""

    OK = 0
    TODO = 1
    USAGE = 2
    BUG = 3
    INTERRUPTED = 130

    @staticmethod
    def worst(*codes: Exit) -> Exit:
        """The most serious of several codes; the numbers are ordered by seriousness."""
        return max(codes, default=Exit.OK)


class MigratorError(Exception):
    """Something outside of our code stops the command: one line on stderr, no traceback, exit code 2."""


class UserError(MigratorError):
    """A mistake in what the user asked for."""


def locate_bug(error: BaseException) -> str:
    """One line that names a bug of ours: the exception and the innermost place in our packages (file, line, stage)."""
    where = "unknown place"
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        for package in ("codemods", "migrator"):
            if package in path.parts:
                parts = path.parts[len(path.parts) - 1 - path.parts[::-1].index(package) :]
                stage = ".".join(parts).removesuffix(".py")
                where = f"{'/'.join(parts)}:{frame.lineno} (stage {stage}, in {frame.name})"
    detail = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}{': ' + detail if detail else ''} at {where}"
