"""Files are the old one or the new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from migrator.files import atomic


def test_replacing_keeps_the_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o750)
    atomic.replace(atomic.read(path, 100), b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    link.symlink_to("target.py")
    atomic.replace(atomic.read(link, 100), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_read_only_files_are_left(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(atomic.FileProblem, match="read-only"):
        atomic.replace(atomic.read(path, 100), b"new")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("same_time", [False, True])
def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path, same_time: bool) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    snapshot = atomic.read(path, 100)
    path.write_bytes(b"mid")
    times = (snapshot.mtime_ns, snapshot.mtime_ns + (0 if same_time else 1_000_000_000))
    os.utime(path, ns=(times[0], times[1]))
    with pytest.raises(atomic.FileProblem, match="changed while"):
        atomic.replace(snapshot, b"new")
    assert path.read_bytes() == b"mid"


def test_a_file_that_went_away_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    snapshot = atomic.read(path, 100)
    path.unlink()
    with pytest.raises(atomic.FileProblem):
        atomic.replace(snapshot, b"new")
    assert not path.exists()


def test_large_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * 11)
    with pytest.raises(atomic.FileProblem, match="11 bytes, more than the limit of 10"):
        atomic.read(path, 10)


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_directory_in_the_way_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(atomic.FileProblem):
        atomic.write(tmp_path / "file" / "a.py", b"new")
