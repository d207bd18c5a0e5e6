"""Errors that end a command, and the exit codes that every command shares."""

from __future__ import annotations

import enum
import traceback
from pathlib import Path


class Exit(enum.IntEnum):
    """Exit codes of the console script (DESIGN: 0 fine, 1 something to do, 2 user's mistake, 3 our bug)."""

    OK = 0
    TODO = 1
    USAGE = 2
    BUG = 3
    INTERRUPTED = 130

    @staticmethod
    def worst(*codes: Exit) -> Exit:
        """The most serious of several codes; the numbers are ordered by seriousness."""
        return max(codes, default=Exit.OK)


class UserError(Exception):
    """Something the user can put right: one line on stderr, no traceback, exit code 2."""


def locate_bug(error: BaseException) -> str:
    """One line that names a bug of ours: exception, then the innermost place in our packages as file, line and stage."""
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
