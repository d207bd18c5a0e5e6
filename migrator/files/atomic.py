"""Reading and replacing files so that each is, at any moment, either the old one or the new one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path


class FileProblem(Exception):
    """A file that cannot be read or replaced; the message is for the user, without the path."""


@dataclass(frozen=True)
class Snapshot:
    """What a file was when it was read; symbolic links are resolved, so a replacement goes to the target."""

    target: Path
    data: bytes
    mtime_ns: int
    mode: int


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def read(path: Path, limit: int) -> Snapshot:
    """Read at most ``limit`` bytes; FileProblem for what cannot be read or is larger."""
    target = Path(os.path.realpath(path))
    try:
        with target.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > limit:
                raise FileProblem(f"{status.st_size:,} bytes, more than the limit of {limit:,}")
            data = stream.read()
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error
    return Snapshot(target, data, status.st_mtime_ns, stat.S_IMODE(status.st_mode))


def check_replaceable(snapshot: Snapshot) -> None:
    """FileProblem when the file of the snapshot must not be replaced now.

    A file without write permission is left alone even though replacing it needs only the directory's. A file that
    changed since the snapshot is left alone too: somebody else is editing it.
    """
    target = snapshot.target
    if not snapshot.mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        raise FileProblem("read-only")
    try:
        if target.stat().st_mtime_ns != snapshot.mtime_ns or target.read_bytes() != snapshot.data:
            raise FileProblem("changed while it was being rewritten")
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error


def replace(snapshot: Snapshot, data: bytes) -> None:
    """Put ``data`` where the snapshot was taken, if `check_replaceable` allows it; FileProblem otherwise."""
    check_replaceable(snapshot)
    write(snapshot.target, data, snapshot.mode)


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Create or replace ``path`` in one step, making its directories; FileProblem when that is not possible."""
    import tempfile  # what writes nothing starts sooner without it

    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".migrator-tmp", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise FileProblem(error.strerror or str(error)) from error
    finally:
        if temporary is not None:  # also on Ctrl-C
            with contextlib.suppress(OSError):
                os.unlink(temporary)
