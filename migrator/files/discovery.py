"""Which files a command works on: the named ones, and those a named directory holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".py", ".ipynb")

# Directories that never hold a project's own sources, whatever .gitignore says.
SKIPPED_DIRECTORIES = frozenset({
    ".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".venv", "venv", ".eggs", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".ipynb_checkpoints", ".migrator", "__pycache__", "__pypackages__", "node_modules", "site-packages",
    "build", "dist",
})  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One file to work on. ``relative`` is its place below the named directory (its name when it was named itself)."""

    path: Path
    relative: Path


@dataclass(frozen=True)
class Problem:
    """A path that cannot be worked on, with the reason for the user."""

    path: Path
    reason: str


@dataclass(frozen=True)
class _Rules:
    """One set of ignore patterns and the directory that they are relative to."""

    base: Path
    spec: GitIgnoreSpec

    def decide(self, path: Path, is_directory: bool) -> bool | None:
        """True: ignored; False: explicitly kept; None: these patterns say nothing."""
        name = path.relative_to(self.base).as_posix() + ("/" if is_directory else "")
        return self.spec.check_file(name).include


def discover(paths: Sequence[Path], exclude: Iterable[str] = ()) -> Iterator[Found | Problem]:
    """Every file to work on, in a stable order, each once.

    A file that is named is always taken, if it is Python or a notebook. Below a named directory, files are taken by
    suffix; ``.gitignore`` files (of the directory, of those below, and of its parents up to the repository) and
    ``exclude`` (patterns of the same form, relative to the named directory) leave files out. Symbolic links below a
    directory are not followed: their targets are found by themselves when they belong to the tree.
    """
    exclude_lines = list(exclude)
    seen: set[str] = set()
    for path in paths:
        if path.is_dir():
            rules = _rules_above(path)
            if exclude_lines:
                rules.append(_Rules(Path(os.path.abspath(path)), _spec(exclude_lines)))
            entries = _walk(path, path, rules)
        else:
            entries = iter([_named(path)])
        for entry in entries:
            key = os.path.realpath(entry.path)
            if key not in seen:
                seen.add(key)
                yield entry


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # files that are named themselves need no patterns

    return GitIgnoreSpec.from_lines(lines)


def _named(path: Path) -> Found | Problem:
    if path.is_symlink() and not path.exists():
        return Problem(path, "a symbolic link that leads nowhere")
    if not path.exists():
        return Problem(path, "no such file or directory")
    if not path.is_file():
        return Problem(path, "not a regular file")
    if path.suffix not in SUFFIXES and not _has_python_shebang(path):
        return Problem(path, "neither Python (.py) nor a notebook (.ipynb)")
    return Found(path, Path(path.name))


def _has_python_shebang(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            line = stream.readline(200)
    except OSError:
        return False
    return line.startswith(b"#!") and b"python" in line


def _walk(directory: Path, top: Path, rules: list[_Rules]) -> Iterator[Found | Problem]:
    try:
        with os.scandir(directory) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield Problem(directory, error.strerror or str(error))
        return
    names = {entry.name for entry in entries}
    if "pyvenv.cfg" in names and directory != top:
        return  # a virtual environment under any name
    base = Path(os.path.abspath(directory))
    if ".gitignore" in names and directory != top:
        rules = [*rules, *_read_rules(base)]
    for entry in entries:
        if entry.is_symlink():
            continue
        path = directory / entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED_DIRECTORIES and not _ignored(base / entry.name, True, rules):
                yield from _walk(path, top, rules)
        elif path.suffix in SUFFIXES and entry.is_file() and not _ignored(base / entry.name, False, rules):
            yield Found(path, path.relative_to(top))


def _ignored(path: Path, is_directory: bool, rules: list[_Rules]) -> bool:
    """As in git, the deepest patterns that say anything about the path decide."""
    for rule in reversed(rules):
        decision = rule.decide(path, is_directory)
        if decision is not None:
            return decision
    return False


def _rules_above(path: Path) -> list[_Rules]:
    """The patterns that hold inside a named directory: its own and those of its parents up to the repository's root.

    Without a repository only its own. Parents that ignore the directory itself are overruled: the user named it.
    """
    top = Path(os.path.abspath(path))
    repository = next((parent for parent in (top, *top.parents) if (parent / ".git").exists()), top)
    chain = [directory for directory in (top, *top.parents) if directory.is_relative_to(repository)]
    rules: list[_Rules] = []
    for directory in reversed(chain):
        rules.extend(_read_rules(directory))
    return [rule for rule in rules if rule.base == top or not _ignored(top, True, [rule])]


def _read_rules(directory: Path) -> list[_Rules]:
    rules = []
    for name in (".git/info/exclude", ".gitignore"):
        try:
            text = (directory / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # absent or unreadable: git then ignores nothing either
        rules.append(_Rules(directory, _spec(text.splitlines())))
    return rules
