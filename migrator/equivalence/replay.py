"""Start the replaying process and read what it observed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codemods.result import ReplayMap
from migrator.equivalence import devices, golden, mapfile
from migrator.equivalence.golden import Array, EventSeries, Recording, Value
from migrator.equivalence.scratch import own_folder
from migrator.errors import MigratorError

_ROOT = Path(__file__).resolve().parents[2]
# The folder of the packages is on the path only until they are imported: the program must not find our modules there.
_START = (
    "import sys; sys.path.insert(0, {root!r}); from migrator.equivalence import replay_child; "
    "del sys.path[0]; replay_child.main()"
)
_LOG_LINES = 20


class ReplayError(MigratorError):
    """The replaying process failed; not the program in it."""


@dataclass(frozen=True)
class ObservedCall:
    """One matched execution. ``values`` are the flattened leaves of the migrated expression: a value, None for None,
    or the name of a type that cannot be compared. ``feeds`` are the calls of emitted functions in it."""

    site: int
    ordinal: int
    run: int
    failed: bool
    values: tuple[Value | str | None, ...]
    feeds: tuple[tuple[str, Mapping[str, Value | str | None]], ...]
    after: Mapping[int, Array]


@dataclass(frozen=True)
class ObservedVariable:
    """A variable of the migrated program, made on ``line``; ``legacy`` is the index of the one that it stands for."""

    name: str
    role: str
    legacy: int | None
    detail: str | None
    initial: Array | None
    line: int | None = None


@dataclass(frozen=True)
class Observation:
    """``status`` is finished, stopped (where the legacy program was), crashed, misfit (the map does not fit the text),
    "no device" or "timeout"."""

    status: str
    detail: str | None = None
    device: str | None = None
    traceback: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[int, int] = field(default_factory=dict)
    outside: Mapping[str, int] = field(default_factory=dict)
    calls: tuple[ObservedCall, ...] = ()
    variables: tuple[ObservedVariable, ...] = ()
    events: tuple[EventSeries, ...] = ()


def replay(
    migrated: Path,
    legacy_text: str,
    recording: Recording,
    replay_map: ReplayMap,
    *,
    mode: str,
    device: str,
    argv: Sequence[str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> Observation:
    """Run ``migrated`` under observation, in ``mode`` locked or free, on one device.

    ``argv`` (without the program) and ``cwd`` default to those of the recording and to the program's directory. The
    program's output goes to no terminal; its last lines come back in the traceback when the process itself dies.
    Raises ReplayError when that happens without an observation.
    """
    text = read_program(migrated)
    with tempfile.TemporaryDirectory(prefix="migrator-") as folder:
        source, output, log = Path(folder, "golden.npz"), Path(folder, "observed.npz"), Path(folder, "log")
        golden.save(recording, source)
        job = {
            "program": str(migrated.resolve()),
            "text": text,
            "legacy": legacy_text,
            "map": mapfile.dumps(replay_map, text),
            "recording": str(source),
            "output": str(output),
            "mode": mode,
            "device": device,
            "argv": list(recording.metadata.get("argv", []) if argv is None else argv),
        }
        Path(folder, "job.json").write_text(json.dumps(job), "utf-8")
        command = [sys.executable, "-c", _START.format(root=str(_ROOT)), str(Path(folder, "job.json"))]
        with own_folder(migrated.resolve().parent if cwd is None else cwd, legacy_text) as place:
            code = _run(command, place, _environment(device), log, timeout)
        if code is None:
            return Observation("timeout", f"the migrated program did not end within {timeout or 0:g} seconds")
        if not output.exists():
            raise ReplayError(
                f"the process that replays {migrated} ended with status {code} before it could report: "
                + " | ".join(_last_lines(log))
            )
        return _read(output)


def _run(command: list[str], cwd: Path, environment: dict[str, str], log: Path, timeout: float | None) -> int | None:
    """Run to the end, with all output in ``log``; the exit code, or None after the time limit."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:  # a time-out, or Ctrl-C: take the program's own children along
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()


def read_program(path: Path) -> str:
    """The text of a program in the encoding that it declares. Raises ReplayError in one line."""
    import tokenize

    try:
        with tokenize.open(path) as stream:
            return stream.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise ReplayError(f"cannot read {path}: {error}") from error


def _environment(device: str) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    return (
        environment
        | devices.environment(device)
        | {
            "KERAS_BACKEND": "tensorflow",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _last_lines(log: Path) -> list[str]:
    return log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]


def _read(path: Path) -> Observation:
    document, decode = golden.read_document(path)

    def leaf(item: Any) -> Value | str | None:
        if item is None:
            return None
        if "other" in item:
            return str(item["other"])
        if "parts" in item:
            return {name: decode(part) for name, part in item["parts"].items()}
        value: Array = decode(item["value"])
        return value

    calls = tuple(
        ObservedCall(
            site=call["site"],
            ordinal=call["ordinal"],
            run=call["run"],
            failed=call["failed"],
            values=tuple(leaf(item) for item in call["values"]),
            feeds=tuple((f["function"], {k: leaf(v) for k, v in f["values"].items()}) for f in call["feeds"]),
            after={int(index): decode(item) for index, item in call["after"].items()},
        )
        for call in document.get("calls", [])
    )
    variables = tuple(
        ObservedVariable(
            name=item["name"],
            role=item["role"],
            legacy=item["legacy"],
            detail=item["detail"],
            initial=None if item["initial"] is None else decode(item["initial"]),
            line=item["line"],
        )
        for item in document.get("variables", [])
    )
    return Observation(
        status=document["status"],
        detail=document.get("detail"),
        device=document.get("device"),
        traceback=tuple(document.get("traceback", [])),
        versions=document["versions"],
        counts={int(site): number for site, number in document.get("counts", {}).items()},
        outside=document.get("outside", {}),
        calls=calls,
        variables=variables,
        events=golden.read_events(document.get("events", []), decode),
    )
