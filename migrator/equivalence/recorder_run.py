"""Runs a user's program under the recorder and writes the recording, whatever way the program ends.

Started as a module by an interpreter with a real TensorFlow 1.x; `migrator.equivalence.legacy_main` does the same
under TensorFlow 2. Python 3.5 syntax: no f-strings, annotations are strings.
"""

import argparse
import hashlib
import io
import os
import platform
import signal
import sys
import traceback
import types
from typing import Any

import numpy as np

from migrator.equivalence.pin import DEFAULT_SEED, VERSION, Pin
from migrator.equivalence.recorder import Limits, Recorder, StopProgram
from migrator.equivalence.recorder_names import UserFiles, error_line
from migrator.equivalence.statements import StatementLines

_MAX_STDOUT = 16384
_RETRY_SECONDS = 0.05


def arguments() -> "argparse.ArgumentParser":
    """The command line that both entry points share."""
    defaults = Limits()
    parser = argparse.ArgumentParser(description="Run a TensorFlow 1 program and record its session runs.")
    parser.add_argument("--record", required=True, metavar="OUT.npz")
    parser.add_argument("--first", type=int, default=defaults.first, help="runs to keep at each call site")
    parser.add_argument("--every", type=int, default=defaults.every, help="and every n-th after them")
    parser.add_argument("--max-bytes", type=int, default=defaults.max_bytes, help="size limit of the recording")
    parser.add_argument("--max-runs", type=int, help="stop the program after so many runs")
    parser.add_argument("--seconds", type=float, help="stop the program after so many seconds")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


class _Tee(io.TextIOBase):
    """Passes text on and keeps the beginning of it."""

    def __init__(self, target: "Any") -> "None":
        self._target = target
        self.kept = ""
        self.truncated = False

    def write(self, text: "str") -> "int":
        room = _MAX_STDOUT - len(self.kept)
        self.truncated = self.truncated or len(text) > room
        self.kept += text[:room]
        self._target.write(text)
        return len(text)

    def flush(self) -> "None":
        self._target.flush()

    def isatty(self) -> "bool":
        return False

    def fileno(self) -> "int":
        return int(self._target.fileno())

    @property
    def encoding(self) -> "str":  # type: ignore[override]
        return str(self._target.encoding)


def record_program(options: "Any", runtime: "dict[str, Any]", notes: "Any" = ()) -> "None":
    """Run ``options.program`` as ``__main__`` and write ``options.record``.

    TensorFlow must be ready for the program. ``runtime`` describes it for the metadata; ``notes`` is read at the end.
    """
    program = os.path.abspath(options.program)
    files = UserFiles(os.path.dirname(program))
    with open(program, "rb") as stream:
        source = stream.read()
    statements = StatementLines(source)

    def line_of(filename: "str", line: "int") -> "int | None":
        name = files.name(filename)  # the statement: a rewrite may reflow its lines, and Pythons differ
        return None if name is None else statements.start(line) if filename == program else line

    pin = Pin(line_of, options.seed)
    unpinned = _install(pin)
    pin.seed_hosts()
    limits = Limits(options.first, options.every, options.max_bytes, options.max_runs, options.seconds)
    recorder = Recorder(files, limits, pin)
    recorder.install()
    tee = _Tee(sys.stdout)
    sys.stdout = tee
    try:
        outcome = _run(program, source, options.arguments, recorder, files)
    finally:
        sys.stdout = tee._target
    metadata = {
        "program": os.path.basename(program),
        "sha256": hashlib.sha256(source).hexdigest(),
        "argv": options.arguments,
        "seed": options.seed,
        "pin": VERSION,
        "limits": dict(vars(limits)),
        "runtime": dict(runtime, python=platform.python_version(), numpy=np.__version__),
        "outcome": outcome,
        "stdout": {"text": tee.kept, "truncated": tee.truncated},
        "notes": [*notes, *unpinned, *("draws of {} are not pinned".format(name) for name in sorted(pin.unpinned))],
    }
    recorder.write(options.record, metadata)


def _install(pin: "Pin") -> "list[str]":
    """Pin TensorFlow's randomness; a note for the recording where that cannot be done."""
    try:
        pin.install()
    except ImportError as error:
        return ["TensorFlow's randomness is not pinned, it is too old: {}".format(error)]
    return []


def _run(program: "str", source: "bytes", argv: "list[str]", recorder: "Recorder", files: "UserFiles") -> "Any":
    """Execute the program; return how it ended: finished, exited, stopped or raised."""
    main = types.ModuleType("__main__")
    main.__file__ = program
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    sys.argv = [program, *argv]
    sys.path[0] = os.path.dirname(program)
    _stop_in_time(recorder)
    try:
        exec(compile(source, program, "exec", dont_inherit=True), main.__dict__)
    except StopProgram as stop:
        return {"status": "stopped", "reason": str(stop)}
    except SystemExit as end:
        if end.code not in (None, 0):
            return {"status": "exited", "code": str(end.code)}
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (whatever a user's program raises)
        if recorder.stopped is not None:  # raised by clean-up code on the way out
            return {"status": "stopped", "reason": recorder.stopped}
        return _failure(error, files)
    if recorder.stopped is not None:
        return {"status": "stopped", "reason": recorder.stopped}
    return {"status": "finished"}


def _failure(error: "BaseException", files: "UserFiles") -> "dict[str, Any]":
    """What a program raised: one line, and the user's lines on the way there, outermost first."""
    frames = [
        [files.name(entry[0]), entry[1]]
        for entry in traceback.extract_tb(error.__traceback__)
        if files.name(entry[0]) is not None
    ]
    if isinstance(error, SyntaxError) and error.filename and files.name(error.filename) is not None:
        frames.append([files.name(error.filename), error.lineno or 0])
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "status": "raised",
        "error": error_line(error),
        "frames": frames,
        "traceback": text[-8000:],
    }


def _stop_in_time(recorder: "Recorder") -> "None":
    """End the program by a timer too, for programs that spend their time outside Session.run."""
    seconds = recorder.limits.seconds
    if seconds is None or not hasattr(signal, "setitimer"):  # not on Windows; runs still check the time
        return

    def ring(signum: "int", frame: "Any") -> "None":
        if recorder.stopped is not None:  # a run has noticed before
            return
        if recorder.in_run():  # never cut a run in two
            signal.setitimer(signal.ITIMER_REAL, _RETRY_SECONDS)
        else:
            recorder.stop("after {:g} seconds".format(seconds))

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> "None":
    """Entry point under a real TensorFlow 1.x."""
    options = arguments().parse_args()
    import tensorflow as tf

    record_program(options, {"kind": "tensorflow1", "tensorflow": tf.__version__})
    sys.stdout.flush()
    os._exit(0)  # a program's threads may never end


if __name__ == "__main__":
    main()
