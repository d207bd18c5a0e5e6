"""The golden cases: what the engine writes is the text that is stored, and the stored recordings hold for it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

from codemods import Status, rewrite_source
from migrator.equivalence import golden
from migrator.equivalence.check import check
from migrator.equivalence.record import GOLDEN_BYTES
from migrator.equivalence.results import Verdict

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/case.toml"))
# One of each kind; `make demo` records and checks all of them.
CHECKED = ("cnn_dropout", "gan_two_optimizers", "keras_model_target", "svm_decay")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 15


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_engine_writes_the_stored_text(case: Path) -> None:
    legacy = (case / "legacy.py").read_text(encoding="utf-8")
    result = rewrite_source(legacy)
    assert [finding for finding in result.findings if finding.status is Status.REFUSED] == []
    assert result.text == (case / "migrated.py").read_text(encoding="utf-8")
    assert "compat.v1" not in result.text
    again = rewrite_source(result.text)
    assert again.text == result.text
    assert [finding for finding in again.findings if finding.status is Status.REFUSED] == []
    compile(result.text, str(case), "exec")
    described = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    assert described["title"] and described["family"]
    if described.get("already_native"):
        assert not result.changed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_recording_is_of_the_legacy_program(case: Path) -> None:
    stored = case / "recording.npz"
    described = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    if described.get("already_native"):
        assert not stored.exists()  # there is no TF1 program to record
        return
    assert stored.stat().st_size <= GOLDEN_BYTES
    recording = golden.load(stored)
    text = (case / "legacy.py").read_bytes()
    assert recording.metadata["sha256"] == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("name", CHECKED)
def test_the_stored_recording_holds_for_the_migrated_program(name: str, tmp_path: Path) -> None:
    case = GOLDEN / name
    legacy = (case / "legacy.py").read_text(encoding="utf-8")
    result = rewrite_source(legacy)
    migrated = tmp_path / f"{name}.py"
    migrated.write_text(result.text, encoding="utf-8")
    found = check(migrated, golden.load(case / "recording.npz"), result.map, legacy_text=legacy, mode="locked")
    assert found.verdict is Verdict.EQUAL
    assert any(True for _ in found.comparisons())
