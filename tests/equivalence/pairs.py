"""Hand-written pairs of programs and the replay maps between them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from codemods.findings import Span
from codemods.result import ReplayMap, SiteMap
from migrator.equivalence.golden import Recording, load

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"


def span(text: str, piece: str) -> Span:
    """The place of ``piece``, which must be in ``text`` exactly once."""
    assert text.count(piece) == 1, f"{piece!r} is there {text.count(piece)} times"
    start = text.index(piece)
    return Span(*_place(text, start), *_place(text, start + len(piece)))


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)


def site(
    legacy: str,
    migrated: str,
    run: str,
    call: str | None,
    function: str | None = None,
    outputs: Sequence[int | None] = (0,),
    feeds: Mapping[str, str] | None = None,
) -> SiteMap:
    """A run site: ``run`` in the legacy text became ``call`` in the migrated one (None: an initialiser, removed)."""
    return SiteMap(
        legacy=span(legacy, run),
        migrated=None if call is None else span(migrated, call),
        kind="init" if call is None else "run",
        function=function,
        outputs=tuple(outputs),
        feeds=dict(feeds or {}),
    )


def same_lines(legacy: str, migrated: str) -> dict[int, int]:
    """Migrated line to legacy line for every line that is in both texts once, comments and indentation aside."""
    lines = [[line.strip() for line in text.split("\n")] for text in (legacy, migrated)]
    result = {}
    for number, line in enumerate(lines[1], 1):
        if line and lines[0].count(line) == 1 and lines[1].count(line) == 1:
            result[number] = lines[0].index(line) + 1
    return result


def replay_map(
    legacy: str,
    migrated: str,
    sites: Sequence[SiteMap],
    functions: Mapping[str, Iterable[str]],
    kept: Mapping[str, str] | None = None,
) -> ReplayMap:
    """The map of a pair; ``kept`` names the beginnings of statements whose text changed, migrated to legacy."""
    lines = same_lines(legacy, migrated)
    for new, old in (kept or {}).items():
        lines[span(migrated, "\n" + new).end_line] = span(legacy, "\n" + old).end_line
    return ReplayMap(tuple(sites), lines, {name: tuple(names) for name, names in functions.items()})


def record(folder: Path, text: str, *options: str) -> Recording:
    """Run ``text`` as a TF1 program and return its recording; it must end well."""
    program = folder / "legacy.py"
    program.write_text(text, "utf-8")
    target = folder / "golden.npz"
    result = subprocess.run(
        [sys.executable, "-m", "migrator.equivalence.legacy_main", "--record", str(target), *options, str(program)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    recording = load(target)
    assert recording.metadata["outcome"]["status"] in ("finished", "stopped"), recording.metadata["outcome"]
    return recording
