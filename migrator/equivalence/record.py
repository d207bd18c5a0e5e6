"""Records a TF1 program: in this environment under the legacy runtime, or with an interpreter that has TF 1.x."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrator.equivalence import golden
from migrator.equivalence.pin import DEFAULT_SEED
from migrator.equivalence.scratch import own_folder
from migrator.errors import UserError

GOLDEN_BYTES = 300_000  # the size limit for recordings that are kept in a repository
_GRACE_SECONDS = 30.0  # for start-up, and for writing the recording after the program was stopped
_HERE = Path(__file__).parent
#: What a real TF 1.x interpreter needs of this package; each file keeps to Python 3.5 and NumPy.
_PORTABLE = (
    "event_files.py",
    "pin.py",
    "pin_kernels.py",
    "recorder.py",
    "recorder_events.py",
    "recorder_names.py",
    "recorder_run.py",
    "recorder_state.py",
    "recorder_store.py",
    "statements.py",
)
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "KERAS_HOME")
_PASSED_ON_PREFIXES = ("MIGRATOR_", "OMP_", "TF_", "LD_", "DYLD_")


class RecordError(UserError):
    """A program that could not be recorded to its end. ``recording`` holds what there is, or None."""

    def __init__(self, message: str, recording: golden.Recording | None = None) -> None:
        super().__init__(message)
        self.recording = recording


@dataclass(frozen=True)
class Limits:
    """How much to record; see `migrator.equivalence.recorder.Limits`.

    ``max_runs`` and ``seconds`` end the program early, which the recording then says; ``timeout`` is the time after
    which a program that does not react to that is killed (seconds).
    """

    first: int = 20
    every: int = 100
    max_bytes: int = 256_000_000
    max_runs: int | None = None
    seconds: float | None = None
    timeout: float | None = None


def record(
    program: Path,
    *,
    argv: Sequence[str] = (),
    python: Path | None = None,
    cwd: Path | None = None,
    limits: Limits = Limits(),
    seed: int = DEFAULT_SEED,
    synthetic_data: bool = False,
    show_output: bool = False,
) -> golden.Recording:
    """Run ``program`` with ``argv`` in a subprocess and return the recording of its session runs.

    ``python`` is an interpreter with a real TensorFlow 1.x; by default the program runs in this environment, on CPU,
    as if TensorFlow were 1.x. ``cwd`` is the program's own directory by default; a program that saves checkpoints runs
    in a passing copy of it. ``synthetic_data`` makes up well-known data sets that are not on this machine.

    Raises RecordError, in one line, when the program cannot be started, raised an error, exited with another code
    than 0, or had to be killed.
    """
    program = program.resolve()
    if not program.is_file():
        raise RecordError(f"there is no program {program}")
    with tempfile.TemporaryDirectory(prefix="migrator-") as scratch:
        output = Path(scratch) / "recording.npz"
        with _command(python, Path(scratch)) as (command, environment):
            command += ["--record", str(output), "--seed", str(seed), *_limit_options(limits)]
            if synthetic_data and python is None:
                command.append("--synthetic-data")
            command += [str(program), *argv]
            text = program.read_text(encoding="utf-8", errors="replace")
            with own_folder(cwd or program.parent, text) as folder:
                ended, errors = _run(command, environment, folder, limits, show_output)
        if not output.exists():
            raise RecordError(f"{program.name} could not be recorded: {_why(ended, errors, limits)}")
        recording = golden.load(output)
    problem = describe_outcome(recording)
    if problem is not None:
        raise RecordError(f"{program.name} {problem}", recording)
    return recording


def describe_outcome(recording: golden.Recording) -> str | None:
    """In one line, why the recorded program did not end well; None if it finished or was stopped by a limit."""
    outcome = recording.metadata["outcome"]
    if outcome["status"] == "raised":
        where = "".join(f" at {file}:{line}" for file, line in outcome["frames"][-1:])
        return f"raised {outcome['error']}{where}{_numpy_hint(recording)}"
    if outcome["status"] == "exited":
        return f"exited with {outcome['code']}"
    return None


def _numpy_hint(recording: golden.Recording) -> str:
    """Advice for errors that come from NumPy 2, which dropped more than can be put back while a program runs."""
    if int(recording.metadata["runtime"]["numpy"].partition(".")[0]) < 2:
        return ""
    text = recording.metadata["outcome"]["error"]
    if "'numpy.ndarray' object has no attribute" in text or "module 'numpy' has no attribute" in text:
        return "; NumPy 2 dropped it, numpy<2 still has it and works with TensorFlow too"
    return ""


def _limit_options(limits: Limits) -> list[str]:
    options = ["--first", str(limits.first), "--every", str(limits.every), "--max-bytes", str(limits.max_bytes)]
    if limits.max_runs is not None:
        options += ["--max-runs", str(limits.max_runs)]
    if limits.seconds is not None:
        options += ["--seconds", str(limits.seconds)]
    return options


@contextmanager
def _command(python: Path | None, scratch: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The beginning of the command line, and the environment: clean, but for what the machine needs."""
    environment = {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    environment |= {
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": environment.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        "MPLBACKEND": "Agg",
    }
    if python is None:
        environment["PYTHONPATH"] = _python_path(_HERE.parent.parent)
        yield [sys.executable, str(_HERE / "legacy_main.py")], environment
        return
    package = scratch / "portable" / "migrator" / "equivalence"
    package.mkdir(parents=True)
    for directory in (package, package.parent):
        (directory / "__init__.py").touch()
    for name in _PORTABLE:
        shutil.copy(_HERE / name, package / name)
    environment["PYTHONPATH"] = _python_path(scratch / "portable")
    yield [str(python), str(package / "recorder_run.py")], environment


def _python_path(first: Path) -> str:
    return os.pathsep.join(filter(None, [str(first), os.environ.get("PYTHONPATH")]))


def _run(
    command: list[str], environment: dict[str, str], cwd: Path, limits: Limits, show_output: bool
) -> tuple[int | None, str]:
    """Run to the end; exit code (None: killed after the time limit) and the standard error output."""
    timeout = limits.timeout
    if timeout is None and limits.seconds is not None:
        timeout = limits.seconds + _GRACE_SECONDS
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=None if show_output else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise RecordError(f"cannot start {command[0]}: {error.strerror}") from error
    try:
        _, errors = process.communicate(timeout=timeout)
        return process.returncode, errors
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        if process.poll() is None:  # a time-out, or Ctrl-C: take the program's own children along
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()


def _why(ended: int | None, errors: str, limits: Limits) -> str:
    if ended is None:
        return "it was killed because it did not end in time (a run that never returns?)"
    if ended < 0:
        return f"it was ended by {signal.Signals(-ended).name}"
    lines = [line for line in errors.splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'no message'} (exit code {ended})"
