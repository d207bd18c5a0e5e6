"""Runs programs one after the other in this process and says what each printed: ``run_programs.py legacy|migrated``.

Reads ``{name: text}`` as JSON from standard input, writes ``{name: printed text}`` to standard output. A program that
fails adds a last line ``!! ErrorType`` to what it printed. ``legacy`` runs TF1 behaviour in a new graph each.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import traceback


def main() -> None:
    """Run the table."""
    given = json.load(sys.stdin)
    legacy = sys.argv[1] == "legacy"
    if legacy:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tensorflow

    if legacy:
        tensorflow = tensorflow.compat.v1
        tensorflow.disable_v2_behavior()
        tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
        sys.modules["tensorflow"] = tensorflow
    results = {}
    for name, text in given.items():
        if legacy:
            tensorflow.reset_default_graph()
        else:
            tensorflow.random.set_seed(None)  # what another program has set
        results[name] = _run(name, text)
    json.dump(results, sys.stdout)


def _run(name: str, text: str) -> str:
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
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
        for value in sessions.values():
            if type(value).__name__ == "InteractiveSession":
                value.close()  # type: ignore[attr-defined]
    return printed.getvalue()


if __name__ == "__main__":
    main()
