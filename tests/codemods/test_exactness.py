"""Small TF1 programs, each with one tricky meaning: what they print as TF1 and, rewritten, as TF2 is the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codemods import Result, Settings, Status, rewrite_source
from tests.codemods.program_table import Program, programs

_RUNNER = Path(__file__).resolve().parent / "run_programs.py"
_PROGRAMS = {program.name: program for program in programs()}
_REFUSED = [name for name, program in _PROGRAMS.items() if program.refused]
_REWRITTEN = [name for name, program in _PROGRAMS.items() if not program.refused]
_NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {
        name: rewrite_source(program.source, Settings(numerics=program.numerics)) for name, program in _PROGRAMS.items()
    }


@pytest.fixture(scope="module")
def legacy() -> dict[str, str]:
    return _printed("legacy", {name: _PROGRAMS[name].source for name in _REWRITTEN})


@pytest.fixture(scope="module")
def migrated(results: dict[str, Result]) -> dict[str, str]:
    return _printed("migrated", {name: results[name].text for name in _REWRITTEN})


def _printed(mode: str, texts: dict[str, str]) -> dict[str, str]:
    """What each text prints, all in one TensorFlow process."""
    done = subprocess.run(
        [sys.executable, str(_RUNNER), mode], input=json.dumps(texts), capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _refusals(result: Result) -> set[tuple[str, int]]:
    return {
        (finding.code, finding.span.line)
        for finding in result.findings
        if finding.status is Status.REFUSED and finding.code != "TF901"
    }


@pytest.mark.parametrize("name", _REWRITTEN)
def test_prints_the_same(
    name: str, results: dict[str, Result], legacy: dict[str, str], migrated: dict[str, str]
) -> None:
    assert _refusals(results[name]) == set()
    assert "!!" not in legacy[name], legacy[name]
    old, new = legacy[name], migrated[name]
    assert _NUMBER.sub("#", new) == _NUMBER.sub("#", old), results[name].text
    numbers = [[float(number) for number in _NUMBER.findall(text)] for text in (old, new)]
    assert numbers[1] == pytest.approx(numbers[0], rel=2e-6, abs=2e-6)


@pytest.mark.parametrize("name", _REWRITTEN)
def test_rewriting_twice_changes_nothing(name: str, results: dict[str, Result]) -> None:
    compile(results[name].text, name, "exec")
    assert results[name].changed
    again = rewrite_source(results[name].text)
    assert again.text == results[name].text
    # A call that is valid in both versions may not tell which one its file was written for.
    assert {code for code, _ in _refusals(again)} <= {"TF108"}


@pytest.mark.parametrize("name", _REFUSED)
def test_is_refused_with_the_place(name: str, results: dict[str, Result]) -> None:
    program: Program = _PROGRAMS[name]
    assert program.refused <= _refusals(results[name])
    assert results[name].text == program.source
    assert not results[name].changed


@pytest.mark.parametrize("name", _PROGRAMS)
def test_every_use_ends_in_one_status(name: str, results: dict[str, Result]) -> None:
    statuses = {finding.status for finding in results[name].findings if finding.status is not None}
    assert statuses <= ({Status.REFUSED} if _PROGRAMS[name].refused else {Status.NATIVE})
