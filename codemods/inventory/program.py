"""What is known of a program while it is read: frames, graphs, run sites, notes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from codemods import tables
from codemods.inventory.graph import Graph
from codemods.inventory.model import Place
from codemods.inventory.values import UNKNOWN, Node, Unknown, Variable, Write


class Budget(Exception):
    """The program does more than a reading of it follows."""


@dataclass(eq=False)
class Frame:
    """The names of a module, class body or function call."""

    file: str
    names: dict[str, Any] = field(default_factory=dict)
    parent: Frame | None = None
    function: str = ""
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    returned: list[Any] = field(default_factory=list)
    module: Frame | None = None
    line: int = 0
    is_class: bool = False
    owner: Any = None  # the class whose method runs
    receiver: Any = None

    def find(self, name: str) -> Any:
        """The value of a name; raises KeyError."""
        frame: Frame | None = self.top if name in self.globals else self
        first = frame
        while frame is not None:
            if name in frame.names and (not frame.is_class or frame is first):
                return frame.names[name]
            frame = frame.parent
        raise KeyError(name)

    @property
    def top(self) -> Frame:
        """The module's frame."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame

    def bind(self, name: str, value: Any) -> None:
        """Bind a name where Python does."""
        if name in self.globals:
            self.top.names[name] = value
        elif name in self.nonlocals:
            frame = self.parent
            while frame is not None and name not in frame.names:
                frame = frame.parent
            (frame or self).names[name] = value
        else:
            self.names[name] = value


@dataclass(eq=False)
class Run:
    """One run site, with what was fetched and fed at each visit."""

    place: Place
    call: str
    fetched: list[Node] = field(default_factory=list)
    fed: list[Node] = field(default_factory=list)
    certain: bool = True


@dataclass(eq=False)
class Trained:
    """One train op."""

    optimizer: str
    place: Place
    variables: list[Variable]
    all_trainable: bool
    certain: bool
    node: Node


@dataclass(eq=False)
class Saved:
    """One saver."""

    place: Place
    variables: dict[str, Variable]
    everything: bool
    certain: bool


@dataclass(eq=False)
class Call:
    """A call of a TensorFlow symbol with its evaluated arguments, bound to TF1's parameters."""

    symbol: str
    args: list[Any]
    kwargs: dict[str, Any]
    node: ast.Call
    starred: bool
    parameters: tuple[str, ...]

    def get(self, name: str, default: Any = None) -> Any:
        """The argument of a parameter."""
        if name in self.kwargs:
            return self.kwargs[name]
        if name in self.parameters:
            index = self.parameters.index(name)
            if index < len(self.args):
                return self.args[index]
        return UNKNOWN if self.starred else default

    def text(self, name: str) -> str | None:
        """How an argument is written."""
        for keyword in self.node.keywords:
            if keyword.arg == name:
                return written(keyword.value)
        if name in self.parameters:
            index = self.parameters.index(name)
            plain = [argument for argument in self.node.args if not isinstance(argument, ast.Starred)]
            if index < len(plain):
                return written(plain[index])
        return None


def written(node: ast.expr, width: int = 60) -> str:
    """The text of an expression, on one line and not longer than ``width``."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def parameters(symbol: str, fallback: tuple[str, ...] = ()) -> tuple[str, ...]:
    """TF1's parameter names of a symbol."""
    entry = tables.lookup(symbol)
    return entry.parameters if entry is not None and entry.parameters else fallback


class Program:
    """The state of a reading. ``load`` gives the text of another module of the project, with its file name."""

    def __init__(self, load: Callable[[str], tuple[str, str] | None]) -> None:
        self.load = load
        self.graphs = [Graph(0)]
        self.stack: list[Graph] = [self.graphs[0]]
        self.frames: list[Frame] = []
        self.runs: dict[tuple[Place, str], Run] = {}
        self.trainings: list[Trained] = []
        self.savers: list[Saved] = []
        self.writes: list[Write] = []  # all updates that were built, run or not
        self.notes: dict[tuple[Place, str], None] = {}
        self.conditions: list[str] = []
        self.sessions: list[Any] = []
        self.modules: dict[str, Frame] = {}
        self.flags: dict[str, Any] = {}
        self.used: set[Any] = set()  # functions and classes of the program that were called
        self.steps = 0
        self.trying = 0  # `try` statements around what is being read

    @property
    def graph(self) -> Graph:
        """The default graph."""
        return self.stack[-1]

    @property
    def frame(self) -> Frame:
        """The innermost frame."""
        return self.frames[-1]

    def step(self, count: int = 1) -> None:
        """Count a step; raises Budget when there were too many."""
        self.steps += count
        if self.steps > 400_000:
            raise Budget

    def place(self) -> Place:
        """The line being read."""
        frame = self.frame
        return Place(frame.file, frame.line, frame.function)

    def around(self) -> tuple[Place, ...]:
        """The lines of the calls that led here, innermost first."""
        return tuple(Place(frame.file, frame.line, frame.function) for frame in reversed(self.frames[:-1]))

    def share(self, variable: Variable) -> None:
        """Note that a variable is used again from here: by the innermost line that its maker does not have."""
        made = {variable.place, *variable.calls}
        here = (self.place(), *self.around())
        place = next((item for item in here if item not in made), here[0])
        if place not in variable.shared:
            variable.shared.append(place)

    def note(self, message: str, place: Place | None = None) -> None:
        """Note something that was not followed or is not certain."""
        self.notes.setdefault((place or self.place(), message))

    @contextmanager
    def uncertain(self, condition: str) -> Iterator[None]:
        """Read code that may not run, or that runs an unknown number of times."""
        self.conditions.append(condition)
        for graph in self.graphs:
            graph.names.uncertain += 1
        try:
            yield
        finally:
            self.conditions.pop()
            for graph in self.graphs:
                graph.names.uncertain = max(graph.names.uncertain - 1, 0)

    def new_graph(self) -> Graph:
        """A graph beside the others."""
        graph = Graph(len(self.graphs))
        graph.names.uncertain = len(self.conditions)
        self.graphs.append(graph)
        return graph

    def tensor(self, *inputs: Node, shape: Any = None, dtype: str | None = None, **more: Any) -> Node:
        """A new tensor."""
        self.writes += more.get("writes", ())
        return Node("tensor", shape, dtype, inputs, tuple(self.graph.controls), **more)

    def op(self, *inputs: Node, writes: tuple[Write, ...] = (), **more: Any) -> Node:
        """A new operation."""
        self.writes += writes
        return Node("op", None, None, inputs, tuple(self.graph.controls), writes=writes, **more)

    def opaque(self, what: str, nodes: tuple[Node, ...]) -> Unknown:
        """The result of code that is not followed and was given graph nodes."""
        if nodes:
            self.graph.opaque = True
            self.note(f"{what} is not followed: variables that it makes or updates are missing here")
        return Unknown(nodes=(Node("tensor", inputs=nodes, unsure=True),)) if nodes else UNKNOWN
