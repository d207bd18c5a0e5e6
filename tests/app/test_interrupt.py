"""Ctrl-C in the middle of a tree: one line, exit code 130, and every file the old one or the new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

OLD = "import tensorflow as tf\ny = tf.log(2.0)  # SLOW\n" + "# filler\n" * 2000
NEW = OLD.replace("tf.log", "tf.math.log")
FILES = 300

PROGRAM = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
import migrator.cli.rewrite
from tests.app import fakes
migrator.cli.rewrite.engine = fakes.engine
from migrator.cli.main import main
if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupt(tmp_path: Path, jobs: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    program = tmp_path / "start.py"
    program.write_text(PROGRAM)
    paths = [tree / f"{number:03}.py" for number in range(FILES)]
    for path in paths:
        path.write_text(OLD)
    process = subprocess.Popen(
        [sys.executable, str(program), "rewrite", "tree", "-j", jobs],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while paths[2].read_text() == OLD and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.count("\n") == 1, stderr
    assert stderr.startswith("migrator: interrupted")
    texts = [path.read_text() for path in paths]
    assert set(texts) == {OLD, NEW}
    assert sorted(os.listdir(tree)) == [path.name for path in paths]
    assert f"{texts.count(NEW)} files rewritten" in stderr
    assert (tmp_path / ".migrator/report.json").exists()
