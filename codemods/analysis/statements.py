"""The records that the staging analysis leaves: statements with their roles, bindings, and run sites."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.keras_records import Symbolic, Use
from codemods.analysis.layer_records import LayerCall
from codemods.analysis.values import (
    Gradients,
    Kind,
    Metric,
    Optimizer,
    Placeholder,
    Schedule,
    Training,
    Value,
    Variable,
)


class Role(enum.Enum):
    """What a statement does, and so what becomes of it."""

    HOST = "host"  # plain Python: stays
    STATE = "state"  # makes variables or optimizers: stays
    PLACEHOLDER = "placeholder"  # stays, as the TensorSpec of a function's input
    GRAPH = "graph"  # builds tensors that differ from run to run: moves into functions
    TRAIN = "train"  # builds an update of variables by an optimizer: moves into functions
    RUN = "run"  # holds run sites
    GONE = "gone"  # sessions, initialisers, graphs: has no counterpart
    CONTAINER = "container"  # a compound statement whose inner statements have roles of their own


@dataclass(eq=False)
class Binding:
    """One value that a name has from one place on.

    ``sources`` are the statements that may have bound it: one, or several after a branch or in a loop.
    """

    name: str
    value: Value
    sources: frozenset[Statement | None]

    def same(self, other: Binding | None) -> bool:
        """Whether both stand for the same assignment(s)."""
        return other is not None and self.name == other.name and self.sources == other.sources


@dataclass(eq=False)
class Scope:
    """A module or function body whose statements are recorded."""

    node: cst.Module | cst.FunctionDef
    parent: Scope | None = None

    @property
    def is_module(self) -> bool:
        """Whether this is the module itself."""
        return self.parent is None


@dataclass(eq=False)
class Statement:
    """One statement of a recorded scope."""

    node: cst.SimpleStatementLine | cst.BaseCompoundStatement
    scope: Scope
    container: Statement | None
    order: int
    role: Role = Role.HOST
    uses: dict[str, list[Binding]] = field(default_factory=dict)
    callee_uses: dict[str, list[Binding]] = field(default_factory=dict)
    binds: dict[str, Binding] = field(default_factory=dict)
    rebinds: set[str] = field(default_factory=set)  # names of containers it changes in place
    variables: list[Variable] = field(default_factory=list)
    optimizers: list[Optimizer] = field(default_factory=list)
    placeholders: list[Placeholder] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    gradients: list[Gradients] = field(default_factory=list)
    summarises: bool = False  # its graph code makes summaries
    metrics: list[Metric] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    assigned: list[Variable] = field(default_factory=list)  # variables that its graph nodes update
    updates: bool = False  # building it inside a function performs an update
    graph_nodes: list[cst.CSTNode] = field(default_factory=list)  # dynamic expressions it builds
    gone: list[cst.CSTNode] = field(default_factory=list)  # session-related expressions in it
    keras: list[Use] = field(default_factory=list)  # Keras tensors that its graph nodes take
    inner: list[Statement] = field(default_factory=list)
    dissolves: bool = False  # a `with Session()` whose body takes its place
    dependencies: list[cst.BaseExpression] = field(default_factory=list)  # of a `with tf.control_dependencies([...])`
    moves: set[LayerCall] = field(default_factory=set)  # layers whose statistics it moves, by control dependencies
    collapsed: bool = False  # a compound statement taken as one graph statement

    @property
    def groups(self) -> bool:
        """Whether the statement only groups train ops made elsewhere: nothing is left of it."""
        values = [binding.value for binding in self.binds.values()]
        return bool(values) and not self.trainings and all(value.kind is Kind.TRAIN for value in values)

    def loops(self) -> list[Statement]:
        """The recorded loops around the statement, innermost first."""
        found = []
        current = self.container
        while current is not None:
            if isinstance(current.node, (cst.For, cst.While)):
                found.append(current)
            current = current.container
        return found

    def outermost(self) -> Statement:
        """The statement's outermost container that is not dissolved, in its scope; or the statement."""
        found = self
        current = self.container
        while current is not None:
            if not current.dissolves:
                found = current
            current = current.container
        return found


@dataclass(eq=False)
class Feed:
    """One entry of a feed dict."""

    key: cst.BaseExpression
    key_value: Value
    value: cst.BaseExpression

    @property
    def placeholder(self) -> Placeholder | None:
        """The placeholder fed, when the key is one."""
        payload = self.key_value.payload
        if isinstance(payload, Symbolic):
            return payload.placeholder
        return payload if isinstance(payload, Placeholder) else None


@dataclass(eq=False)
class Site:
    """One run site: ``sess.run(...)``, ``t.eval(...)`` or ``op.run(...)``.

    ``feed_node`` is the expression of a feed dict that is not written in the run; ``others`` are the entries of other
    dicts that may be there instead, ``keys`` all that are put into any of them, ``added`` the defaults to be added.
    """

    call: cst.Call
    statement: Statement
    method: str  # "run" on a session, "eval" on a tensor, "op.run" on an operation
    fetch: cst.BaseExpression
    fetch_value: Value
    feeds: list[Feed]
    feed_variable: Binding | None
    names: dict[str, Binding]  # what each name meant here
    session: Value | None
    order: int
    feed_node: cst.BaseExpression | None = None
    feed_value: Value | None = None
    others: list[list[Feed]] = field(default_factory=list)
    keys: list[Feed] = field(default_factory=list)
    added: list[tuple[cst.Dict, Placeholder]] = field(default_factory=list)
    feed_places: list[cst.CSTNode | None] = field(default_factory=list)  # where the dicts are made
