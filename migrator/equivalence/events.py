"""Do both programs write the same summaries? Compares the event files of a recording with those of a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from migrator.equivalence.golden import Array, EventSeries, Recording
from migrator.equivalence.replay import Observation
from migrator.equivalence.replay_pass import NOTHING_COMPARED
from migrator.equivalence.results import EVENT_FILES, PassResult, Verdict, worst
from migrator.equivalence.tolerance import for_output, reduction_length

_SHOWN = 5
_HEADER = 22  # 16-bit words of a WAV file before its samples


@dataclass(frozen=True)
class EventsResult:
    """``problems`` are in words, worst first; ``note`` says what was compared, None where there was nothing."""

    problems: tuple[str, ...]
    note: str | None
    values: int = 0


def judge(a_pass: PassResult, recording: Recording, observed: Observation) -> PassResult:
    """``a_pass`` with what the event files of both programs say."""
    if observed.status not in ("finished", "stopped"):
        return a_pass
    changing = any(run.changed for run in recording.runs if run.kind != "init")
    shapes = [np.shape(value) for run in recording.runs for value in (*run.before.values(), *run.feeds.values())]
    result = compare(
        recording.events,
        observed.events,
        values=a_pass.mode == "locked" or not changing,
        reduction=reduction_length(shapes),
        device=a_pass.device,
    )
    if result.problems:
        text = EVENT_FILES + "; ".join(result.problems)
        verdict = worst((a_pass.verdict, Verdict.DIFFERENT))
        return replace(a_pass, verdict=verdict, detail=text if a_pass.detail is None else f"{a_pass.detail}; {text}")
    if result.note is None:
        return a_pass
    a_pass = replace(a_pass, notes=(*a_pass.notes, result.note))
    if a_pass.detail == NOTHING_COMPARED and result.values:  # the program only writes summaries
        return replace(a_pass, verdict=Verdict.EQUAL, detail=None)
    return a_pass


def compare(
    expected: Sequence[EventSeries] | None, actual: Sequence[EventSeries], *, values: bool, reduction: int, device: str
) -> EventsResult:
    """Compare tags, steps and, where ``values`` says so, the values that come from recorded states.

    Directories are matched by name; where the names differ (they may hold the time), by their order of first use.
    """
    if expected is None or not (expected or actual):
        return EventsResult((), None)
    known = {(place, item.kind, item.tag): item for place, item in _placed(expected, actual)}
    found = {(place, item.kind, item.tag): item for place, item in _placed(actual, expected)}
    problems: list[str] = []
    count = 0
    for key, item in known.items():
        other = found.get(key)
        if other is None:
            problems.append(f"{_name(item)} is missing ({len(item.steps)} values in the TF1 program)")
        elif not np.array_equal(item.steps, other.steps):
            problems.append(_steps(item, other))
        elif values and item.values is not None and other.values is not None:
            compared, problem = _values(item, other, reduction, device)
            count += compared
            problems += [problem] if problem is not None else []
    problems += [f"{_name(item)} is not in the TF1 program" for key, item in found.items() if key not in known]
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        return EventsResult((*problems[:_SHOWN], *more), None)
    total = sum(len(item.steps) for item in known.values())
    shown = f", {count} compared" if values else ""
    return EventsResult((), f"{EVENT_FILES}{len(known)} tags with the same steps, {total} values{shown}", count)


def _placed(series: Sequence[EventSeries], others: Sequence[EventSeries]) -> list[tuple[str, EventSeries]]:
    """Each series with what stands for its directory on both sides."""
    names = list(dict.fromkeys(item.writer for item in series))
    if set(names) == {item.writer for item in others}:
        return [(item.writer, item) for item in series]
    return [(str(names.index(item.writer)), item) for item in series]


def _name(item: EventSeries) -> str:
    return f"the {item.kind} summary {item.tag!r} in {item.writer!r}"


def _steps(item: EventSeries, other: EventSeries) -> str:
    if len(item.steps) != len(other.steps):
        return f"{_name(item)} was written {len(item.steps)} times by the TF1 program, {len(other.steps)} times now"
    index = int(np.argmax(item.steps != other.steps))
    return f"{_name(item)} has step {other.steps[index]} where the TF1 program had {item.steps[index]}"


def _values(item: EventSeries, other: EventSeries, reduction: int, device: str) -> tuple[int, str | None]:
    """How many values were compared, and the first that is beyond its tolerance."""
    assert item.values is not None and other.values is not None
    if item.kind in ("scalar", "histogram"):
        before, after = item.values[0], other.values[0]
    else:
        before, after = None, None
    compared = 0
    for index, step in enumerate(item.steps):
        if item.loose[index]:
            continue
        one = before[index] if before is not None else item.values[index]
        two = after[index] if after is not None else other.values[index]
        compared += 1
        scale = _scale(before)
        if not _close(item.kind, np.asarray(one), np.asarray(two), scale, reduction, device):
            return compared, f"{_name(item)} at step {step}: {_shown(one)} became {_shown(two)}"
    return compared, None


def _scale(values: Array | None) -> float:
    """The largest finite magnitude of a series."""
    if values is None:
        return 0.0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def _close(kind: str, one: Array, two: Array, scale: float, reduction: int, device: str) -> bool:
    if one.shape != two.shape:
        return False
    if kind == "image":  # one level: floats are rounded to pixels
        return bool((np.abs(one.astype(np.int16) - two.astype(np.int16)) <= 1).all())
    if kind == "audio":  # one level of a sample; the header is the same
        near = np.abs(one.astype(np.int32) - two.astype(np.int32)) <= 1
        return bool(near.all() and (one[:_HEADER] == two[:_HEADER]).all())
    if one.dtype.kind not in "fiu":
        return bool((one == two).all())
    if kind == "histogram" and one[2] != two[2]:
        return False
    limit = for_output("float32", scale, reduction, device=device).atol
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    with np.errstate(invalid="ignore"):
        return bool((same | (np.abs(one - two) <= limit)).all())


def _shown(value: object) -> str:
    array = np.asarray(value)
    return f"an image of shape {list(array.shape)}" if array.ndim > 1 else str(array)
