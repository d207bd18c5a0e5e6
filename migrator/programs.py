"""Running the user's legacy programs under the recorder, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrator.equivalence import golden
from migrator.equivalence.golden import Recording
from migrator.errors import MigratorError, UserError
from migrator.files import atomic

_ROOT = Path(__file__).resolve().parent.parent
# Our packages are on the path only until they are imported: the program must not find our modules there.
_START = (
    "import sys; sys.path.insert(0, {root!r}); from migrator.equivalence import {module}; "
    "del sys.path[0]; {module}.main()"
)
_LAST_LINES = 5

# Passing files and how many runs need each: programs of one directory may be verified at the same time.
_passing: Counter[Path] = Counter()
_passing_lock = threading.Lock()


class ProgramError(MigratorError):
    """A program that could not be run or recorded."""


@dataclass(frozen=True)
class RunOptions:
    """How to run a legacy program.

    ``python`` is a real TensorFlow 1.x interpreter, None for the legacy runtime on this one's TensorFlow 2. ``cwd``
    defaults to the program's directory. ``seconds`` and ``max_runs`` end the program early; ``max_bytes`` bounds the
    recording. A ``quiet`` program writes to no terminal.
    """

    argv: tuple[str, ...] = ()
    python: str | None = None
    cwd: Path | None = None
    seconds: float | None = None
    max_runs: int | None = None
    max_bytes: int | None = None
    synthetic: bool = False
    quiet: bool = True


def record(program: Path, output: Path, options: RunOptions) -> Recording:
    """Run ``program`` and write its recording to ``output``.

    Raises ProgramError, in one line, when nothing could be recorded. A program that fails after some runs gives a
    recording all the same; its metadata tell how it ended.
    """
    if not program.is_file():
        raise UserError(f"{program}: no such program")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}") from error
    module = "legacy_main" if options.python is None else "recorder_run"
    interpreter = options.python or sys.executable
    command = [interpreter, "-c", _START.format(root=str(_ROOT), module=module), "--record", str(output.absolute())]
    for flag, value in (("seconds", options.seconds), ("max-runs", options.max_runs), ("max-bytes", options.max_bytes)):
        if value is not None:
            command += [f"--{flag}", f"{value:g}" if isinstance(value, float) else str(value)]
    if options.synthetic and options.python is None:
        command.append("--synthetic-data")
    command += [str(program.absolute()), *options.argv]
    cwd = program.absolute().parent if options.cwd is None else options.cwd
    code, last = _run(command, cwd, options.quiet)
    if not output.exists():
        reason = last or f"exit status {code}"
        raise ProgramError(f"{program} could not be recorded: {reason}")
    return golden.load(output)


def failure(recording: Recording) -> str | None:
    """Why a recording is no measure for a migrated program, in one line; None when it is one."""
    outcome = recording.metadata.get("outcome", {})
    status = outcome.get("status")
    if status == "raised":
        frames = outcome.get("frames") or []
        where = f" at {frames[-1][0]}:{frames[-1][1]}" if frames else ""
        return f"the TF1 program itself failed{where}: {outcome.get('error')}"
    if status == "exited":
        return f"the TF1 program itself ended with exit status {outcome.get('code')}"
    if not recording.runs:
        return "the TF1 program made no session run, so there is nothing to compare"
    return None


@contextmanager
def neighbour(program: Path, data: bytes, word: str, modules: Mapping[str, str] | None = None) -> Iterator[Path]:
    """A passing copy of a program with another text, in the same directory: it finds the same files and modules.

    ``modules`` (name to text) that are not there yet pass with it. Raises ProgramError when the directory cannot be
    written.
    """
    path = program.parent / f".{program.stem}.migrator-{word}-{os.getpid()}.py"
    files = {program.parent / name: text.encode() for name, text in (modules or {}).items()} | {path: data}
    ours: list[Path] = []
    try:
        for file, content in files.items():
            if _borrow(file, content):
                ours.append(file)
        yield path
    finally:
        for file in ours:
            _give_back(file)


def _borrow(path: Path, content: bytes) -> bool:
    """Write a passing file, or share the one that another thread wrote; False for a file of the user's."""
    with _passing_lock:
        if path not in _passing and path.exists():
            return False
        try:
            if path not in _passing:
                atomic.write(path, content)
        except atomic.FileProblem as problem:
            raise ProgramError(f"{path} cannot be written: {problem}") from problem
        _passing[path] += 1
        return True


def _give_back(path: Path) -> None:
    with _passing_lock:
        _passing[path] -= 1
        if not _passing[path]:
            del _passing[path]
            path.unlink(missing_ok=True)


def _run(command: Sequence[str], cwd: Path, quiet: bool) -> tuple[int, str]:
    """Exit code and the last lines of what a quiet program wrote, as one line."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")}
    try:
        if not quiet:
            return subprocess.run(command, cwd=cwd, env=environment, check=False).returncode, ""
        with tempfile.TemporaryFile() as log:
            code = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
            log.seek(0)
            lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError as error:
        raise UserError(f"cannot run {command[0]} in {cwd}: {error.strerror}") from error
    return code, " | ".join(lines[-_LAST_LINES:])
