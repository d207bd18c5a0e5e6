"""One tree with everything that can be wrong with a file: a clear finding for each, and every other file done."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from migrator.cli.main import run

GOOD = b"import tensorflow as tf\n\nprint(tf.log(2.0))\n"
FILES: dict[str, bytes] = {
    "bom.py": b"\xef\xbb\xbf" + GOOD,
    "crlf.py": GOOD.replace(b"\n", b"\r\n"),
    "empty.py": b"",
    "good.py": GOOD,
    "latin.py": b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + GOOD,
    "mixed.py": b"import tensorflow as tf\r\n\nprint(tf.log(2.0))\r\n",
    "lone_return.py": b"import tensorflow as tf\r\n\nprint(tf.log(2.0))\r",
    "no_newline.py": GOOD.rstrip(),
    "only_comment.py": b"# import tensorflow\n",
    "broken.py": b"import tensorflow as tf\nprint(tf.log(2.0)\n",
    "python2.py": b"import tensorflow as tf\nprint tf.log(2.0)\n",
    "python2_except.py": b"import tensorflow as tf\ntry:\n    tf.log(2.0)\nexcept ValueError, e:\n    pass\n",
    "utf8_lie.py": b"import tensorflow as tf\n# caf\xe9\nprint(tf.log(2.0))\n",
    "unknown_coding.py": b"# coding: klingon\n" + GOOD,
    "null.py": b"import tensorflow as tf\n\0\nprint(tf.log(2.0))\n",
    "deep.py": b"import tensorflow as tf\nx = " + b"(" * 400 + b"1" + b")" * 400 + b"\n",
    "indent.py": b"import tensorflow as tf\n  print(tf.log(2.0))\n",
    "notebook.ipynb": b'{"cells": [{"cell_type": "code", "source": "import tensorflow',
}
FINDINGS = {
    "broken.py": "TF801",
    "lone_return.py": "TF801",
    "python2.py": "TF802",
    "python2_except.py": "TF802",
    "utf8_lie.py": "TF803",
    "unknown_coding.py": "TF803",
    "null.py": "TF801",
    "deep.py": "TF801",
    "indent.py": "TF801",
    "notebook.ipynb": "TF810",
}
REWRITTEN = ("bom.py", "crlf.py", "good.py", "latin.py", "mixed.py", "no_newline.py")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_other_file_is_done(tree: Path, jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "read_only.py").write_bytes(GOOD)
    (tree / "read_only.py").chmod(0o444)
    (tree / "huge.py").write_bytes(GOOD + b"# filler\n" * 300_000)
    assert run(["rewrite", ".", "no_such_directory", "-j", jobs]) == 2
    captured = capsys.readouterr()
    assert captured.err == ""
    records = {record["path"]: record for record in json.loads(Path(".migrator/report.json").read_text())["files"]}
    for name in REWRITTEN:
        assert records[name]["outcome"] == "rewritten", records[name]
        assert Path(name).read_bytes() == FILES[name].replace(b"tf.log", b"tf.math.log")
    for name, code in FINDINGS.items():
        assert [note["code"] for note in records[name]["notes"]] == [code], name
        assert records[name]["outcome"] == "refused"
        assert f"{code}  " in captured.out
    for name in FILES:
        if name not in REWRITTEN:
            assert Path(name).read_bytes() == FILES[name], name
    assert (tree / "read_only.py").read_bytes() == GOOD
    assert "read_only.py" in captured.out
    assert "read-only" in captured.out
    assert "huge.py" in captured.out
    assert "more than the limit of 2,000,000" in captured.out
    assert "no_such_directory" in captured.out
    assert "no such file or directory" in captured.out
    assert sorted(os.listdir(tree)) == sorted([*FILES, "read_only.py", "huge.py", ".migrator"])


def test_a_second_run_changes_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rewrite", "."]) == 0
    first = {name: Path(name).read_bytes() for name in FILES}
    capsys.readouterr()
    assert run(["rewrite", "--check", "."]) == 0
    assert run(["rewrite", "."]) == 0
    assert {name: Path(name).read_bytes() for name in FILES} == first


def test_refusals_are_an_error_only_under_strict(tree: Path) -> None:
    assert run(["rewrite", "python2.py"]) == 0
    assert run(["rewrite", "--strict", "python2.py"]) == 1
    assert Path("python2.py").read_bytes() == FILES["python2.py"]


def test_a_notebook_shows_the_same_values(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = {
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None])\nw = tf.Variable([2.0])": None,
        "y = x * w\nstep = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))": None,
        "sess = tf.Session()\nsess.run(tf.global_variables_initializer())": "",
        "%time\n# a value\nsess.run(y, {x: [1.0]})": "%time\n# a value\ncompute_y([1.0]).numpy()",
        "sess.run(y, {x: [1.0]});": "compute_y([1.0]);",
        "sess.run(step, {x: [1.0]})": "train_step([1.0])",
        "v = y.eval({x: [1.0]}, session=sess); w.eval(\n    session=sess)": None,
    }
    code = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": source} for source in cells
    ]
    Path("values.ipynb").write_text(json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}))
    assert run(["rewrite", "values.ipynb"]) == 0
    assert "rewritten" in capsys.readouterr().out
    sources = [entry["source"] for entry in json.loads(Path("values.ipynb").read_text())["cells"]]
    for source, expected in zip(sources, cells.values(), strict=True):
        assert expected is None or source == expected
    assert sources[-1] == "v = compute_y([1.0]).numpy(); w.numpy()"
    assert not any("__notebook" in source for source in sources)


def test_a_real_notebook(tree: Path) -> None:
    sources = [["%matplotlib inline\n", "import tensorflow as tf\n"], ["# result\n", "print(tf.log(2.0))"]]
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [{"o": 1}], "source": source}
        for source in sources
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    old = json.dumps(document, indent=1)
    Path("real.ipynb").write_text(old)
    assert run(["rewrite", "real.ipynb"]) == 0
    assert Path("real.ipynb").read_text() == old.replace("tf.log", "tf.math.log")
