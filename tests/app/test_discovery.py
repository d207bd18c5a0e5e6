"""Which files a command works on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.files.discovery import Found, Problem, discover


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import tensorflow as tf\n")


def found(root: Path, *paths: Path, exclude: tuple[str, ...] = ()) -> list[str]:
    entries = list(discover(paths or [root], exclude))
    assert all(isinstance(entry, Found) for entry in entries), entries
    return [entry.path.relative_to(root).as_posix() for entry in entries]


def test_takes_python_and_notebooks_in_a_stable_order(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a.py", "sub/c.ipynb", "data.csv", "sub/readme.md")
    assert found(tmp_path) == ["a.py", "b.py", "sub/c.ipynb"]


def test_skips_directories_that_are_nobodys_sources(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".git/x.py", "venv/x.py", "build/x.py", "p/__pycache__/x.py", "node_modules/x.py")
    make(tmp_path, "custom-env/lib/x.py")
    (tmp_path / "custom-env/pyvenv.cfg").write_text("")
    assert found(tmp_path) == ["a.py"]


def test_a_named_directory_is_taken_even_if_its_name_is_skipped(tmp_path: Path) -> None:
    make(tmp_path, "build/x.py")
    assert found(tmp_path, tmp_path / "build") == ["build/x.py"]


def test_gitignore_nested_negated_and_anchored(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "old/x.py", "old/keep.py", "sub/gen_1.py", "sub/gen_2.py", "sub/top.py", "top.py")
    (tmp_path / ".gitignore").write_text("old/*\n!old/keep.py\n/top.py\n")
    (tmp_path / "sub/.gitignore").write_text("gen_*\n!gen_2.py\n")
    assert found(tmp_path) == ["a.py", "old/keep.py", "sub/gen_2.py", "sub/top.py"]


def test_gitignore_of_parents_holds_below_a_named_directory(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py", "src/tmp_b.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("tmp_*\n")
    assert found(tmp_path, tmp_path / "src") == ["src/a.py"]


def test_a_named_directory_overrules_parents_that_ignore_it(tmp_path: Path) -> None:
    make(tmp_path, "out/demo/a.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("/out/\n")
    assert found(tmp_path, tmp_path / "out/demo") == ["out/demo/a.py"]


def test_a_named_file_is_taken_although_ignored(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".gitignore").write_text("*.py\n")
    assert found(tmp_path, tmp_path / "a.py") == ["a.py"]


def test_exclude_patterns(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "legacy/x.py", "sub/legacy/y.py", "sub/z.py")
    assert found(tmp_path, exclude=("legacy/", "z.py")) == ["a.py"]


def test_symbolic_links_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    make(tmp_path, "tree/a.py", "outside/b.py")
    (tree / "loop").symlink_to(tree, target_is_directory=True)
    (tree / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (tree / "same.py").symlink_to(tree / "a.py")
    assert found(tree) == ["a.py"]


def test_each_file_once(tmp_path: Path) -> None:
    make(tmp_path, "sub/a.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "sub/a.py")
    assert found(tmp_path, tmp_path / "sub", tmp_path, tmp_path / "sub/a.py", tmp_path / "link.py") == ["sub/a.py"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nope", "no such file"), ("notes.txt", "neither Python"), ("gone.py", "leads nowhere"), ("pipe", "regular file")],
)
def test_named_paths_that_are_no_use(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "gone.py").symlink_to(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    (entry,) = discover([tmp_path / name])
    assert isinstance(entry, Problem)
    assert reason in entry.reason


def test_a_script_without_suffix_is_taken_by_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("#!/usr/bin/env python\n")
    assert found(tmp_path, tmp_path / "train") == ["train"]
