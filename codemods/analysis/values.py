"""Abstract values: what the staging analysis knows about an expression of a TF1 program."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from codemods.analysis.statements import Binding, Statement


class Kind(enum.Enum):
    """The staged kind of a value: what it is while the graph is built, and so what becomes of it."""

    HOST = "host"  # an ordinary Python value
    UNKNOWN = "unknown"  # a value nothing is known about (a parameter, the result of foreign code)
    TF = "tf"  # a TensorFlow or Keras symbol itself, not yet called
    PLACEHOLDER = "placeholder"
    TENSOR = "tensor"
    VARIABLE = "variable"
    OPTIMIZER = "optimizer"
    SCHEDULE = "schedule"  # a learning rate that decays with a step counter
    AVERAGES = "moving averages"
    GRADIENTS = "gradients"  # the list of (gradient, variable) pairs of compute_gradients
    TRAIN = "train op"
    OP = "op"  # any other operation without a value
    INIT = "init op"
    SESSION = "session"
    GRAPH = "graph"
    SAVER = "saver"
    SUMMARY = "summary op"
    EVENTS = "fetched summary"
    WRITER = "summary writer"
    PROTO = "summary made by hand"
    CONFIG = "session config"
    SEQUENCE = "sequence"
    MAPPING = "mapping"
    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"  # that a builder function became
    OBJECT = "object"  # of such a class
    LAYER = "Keras layer"  # a layer or model, or a loss object
    KERAS = "Keras tensor"  # symbolic: made by layers from a keras.Input
    SHAPE = "shape"  # the static shape of a tensor, or one of its dimensions


@dataclass(eq=False)
class Value:
    """One abstract value.

    ``dynamic`` is True when the value differs from run to run: it depends on a feed, a variable or a random op.
    ``reads`` are the variables whose state it was computed from, ``random`` whether a random op took part.
    """

    kind: Kind
    node: cst.CSTNode | None = None
    dynamic: bool = False
    random: bool = False
    drawn: bool = False  # TENSOR: dynamic for no other reason than the random ops in it
    name: str | None = None  # TF symbol (Kind.TF), method name (Kind.METHOD)
    constant: object = None  # a literal of the source: number, string, bool
    items: list[Value] | None = None  # SEQUENCE of known length
    fields: dict[object, Value] | None = None  # MAPPING with literal keys
    element: Value | None = None  # SEQUENCE or MAPPING of unknown length; METHOD's receiver
    reads: frozenset[Variable] = frozenset()
    payload: object = None
    several: bool = False  # TENSOR: what TensorFlow returns may be a list, a tuple or a sparse tensor
    either: tuple[Value, ...] = ()  # TENSOR, MAPPING: what it may be, on different paths
    open: bool = False  # MAPPING: there may be other keys than those known
    entries: list[Entry] = field(default_factory=list)  # of a MAPPING whose keys are not literals: feed dicts

    @property
    def symbolic(self) -> bool:
        """Whether graph nodes are (or may be) inside."""
        if self.kind in _SYMBOLIC:
            return True
        return any(value.symbolic for value in self.parts())

    @property
    def traced(self) -> bool:
        """Whether graph nodes, layers or objects of builders are (or may be) inside."""
        return self.symbolic or any(leaf.kind in (Kind.LAYER, Kind.OBJECT) for leaf in self.leaves())

    def parts(self) -> list[Value]:
        """The values inside a container."""
        if self.kind not in (Kind.SEQUENCE, Kind.MAPPING):
            return []
        found = list(self.items or ()) + list((self.fields or {}).values())
        return found + ([self.element] if self.element is not None else [])

    def leaves(self) -> list[Value]:
        """The values that are not containers, in order."""
        parts = self.parts()
        if self.kind not in (Kind.SEQUENCE, Kind.MAPPING):
            return [self]
        return [leaf for part in parts for leaf in part.leaves()]

    def any_dynamic(self) -> bool:
        """Whether this value, or one inside it, has to be computed anew at each run."""
        return self.dynamic or any(value.any_dynamic() for value in self.parts())


_SYMBOLIC = {
    Kind.PLACEHOLDER, Kind.TENSOR, Kind.VARIABLE, Kind.OPTIMIZER, Kind.SCHEDULE, Kind.GRADIENTS, Kind.TRAIN, Kind.OP,
    Kind.INIT, Kind.SESSION, Kind.GRAPH, Kind.KERAS, Kind.SAVER, Kind.SUMMARY,
}  # fmt: skip


@dataclass(eq=False)
class Entry:
    """One key of a mapping, in the order of the program.

    ``under`` are the branches and loops that it is put there in, and that the mapping was not made in.
    """

    key: cst.BaseExpression
    key_value: Value
    value: cst.BaseExpression
    under: tuple[cst.CSTNode, ...] = ()


@dataclass(eq=False)
class Variable:
    """One place that creates a variable.

    ``statement`` is where it is created in its region; ``initial`` the initial-value expression when it is written
    there; ``trainable`` None when that is not known.
    """

    statement: Statement
    call: cst.Call
    initial: cst.BaseExpression | None
    trainable: bool | None
    graph: int
    targets: list[str] = field(default_factory=list)
    metric: Metric | None = None  # the metric whose local variables this stands for
    weight: str | None = None  # of a layer: what the layer calls it


@dataclass(eq=False)
class Metric:
    """One ``tf.metrics.*(...)`` call: the names that its value and its update operation are bound to.

    ``name`` is the function of ``tf.metrics`` that it calls, or that does the same as the one of tf.contrib.
    ``scope`` is the name of its local variables up to their last part, ``variable`` stands for all of them.
    """

    statement: Statement
    call: cst.Call
    symbol: str
    name: str
    arguments: dict[str, cst.Arg]
    value_name: str | None
    update_name: str | None
    scope: str | None = None
    variable: Variable | None = None


@dataclass(eq=False)
class Placeholder:
    """A placeholder: its call, the name it is bound to, and its default (``placeholder_with_default``)."""

    statement: Statement
    call: cst.Call
    dtype: cst.BaseExpression | None
    shape: cst.BaseExpression | None
    label: cst.BaseExpression | None
    default: cst.BaseExpression | None = None
    sparse: bool = False
    fed_dtype: str | None = None  # of a parameter that stands for a fed tensor: there is no placeholder
    target: str | None = None
    order: int = 0
    rank: cst.BaseExpression | None = None  # of a keras.backend.placeholder without a shape
    keras: bool = False  # a keras.Input, or a placeholder that becomes one
    symbolic: object = None  # the Keras tensor that the placeholder becomes
    bound: cst.BaseExpression | None = None  # what a keras.Input(tensor=...) is always fed
    names: Mapping[str, Binding] = field(default_factory=dict)  # and what the names in it mean
    owner: object = None  # the model whose input this is, where the input has no statement of its own
    flag: bool = False  # a Python truth value at every run, which says whether layers train


@dataclass(eq=False)
class Optimizer:
    """One ``tf.train.*Optimizer(...)`` call and its uses."""

    statement: Statement
    call: cst.Call
    symbol: str
    arguments: dict[str, cst.Arg]
    learning_rate: Value
    rate_uses: dict[str, list[Binding]] = field(default_factory=dict)  # what the names in a computed rate mean
    target: str | None = None
    uses: list[Training] = field(default_factory=list)


@dataclass(eq=False)
class Schedule:
    """One learning-rate decay function; ``step`` is the counter it is given."""

    statement: Statement
    call: cst.Call
    symbol: str
    arguments: dict[str, cst.Arg]
    step: cst.BaseExpression
    step_value: Value
    step_uses: dict[str, list[Binding]] = field(default_factory=dict)  # what the names in ``step`` mean


@dataclass(eq=False)
class Training:
    """One ``minimize`` or ``apply_gradients``."""

    statement: Statement
    call: cst.Call
    optimizer: Optimizer
    method: str
    loss: cst.BaseExpression | None
    loss_value: Value | None
    variables: cst.BaseExpression | None
    gradients: cst.BaseExpression | None
    global_step: cst.BaseExpression | None
    step_value: Value | None = None
    swaps: tuple[tuple[cst.CSTNode, cst.BaseExpression], ...] = ()  # in ``gradients``: what to write instead
    places: tuple[str | None, ...] = (None,)  # the variable and name scopes in which the optimizer makes its variables
    single: bool = False  # ``variables`` is one variable, not a list


@dataclass(eq=False)
class Gradients:
    """One ``compute_gradients`` call."""

    statement: Statement
    call: cst.Call
    optimizer: Optimizer
    loss: cst.BaseExpression
    loss_value: Value
    variables: cst.BaseExpression | None
    single: bool = False  # ``variables`` is one variable, not a list


def host(node: cst.CSTNode | None = None, constant: object = None) -> Value:
    """A plain Python value."""
    return Value(Kind.HOST, node, constant=constant)


def unknown(node: cst.CSTNode | None = None) -> Value:
    """A value nothing is known about."""
    return Value(Kind.UNKNOWN, node)


def tensor(node: cst.CSTNode | None, sources: list[Value], *, random: bool = False) -> Value:
    """A tensor computed from ``sources`` (containers are looked into)."""
    leaves = [leaf for source in sources for leaf in source.leaves()]
    reads: frozenset[Variable] = frozenset().union(*(leaf.reads for leaf in leaves)) if leaves else frozenset()
    dynamic = [leaf for leaf in leaves if leaf.dynamic or leaf.kind in (Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)]
    return Value(
        Kind.TENSOR,
        node,
        dynamic=random or bool(dynamic),
        random=random or any(leaf.random for leaf in leaves),
        drawn=(random or bool(dynamic)) and all(leaf.drawn for leaf in dynamic),
        reads=reads,
    )


def sequence(items: list[Value] | None = None, element: Value | None = None, node: cst.CSTNode | None = None) -> Value:
    """A list or tuple: of known ``items``, or of unknown length with one ``element`` value."""
    return Value(Kind.SEQUENCE, node, items=items, element=element)


class Joinable:
    """What a value stands for, where two such things may be taken for one."""

    def joined(self, other: object) -> Joinable | None:
        """What is known when it is this or ``other``; None where that is nothing."""
        return self if self is other else None


def is_namedtuple(value: Value) -> bool:
    """Whether a class was made by ``collections.namedtuple`` in this file."""
    made = value.node
    if not isinstance(made, cst.Call):
        return False
    name = made.func.attr if isinstance(made.func, cst.Attribute) else made.func
    return isinstance(name, cst.Name) and name.value == "namedtuple"


def is_input(value: Value) -> bool:
    """Whether a value is a placeholder that has become a ``keras.Input``."""
    return isinstance(value.payload, Placeholder) and value.payload.keras


def _as_input(value: Value) -> Value:
    """A placeholder that has become a ``keras.Input``, as the Keras tensor that it is."""
    made = value.payload
    if isinstance(made, Placeholder) and is_input(value) and isinstance(made.symbolic, Joinable):
        return Value(Kind.KERAS, value.node, payload=made.symbolic)
    return value


def join(first: Value, second: Value) -> Value:
    """What is known when either value may be there (after a branch, in a loop)."""
    if first is second:
        return first
    if {first.kind, second.kind} == {Kind.PLACEHOLDER, Kind.KERAS}:
        first, second = _as_input(first), _as_input(second)
    if {first.kind, second.kind} == {Kind.HOST, Kind.KERAS}:
        return first if first.kind is Kind.KERAS else second  # a sum that a loop starts at 0
    if first.kind is second.kind and first.kind in (Kind.LAYER, Kind.OBJECT) and first.node is second.node:
        return first  # what a loop makes at each turn
    if first.kind is second.kind and first.kind in (Kind.TENSOR, Kind.HOST, Kind.VARIABLE, Kind.OP):
        return Value(
            first.kind,
            first.node,
            dynamic=first.dynamic or second.dynamic,
            random=first.random or second.random,
            drawn=first.drawn and second.drawn,
            reads=first.reads | second.reads,
            payload=first.payload if first.payload is second.payload else None,
            several=first.several or second.several,
            either=(first, second) if first.kind is Kind.TENSOR else (),
        )
    if first.kind is second.kind and isinstance(first.payload, Joinable):
        payload = first.payload.joined(second.payload)
        return Value(first.kind, first.node, payload=payload) if payload is not None else unknown(first.node)
    if first.kind is Kind.SEQUENCE and second.kind is Kind.SEQUENCE:
        parts = first.parts() + second.parts()
        if not parts:
            return first
        element = parts[0]
        for part in parts[1:]:
            element = join(element, part)
        return sequence(element=element)
    if first.kind is Kind.MAPPING and second.kind is Kind.MAPPING and not (first.fields or second.fields):
        parts = first.parts() + second.parts()
        joined = Value(Kind.MAPPING, first.node, element=parts[0] if parts else None, either=(first, second))
        for part in parts[1:]:
            joined.element = join(joined.element or part, part)
        return joined
    numeric = {Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER}
    if (first.kind in numeric or second.kind in numeric) and {first.kind, second.kind} <= numeric | {Kind.HOST}:
        joined = tensor(None, [first, second])
        joined.either = (first, second)
        return joined
    return unknown(first.node)
