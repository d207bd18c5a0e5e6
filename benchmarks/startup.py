"""How long `migrator rewrite` takes on one small file, from the shell, beside a bare interpreter and libcst alone.

Wall time, and processor time, which other work on the machine disturbs less. Modules are compiled beforehand, as
those of an installed package are.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CASES = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import libcst": [sys.executable, "-c", "import libcst"],
    "migrator --version": [sys.executable, "-m", "migrator", "--version"],
    "migrator rewrite, no TF in the file": [sys.executable, "-m", "migrator", "rewrite", "--diff", "plain.py"],
    "migrator rewrite, one TF1 call": [sys.executable, "-m", "migrator", "rewrite", "--diff", "small.py"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in _CASES}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain.py").write_text("print('hello')\n")
        Path(folder, "small.py").write_text("import tensorflow as tf\n\nprint(tf.log(2.0))\n")
        # The child compiles what is not compiled yet, wherever the project is and whatever this shell says.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": str(Path(folder, "compiled")), "PYTHONPATH": _path()}
        for _ in range(rounds + 1):  # the first round compiles, and fills the file caches
            for name, command in _CASES.items():
                seconds[name].append(_measured(command, folder, environment))
    print(f"{'':<38}{'median':>10}{'fastest':>10}{'processor':>11}")
    for name, values in seconds.items():
        wall, processor = zip(*values[1:], strict=True)
        print(f"{name:<38}{statistics.median(wall):>9.3f}s{min(wall):>9.3f}s{min(processor):>10.3f}s")


def _path() -> str:
    return os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])


def _measured(command: list[str], folder: str, environment: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
