"""Abstract values. Numbers, texts, lists, tuples and dicts of the program are themselves; these stand for the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from codemods.inventory.model import Place

#: A dimension: None is TF1's own unknown, `Unknown` one that the text does not tell.
Shape: TypeAlias = "tuple[Any, ...] | None"


@dataclass(eq=False)
class Unknown:
    """A value that the text does not tell. ``text`` is what is known of a string, with ``?`` for the rest.

    ``nodes`` are graph nodes that went into the foreign code which made it.
    """

    text: str | None = None
    nodes: tuple[Node, ...] = ()


UNKNOWN = Unknown()
NOWHERE = Place("", 0)


class Items(list[Any]):
    """A list of the program. ``depth`` counts the branches and loops around its making, ``open`` says that it may
    hold more or fewer items than are known."""

    def __init__(self, items: Any = (), depth: int = 0) -> None:
        super().__init__(items)
        self.depth = depth
        self.open = False


@dataclass(frozen=True)
class Symbol:
    """A name of TensorFlow or Keras, not yet called."""

    name: str


@dataclass(frozen=True)
class Foreign:
    """A module of Python or of another library, or a member of one."""

    path: str


@dataclass(eq=False)
class Array:
    """A NumPy array."""

    shape: Shape
    dtype: str | None = "float64"


@dataclass(eq=False)
class Node:
    """A tensor or an operation. ``kind`` is ``tensor``, ``placeholder``, ``op`` or ``variable``.

    ``inputs`` are what it is computed from, ``controls`` what runs before it, ``cut`` says that no gradient flows
    through it. ``writes`` are the variables that running it changes.
    """

    kind: str
    shape: Shape = None
    dtype: str | None = None
    inputs: tuple[Node, ...] = ()
    controls: tuple[Node, ...] = ()
    cut: bool = False
    writes: tuple[Write, ...] = ()
    unsure: bool = False
    name: str | None = None
    extra: Any = None  # of tf.shape(x): the shape
    initialises: tuple[Variable, ...] = ()


@dataclass(eq=False)
class Write:
    """An update of a variable."""

    variable: Variable
    what: str
    place: Place
    certain: bool = True


@dataclass(eq=False)
class Variable(Node):
    """A variable of the graph."""

    certain: bool = True
    graph: int = 0
    trainable: bool | None = True
    scope: str = ""
    role: str = "model"
    owner: Variable | None = None
    initializer: str | None = None
    made_by: str = "tf.Variable"
    place: Place = NOWHERE
    calls: tuple[Place, ...] = ()
    condition: str | None = None
    shared: list[Place] = field(default_factory=list)


@dataclass(eq=False)
class ShapeValue:
    """What ``tensor.get_shape()`` returns."""

    shape: Shape


@dataclass(eq=False)
class Function:
    """A function or lambda of the program."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Any
    name: str
    defaults: list[Any] = field(default_factory=list)
    keyword_defaults: dict[str, Any] = field(default_factory=dict)
    owner: Class | None = None


@dataclass(eq=False)
class Class:
    """A class of the program."""

    name: str
    bases: list[Any]
    members: dict[str, Any]

    def find(self, name: str) -> tuple[Any, Class] | None:
        """A member, and the class that has it."""
        if name in self.members:
            return self.members[name], self
        for base in self.bases:
            found = base.find(name) if isinstance(base, Class) else None
            if found is not None:
                return found
        return None

    @property
    def foreign(self) -> bool:
        """Whether a base class is none of the program's own."""
        return any(
            (not isinstance(base, Class) and base is not object) or (isinstance(base, Class) and base.foreign)
            for base in self.bases
        )


@dataclass(eq=False)
class Instance:
    """An object of a class of the program."""

    of: Class
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Bound:
    """A method with its object; ``owner`` is the class in which it was found."""

    function: Any
    receiver: Any


@dataclass(eq=False)
class Method:
    """A method of an abstract or plain Python object, by name."""

    receiver: Any
    name: str


@dataclass(eq=False)
class Partial:
    """``functools.partial``, and functions under ``arg_scope`` defaults."""

    function: Any
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(eq=False)
class Special:
    """An object of TensorFlow that is no node: a layer, cell, optimizer, session, saver, scope. ``kind`` says which."""

    kind: str
    symbol: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def nodes_in(value: Any, depth: int = 0) -> Iterator[Node]:
    """The graph nodes in a value, containers and objects that carry nodes included."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, Unknown):
        yield from value.nodes
    elif depth < 6:
        parts: Any = ()
        if isinstance(value, (list, tuple, set)):
            parts = value
        elif isinstance(value, dict):
            parts = value.values()
        elif isinstance(value, Special):
            parts = value.data.get("nodes", ())
        for part in parts:
            yield from nodes_in(part, depth + 1)


def known(value: Any) -> bool:
    """Whether a value is an ordinary Python value through and through."""
    if isinstance(value, (list, tuple, set)):
        return all(known(item) for item in value)
    if isinstance(value, dict):
        return all(known(key) and known(item) for key, item in value.items())
    return value is None or isinstance(value, (bool, int, float, complex, str, bytes, range, slice))
