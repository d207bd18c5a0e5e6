"""How long `migrator rewrite` takes on one small file, from the shell, beside a bare interpreter."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_CASES = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "migrator --version": [sys.executable, "-m", "migrator", "--version"],
    "migrator rewrite, no TF in the file": [sys.executable, "-m", "migrator", "rewrite", "--diff", "plain.py"],
    "migrator rewrite, one TF1 call": [sys.executable, "-m", "migrator", "rewrite", "--diff", "small.py"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {name: [] for name in _CASES}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plain.py").write_text("print('hello')\n")
        Path(folder, "small.py").write_text("import tensorflow as tf\n\nprint(tf.log(2.0))\n")
        for _ in range(rounds + 1):  # the first round fills the file caches
            for name, command in _CASES.items():
                started = time.perf_counter()
                subprocess.run(command, cwd=folder, capture_output=True, check=True)
                seconds[name].append(time.perf_counter() - started)
    print(f"{'':<38}{'median':>10}{'fastest':>10}")
    for name, values in seconds.items():
        print(f"{name:<38}{statistics.median(values[1:]):>9.3f}s{min(values[1:]):>9.3f}s")


if __name__ == "__main__":
    main()
