"""A unified diff as rows of two columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class Row:
    """One row: the legacy line and the migrated line, either may be missing (number None).

    ``kind`` is ``same``, ``changed`` or ``gap`` (lines between hunks that the diff leaves out).
    """

    kind: str
    old_number: int | None = None
    old: str = ""
    new_number: int | None = None
    new: str = ""


def rows(diff: str) -> Iterator[Row]:
    """The rows of a unified diff of one file; removed and added lines stand side by side."""
    removed: list[tuple[int, str]] = []
    added: list[tuple[int, str]] = []
    old_number = new_number = 0
    first = True
    for line in diff.split("\n")[2:]:  # after the two lines that name the files
        hunk = _HUNK.match(line)
        if hunk or line[:1] not in ("+", "-"):
            yield from _paired(removed, added)
            removed, added = [], []
        if hunk:
            old_number, new_number = int(hunk[1]), int(hunk[2])
            if not first or old_number > 1:
                yield Row("gap")
            first = False
        elif line.startswith("-"):
            removed.append((old_number, line[1:]))
            old_number += 1
        elif line.startswith("+"):
            added.append((new_number, line[1:]))
            new_number += 1
        elif line.startswith(" "):
            yield Row("same", old_number, line[1:], new_number, line[1:])
            old_number += 1
            new_number += 1
    yield from _paired(removed, added)


def _paired(removed: list[tuple[int, str]], added: list[tuple[int, str]]) -> Iterator[Row]:
    for index in range(max(len(removed), len(added))):
        old = removed[index] if index < len(removed) else (None, "")
        new = added[index] if index < len(added) else (None, "")
        yield Row("changed", old[0], old[1], new[0], new[1])
