"""The printed state model: what `inventory` returns, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A line of the program; ``function`` is the function or method around it (empty at module level)."""

    file: str
    line: int
    function: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")


@dataclass(frozen=True)
class Update:
    """One way in which a variable is changed: ``what`` names the op, ``sites`` the run sites that run it."""

    what: str
    place: Place
    sites: tuple[Place, ...]
    certain: bool = True


@dataclass(frozen=True)
class VariableRecord:
    """One variable of the program, under the name that TF1 gives it (without ``:0``).

    ``certain`` is False where the name rests on something the text does not tell; unknown parts of names are ``?``,
    and unknown dimensions ``None``. ``role`` says what it is for: ``model``, ``slot``, ``step``, ``metric``,
    ``average`` or ``statistic``. ``made_by`` is the call that makes it, ``calls`` the lines of the calls around that,
    innermost first. ``condition`` is the branch or loop it is made in when that is not certain to run once.
    """

    name: str
    certain: bool
    graph: int
    shape: tuple[int | None, ...] | None
    dtype: str | None
    trainable: bool | None
    scope: str
    role: str
    owner: str | None
    initializer: str | None
    made_by: str
    place: Place
    calls: tuple[Place, ...]
    condition: str | None
    collections: tuple[str, ...]
    shared: tuple[Place, ...]
    updates: tuple[Update, ...]
    read_at: tuple[Place, ...]
    written_at: tuple[Place, ...]
    savers: tuple[Place, ...]


@dataclass(frozen=True)
class Training:
    """One train op: the optimizer, and the variables that it updates, in TF1's order."""

    optimizer: str
    place: Place
    variables: tuple[str, ...]
    all_trainable: bool
    certain: bool
    sites: tuple[Place, ...]


@dataclass(frozen=True)
class RunSite:
    """One place that runs the graph, and the variables that it reads, writes, and sets to their initial values."""

    place: Place
    call: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    initialises: tuple[str, ...]
    certain: bool


@dataclass(frozen=True)
class Saver:
    """One ``tf.train.Saver``: checkpoint names and the variables kept under them."""

    place: Place
    variables: dict[str, str]
    everything: bool
    certain: bool


@dataclass(frozen=True)
class Inventory:
    """The state of one program.

    ``notes`` say what was not followed or is not certain, ``failure`` why there is nothing. ``complete`` is False where
    code that was not followed may make variables, too.
    """

    path: str
    variables: tuple[VariableRecord, ...] = ()
    trainings: tuple[Training, ...] = ()
    sites: tuple[RunSite, ...] = ()
    savers: tuple[Saver, ...] = ()
    notes: tuple[tuple[Place, str], ...] = ()
    failure: str | None = None
    complete: bool = True
