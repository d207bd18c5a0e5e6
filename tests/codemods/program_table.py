"""The table of small TF1 programs in ``exact/*.txt``.

A section starts with ``=== name``. A program that is refused marks each line that a finding must name with a comment
``# refused: TF204`` (several codes with commas); all other programs must come out rewritten and print the same. One
that says ``# numerics: exact`` is rewritten with that setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROLOGUE = "import numpy as np\nimport tensorflow as tf\n"
_FOLDER = Path(__file__).resolve().parent / "exact"
_NUMERICS = re.compile(r"#\s*numerics: (\w+)")
_REFUSED = re.compile(r"#\s*refused: (TF\d+(?:, TF\d+)*)")


@dataclass(frozen=True)
class Program:
    """One program; ``refused`` are the (code, line) pairs of the findings that are expected."""

    name: str
    source: str
    refused: frozenset[tuple[str, int]]
    numerics: str = "default"


def programs() -> list[Program]:
    """All programs, in the order of the files."""
    return [program for path in sorted(_FOLDER.glob("*.txt")) for program in _read(path)]


def _read(path: Path) -> list[Program]:
    found = []
    for section in re.split(r"^=== ", path.read_text("utf-8"), flags=re.M)[1:]:
        name, _, body = section.partition("\n")
        source = PROLOGUE + body.strip("\n") + "\n"
        refused = {
            (code, number)
            for number, line in enumerate(source.split("\n"), 1)
            for found_codes in _REFUSED.findall(line)
            for code in found_codes.split(", ")
        }
        numerics = _NUMERICS.search(source)
        setting = numerics.group(1) if numerics is not None else "default"
        found.append(Program(f"{path.stem}/{name.strip()}", source, frozenset(refused), setting))
    return found
