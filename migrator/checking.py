"""Finding what belongs to a migrated program (legacy text, replay map, recording) and checking it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.result import ReplayMap, Settings
from migrator import programs
from migrator.equivalence import golden, mapfile
from migrator.equivalence.check import check
from migrator.equivalence.golden import Recording
from migrator.equivalence.record import Limits, record
from migrator.equivalence.results import CheckResult, PassResult, Verdict
from migrator.equivalence.tolerance import Override
from migrator.errors import MigratorError, UserError
from migrator.files import atomic
from migrator.files.rewriting import MAX_SOURCE_BYTES
from migrator.report.numbers import what_went_wrong
from migrator.store import Store


@dataclass(frozen=True)
class CheckOptions:
    """How to check. ``mode`` is locked, free or both; ``device`` cpu, gpu, all, or one by number.

    ``cwd`` is where both programs run (default: their directory); ``timeout`` (seconds) is for each run of the migrated
    one. ``synthetic_data`` makes up well-known data sets for the legacy program, ``seconds`` and ``max_runs`` end it
    early (the migrated one then ends at the same run).
    """

    mode: str = "both"
    device: str = "cpu"
    overrides: tuple[Override, ...] = ()
    cwd: Path | None = None
    timeout: float | None = None
    synthetic_data: bool = False
    seconds: float | None = None
    max_runs: int | None = None


@dataclass(frozen=True)
class Legacy:
    """The legacy side of a migrated program: its bytes, where they came from, and the path it had."""

    data: bytes
    path: Path


def find_legacy(store: Store, migrated: Path, given: Path | None) -> Legacy:
    """The legacy text: the file that the user gave, else what `rewrite` put by; UserError without either."""
    if given is not None:
        return Legacy(_read(given), given)
    kept = store.legacy_path(migrated)
    if not kept.exists():
        raise UserError(f"{migrated}: no rewrite of it is known; give its legacy program with --legacy")
    record = next((r for r in store.load_report().files if r.written == store.project.relative(migrated)), None)
    return Legacy(_read(kept), store.project.root / record.path if record is not None else migrated)


def find_map(store: Store, migrated: Path, legacy: Legacy) -> ReplayMap:
    """The stored replay map of a migrated program, or that of a new rewrite of its legacy text, if that gives it."""
    from codemods.pipeline import rewrite_source
    from codemods.source import decode

    text = decode(_read(migrated)).text
    path = store.map_path(migrated)
    if path.exists():
        try:
            return mapfile.loads(path.read_text(encoding="utf-8"), text)
        except mapfile.MapError as error:
            raise UserError(f"{migrated}: {error}") from error
    settings = Settings(numerics=store.project.numerics)
    result = rewrite_source(decode(legacy.data).text, settings=settings, path=str(legacy.path))
    if result.text != text:
        raise UserError(
            f"{migrated} is not what a rewrite of {legacy.path} gives, so their run sites cannot be matched"
        )
    return result.map


def find_recording(store: Store, legacy: Legacy, given: Path | None) -> Recording | None:
    """The recording that the user gave or that `record` left; None when there is none, or only one of another text."""
    path = store.recording_path(legacy.path) if given is None else given
    if not path.exists():
        if given is not None:
            raise UserError(f"{given}: no such recording")
        return None
    recording = golden.load(path)
    if recording.metadata.get("sha256") == atomic.digest(legacy.data):
        return recording
    if given is None:
        return None
    raise UserError(f"{given} is a recording of another text than {legacy.path}")


def record_to(path: Path, program: Path, options: CheckOptions) -> Recording:
    """Run a legacy program now and keep the recording at ``path``; RecordError or GoldenError, in one line."""
    recording = _record(program, options)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MigratorError(f"cannot make {path.parent}: {error.strerror}") from error
    golden.save(recording, path)
    return recording


def record_live(legacy: Legacy, migrated: Path, options: CheckOptions) -> Recording:
    """Run the legacy text now. Where the program was rewritten in place, a passing copy runs beside it."""
    if legacy.path.exists() and _read(legacy.path) == legacy.data:
        return _record(legacy.path, options)
    with programs.neighbour(migrated, legacy.data, "legacy") as copy:
        return _record(copy, options)


def _record(program: Path, options: CheckOptions) -> Recording:
    limits = Limits(seconds=options.seconds, max_runs=options.max_runs)
    return record(program, cwd=options.cwd, limits=limits, synthetic_data=options.synthetic_data)


def compare(
    migrated: Path,
    legacy: Legacy,
    replay_map: ReplayMap,
    recording: Recording,
    options: CheckOptions,
    name: str,
    live: bool,
) -> CheckResult:
    """Check one program against one recording. ``name`` is what reports call it."""
    from codemods.source import decode

    if not recording.runs:
        raise programs.ProgramError(f"{name}: the TF1 program made no session run, so there is nothing to compare")
    result = check(
        migrated,
        recording,
        replay_map,
        legacy_text=decode(legacy.data).text,
        mode=options.mode,
        device=options.device,
        overrides=options.overrides,
        cwd=options.cwd,
        timeout=options.timeout,
        live=live,
    )
    shown = {str(migrated.resolve()): name, migrated.name: Path(name).name}
    return replace(result, program=name, passes=tuple(_renamed(a_pass, shown) for a_pass in result.passes))


def _renamed(a_pass: PassResult, names: Mapping[str, str]) -> PassResult:
    """A pass whose messages name the program as reports do, not by the passing copy that ran."""

    def shown(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    detail = None if a_pass.detail is None else shown(a_pass.detail)
    return replace(a_pass, detail=detail, traceback=tuple(shown(line) for line in a_pass.traceback))


def why_not_equal(result: CheckResult) -> str:
    """One line for a check that is not equal: what went wrong in the first pass that is not."""
    bad = (a_pass for a_pass in result.passes if a_pass.verdict is not Verdict.EQUAL)
    return next((line for a_pass in bad for line in what_went_wrong(a_pass)), str(result.verdict))


def parse_overrides(entries: Sequence[object], where: str) -> tuple[Override, ...]:
    """The tolerances of ``[[tool.migrator.tolerance]]``; UserError for an entry without its fields."""
    overrides = []
    for entry in entries:
        if not isinstance(entry, dict) or not {"tensor", "reason"} <= set(entry) <= {
            "tensor",
            "atol",
            "rtol",
            "reason",
        }:
            raise UserError(f"{where}: a tolerance has `tensor` (a pattern), `atol`, `rtol` and a `reason`")
        try:
            atol, rtol = float(entry.get("atol", 0.0)), float(entry.get("rtol", 0.0))
            overrides.append(Override(str(entry["tensor"]), atol, rtol, str(entry["reason"])))
        except (TypeError, ValueError) as error:
            raise UserError(f"{where}: {error}") from error
    return tuple(overrides)


def _read(path: Path) -> bytes:
    try:
        return atomic.read(path, MAX_SOURCE_BYTES).data
    except atomic.FileProblem as problem:
        raise MigratorError(f"{path}: {problem}") from problem
