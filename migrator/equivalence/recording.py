"""Recordings of TF1 programs: what every run was fed and returned, and the variables around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
#: A fetched value: an array, or the parts of a composite (``indices``, ``values``, ``dense_shape``, ...) by name.
Value: TypeAlias = Array | Mapping[str, Array]


@dataclass(frozen=True)
class Frame:
    """A line of a user's file; ``file`` is relative to the directory of the program where it lies below it."""

    file: str
    line: int


@dataclass(frozen=True)
class CallSite:
    """The innermost user expression that started a run, and the user frames around it, innermost first.

    Lines are 1-based, columns 0-based characters, ends exclusive as in `codemods.findings.Span`. The last three are
    None where the recording Python (older than 3.11) does not tell them; ``line`` may then be any line of the call.
    """

    file: str
    line: int
    end_line: int | None = None
    column: int | None = None
    end_column: int | None = None
    outer: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Fetch:
    """One leaf of the fetch structure.

    ``kind`` is ``op`` (its value is always None), ``tensor``, ``variable``, ``sparse``, ``slices`` or ``other``.
    ``name`` is the TF1 name with its output index (``cost:0``), or the op name; ``path`` is the place in the fetched
    structure (``[1]['loss']``), empty for a single fetch. ``frames`` are the user lines that made it.
    """

    name: str
    kind: str
    path: str = ""
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Placeholder:
    """A tensor that was fed: a placeholder, a part of a sparse one, or any other tensor (``op`` tells).

    ``shape`` is None when the rank is unknown; unknown dimensions are None. ``frames`` are innermost first.
    """

    name: str
    graph: int
    dtype: str
    shape: tuple[int | None, ...] | None
    op: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Variable:
    """A TF1 variable at first sight. ``frames`` are the user lines that created it, innermost first."""

    name: str
    graph: int
    dtype: str
    shape: tuple[int | None, ...] | None
    trainable: bool
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Run:
    """One recorded run.

    ``ordinal`` counts every run that user code started, recorded or not; ``occurrence`` counts those of this site.
    ``kind`` is ``run`` (Session.run, eval, Operation.run), ``init`` (the same, of nothing but variable initialisers),
    ``callable`` (make_callable), or a run that a library made on its own account inside a call of the user's:
    ``keras`` (fit, predict, K.function, ...) or ``library`` (a Saver, hooks, ...).
    ``outputs`` has one entry per fetch, None for ops. ``feeds`` maps tensor names to the arrays as TensorFlow saw them.
    ``before`` and ``changed`` hold variables by name: those whose value at the start of the run differs from the last
    recorded one (or is recorded for the first time), and those that the run itself changed or initialised.
    ``error`` is the one-line error that the run raised, if it did.
    """

    ordinal: int
    occurrence: int
    site: CallSite
    kind: str
    session: int
    graph: int
    fetches: tuple[Fetch, ...]
    outputs: tuple[Value | None, ...]
    feeds: Mapping[str, Array] = field(default_factory=dict)
    before: Mapping[str, Array] = field(default_factory=dict)
    changed: Mapping[str, Array] = field(default_factory=dict)
    error: str | None = None

    @property
    def tick(self) -> int:
        """What ``Pin.tick`` was during this run; see `migrator.equivalence.pin`."""
        return 0 if self.kind == "init" else self.occurrence + 1


@dataclass(frozen=True)
class SiteCount:
    """How many runs one call site had and how many of them were recorded; ``kind`` as in `Run`, ``init`` as ``run``."""

    site: CallSite
    total: int
    kept: int
    kind: str = "run"


@dataclass(frozen=True)
class EventSeries:
    """The values of one tag in the event files of one directory, in order.

    ``kind`` is scalar, histogram (smallest value, largest value and count), image, text or other. ``values`` is one
    array of all scalars or histograms, or one array for each image or text; None where they took too much room.
    ``loose`` says of which values the state they were computed from was not recorded.
    """

    writer: str
    kind: str
    tag: str
    steps: Array
    loose: Array
    values: tuple[Array, ...] | None


@dataclass(frozen=True)
class Recording:
    """A program run. ``metadata`` is plain JSON: versions, seed, program, sha256, argv, exit status, notes, ...

    ``placeholders`` are in order of creation. ``events`` is None in recordings of versions that did not look at them.
    """

    metadata: Mapping[str, Any]
    variables: tuple[Variable, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()
    runs: tuple[Run, ...] = ()
    sites: tuple[SiteCount, ...] = ()
    events: tuple[EventSeries, ...] | None = None

    def state_before(self, run: Run) -> dict[str, Array]:
        """The initialised variables of the run's session just before ``run``, by TF1 name."""
        state: dict[str, Array] = {}
        for other in self.runs:
            if other.session != run.session:
                continue
            state.update(other.before)
            if other.ordinal == run.ordinal:
                return state
            state.update(other.changed)
        raise ValueError(f"run {run.ordinal} is not part of this recording")

    def state_after(self, run: Run) -> dict[str, Array]:
        """The initialised variables of the run's session just after ``run``, by TF1 name."""
        return self.state_before(run) | dict(run.changed)

    def initial_values(self, session: int = 0) -> dict[str, Array]:
        """The first recorded value of each variable of a session, by TF1 name: what initialisation gave it."""
        state: dict[str, Array] = {}
        for run in self.runs:
            if run.session == session:
                for values in (run.before, run.changed):
                    for name, value in values.items():
                        state.setdefault(name, value)
        return state
