"""One TensorFlow process for the tests of `migrator checkpoint`: ``run_checkpoints.py legacy|migrated``.

Reads a JSON list of jobs from standard input and writes what each printed. A job is ``{"program": text, "path": ...}``
(run as a program with that argument), or, for ``migrated``, ``{"command": [...]}`` (of the command line).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    """Run the jobs."""
    jobs = json.load(sys.stdin)
    legacy = sys.argv[1] == "legacy"
    if legacy:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        import tensorflow

        tensorflow = tensorflow.compat.v1
        tensorflow.disable_v2_behavior()
        sys.modules["tensorflow"] = tensorflow
    results = []
    for job in jobs:
        if legacy:
            sys.modules["tensorflow"].reset_default_graph()
        results.append(_run(job))
    json.dump(results, sys.stdout)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    out, errors = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        if "command" in job:
            from migrator.cli.main import run

            code = int(run(job["command"]))
        else:
            with open(job["file"], "w", encoding="utf-8") as file:
                file.write(job["program"])
            sys.argv = [job["file"], job["path"]]
            try:
                exec(compile(job["program"], job["file"], "exec"), {"__name__": "__main__", "__file__": job["file"]})
            except Exception as error:  # noqa: BLE001  (whatever the program does is its result)
                print(f"!! {''.join(traceback.format_exception(error))[-800:]}")
    return {"code": code, "out": out.getvalue(), "errors": errors.getvalue()}


if __name__ == "__main__":
    main()
