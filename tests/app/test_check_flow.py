"""record, rewrite, check and --verify as a user runs them, on a real engine and a real TensorFlow.

Every process that imports TensorFlow costs seconds, so few programs are run and much is asked of each.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from codemods.pipeline import rewrite_source
from codemods.result import Result, Settings
from migrator.cli.main import run
from tests.app import samples

PROGRAM = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None])
w = tf.Variable([2.0], name="w")
y = x * w

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        print("value", sess.run(y, feed_dict={x: [1.0, float(i)]}))
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text("[tool.migrator]\njobs = 1\n")
    return tmp_path


def report() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(".migrator/report.json").read_text())
    return document


def wrong_engine(text: str, settings: Settings, path: str) -> Result:
    """A rewrite that is silently wrong: what --verify is for."""
    result = rewrite_source(text, settings=settings, path=path)
    return Result(result.text.replace("x * w", "x - w"), True, result.findings, result.map)


def one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("migrator: ")]
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]


def test_record_rewrite_in_place_check(capfd: pytest.CaptureFixture[str]) -> None:
    program = Path("src/a.py")
    program.parent.mkdir()
    program.write_text(PROGRAM)
    assert run(["record", "src/a.py"]) == 0
    captured = capfd.readouterr()
    assert captured.out.count("value [") == 3
    assert "src/a.py: 4 runs at 2 places, 4 of them recorded, 1 variables" in captured.err
    assert run(["rewrite", "src"]) == 0
    assert "Session" not in program.read_text()
    assert Path(".migrator/legacy/src/a.py").read_text() == PROGRAM
    capfd.readouterr()
    assert run(["check", "--mode", "locked"]) == 0
    out = capfd.readouterr().out
    assert "src/a.py" in out
    assert "✓ equal" in out
    assert "1 program checked: 1 equal, 0 not" in out
    (check,) = report()["checks"]
    assert (check["program"], check["verdict"], check["live"]) == ("src/a.py", "equal", False)
    assert [path.name for path in program.parent.iterdir() if path.name != "__pycache__"] == ["a.py"]

    Path(".migrator/recordings/src/a.py.npz").unlink()
    assert run(["check", "src/a.py", "--mode", "free"]) == 0  # the legacy text is run now, from where it was put by
    (check,) = report()["checks"]
    assert (check["verdict"], check["live"], check["passes"][0]["mode"]) == ("equal", True, "free")

    program.write_text(program.read_text() + "z = 1\n")
    capfd.readouterr()
    assert run(["check", "src/a.py"]) == 2
    assert "src/a.py: the replay map belongs to another text" in one_line(capfd.readouterr().err)


def test_verify_keeps_what_is_equal_and_leaves_the_rest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sources = {
        "fails.py": PROGRAM + "raise ValueError('no data')\n",
        "good.py": PROGRAM,
        "no_runs.py": "import tensorflow as tf\n\nDEFAULT = tf.log\n\n\ndef f(x):\n    return tf.log(x)\n",
    }
    for name, text in sources.items():
        Path(name).write_text(text)
    assert run(["rewrite", ".", "--verify", "-o", "out"]) == 1
    out = capfd.readouterr().out
    assert "good.py     rewritten" in out
    assert "ValueError: no data" in out
    assert "made no session run" in out
    assert Path("out/good.py").read_text() != PROGRAM
    for name in ("fails.py", "no_runs.py"):
        assert Path("out", name).read_text() == sources[name]
    assert {name: Path(name).read_text() for name in sources} == sources
    assert not list(Path().glob(".*migrator-check*"))
    assert [check["program"] for check in report()["checks"]] == ["out/good.py"]

    monkeypatch.setattr("migrator.cli.rewrite.engine", wrong_engine)
    assert run(["rewrite", "good.py", "--verify"]) == 1
    out = capfd.readouterr().out
    assert Path("good.py").read_text() == PROGRAM
    assert "good.py  not verified  different: first difference: output " in out
    record = next(record for record in report()["files"] if record["path"] == "good.py")
    assert {note["status"] for note in record["notes"]} <= {"refused", None}
    assert "+    return x - w" in record["diff"] or "x - w" in record["diff"]
    assert run(["report", "--html", "r.html"]) == 0
    assert "Diff of the rewrite that was not kept" in Path("r.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["record", "missing.py"], "no program"),
        (["record", "a.py", "--python", "no-such-python"], "no such interpreter"),
        (["check"], "nothing was rewritten yet"),
        (["check", "missing.py"], "no such program"),
        (["check", "a.py"], "--legacy"),
        (["check", "a.py", "--legacy", "a.py"], "cannot be matched"),
        (["check", "a.py", "b.py", "--legacy", "a.py"], "belong to one PROGRAM"),
        (["check", "new.py", "--legacy", "a.py", "--recording", "no.npz"], "no such recording"),
        (["check", "new.py", "--legacy", "a.py", "--recording", "a.py"], "cannot read the recording"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "b.py"):
        Path(name).write_text(PROGRAM)
    Path("new.py").write_text(rewrite_source(PROGRAM).text)
    assert run(arguments) == 2
    assert reason in one_line(capfd.readouterr().err)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("tensor = 'y'\natol = 1e-3", "a `reason`"),
        ("tensor = 'y'\natol = 'x'\nreason = 'r'", "could not convert"),
        ("tensor = 'y'\natol = -1\nreason = 'r'", "not negative"),
        ("tensor = 'y'\nreason = ' '", "needs a reason"),
    ],
)
def test_bad_tolerances_are_one_line(entry: str, reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text(f"[[tool.migrator.tolerance]]\n{entry}\n")
    Path("a.py").write_text(PROGRAM)
    assert run(["check", "a.py"]) == 2
    assert reason in one_line(capfd.readouterr().err)


def test_messages_name_the_program_and_not_its_passing_copy() -> None:
    from migrator.checking import _renamed

    crashed = samples.unequal_check("a.py").passes[1]
    text = 'File "/tmp/x/.a.migrator-check-7.py", line 3'
    renamed = _renamed(replace(crashed, detail=text, traceback=(text,)), {"/tmp/x/.a.migrator-check-7.py": "src/a.py"})
    assert renamed.detail == renamed.traceback[0] == 'File "src/a.py", line 3'
