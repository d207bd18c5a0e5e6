"""The records that the analysis leaves of summaries: operations, what runs gave for them, writers and additions."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Joinable, Kind, Value


@dataclass(eq=False)
class Summary:
    """One summary operation. ``form`` is scalar, histogram, image, audio or text; ``tag`` None where it is not certain.

    ``problem`` says why it cannot be written at all. ``inside`` are those that can only be written where the graph code
    makes them, in a helper function or a loop: by the statement ``statement``, as ``written`` (the tag that TF2 gives
    what the source says).
    """

    form: str
    call: cst.Call
    label: cst.BaseExpression
    tag: str | None
    data: cst.BaseExpression
    value: Value
    names: dict[str, Binding]
    graph: object
    collections: tuple[str, ...]
    limit: cst.BaseExpression | None = None  # the largest number of images
    rate: cst.BaseExpression | None = None  # samples of sound in a second
    family: bool = False  # its tag is not the name of its operation
    problem: str | None = None
    cleaned: str | None = None  # the name as it is written, where the tag differs from it
    inside: bool = False
    statement: Statement | None = None
    written: str | None = None
    scoped: bool = False  # made inside a name scope


@dataclass(eq=False)
class Fetched(Joinable):
    """What runs gave for summary operations: the serialised summaries of ``runs``."""

    summaries: tuple[Summary, ...]
    runs: frozenset[cst.CSTNode]

    def joined(self, other: object) -> Fetched | None:
        """One of two fetched summaries of the same operations."""
        if isinstance(other, Fetched) and self.summaries == other.summaries:
            return Fetched(self.summaries, self.runs | other.runs)
        return None


@dataclass(eq=False)
class Proto(Joinable):
    """A ``tf.Summary`` made by hand: tags and values, where they are written, and the calls that add to it."""

    call: cst.Call
    values: list[tuple[cst.BaseExpression, cst.BaseExpression]]
    additions: dict[cst.Call, tuple[cst.BaseExpression, cst.BaseExpression]] = field(default_factory=dict)


@dataclass(eq=False)
class Writer:
    """One ``FileWriter(...)`` call; ``graph`` says that it was given a graph to write."""

    call: cst.Call
    arguments: dict[str, cst.Arg]
    graph: bool
    closed: bool = False  # as far as the interpretation has come


@dataclass(eq=False)
class Writers(Joinable):
    """One of several writers."""

    among: tuple[Writer, ...]

    def joined(self, other: object) -> Writers | None:
        """One of both."""
        return Writers(tuple(dict.fromkeys(self.among + other.among))) if isinstance(other, Writers) else None


@dataclass(eq=False)
class Addition:
    """One ``writer.add_summary(summary, step)``: ``given`` are what it may be called with."""

    call: cst.Call
    summary: cst.BaseExpression
    step: cst.BaseExpression | None
    given: list[Fetched | Proto]
    writers: list[Writer]


def fetched(value: Value, node: cst.CSTNode) -> Value:
    """What a run gives for summary operations."""
    return Value(Kind.EVENTS, node, payload=Fetched(operations(value), frozenset({node})))


def operations(value: Value) -> tuple[Summary, ...]:
    """The summary operations that a value of that kind stands for."""
    assert isinstance(value.payload, tuple)
    return value.payload
