"""Time of a step: migrated golden programs against Session.run of the same program, on this machine's CPU.

Each program's busiest run site is compared: the site with most runs in the legacy program, and the function that it
became. The two programs take turns, several processes each, because a machine's speed drifts; the ratio is the median
over the rounds of the ratio of medians. Programs whose busiest site runs fewer than 30 times tell nothing and are left
out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from codemods.pipeline import rewrite_source
from codemods.result import ReplayMap, Settings

_ROOT = Path(__file__).resolve().parent.parent
_CHILD = Path(__file__).with_name("step_child.py")
_FEWEST = 30
_WARM_UP = 10

Seconds = Mapping[str, list[float]]


def run(kind: str, program: Path) -> Seconds:
    """The seconds of every step of one run of one program."""
    output = program.with_suffix(".json")
    environment = {name: value for name, value in os.environ.items() if name != "TF_USE_LEGACY_KERAS"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, str(_CHILD), kind, str(program), str(output)]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=program.parent)
    seconds: Seconds = json.loads(output.read_text())
    return seconds


def median(seconds: list[float]) -> float:
    return statistics.median(seconds[_WARM_UP:])


def busiest(legacy: Seconds, replay_map: ReplayMap) -> tuple[str, str] | None:
    """The legacy line that ran most, and the function that it became."""
    functions = {}
    for site in replay_map.sites:
        if site.function is not None:
            functions |= {str(line): site.function for line in range(site.legacy.line, site.legacy.end_line + 1)}
    lines = [line for line in legacy if line in functions and len(legacy[line]) >= _FEWEST]
    if not lines:
        return None
    line = max(lines, key=lambda name: len(legacy[name]))
    return line, functions[line]


def measure(case: Path, settings: Settings, rounds: int, folder: Path) -> str | None:
    """One row of the table, or None when there is nothing to compare."""
    text = (case / "legacy.py").read_text(encoding="utf-8")
    result = rewrite_source(text, settings=settings, path=case.name)
    if not result.changed:
        return None
    for side in ("legacy", "migrated"):
        (folder / side).mkdir(exist_ok=True)
    legacy, migrated = folder / "legacy" / f"{case.name}.py", folder / "migrated" / f"{case.name}.py"
    legacy.write_text(text, encoding="utf-8")
    migrated.write_text(result.text, encoding="utf-8")
    for name, extra in result.extra_files.items():
        (folder / "migrated" / name).write_text(extra, encoding="utf-8")
    old, new = [], []
    site: tuple[str, str] | None = None
    for _ in range(rounds):
        seconds = run("legacy", legacy)
        site = site or busiest(seconds, result.map)
        if site is None:
            return None
        old.append(median(seconds[site[0]]))
        new.append(median(run("migrated", migrated)[site[1]]))
    ratio = statistics.median(b / a for a, b in zip(old, new, strict=True))
    return f"{case.name:<26}{site[1]:<24}{1e3 * min(old):>12.3f}{1e3 * min(new):>12.3f}{ratio:>9.2f}"  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--numerics", default="default")
    parser.add_argument("cases", nargs="*", help="names under golden/ (default: all)")
    options = parser.parse_args()
    cases = [path for path in sorted((_ROOT / "golden").iterdir()) if (path / "legacy.py").is_file()]
    print(f"{'program':<26}{'function':<24}{'TF1, ms':>12}{'TF2, ms':>12}{'ratio':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            if not options.cases or case.name in options.cases:
                row = measure(case, Settings(numerics=options.numerics), options.rounds, Path(folder))
                if row is not None:
                    print(row, flush=True)


if __name__ == "__main__":
    main()
