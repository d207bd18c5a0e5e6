"""Settings of a project: `[tool.migrator]` in pyproject.toml, under the flags of the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrator.errors import UserError

NUMERICS = ("default", "exact", "keras")
STATE_DIRECTORY = ".migrator"


@dataclass(frozen=True)
class Project:
    """One project and its choices.

    ``root`` is the directory whose pyproject.toml has a ``[tool.migrator]`` table (searched upwards from the current
    directory), else the current directory. Reports, replay maps and recordings live in ``root/.migrator``.
    ``tolerances`` are the tables of ``[[tool.migrator.tolerance]]`` as they stand; `migrator.checking` reads them.
    """

    root: Path
    numerics: str = "default"
    exclude: tuple[str, ...] = ()
    jobs: int = 0
    strict: bool = False
    tolerances: tuple[object, ...] = ()

    @property
    def state(self) -> Path:
        """The directory of everything we keep between commands."""
        return self.root / STATE_DIRECTORY

    @property
    def workers(self) -> int:
        """Number of worker processes: ``jobs``, or one per available core."""
        if self.jobs:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def relative(self, path: Path) -> str:
        """``path`` as shown to people and as a key: relative to the root with forward slashes where it lies inside."""
        absolute = Path(os.path.abspath(path))
        if absolute.is_relative_to(self.root):
            return absolute.relative_to(self.root).as_posix()
        return absolute.as_posix()

    def with_flags(self, **flags: object) -> Project:
        """The project with every flag that was given (is not None) put over the file's value."""
        given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
        return replace(self, **given)


def load_project(start: Path | None = None) -> Project:
    """Find and read the project around ``start`` (the current directory by default); UserError on a bad table."""
    start = Path.cwd() if start is None else start
    for directory in (start, *start.parents):
        table = _read_table(directory / "pyproject.toml")
        if table is not None:
            return _parse(directory, table)
    return Project(root=start)


def _read_table(path: Path) -> Mapping[str, Any] | None:
    """The ``[tool.migrator]`` table of a pyproject.toml, or None without file or table."""
    try:
        with path.open("rb") as stream:
            tools = tomllib.load(stream).get("tool", {})
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from error
    table = tools.get("migrator") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UserError(f"{path}: tool.migrator must be a table")
    return table


def _parse(root: Path, table: Mapping[str, Any]) -> Project:
    where = f"{root / 'pyproject.toml'}: [tool.migrator]"
    known = {"numerics", "exclude", "jobs", "strict", "tolerance"}
    unknown = sorted(set(table) - known)
    if unknown:
        raise UserError(f"{where} has no setting {unknown[0]!r}; known: {', '.join(sorted(known))}")
    numerics = table.get("numerics", "default")
    if numerics not in NUMERICS:
        raise UserError(f"{where} numerics must be one of {', '.join(NUMERICS)}, not {numerics!r}")
    exclude = table.get("exclude", [])
    if not isinstance(exclude, list) or not all(isinstance(pattern, str) for pattern in exclude):
        raise UserError(f"{where} exclude must be a list of patterns")
    jobs = table.get("jobs", 0)
    if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 0:
        raise UserError(f"{where} jobs must be a whole number, 0 for one per core")
    strict = table.get("strict", False)
    if not isinstance(strict, bool):
        raise UserError(f"{where} strict must be true or false")
    tolerances = table.get("tolerance", [])
    if not isinstance(tolerances, list):
        raise UserError(f"{where} tolerance must be an array of tables: [[tool.migrator.tolerance]]")
    return Project(root, numerics, tuple(exclude), jobs, strict, tuple(tolerances))
