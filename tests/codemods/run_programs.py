"""Runs programs one after the other in this process and says what each printed: ``run_programs.py legacy|migrated``.

Reads ``{name: text}`` as JSON from standard input, writes ``{name: printed text}`` to standard output. A program that
fails adds a last line ``!! ErrorType`` to what it printed. ``legacy`` runs TF1 behaviour in a new graph each. Each
program runs in an empty folder; what the event files hold that it leaves there is added to what it printed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from migrator.equivalence import event_files


def main() -> None:
    """Run the table."""
    given = json.load(sys.stdin)
    legacy = sys.argv[1] == "legacy"
    if legacy:
        tensorflow = sys.modules["tensorflow"] = _legacy()
    else:
        import tensorflow
    results = {}
    for name, text in given.items():
        if legacy:
            tensorflow.reset_default_graph()
        else:
            tensorflow.random.set_seed(None)  # what another program has set
        results[name] = _run(name, text)
    json.dump(results, sys.stdout)


def _legacy() -> Any:
    """TensorFlow 1 as the programs know it, with tf.contrib through tf-slim."""
    from migrator.equivalence.legacy.activate import activate, prepare_environment
    from migrator.equivalence.legacy.contrib import Contrib
    from migrator.equivalence.legacy.shim import Shim

    prepare_environment()
    v1 = activate()
    v1.contrib = Contrib(v1, Shim("tensorflow.keras", bases=(v1.keras,))).module
    return v1


def _print_events(made: Iterable[object], folder: str) -> None:
    """The tags, steps and values of all event files in the folder; writers that the program left open are closed."""
    for value in made:
        if type(value).__name__ in ("FileWriter", "_ResourceSummaryWriter", "_TrackableResourceSummaryWriter"):
            value.close()  # type: ignore[attr-defined]
    for place in sorted(Path(folder).rglob("*.tfevents.*")):
        for entry in event_files.read(str(place)):
            values = np.asarray(entry.value)
            shown = values.tolist() if values.size < 20 else [list(values.shape), int(values.astype(np.int64).sum())]
            print(f"{place.parent.relative_to(folder)}: {entry.kind} {entry.tag} at {entry.step}: {shown}")


def _run(name: str, text: str) -> str:
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        # A file of its own: tf.function reads the source of what it converts.
        path = os.path.join(folder, "program.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        sessions: dict[str, object] = {"__name__": "__main__", "__file__": path}
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(text, path, "exec"), sessions)
            except Exception as error:  # noqa: BLE001  (whatever the program does is its result)
                print(f"!! {type(error).__name__}")
                print(f"{name}: {''.join(traceback.format_exception(error))[-1500:]}", file=sys.stderr)
            _print_events(sessions.values(), folder)
        for value in sessions.values():
            if type(value).__name__ == "InteractiveSession":
                value.close()  # type: ignore[attr-defined]
    return printed.getvalue()


if __name__ == "__main__":
    main()
