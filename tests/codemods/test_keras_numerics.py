"""Programs that mix Keras with TF1 compute the same before and after the rewrite; both sides are run."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

import pytest

from codemods.pipeline import rewrite_source
from tests.codemods.keras_programs import PROGRAMS

_RUNNER = pathlib.Path(__file__).with_name("run_keras_programs.py")
_NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?|-?\d+")
# Keras' Adam and other orders of evaluation differ by rounding; what is wrong differs by far more.
_LIMIT = 3e-5


def _printed(side: str, programs: dict[str, str]) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, str(_RUNNER), side], input=json.dumps(programs), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def outputs() -> tuple[dict[str, str], dict[str, str]]:
    """What every program prints on either side."""
    migrated = {}
    for name, text in PROGRAMS.items():
        result = rewrite_source(text)
        assert result.changed, (name, result.findings)
        migrated[name] = result.text
    return _printed("legacy", PROGRAMS), _printed("migrated", migrated)


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_sides_print_the_same(outputs: tuple[dict[str, str], dict[str, str]], name: str) -> None:
    legacy, migrated = outputs[0][name], outputs[1][name]
    assert "!!" not in legacy, legacy
    assert "!!" not in migrated, migrated
    assert "".join(_NUMBER.sub("#", legacy).split()) == "".join(_NUMBER.sub("#", migrated).split())
    expected = [float(number) for number in _NUMBER.findall(legacy)]
    assert expected
    assert [float(number) for number in _NUMBER.findall(migrated)] == pytest.approx(expected, rel=_LIMIT, abs=_LIMIT)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_second_rewrite_changes_nothing(name: str) -> None:
    text = rewrite_source(PROGRAMS[name]).text
    compile(text, name, "exec")
    again = rewrite_source(text)
    assert not again.changed
    assert again.text == text
