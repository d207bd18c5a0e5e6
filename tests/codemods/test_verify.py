"""The last stage: what does not compile, or lost a name, never leaves the engine."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.findings import Finding, Status
from codemods.verify import dangling
from codemods.verify import verify as verify_module

SOURCE = "import tensorflow as tf\nx = 1\nprint(x)\n"


def verify(output: str, source: str, path: str) -> Finding | None:
    try:
        module = cst.parse_module(output)
    except cst.ParserSyntaxError:
        module = cst.Module([])  # not looked at
    return verify_module(module, output, source, path)


def _problem(output: str, source: str = SOURCE) -> Finding:
    found = verify(output, source, "file.py")
    assert found is not None
    assert found.status is Status.REFUSED
    return found


def test_sound_text_passes() -> None:
    assert verify("x = 1\nprint(x)\n", SOURCE, "file.py") is None


def test_text_that_does_not_compile_is_our_bug_with_the_line() -> None:
    found = _problem("x = 1\nprint(x\n")
    assert found.code == "TF900"
    assert "line 2" in found.message


def test_input_that_does_not_compile_is_not_our_bug() -> None:
    found = _problem("def f(a, a):\n    pass\n", "def f(a, a):\n    pass\n")
    assert (found.code, found.span.line) == ("TF801", 1)


def test_a_lost_name_is_our_bug() -> None:
    found = _problem("print(x, y)\n")
    assert found.code == "TF900"
    assert "x, y" in found.message


def test_a_name_that_the_input_lacks_too_is_not() -> None:
    assert verify("print(missing)\n", "print(missing)\n", "file.py") is None


def test_star_imports_may_bring_any_name() -> None:
    assert verify("from numpy import *\nprint(zeros)\n", "from numpy import *\nprint(zeros)\n", "file.py") is None


@pytest.mark.parametrize(
    "text",
    [
        "import os.path as p\np",
        "def f(a, *b, c=1, **d):\n    return a, b, c, d\n",
        "class A:\n    x = 1\n    y = x\n",
        "x = [y for y in range(3)]",
        "def f():\n    global g\n    g = 1\nprint(g)",
        "try:\n    pass\nexcept ValueError as error:\n    print(error)",
        "with open('f') as f:\n    f",
        "(a := 1)\na",
        "print(__file__, __name__)",
    ],
)
def test_bound_names_do_not_dangle(text: str) -> None:
    assert dangling(text, "file.py") == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [("print(x)", {"x"}), ("def f():\n    return y\n", {"y"}), ("[a for b in range(3)]", {"a"}), ("x += 1", set())],
)
def test_unbound_names_dangle(text: str, names: set[str]) -> None:
    assert dangling(text, "file.py") == names
