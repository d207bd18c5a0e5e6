"""`migrator rewrite` and `list` around a small engine: what is written, said and returned."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from migrator.cli.main import run
from tests.app import fakes

SOURCE = "import tensorflow as tf\ny = tf.log(2.0)\n"
NEW = "import tensorflow as tf\ny = tf.math.log(2.0)\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("migrator.cli.rewrite.engine", fakes.engine)
    return tmp_path


def put(name: str, content: str | bytes = SOURCE) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def one_line(text: str) -> str:
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    path, other = put("a.py"), put("b.py", "print('tf.log(')\n")
    assert run(["rewrite", "."]) == 0
    assert path.read_text() == NEW
    assert other.read_text() == "print('tf.log(')\n"
    out = capsys.readouterr().out
    assert "a.py  rewritten  1 TF1 use\n" in out
    assert "2 files: 1 rewritten, 1 unchanged; 1 TF1 use: 1 native, 0 compat, 0 refused" in out
    assert (Path(".migrator/maps/a.py.json")).exists()
    assert Path(".migrator/.gitignore").read_text() == "*\n"
    assert sorted(os.listdir()) == [".migrator", "a.py", "b.py"]


def test_a_second_run_changes_nothing_and_keeps_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py")
    run(["rewrite", "a.py"])
    before = path.stat().st_mtime_ns
    capsys.readouterr()
    assert run(["rewrite", "a.py"]) == 0
    assert path.stat().st_mtime_ns == before
    assert "1 unchanged" in capsys.readouterr().out
    assert run(["report"]) == 0
    assert "1 rewritten" in capsys.readouterr().out


def test_bytes_survive(capsys: pytest.CaptureFixture[str]) -> None:
    cases = {
        "crlf.py": SOURCE.replace("\n", "\r\n").encode(),
        "bom.py": b"\xef\xbb\xbf" + SOURCE.encode(),
        "latin.py": b"# -*- coding: latin-1 -*-\n# \xe9\xff\n" + SOURCE.encode(),
        "form_feed.py": b"import tensorflow as tf\n\x0c\ny = tf.log(2.0) # \x0b\r\nz = 1\r",
        "no_newline.py": SOURCE.rstrip().encode(),
    }
    for name, data in cases.items():
        put(name, data)
    assert run(["rewrite", "."]) == 0
    for name, data in cases.items():
        assert Path(name).read_bytes() == data.replace(b"tf.log", b"tf.math.log"), name


def test_diff_shows_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py")
    assert run(["rewrite", "--diff", "a.py"]) == 0
    captured = capsys.readouterr()
    assert captured.out == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n import tensorflow as tf\n-y = tf.log(2.0)\n+y = tf.math.log(2.0)\n"
    )
    assert "1 would be rewritten" in captured.err
    assert path.read_text() == SOURCE
    assert os.listdir() == ["a.py"]


def test_check_only_sets_the_exit_code() -> None:
    put("a.py")
    assert run(["rewrite", "--check", "."]) == 1
    assert os.listdir() == ["a.py"]
    put("a.py", NEW)
    assert run(["rewrite", "--check", "."]) == 0


def test_refused_files_stay_and_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py", SOURCE + "tf.contrib.foo()\n")
    assert run(["rewrite", "a.py"]) == 0
    assert path.read_text() == SOURCE + "tf.contrib.foo()\n"
    out = capsys.readouterr().out
    assert "3:1  TF101  tf.contrib is refused" in out
    assert "tf.contrib.foo()" in out
    assert "→ " in out
    assert "1 other TF1 use left because of this" in out
    assert run(["rewrite", "--strict", "a.py"]) == 1


def test_output_mirrors_the_tree() -> None:
    put("src/a.py")
    put("src/sub/b.py", "x = 1\n").chmod(0o755)
    put("src/sub/c.py", SOURCE + "tf.contrib\n")
    put("src/data.csv", "1")
    assert run(["rewrite", "src", "-o", "out"]) == 0
    assert Path("out/a.py").read_text() == NEW
    assert Path("out/sub/b.py").read_text() == "x = 1\n"
    assert stat.S_IMODE(Path("out/sub/b.py").stat().st_mode) == 0o755
    assert Path("out/sub/c.py").read_text() == Path("src/sub/c.py").read_text()
    assert Path("src/a.py").read_text() == SOURCE
    assert not Path("out/data.csv").exists()
    assert Path(".migrator/maps/out/a.py.json").exists()
    assert run(["rewrite", ".", "-o", "out"]) == 0  # does not read what it wrote
    assert not Path("out/out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["rewrite", "src", "-o", "src"],
        ["rewrite", "src", "-o", "."],
        ["rewrite", "src", "more", "-o", "out"],
        ["rewrite", "src", "-o", "src/a.py"],
        ["rewrite", "src", "-o", "out", "--diff"],
        ["rewrite", "src", "--verify", "--check"],
        ["rewrite", "-", "src"],
        ["rewrite", "src", "--seconds", "5"],
        ["rewrite"],
        ["rewrite", "src", "--numerics", "best"],
        ["rewrite", "src", "-j", "0"],
        ["nonsense"],
    ],
)
def test_mistakes_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = put("src/a.py")
    put("more/a.py")
    assert run(arguments) == 2
    one_line(capsys.readouterr().err)
    assert path.read_text() == SOURCE


def test_a_missing_path_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py")
    assert run(["rewrite", "missing", "a.py"]) == 2
    assert path.read_text() == NEW
    assert "missing  problem  no such file or directory\n" in capsys.readouterr().out


def test_a_read_only_file_does_not_stop_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    path, other = put("a.py", SOURCE + "NEEDS_DATA = 1\n"), put("b.py")
    path.chmod(0o444)
    assert run(["rewrite", "."]) == 2
    assert path.read_text() == SOURCE + "NEEDS_DATA = 1\n"
    assert other.read_text() == NEW
    assert not Path("mnist_data.py").exists()
    out = capsys.readouterr().out
    assert "a.py  problem  read-only\n" in out
    assert "1 native, 0 compat, 1 refused" in out


def test_a_bug_is_one_files_own(capsys: pytest.CaptureFixture[str]) -> None:
    path, other = put("a.py", SOURCE + "RAISE\n"), put("b.py")
    assert run(["rewrite", "."]) == 3
    assert path.read_text() == SOURCE + "RAISE\n"
    assert other.read_text() == NEW
    out = capsys.readouterr().out
    assert "KeyError: 'asked for'" in out
    assert "Traceback" not in out
    assert "Traceback" in Path(".migrator/report.json").read_text()


def test_a_crash_of_a_worker_is_one_files_own(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(8):
        put(f"{number}.py", SOURCE + ("DIE\n" if number == 3 else ""))
    assert run(["rewrite", ".", "-j", "2"]) == 3
    assert [Path(f"{number}.py").read_text() == NEW for number in range(8)] == [n != 3 for n in range(8)]
    assert "3.py  bug  the process that worked on it died" in capsys.readouterr().out


def test_new_modules_are_put_beside_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    put("one/a.py", SOURCE + "NEEDS_DATA = 1\n")
    put("one/b.py", SOURCE + "NEEDS_DATA = 1\n")
    assert run(["rewrite", "."]) == 0
    assert Path("one/mnist_data.py").read_text() == "DATA = 1\n"
    assert "new module one/mnist_data.py" in capsys.readouterr().out


def test_another_file_in_the_way_of_a_new_module(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py", SOURCE + "NEEDS_DATA = 1\n")
    put("mnist_data.py", "MINE = 1\n")
    assert run(["rewrite", "."]) == 2
    assert path.read_text() == SOURCE + "NEEDS_DATA = 1\n"
    assert Path("mnist_data.py").read_text() == "MINE = 1\n"
    assert "another file of that name is there" in capsys.readouterr().out


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for data, expected in ((SOURCE, NEW), (SOURCE + "tf.contrib\n", SOURCE + "tf.contrib\n"), ("", "")):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data.replace("\n", "\r\n").encode())))
        assert run(["rewrite", "-"]) == 0
        assert capsysbinary.readouterr().out == expected.replace("\n", "\r\n").encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(SOURCE.encode())))
    assert run(["rewrite", "--check", "-"]) == 1
    assert capsysbinary.readouterr().out == b""
    assert os.listdir() == []


def test_notebooks(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": text.splitlines(True)}
        for text in ("%matplotlib inline\nimport tensorflow as tf", "%time y = 1\ny = tf.log(2.0)", "tf.contrib.f()")
    ]
    for name, end, moved in (("ok.ipynb", 2, ""), ("refused.ipynb", 3, ""), ("moved.ipynb", 2, "# MOVE_CELL\n")):
        used = [*cells[:end], {**cells[0], "source": [moved]}]
        put(name, json.dumps({"cells": used, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}, indent=1))
    old = {name: Path(name).read_text() for name in ("ok.ipynb", "refused.ipynb", "moved.ipynb")}
    assert run(["rewrite", "."]) == 0
    assert Path("ok.ipynb").read_text() == old["ok.ipynb"].replace("tf.log", "tf.math.log")
    assert Path("refused.ipynb").read_text() == old["refused.ipynb"]
    assert Path("moved.ipynb").read_text() == old["moved.ipynb"]
    out = capsys.readouterr().out
    assert "cell 3, 1:1  TF101" in out
    assert "TF811  code would move out of its cell" in out
    records = json.loads(Path(".migrator/report.json").read_text())["files"]
    diff = next(record["diff"] for record in records if record["path"] == "ok.ipynb")
    assert " # ----- cell 2 -----\n %time y = 1\n-y = tf.log(2.0)\n" in diff
    assert not Path(".migrator/maps/ok.ipynb.json").exists()


def test_list_writes_nothing_and_can_be_parsed(capsys: pytest.CaptureFixture[str]) -> None:
    put("a.py", SOURCE + "tf.contrib.foo()\n")
    put("b.py")
    assert run(["list", "."]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a.py:2:5: TF901 refused: tf.log is refused",
        "a.py:3:1: TF101 refused: tf.contrib is refused",
        "2 files: 1 would be rewritten, 1 refused; 3 TF1 uses: 1 native, 0 compat, 2 refused",
    ]
    assert run(["list", "--all", "b.py"]) == 0
    assert "b.py:2:5: TF100 native: rewritten" in capsys.readouterr().out
    assert run(["list", "--json", "."]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["outcome"] for record in records] == ["refused", "rewritten"]
    assert sorted(os.listdir()) == ["a.py", "b.py"]


def test_settings_of_the_project_and_flags_over_them(capsys: pytest.CaptureFixture[str]) -> None:
    put("pyproject.toml", '[tool.migrator]\nexclude = ["old/"]\nstrict = true\n')
    put("old/a.py")
    path = put("sub/b.py", SOURCE + "tf.contrib\n")
    os.chdir("sub")
    assert run(["rewrite", "..", "-j", "1"]) == 1
    assert "sub/b.py" in capsys.readouterr().out
    os.chdir("..")
    assert Path("old/a.py").read_text() == SOURCE
    assert Path(".migrator/report.json").exists()
    assert path.read_text() != NEW


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("numerics = 'best'", "numerics must be one of"),
        ("exclude = 'x'", "list of patterns"),
        ("jobs = -1", "whole number"),
        ("strict = 1", "true or false"),
        ("colour = 1", "no setting 'colour'"),
        ("x = [", "not valid TOML"),
    ],
)
def test_bad_settings_are_one_line(table: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py")
    put("pyproject.toml", f"[tool.migrator]\n{table}\n")
    assert run(["rewrite", "."]) == 2
    assert reason in one_line(capsys.readouterr().err)
    assert path.read_text() == SOURCE


def test_a_damaged_report_is_one_line_and_nothing_is_rewritten(capsys: pytest.CaptureFixture[str]) -> None:
    path = put("a.py")
    put(".migrator/report.json", "{")
    assert run(["rewrite", "a.py"]) == 2
    one_line(capsys.readouterr().err)
    assert path.read_text() == SOURCE


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "tf801"]) == 0
    assert "syntax error" in capsys.readouterr().out
    assert run(["explain"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 10
    assert run(["explain", "TF999"]) == 2
    one_line(capsys.readouterr().err)


def test_rewriting_needs_no_tensorflow(tmp_path: Path) -> None:
    put("a.py", "import os\n")
    code = (
        "import sys; from migrator.cli.main import run; assert run(['rewrite', '.']) == 0;"
        "print([name for name in ('tensorflow', 'keras', 'numpy', 'tf_keras', 'jinja2') if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"
