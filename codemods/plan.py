"""The plan of a file: which function each run site becomes, and what those functions share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.keras_records import Symbolic
from codemods.analysis.slices import Slice
from codemods.analysis.statements import Binding, Scope, Site, Statement
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Optimizer, Placeholder, Value, Variable

if TYPE_CHECKING:
    from codemods.analysis.lookups import InitialValue
    from codemods.checkpoint_keys import Form
    from codemods.inside_summaries import Inside

NO_VALUE = (Kind.TRAIN, Kind.OP, Kind.INIT)
_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)


@dataclass(eq=False)
class Element:
    """One thing that a run site fetches: an expression, and what a run returns for it."""

    node: cst.BaseExpression
    value: Value
    names: dict[str, Binding]

    @property
    def form(self) -> str:
        """``"none"`` (operations), ``"variable"``, ``"tensor"``, ``"schedule"``, or ``"structure"`` (nested)."""
        leaves = self.value.leaves()
        if leaves and all(
            leaf.kind in NO_VALUE or (leaf.payload == "update" and leaf.kind is Kind.OP) for leaf in leaves
        ):
            return "none"
        if self.value.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return "structure"
        named = {Kind.VARIABLE: "variable", Kind.SCHEDULE: "schedule"}
        return named.get(self.value.kind, "tensor")


@dataclass(eq=False)
class Lowering:
    """What one run site becomes. ``shape`` is that of the fetch: ``single``, ``list``, ``tuple`` or ``dict``."""

    site: Site
    shape: str
    elements: list[Element]
    keys: list[cst.BaseExpression] = field(default_factory=list)  # of a dict fetch
    slice: Slice = field(default_factory=Slice)
    function: Function | None = None
    phase: bool = False  # Keras' learning phase
    flags: dict[str, bool] = field(default_factory=dict)  # what placeholders say of training
    mode: str = "function"  # "init", "eager" or "function"
    again: list[Variable] = field(default_factory=list)  # variables that an initialiser resets
    restarted: list[Optimizer] = field(default_factory=list)  # optimizers whose state it resets
    loaded: list[tuple[InitialValue, cst.BaseExpression]] = field(default_factory=list)  # and those it is fed
    inside: Inside | None = None  # the summaries that it writes by itself

    @property
    def values(self) -> list[Element]:
        """The elements that have a value."""
        return [element for element in self.elements if element.form != "none"]


@dataclass(eq=False)
class Function:
    """A function to emit. ``parts`` are the helper functions it calls for statements that it shares."""

    scope: Scope
    slice: Slice
    parameters: list[tuple[str, Placeholder]]
    returns: list[Element]
    shape: str
    keys: list[cst.BaseExpression]
    lowerings: list[Lowering]
    name: str = ""
    parts: list[Part] = field(default_factory=list)
    anchor: Statement | None = None
    before_anchor: bool = False
    inside: Inside | None = None  # the summaries that it writes by itself
    phase: bool = False  # Keras' learning phase
    flags: dict[str, bool] = field(default_factory=dict)  # what placeholders say of training
    waits: list[cst.BaseExpression] = field(default_factory=list)  # losses that its optimizers must wait for

    @property
    def read(self) -> list[Element]:
        """What the function computes from its statements: what it returns, and the summaries that it writes."""
        return [*self.returns, *(element for _, element in (self.inside.outside if self.inside is not None else ()))]


@dataclass(eq=False)
class Part:
    """Statements that several functions need, as a function of its own."""

    scope: Scope
    statements: list[Statement]
    users: list[Function]
    name: str = ""
    function: Function | None = None  # the run site's own function, when it computes just this
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """The names to call it with."""
        return self.inputs if self.function is None else [name for name, _ in self.function.parameters]


@dataclass
class Plan:
    """Everything to emit."""

    lowerings: list[Lowering] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    kept: set[Statement] = field(default_factory=set)  # graph statements that also stay, to make initial values
    unused: list[Statement] = field(default_factory=list)
    notes: list[tuple[str, str, cst.CSTNode]] = field(default_factory=list)  # code, message and place
    outputs: dict[str, Symbolic] = field(default_factory=dict)  # Keras tensors that functions bind to these names
    savers: list[Form] = field(default_factory=list)
    traced: list[Function] = field(default_factory=list)  # traced where they are defined: that makes layers' weights

    def always_fed(self) -> list[Placeholder]:
        """The parameters for fed tensors that no run computes: each takes the place of its statement."""
        found = {placeholder for function in self.functions for _, placeholder in function.parameters}
        return [item for item in found if item.fed_dtype is not None and item.statement in self.unused and _binds(item)]


def _binds(placeholder: Placeholder) -> bool:
    """Whether the statement of a fed tensor only binds the name of the tensor."""
    container = placeholder.statement.container
    line = placeholder.statement.node if container is None or container.dissolves else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return False
    target = small.targets[0].target
    return isinstance(target, cst.Name) and target.value == placeholder.target


def is_pure(node: cst.BaseExpression, calls: Callable[[cst.Call], bool] = lambda call: False) -> bool:
    """Whether evaluating an expression (names, literals, attributes, subscripts, arithmetic) has no effect.

    ``calls`` tells which functions have none.
    """
    if isinstance(node, (cst.Name, cst.Integer, cst.Float, cst.SimpleString)):
        return True
    inner: list[cst.BaseExpression | None]
    if isinstance(node, cst.Attribute):
        inner = [node.value]
    elif isinstance(node, cst.UnaryOperation):
        inner = [node.expression]
    elif isinstance(node, cst.BinaryOperation):
        inner = [node.left, node.right]
    elif isinstance(node, (cst.List, cst.Tuple)):
        inner = [item.value for item in node.elements]
    elif isinstance(node, cst.Call) and calls(node):
        inner = [node.func, *(item.value for item in node.args)]
    elif isinstance(node, cst.Subscript):
        inner = [node.value]
        for item in node.slice:
            part = item.slice
            if isinstance(part, cst.Slice):
                inner += [part.lower, part.upper, part.step]
            elif isinstance(part, cst.Index):
                inner.append(part.value)
    else:
        return False
    return all(is_pure(item, calls) for item in inner if item is not None)


def sparse_parts(node: cst.BaseExpression, symbols: Symbols) -> list[cst.BaseExpression] | None:
    """Indices, values and shape of ``tf.SparseTensorValue(i, v, s)`` or a tuple ``(i, v, s)``, else None."""
    if isinstance(node, cst.Tuple) and len(node.elements) == 3:
        return [item.value for item in node.elements]
    if isinstance(node, cst.Call) and symbols.of(node.func) == "tf.SparseTensorValue" and len(node.args) == 3:
        order = ("indices", "values", "dense_shape")
        given = {
            argument.keyword.value if argument.keyword is not None else name: argument.value
            for name, argument in zip(order, node.args, strict=True)
        }
        return [given[name] for name in order] if set(given) == set(order) else None
    return None


def is_discarded(lowering: Lowering) -> bool:
    """Whether the program drops what the run returns."""
    body = lowering.site.statement.node
    return isinstance(body, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Expr) and small.value is lowering.site.call for small in body.body
    )
