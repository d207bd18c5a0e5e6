"""The passing folder of programs that save checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.equivalence.scratch import own_folder, saves


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("saver = tf.train.Saver()", True),
        ("checkpoint = tf.train.Checkpoint(w=w)", True),
        ("manager = tf.train.CheckpointManager(c, d, 5)", True),
        ("print('a Saver saves')", False),
        ("sess.run(train)", False),
    ],
)
def test_which_programs(text: str, expected: bool) -> None:
    assert saves(text) is expected


def test_other_programs_run_where_they_are(tmp_path: Path) -> None:
    with own_folder(tmp_path, "sess.run(train)") as folder:
        assert folder == tmp_path


def test_what_is_written_stays_in_the_passing_folder(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "model").mkdir(parents=True)
    (project / "data.txt").write_text("data")
    (project / "model" / "checkpoint").write_text("old")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("beside")
    before = sorted(path for path in tmp_path.rglob("*"))
    with own_folder(project, "tf.train.Saver()") as folder:
        assert folder != project
        assert (folder / "data.txt").read_text() == "data"
        assert (folder / "model" / "checkpoint").read_text() == "old"
        assert (folder / ".." / "other" / "file").read_text() == "beside"
        (folder / "model" / "new.index").write_text("new")
        (folder / "made").mkdir()
        replacement = folder / "model" / "tmp"
        replacement.write_text("new")
        os.replace(replacement, folder / "model" / "checkpoint")  # as TensorFlow writes its state file
    assert not folder.exists()
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert (project / "model" / "checkpoint").read_text() == "old"


def test_a_program_in_the_root_of_temporary_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "data.txt").write_text("data")
    with own_folder(tmp_path, "tf.train.Saver()") as folder:
        assert [item.name for item in folder.iterdir()] == ["data.txt"]
