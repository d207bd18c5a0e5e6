"""Wrapping run sites and emitted functions leaves the program as it was, positions included."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from typing import Any

import pytest

from codemods.findings import Span
from migrator.equivalence.instrument import BEGIN, EMITTED, END, InstrumentError, instrument
from tests.equivalence.pairs import span


class Log:
    """Stands in for the observer."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def run(
        self, text: str, pieces: list[str], functions: list[str] | None = None, path: str = "p.py"
    ) -> dict[str, Any]:
        code = instrument(text, path, {i: span(text, piece) for i, piece in enumerate(pieces)}, functions or [])
        names: dict[str, Any] = {BEGIN: self.begin, END: self.end, EMITTED: self.emitted, "f": lambda *a: a[-1]}
        exec(code, names)
        return names

    def begin(self, site: int) -> int:
        self.events.append(("begin", site))
        return site

    def end(self, site: int, value: Any) -> Any:
        self.events.append(("end", site, value))
        return value

    def emitted(self, name: str) -> Any:
        self.events.append(("emitted", name))
        return lambda function: function


def test_a_site_is_seen_before_and_after() -> None:
    log = Log()
    names = log.run("x = 1 + f(2) * 3\n", ["f(2)"])
    assert names["x"] == 7
    assert log.events == [("begin", 0), ("end", 0, 2)]


def test_arguments_are_evaluated_between_begin_and_end_and_sites_nest() -> None:
    log = Log()
    log.run("x = f(f(1), f(2))\n", ["f(f(1), f(2))", "f(1)"])
    assert log.events == [("begin", 0), ("begin", 1), ("end", 1, 1), ("end", 0, 2)]


def test_assignment_expressions_comprehensions_and_class_scopes_keep_their_meaning() -> None:
    text = (
        "a = [(y := f(i)) for i in range(3)]\nclass C:\n    k = 5\n    z = (f(\n        k))\nif (n := f(4)) > 3: pass\n"
    )
    log = Log()
    names = log.run(text, ["(y := f(i))", "f(\n        k)", "(n := f(4))"])
    assert (names["a"], names["y"], names["C"].z, names["n"]) == ([0, 1, 2], 2, 5, 4)
    assert [event[1] for event in log.events if event[0] == "end"] == [0, 0, 0, 1, 2]


def test_yield_and_await_stay_where_they_are() -> None:
    text = "def g():\n    x = f((yield 1))\n    yield x\nasync def h():\n    return await c()\n"
    names = Log().run(text, ["f((yield 1))", "await c()"])
    generator = names["g"]()
    next(generator)
    assert generator.send(7) == 7

    async def c() -> int:
        return 3

    names["c"] = c
    with pytest.raises(StopIteration) as end:
        names["h"]().send(None)
    assert end.value.value == 3


def test_of_a_generator_expression_the_first_iterable_is_wrapped() -> None:
    log = Log()
    names = log.run("a, b = (v + 1 for v in f([1, 2]))\n", ["(v + 1 for v in f([1, 2]))"])
    assert (names["a"], names["b"]) == (2, 3)
    assert log.events == [("begin", 0), ("end", 0, [1, 2])]


@pytest.mark.parametrize("piece", ["f(1)", "(f(1))", "((f(1)))", " f(1) "])
def test_parentheses_and_spaces_around_a_span_do_not_matter(piece: str) -> None:
    log = Log()
    text = f"x = {piece}; y = 2\n"
    log.run(text, [piece])
    assert log.events == [("begin", 0), ("end", 0, 1)]
    assert instrument("x = (f(1))\n", "p.py", {0: Span(1, 5, 1, 9)}, [])


def test_columns_count_characters() -> None:
    log = Log()
    names = log.run("é = 'ü'; x = f('ß') + f('z')\n", ["f('z')"])
    assert names["x"] == "ßz" and log.events == [("begin", 0), ("end", 0, "z")]


def test_crlf_form_feeds_and_unicode_separators() -> None:
    log = Log()
    text = "a = '\u2028\x0c'\r\n\x0cx = f(1)\r\ny = f(2)\r\n"
    code = instrument(text, "p.py", {0: Span(3, 4, 3, 8)}, [])
    exec(code, {BEGIN: log.begin, END: log.end, "f": lambda value: value})
    assert log.events == [("begin", 0), ("end", 0, 2)]


def test_a_site_inside_an_f_string() -> None:
    log = Log()
    names = log.run("x = f'loss {f(3)}'\n", ["f(3)"])
    assert names["x"] == "loss 3" and log.events == [("begin", 0), ("end", 0, 3)]


def test_emitted_functions_get_an_outermost_decorator() -> None:
    log = Log()
    text = "def twice(g):\n    return lambda: 2 * g()\n\n\n@twice\ndef step():\n    return 3\n"
    names = log.run(text, [], ["step"])
    assert names["step"]() == 6 and log.events == [("emitted", "step")]


def test_tracebacks_show_the_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    text = "x = 1\ny = f(\n    1 / 0)\n"
    path.write_text(text)
    linecache.checkcache(str(path))
    with pytest.raises(ZeroDivisionError) as caught:
        Log().run(text, ["f(\n    1 / 0)"], path=str(path))
    assert "    1 / 0)" in "".join(traceback.format_exception(caught.value))
    assert caught.traceback[-1].lineno == 2  # 0-based


@pytest.mark.parametrize(
    ("text", "places", "functions", "problem"),
    [
        ("x = f(1) + 2\n", {0: Span(1, 4, 1, 10)}, [], "run site 0 of the replay map is no expression"),
        ("x = 1\n", {0: Span(9, 0, 9, 1)}, [], "speaks of line 9; the text has 2"),
        ("x = f(1)\n", {0: Span(1, 4, 1, 8), 1: Span(1, 4, 1, 8)}, [], "two run sites"),
        ("x = 1\n", {}, ["step"], "functions that are not defined: step"),
        ("x = = 1\n", {}, [], "does not parse"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(
    text: str, places: dict[int, Span], functions: list[str], problem: str
) -> None:
    with pytest.raises(InstrumentError, match=problem):
        instrument(text, "p.py", places, functions)
