"""Where a project is and what it chose."""

from __future__ import annotations

from pathlib import Path

from migrator.settings import Project, load_project


def test_the_root_is_where_the_table_is(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.migrator]\nnumerics = 'exact'\njobs = 3\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[tool.other]\n")
    project = load_project(inner)
    assert (project.root, project.numerics, project.workers) == (tmp_path, "exact", 3)
    assert project.state == tmp_path / ".migrator"


def test_without_a_table_the_root_is_the_current_directory(tmp_path: Path) -> None:
    project = load_project(tmp_path)
    assert project == Project(tmp_path)
    assert project.workers >= 1


def test_flags_win_where_they_are_given(tmp_path: Path) -> None:
    project = Project(tmp_path, numerics="exact", strict=True, jobs=2)
    assert project.with_flags(numerics=None, strict=None, jobs=None) == project
    assert project.with_flags(numerics="keras", jobs=5) == Project(tmp_path, numerics="keras", strict=True, jobs=5)


def test_paths_are_shown_from_the_root(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    assert project.relative(tmp_path / "p" / "a" / ".." / "b.py") == "b.py"
    assert project.relative(tmp_path / "c.py") == (tmp_path / "c.py").as_posix()
