"""Is the migrated program equal to the TF1 program? Runs it on the recorded state and judges every recorded run.

In *locked* mode the recorded variables are restored before each matched execution, so each run is judged alone. So are
the slots of TF1's optimizers, in the moments of the migrated ones, and they are compared after the run
(`migrator.equivalence.replay_slots`). Slots that cannot be told apart are carried on by the migrated optimizer and
judged by what they do to the variables. Runs that were not recorded are executed too, on whatever state the migrated
program has; where that moved such slots, later updates of their variables are not checked.

In *free* mode the recorded state is set once, before the first matched run of each session, and the trajectories are
compared as long as that means anything (`migrator.equivalence.tolerance`).

Initial values are taken from the migrated program itself before anything is restored, and compared with those that
the TF1 initialisers gave.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from codemods.result import ReplayMap
from migrator.equivalence import devices, events
from migrator.equivalence.golden import Recording
from migrator.equivalence.pin import VERSION
from migrator.equivalence.record import Limits, record
from migrator.equivalence.replay import read_program, replay
from migrator.equivalence.replay_pass import judge_pass
from migrator.equivalence.replay_plan import make_plan
from migrator.equivalence.results import CheckResult, PassResult, Verdict, worst
from migrator.equivalence.tolerance import Override
from migrator.equivalence.weights import Lines
from migrator.errors import MigratorError

MODES = ("locked", "free")


class CheckError(MigratorError):
    """A check that cannot be started as asked."""


def check(
    migrated: Path,
    recording: Recording,
    replay_map: ReplayMap,
    *,
    legacy_text: str,
    mode: str = "locked",
    device: str = "cpu",
    overrides: Sequence[Override] = (),
    argv: Sequence[str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
    live: bool = False,
) -> CheckResult:
    """Run ``migrated`` once per mode and device and compare it with ``recording``.

    ``mode`` is locked, free or both; ``device`` is cpu, gpu, one of them by number, or all. ``replay_map`` must belong
    to the texts of both programs. ``argv`` and ``cwd`` default to the recording's arguments and the program's folder.
    Raises CheckError for an unknown mode or a recording of another text, DeviceError for an unknown device.
    """
    modes = MODES if mode == "both" else (mode,)
    if not set(modes) <= set(MODES):
        raise CheckError(f"unknown mode {mode!r}; use locked, free or both")
    plan = make_plan(recording, replay_map, Lines(legacy_text, read_program(migrated), replay_map.lines))
    ended = _ended(recording)
    passes: list[PassResult] = []
    missing: list[PassResult] = []
    versions: Mapping[str, str] = {}
    for a_device in devices.expand(device):
        for a_mode in modes:
            if ended is not None:
                passes.append(PassResult(a_mode, a_device, Verdict.NOT_CHECKED, detail=ended))
                continue
            start = time.monotonic()
            observed = replay(
                migrated,
                legacy_text,
                recording,
                replay_map,
                mode=a_mode,
                device=a_device,
                argv=argv,
                cwd=cwd,
                timeout=timeout,
            )
            versions = observed.versions or versions
            judged = judge_pass(plan, observed, a_mode, a_device, overrides, time.monotonic() - start)
            passes.append(events.judge(judged, recording, observed))
            if observed.status == "no device":
                missing.append(passes[-1])
                break
    verdict = worst(item.verdict for item in passes if item not in missing)
    return CheckResult(str(migrated), verdict, tuple(passes), tuple(sorted(versions.items())), live)


def check_live(
    legacy: Path,
    migrated: Path,
    replay_map: ReplayMap,
    *,
    mode: str = "locked",
    device: str = "cpu",
    overrides: Sequence[Override] = (),
    argv: Sequence[str] = (),
    cwd: Path | None = None,
    timeout: float | None = None,
) -> CheckResult:
    """Record ``legacy`` now and check ``migrated`` against that, without a stored recording.

    Raises RecordError when the TF1 program does not end well.
    """
    recording = record(legacy, argv=argv, cwd=cwd, limits=Limits(timeout=timeout))
    return check(
        migrated,
        recording,
        replay_map,
        legacy_text=read_program(legacy),
        mode=mode,
        device=device,
        overrides=overrides,
        cwd=cwd,
        timeout=timeout,
        live=True,
    )


def _ended(recording: Recording) -> str | None:
    """Why a recording cannot be the measure: the TF1 program itself failed, or drew other random numbers."""
    if recording.metadata.get("pin", VERSION) != VERSION:
        return "the recording was made with other pinned random numbers than this version draws; record it again"
    outcome = recording.metadata.get("outcome", {})
    if outcome.get("status") in ("raised", "exited"):
        return f"the TF1 program itself failed: {outcome.get('error', 'exit status ' + str(outcome.get('code')))}"
    return None
