"""Every finding code that the engine or the application uses is explained, and every explanation is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codemods.registry import CODES

_ROOT = Path(__file__).resolve().parents[2]
_CODE = re.compile(r"""["'](TF\d{3})["']""")


def _used() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for package in ("codemods", "migrator"):
        for path in sorted((_ROOT / package).rglob("*.py")):
            if path.name == "registry.py" or path.name.endswith("_codes.py"):
                continue
            for code in _CODE.findall(path.read_text("utf-8")):
                found.setdefault(code, []).append(path.name)
    return found


@pytest.mark.parametrize("code", sorted(_used()))
def test_is_explained(code: str) -> None:
    assert code in CODES, f"{code} is used in {_used()[code]} and not in the registry"


@pytest.mark.parametrize("code", sorted(CODES))
def test_has_title_explanation_and_advice(code: str) -> None:
    entry = CODES[code]
    assert re.fullmatch(r"TF[1-9]\d\d", code)
    assert entry.title and not entry.title.endswith(".")
    assert entry.explanation.endswith(".") and entry.advice.endswith(".")


def test_no_code_is_explained_that_nothing_uses() -> None:
    assert sorted(set(CODES) - set(_used())) == []


def test_no_code_has_two_meanings() -> None:
    """The modules of codes are merged, where a second entry would hide the first one."""
    text = "".join(path.read_text(encoding="utf-8") for path in (_ROOT / "codemods").rglob("*.py"))
    defined = re.findall(r'^    "(TF\d{3})": Code\(', text, re.MULTILINE)
    assert sorted(defined) == sorted(CODES)
