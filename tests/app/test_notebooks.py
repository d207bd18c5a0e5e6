"""Notebooks: cells to one program and back, and nothing else in the file changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from migrator.files.notebooks import Notebook, NotebookProblem, OtherLanguage


def cell(source: str | list[str], kind: str = "code") -> dict[str, Any]:
    entry: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        output = {"name": "stdout", "output_type": "stream", "text": ["ü <b>\n"]}
        entry |= {"execution_count": 3, "outputs": [output]}
    return entry


def document(*cells: dict[str, Any], language: str = "python") -> dict[str, Any]:
    metadata = {"kernelspec": {"display_name": "K", "language": language, "name": "k"}}
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 2}


def lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def upper_log(script: str) -> str:
    return script.replace("tf.log", "tf.math.log")


CELLS = (
    cell(lines("# Title\n"), "markdown"),
    cell(lines("%matplotlib inline\nimport tensorflow as tf\n!pip install x \\\n  y")),
    cell(lines("y = tf.log(2.0)  # ü\nif y:\n    %timeit tf.log(3.0)\n    z = tf.log(4.0)\nfiles = !ls\ntf.nn?")),
    cell([]),
    cell(lines("%%bash\necho tf.log(1.0)\n")),
    cell(lines("%%time\nw = tf.log(5.0)\n\n")),
)

LAYOUTS: dict[str, Callable[[Any], str]] = {
    "jupyter": lambda value: json.dumps(value, indent=1, ensure_ascii=False) + "\n",
    "no newline at the end": lambda value: json.dumps(value, indent=1, ensure_ascii=False),
    "two spaces, ASCII": lambda value: json.dumps(value, indent=2) + "\n",
    "compact": lambda value: json.dumps(value, separators=(",", ":")),
    "one line": json.dumps,
    "sorted, CRLF": lambda value: json.dumps(value, indent=1, sort_keys=True).replace("\n", "\r\n"),
    "BOM": lambda value: "\ufeff" + json.dumps(value, indent=1),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("as_text", [False, True])
def test_only_the_changed_sources_change(layout: Callable[[Any], str], as_text: bool) -> None:
    cells = [dict(entry, source="".join(entry["source"])) if as_text else entry for entry in CELLS]
    text = layout(document(*cells))
    notebook = Notebook(text)
    assert notebook.with_script(notebook.script) == text
    new = notebook.with_script(upper_log(notebook.script))
    expected = json.loads(text.removeprefix("\ufeff"))
    for entry in (expected["cells"][2], expected["cells"][5]):
        source = "".join(entry["source"]).replace("tf.log", "tf.math.log").replace("%timeit tf.math", "%timeit tf")
        source = source.rstrip("\n") + ("\n" if source.endswith("\n") else "")
        entry["source"] = source if as_text else lines(source)
    assert json.loads(new.removeprefix("\ufeff")) == expected
    assert new == layout(expected)
    nbformat.validate(nbformat.reads(new.removeprefix("\ufeff"), as_version=nbformat.NO_CONVERT))


def test_the_script_is_python_with_ipython_lines_masked() -> None:
    script = Notebook(json.dumps(document(*CELLS))).script
    compile(script, "script", "exec")
    assert "%" not in script
    assert "!" not in script
    assert "echo" not in script


FUTURE = "from __future__ import (division,\n    print_function)  # both\nx = 1\n"


@pytest.mark.parametrize("source", [FUTURE, "%pylab\n" + FUTURE, '"Doc"\n' + FUTURE])
def test_future_imports_may_stand_in_any_cell(source: str) -> None:
    text = json.dumps(document(cell("import tensorflow as tf"), cell(source), cell(source + "y = tf.log(x)")))
    notebook = Notebook(text)
    compile(notebook.script, "script", "exec")
    assert "__future__" not in notebook.script
    assert notebook.with_script(notebook.script) == text
    new = json.loads(notebook.with_script(upper_log(notebook.script)))
    assert new["cells"][2]["source"] == source + "y = tf.math.log(x)"
    assert notebook.place(notebook.script.splitlines().index("y = tf.log(x)") + 1) == (3, source.count("\n") + 1)


def test_places_are_told_by_cell() -> None:
    notebook = Notebook(json.dumps(document(*CELLS)))
    script = notebook.script.splitlines()
    assert notebook.place(script.index("import tensorflow as tf") + 1) == (2, 2)
    assert notebook.place(script.index("    z = tf.log(4.0)") + 1) == (3, 4)
    assert notebook.place(script.index("w = tf.log(5.0)") + 1) == (6, 2)
    assert notebook.place(10_000)[0] == 6


@pytest.mark.parametrize(
    "source",
    [
        'x = ("%d items"\n  % 3)\n',
        '"""\n%matplotlib inline\n!ls\n"""\n',
        "x = 7 \\\n  % 4\n",
        "y = {  # a ? b\n 'k?': 1}\n",
    ],
)
def test_python_that_looks_like_ipython_is_not_masked(source: str) -> None:
    assert Notebook(json.dumps(document(cell(source)))).script == source
    with_magic = Notebook(json.dumps(document(cell("%pylab\n" + source)))).script
    assert with_magic.endswith(source)
    compile(with_magic, "script", "exec")


def test_imports_added_above_and_functions_set_off_by_blank_lines() -> None:
    text = json.dumps(document(cell("import tensorflow as tf"), cell("y = tf.log(2.0)"), cell("print(y)")), indent=1)
    notebook = Notebook(text)
    script = "import keras\n" + notebook.script.replace("y = tf.log(2.0)\n", "\n\ndef f():\n    return 1\n\n\n")
    sources = [entry["source"] for entry in json.loads(notebook.with_script(script))["cells"]]
    assert sources == ["import keras\nimport tensorflow as tf", "def f():\n    return 1", "print(y)"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"__notebook_cell_2__"\n', ""),
        ('"__notebook_cell_2__"\n', '"__notebook_cell_2__"\n"__notebook_cell_2__"\n'),
        ('get_ipython().run_line_magic("__notebook_line_0__", "")\n', ""),
    ],
)
def test_scripts_that_do_not_fit_the_cells_are_refused(old: str, new: str) -> None:
    notebook = Notebook(json.dumps(document(cell("import tensorflow"), cell("%time x = 1"))))
    assert old in notebook.script
    with pytest.raises(NotebookProblem):
        notebook.with_script(notebook.script.replace(old, new))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a notebook"),
        ('{"nbformat": 3, "worksheets": []}', "format 3"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "no readable source"),
    ],
)
def test_what_is_not_a_notebook(text: str, reason: str) -> None:
    with pytest.raises(NotebookProblem, match=reason):
        Notebook(text)


def test_other_languages_are_left() -> None:
    with pytest.raises(OtherLanguage):
        Notebook(json.dumps(document(cell("x <- 1"), language="R")))


def test_a_notebook_without_code() -> None:
    for cells in ((), (cell("text", "markdown"),), (cell([]),)):
        text = json.dumps(document(*cells))
        notebook = Notebook(text)
        assert notebook.script == ""
        assert notebook.with_script("") == text
        assert notebook.place(1) == (1, 1)
