"""Variable scopes and name scopes: which are entered, and what they are called.

``Scopes`` is the part of the model of state that follows `tf.variable_scope`, `tf.name_scope` and the objects that
they give.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis.containers import containers, join
from codemods.analysis.scope_counts import ScopeCounts
from codemods.analysis.values import Kind, Value, host, unknown
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.statements import Binding

_OF_SCOPES = ("partitioner", "custom_getter", "constraint")
# Initializers that become an operation on the shape, or that are the default.
PLAIN_INITIALIZERS = frozenset(
    {
        "tf.zeros_initializer", "tf.initializers.zeros", "tf.ones_initializer", "tf.initializers.ones",
        "tf.constant_initializer", "tf.initializers.constant", "tf.random_normal_initializer",
        "tf.initializers.random_normal", "tf.truncated_normal_initializer", "tf.initializers.truncated_normal",
        "tf.random_uniform_initializer", "tf.initializers.random_uniform",
    }
)  # fmt: skip
_NAME_SCOPES = frozenset({"tf.name_scope", "tf.variable_scope"})


class Reuse(enum.Enum):
    """What a variable scope says about names that are taken."""

    NO = "new variables only"
    YES = "existing variables only"
    AUTO = "existing variables, or new ones"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Inherited:
    """An initializer that the variables of a scope take; ``names`` are what the names in it mean."""

    node: cst.BaseExpression
    names: Mapping[str, Binding]


@dataclass(eq=False)
class VariableScope:
    """One entered ``tf.variable_scope``: its name from the root (None when that is not known)."""

    name: str | None
    reuse: Reuse
    initializer: Inherited | None = None
    regularizer: tuple[cst.BaseExpression, Value] | None = None
    label: str | None = None  # the name in a helper function that holds the name of the scope, as its parameter does


def inherited(evaluator: EvaluatorBase, node: cst.BaseExpression) -> Inherited | None:
    """An initializer that can be written again for each variable: a name, or a plain one with literal arguments."""
    parts = [node]
    if isinstance(node, cst.Call):
        if evaluator.symbols.of(node.func) not in PLAIN_INITIALIZERS or any(item.star for item in node.args):
            return None
        parts = [item.value for item in node.args]
    names: dict[str, Binding] = {}
    for part in parts:
        bare = part.expression if isinstance(part, cst.UnaryOperation) else part
        found = evaluator.frame.find(bare.value) if isinstance(bare, cst.Name) else None
        if found is not None and isinstance(bare, cst.Name):
            names[bare.value] = found[0]
        elif not isinstance(bare, cst.Integer | cst.Float):
            return None
    return Inherited(node, names)


class Scopes:
    """The variable scopes and name scopes of a program."""

    def __init__(self) -> None:
        self.root = VariableScope("", Reuse.NO)
        self.scopes = [self.root]
        self.entered: dict[cst.Call, VariableScope] = {}  # calls of variable_scope
        self.roots: set[cst.CSTNode] = set()  # those that enter the outermost scope again
        self.dissolved: set[cst.CSTNode] = set()  # scopes that give no name to anything any more
        self.released: set[cst.CSTNode] = set()  # uses of scope objects that go
        self.scope_names: dict[cst.Attribute, str | None] = {}  # ``scope.name`` -> its expression, None if uncertain
        self.branches: list[cst.CSTNode] = []  # the branches, loops and comprehensions being interpreted
        self.paths: list[str | None] = [""]  # the name scopes that are entered
        self.taken: set[str] = set()  # paths of name scopes that were entered
        self.graphs: set[cst.CSTNode] = set()  # graphs that are entered explicitly
        self._counts: dict[int, ScopeCounts] = {}  # of each graph
        self._counted: list[tuple[ScopeCounts, str | None]] = []  # for the scopes that are entered

    def counts(self, graph: int) -> ScopeCounts:
        """How often the scopes of a graph were entered."""
        return self._counts.setdefault(graph, ScopeCounts())

    def scope(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """The value of ``tf.variable_scope(...)``."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
        outer = self.scopes[-1]
        for changed in _OF_SCOPES:
            if changed in arguments and not is_none(arguments[changed].value):
                message = f"a variable scope with {changed}= changes the variables made in it"
                evaluator.refuse("TF411", message, node, symbol)
        given = values.get("name_or_scope", host())
        base = given.payload if isinstance(given.payload, VariableScope) else outer
        initializer, regularizer = base.initializer, base.regularizer
        if "initializer" in arguments and not is_none(arguments["initializer"].value):
            initializer = inherited(evaluator, arguments["initializer"].value)
            if initializer is None:
                message = "the initializer of a variable scope has arguments that are not known in each place"
                evaluator.refuse("TF411", message, arguments["initializer"], symbol)
        if "regularizer" in arguments and not is_none(arguments["regularizer"].value):
            regularizer = (arguments["regularizer"].value, values["regularizer"])
        name: str | None
        reuse = self.read_reuse(evaluator, arguments.get("reuse"), values.get("reuse"))
        if isinstance(given.payload, VariableScope):
            name = given.payload.name
            reuse = given.payload.reuse if reuse is None else reuse
            if not name and not evaluator.frame.recorded:
                evaluator.refuse("TF411", "the outermost variable scope is entered again", node, symbol)
            elif not name:
                self.roots.add(node)
            self.released.add(arguments["name_or_scope"].value)
        else:
            text = given.constant
            name = join(outer.name, text) if isinstance(text, str) else None
            if reuse in (None, Reuse.NO):
                reuse = outer.reuse
            unnamed = "name_or_scope" not in arguments or is_none(arguments["name_or_scope"].value)
            if unnamed and "default_name" not in arguments:
                evaluator.refuse("TF411", "a variable scope without a name", node, symbol)
            elif unnamed:
                name = self._unique(evaluator, outer, values["default_name"].constant)
        written = arguments["name_or_scope"].value if "name_or_scope" in arguments else None
        label = written.value if isinstance(written, cst.Name) and name is not None and given.constant == name else None
        made = VariableScope(name, reuse or Reuse.NO, initializer, regularizer, label)
        known = self.entered.setdefault(node, VariableScope(name, made.reuse, initializer, regularizer))
        if known.name != name:
            known.name = None
        return Value(Kind.HOST, node, payload=made)

    def _unique(self, evaluator: GraphCalls, outer: VariableScope, label: object) -> str | None:
        """The name of a scope that has only a default name: TF1 numbers those that were entered before."""
        full = join(outer.name, label) if isinstance(label, str) else None
        counts = self.counts(evaluator.graph)
        if full is None or counts.unknown or self.branches:
            counts.unknown = True
            return None
        return counts.unique(full)

    def current(self, node: cst.Call) -> Value:
        """The value of ``tf.get_variable_scope()``."""
        return Value(Kind.HOST, node, payload=self.scopes[-1])

    def read_reuse(self, evaluator: GraphCalls, given: cst.Arg | None, value: Value | None) -> Reuse | None:
        """What ``reuse=`` says; None where it says nothing."""
        if given is None or value is None or is_none(given.value):
            return None
        if evaluator.symbols.of(given.value) == "tf.AUTO_REUSE" or value.name == "tf.AUTO_REUSE":
            return Reuse.AUTO
        if value.constant is None and value.kind is Kind.HOST and value.node is not None and is_none(value.node):
            return None
        return {True: Reuse.YES, False: Reuse.NO}.get(value.constant, Reuse.UNKNOWN)  # type: ignore[call-overload, no-any-return]

    def enter(self, evaluator: EvaluatorBase, values: list[Value]) -> tuple[int, int]:
        """Enter the scopes among the values of a ``with``; how many variable scopes and name scopes there were."""
        found = [value.payload for value in values if isinstance(value.payload, VariableScope)]
        self.scopes += found
        for scope in found:
            self._counted.append((self.counts(evaluator.graph), scope.name))
            if scope.name is not None:
                self.counts(evaluator.graph).entered(scope.name)
        self.graphs.update(value.node for value in values if value.kind is Kind.GRAPH and value.node is not None)
        paths = len(self.paths)
        for value in values:
            call = value.node
            if isinstance(call, cst.Call) and evaluator.symbols.of(call.func) in _NAME_SCOPES:
                given = evaluator.last_values.get(call.args[0].value) if call.args else None
                self._enter_path(given.constant if given is not None else None)
        return len(found), len(self.paths) - paths

    def _enter_path(self, name: object) -> None:
        """Enter a name scope; a name that was entered before, or is not plain, gets an unknown path."""
        plain = isinstance(name, str) and re.fullmatch(r"[\w.]+", name) is not None
        path = join(self.paths[-1], str(name)) if plain else None
        if path is not None and path.lower() in self.taken and not self.branches:
            path = None
        self.taken.update([path.lower()] if path is not None else [])
        self.paths.append(path)

    def leave(self, counts: tuple[int, int]) -> None:
        """Leave the innermost scopes."""
        del self.scopes[len(self.scopes) - counts[0] :]
        for _ in range(counts[0]):
            counted, name = self._counted.pop()
            if name is not None:
                counted.left(name)
        del self.paths[len(self.paths) - counts[1] :]

    def scope_method(self, evaluator: GraphCalls, node: cst.Call, scope: VariableScope, name: str) -> Value:
        """A method of a scope object."""
        if name != "reuse_variables" or evaluator.in_fetch:
            evaluator.refuse("TF411", f"the variable scope's {name}() has no counterpart", node)
            return unknown(node)
        evaluator.mark_gone(node)
        certain = evaluator.frame.recorded and all(
            isinstance(found.node, cst.With) for found in containers(evaluator.current)
        )
        scope.reuse = Reuse.YES if certain else Reuse.UNKNOWN
        assert isinstance(node.func, cst.Attribute)
        self.released.add(node.func.value)
        return host(node)

    def scope_attribute(self, evaluator: EvaluatorBase, node: cst.Attribute, scope: VariableScope) -> Value | None:
        """``scope.name``, which is a text; None for methods, and for a name that is not known."""
        if node.attr.value != "name":
            return None
        written = _written(evaluator, scope)
        if self.scope_names.setdefault(node, written) != written:
            message = "the variable scope has another name at each call; pass that name on instead"
            evaluator.refuse("TF411", message, node)
            written = None
        self.scope_names[node] = written
        if written is None:
            self.released.discard(node.value)
            return None
        self.released.add(node.value)
        return Value(Kind.HOST, node, constant=scope.name)


def _written(evaluator: EvaluatorBase, scope: VariableScope) -> str | None:
    """The name of a scope as an expression: the parameter of a helper function that holds it, or a literal."""
    held = evaluator.frame.names.get(scope.label) if scope.label is not None and not evaluator.frame.recorded else None
    if held is not None and held.value.constant == scope.name:
        return scope.label
    return repr(scope.name) if scope.name is not None else None
