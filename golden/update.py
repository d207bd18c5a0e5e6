"""Bring golden cases up to date: the migrated text as the engine writes it, and a recording of the legacy program.

    python golden/update.py [CASE ...]

Read the diff before committing it: a migrated text is what the project stands behind.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from codemods import Result, Status, rewrite_source
from migrator.equivalence import golden
from migrator.equivalence.record import GOLDEN_BYTES, Limits, record

GOLDEN = Path(__file__).parent


def main(names: list[str]) -> int:
    """Update the named cases, or all; return the exit status."""
    failed = 0
    for case in sorted(path.parent for path in GOLDEN.glob("*/case.toml")):
        if not names or case.name in names:
            failed += not update(case)
    return 1 if failed else 0


def update(case: Path) -> bool:
    """Update one case; print what became of it, and return whether it is native."""
    legacy = case / "legacy.py"
    result: Result = rewrite_source(legacy.read_text(encoding="utf-8"), path=str(legacy))
    refused = [finding for finding in result.findings if finding.status is Status.REFUSED]
    if refused:
        print(f"{case.name}: refused, line {refused[0].span.line}: {refused[0].code} {refused[0].message}")
        return False
    (case / "migrated.py").write_text(result.text, encoding="utf-8")
    if not result.changed:
        print(f"{case.name}: TF2 already, nothing to record")
        return True
    recording = recorded(legacy)
    golden.save(recording, case / "recording.npz")
    size = (case / "recording.npz").stat().st_size
    print(f"{case.name}: {len(recording.runs)} runs recorded, {size:,} bytes")
    return size <= GOLDEN_BYTES


def recorded(legacy: Path) -> golden.Recording:
    """A recording of the program, made in a folder of its own so that what it writes is not left here."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(shutil.copy(legacy, folder))
        return record(program, limits=Limits(max_bytes=GOLDEN_BYTES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
