"""Runs one program of a pair and writes the seconds of every step: a helper of step_time.py, in a process of its own.

A legacy step is one outermost ``Session.run`` at one line of the program, a migrated step one outermost call of one
``tf.function``. The steps of one site are kept in order.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Stopwatch:
    """Times outermost calls by site."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._inside = False

    def wrap(self, owner: Any, name: str, site: Callable[[Any], str | None]) -> None:
        """Time ``owner.name``; ``site`` names the call from its ``self``, None for calls that are nobody's step."""
        original = getattr(owner, name)

        def timed(own: Any, *args: Any, **kwargs: Any) -> Any:
            key = None if self._inside else site(own)
            if key is None:
                return original(own, *args, **kwargs)
            self._inside = True
            started = time.perf_counter()
            try:
                return original(own, *args, **kwargs)
            finally:
                self.seconds[key].append(time.perf_counter() - started)
                self._inside = False

        setattr(owner, name, timed)


def prepare_legacy(program: str, watch: Stopwatch) -> None:
    """TF1 mode, without a recorder."""
    from migrator.equivalence.legacy import activate, hosts, imports
    from migrator.equivalence.recorder_names import UserFiles

    activate.prepare_environment()
    hosts.restore_numpy_names()
    hosts.restore_builtins()
    v1 = activate.activate()

    from tensorflow.python.client.session import BaseSession

    from migrator.equivalence.legacy.namespace import Namespace

    files = UserFiles(os.path.dirname(program))
    imports.install(Namespace(v1, True).find, lambda filename: files.name(filename) is not None)

    def line(own: Any) -> str | None:
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != program:
            frame = frame.f_back  # type: ignore[assignment]
        return None if frame is None else str(frame.f_lineno)

    watch.wrap(BaseSession, "run", line)


def prepare_migrated(watch: Stopwatch) -> None:
    from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function

    watch.wrap(Function, "__call__", lambda own: str(own.__name__))


def main() -> None:
    kind, program, output = sys.argv[1:]
    program = os.path.realpath(program)
    watch = Stopwatch()
    if kind == "legacy":
        prepare_legacy(program, watch)
    else:
        prepare_migrated(watch)
    module = types.ModuleType("__main__")
    module.__file__ = program
    sys.modules["__main__"] = module
    sys.argv = [program]
    sys.path[0] = os.path.dirname(program)
    code = compile(Path(program).read_bytes(), program, "exec", dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        exec(code, module.__dict__)
    Path(output).write_text(json.dumps(watch.seconds))
    os._exit(0)


if __name__ == "__main__":
    main()
