"""The state of an interpretation: names and what they are bound to, and what a definition does by its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis import keras_records, roles
from codemods.analysis.called import UserCall
from codemods.analysis.feed_dicts import FeedDicts
from codemods.analysis.frames import Frame, is_builtin, literal
from codemods.analysis.graph_handles import GraphHandles
from codemods.analysis.graph_names import GraphNames
from codemods.analysis.graph_parameters import GraphParameters
from codemods.analysis.lookups import Lookups
from codemods.analysis.savers import METHODS, Savers
from codemods.analysis.state_model import StateModel
from codemods.analysis.statements import Binding, Scope, Site, Statement
from codemods.analysis.summaries import Summaries
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Value, Variable, host, unknown
from codemods.analysis.variable_scopes import VariableScope
from codemods.findings import Refusal

if TYPE_CHECKING:
    from codemods.analysis.moving_averages import MovingAverages


class Interpretation:
    """What is known so far, where the interpretation stands, and names; expressions are in the subclasses."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.module: cst.Module
        self.frame: Frame
        self.module_frame: Frame
        self.scope: Scope
        self.current: Statement | None = None  # the recorded statement being interpreted
        self.container: Statement | None = None
        self.order = 0
        self.graph = 0  # number of resets of the default graph so far
        self.in_fetch = False  # inside a fetch: what is built and read belongs to the run site
        self.in_initial = 0  # inside the arguments of a variable: evaluated once, when it is made
        self.statements: dict[cst.CSTNode, Statement] = {}
        self.site_records: dict[cst.CSTNode, Site] = {}
        self.refusals: dict[tuple[str, cst.CSTNode], Refusal] = {}
        self.definitions: dict[cst.CSTNode, tuple[cst.FunctionDef, Frame]] = {}
        self.interpreted: set[cst.CSTNode] = set()
        self.calling: list[cst.CSTNode] = []
        self.called_from: list[cst.Call] = []  # the calls of the program's functions that are followed
        self.notes: list[tuple[str, str, cst.CSTNode]] = []  # code, message and place
        self.default_sessions: list[Value] = []
        self.helper_line: cst.SimpleStatementLine | None = None  # being interpreted in a helper function
        self.helper_resets: dict[cst.SimpleStatementLine, None] = {}  # lines of helpers that reset the default graph
        self.keras = keras_records.Notes()
        self.last_values: dict[cst.CSTNode, Value] = {}
        self.varying: set[cst.CSTNode] = set()  # expressions that were not always the same literal
        self.constant: dict[cst.CSTNode, bool] = {}  # whether an expression was a feed or Python value each time
        self.initialized_values: dict[cst.Call, Value] = {}  # calls of variable.initialized_value()
        self.loads: list[cst.Call] = []  # calls of variable.load(value, session)
        self.homes: dict[cst.CSTNode, Statement | None] = {}  # the statement in which a lambda is written
        self.helper_reads: dict[cst.CSTNode, dict[str, list[Binding]]] = {}  # what a helper function reads from outside
        self.fetch_updates: dict[cst.CSTNode, list[Variable]] = {}  # variables that a fetch itself assigns, by run
        self.fetch_assigned: list[Variable] = []
        self.branch_results: dict[cst.CSTNode, Value] = {}  # what the functions given to tf.cond return
        self.averages: dict[cst.Call, MovingAverages] = {}
        self.fed: frozenset[cst.CSTNode] = frozenset()  # constant tensors that runs feed: they differ from run to run
        self.fed_constants: set[cst.CSTNode] = set()  # those that this interpretation found
        self.state = StateModel()
        self.graph_parameters = GraphParameters()
        self.graph_handles = GraphHandles()
        self.feed_dicts = FeedDicts()
        self.call_node: cst.Call | None = None  # of the user's function that is entered next
        self.savers = Savers()
        self.summaries = Summaries()
        self.graph_names = GraphNames()
        self.lookups = Lookups()
        self.user_calls: dict[cst.Call, UserCall] = {}  # of functions of the file, in the order of the program
        self.builder_classes: Mapping[cst.ClassDef, str] = {}  # with the method that computes
        self.makers: list[cst.Call] = []  # of the objects of builder classes that are being made
        self.object_calls: dict[cst.ClassDef, dict[cst.Call, None]] = {}  # calls of these objects
        self.keeps_dtypes: set[cst.ClassDef] = set()  # Keras classes that must not convert their inputs
        self.loop_scopes: dict[cst.For, VariableScope] = {}  # the variable scope in which a loop stood first
        self.several_callees: set[cst.Call] = set()  # calls that are not always of the same function
        self._runs: dict[cst.CSTNode, bool] = {}

    # Supplied by the subclasses.

    def call(self, node: cst.Call) -> Value:
        """The value of a call."""
        raise NotImplementedError(type(self).__name__)

    def block(self, body: Sequence[cst.CSTNode]) -> None:
        """Interpret statements."""
        raise NotImplementedError(type(self).__name__)

    def refuse(self, code: str, message: str, node: cst.CSTNode, symbol: str | None = None) -> None:
        """Note why the file cannot be rewritten."""
        raise NotImplementedError(type(self).__name__)

    def is_constant(self, node: cst.BaseExpression) -> bool:
        """Whether an expression surely has no gradient: whenever it was evaluated it was a feed or a Python value."""
        return self.constant.get(node, False)

    # Names

    def bind(self, name: str, value: Value) -> None:
        """Give ``name`` a value from here on."""
        frame = self.frame.module if name in self.frame.globals else self.frame
        statement = self.current if frame.scope is not None else None
        binding = Binding(name, value, frozenset({statement}))
        frame.names[name] = binding
        if statement is not None:
            statement.binds[name] = binding
        for leaf in [value]:
            if leaf.kind in (Kind.KERAS, Kind.LAYER):
                keras_records.named(leaf.payload, name)
            if leaf.kind in (Kind.VARIABLE, Kind.PLACEHOLDER, Kind.OPTIMIZER, Kind.SAVER) and leaf.payload is not None:
                if isinstance(leaf.payload, Variable):
                    leaf.payload.targets.append(name)
                elif getattr(leaf.payload, "target", "") is None:
                    leaf.payload.target = name  # type: ignore[attr-defined]  # these three have it

    def changed_in_place(self, node: cst.BaseExpression) -> None:
        """An object was changed: each name that it hangs on has a new version, which builds on the old one."""
        while isinstance(node, (cst.Subscript, cst.Attribute)):
            node = node.value
        found = self.frame.find(node.value) if isinstance(node, cst.Name) else None
        if found is None or self.current is None:
            return
        binding = found[0]
        shared = [(binding.name, binding, found[1])]
        if binding.value.constant is None:
            origin_of = _origin(binding.value)
            shared += [
                (name, other, frame)
                for frame in self.frame.everywhere()
                for name, other in frame.names.items()
                if other is not binding and _origin(other.value) is origin_of
            ]
        for name, known, frame in shared:
            if frame.scope is not None:
                self.current.rebinds.add(name)
                frame.names[name] = self.current.binds[name] = Binding(name, known.value, frozenset({self.current}))

    def name(self, node: cst.Name) -> Value:
        """The value of a name, noted as used by the current statement."""
        found = self.frame.find(node.value)
        if found is None:
            if self.symbols.of(node) is not None:
                return Value(Kind.TF, node, name=self.symbols.of(node))
            return (
                host(node, literal(node))
                if is_builtin(node.value) or node.value in ("True", "False", "None")
                else unknown(node)
            )
        binding, frame = found
        if self.current is not None and frame.scope is not None and not self.in_fetch:
            inlined = not self.frame.recorded
            uses = self.current.callee_uses if inlined else self.current.uses
            if not any(binding.same(other) for other in uses.setdefault(node.value, [])):
                uses[node.value].append(binding)
            for helper in self.calling if inlined else ():
                if isinstance(helper, cst.FunctionDef):
                    reads = self.helper_reads.setdefault(helper, {}).setdefault(node.value, [])
                    if not any(binding.same(other) for other in reads):
                        reads.append(binding)
        symbol = self.symbols.of(node)
        if symbol is not None and binding.value.kind in (Kind.TF, Kind.UNKNOWN, Kind.HOST):
            return Value(Kind.TF, node, name=symbol)
        return binding.value

    # What a definition does, by a look at its text: whether it has to be recorded or refused.

    def names_tensorflow(self, node: cst.Import | cst.ImportFrom) -> bool:
        """Whether an import brings TensorFlow or Keras names."""
        module: cst.BaseExpression | None = node.names[0].name if isinstance(node, cst.Import) else node.module
        while isinstance(module, cst.Attribute):
            module = module.value
        return isinstance(module, cst.Name) and module.value in ("tensorflow", "keras", "tf_keras")

    def runs_graph(self, node: cst.CSTNode) -> bool:
        """Whether a definition holds something that may be a run site or a session."""
        if node not in self._runs:
            self._runs[node] = any(self._may_run(child) for child in tree.walk(node))
        return self._runs[node]

    def _may_run(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Call):
            return False
        symbol = self.symbols.of(node.func)
        if symbol is not None:
            return roles.role(symbol) == roles.SESSION
        if not isinstance(node.func, cst.Attribute):
            return False
        name = node.func.attr.value
        return name in ("run", "eval", "partial_run") or (name in METHODS and self.savers.exist(self.symbols))

    def builds_graph(self, node: cst.CSTNode) -> bool:
        """Whether a definition makes placeholders, variables or anything else that needs a model of state."""
        stateful = {roles.PLACEHOLDER, roles.VARIABLE, roles.OPTIMIZER, roles.LATER, roles.SESSION, roles.GRAPH}
        for child in tree.walk(node):
            if isinstance(child, cst.Call):
                symbol = self.symbols.of(child.func)
                if symbol is not None and symbol.startswith("tf.") and roles.role(symbol) in stateful:
                    return True
        return False


def _origin(value: Value) -> Value:
    """The object that a value is, or is a view of."""
    while value.kind in (Kind.HOST, Kind.UNKNOWN) and isinstance(value.payload, Value):
        value = value.payload
    return value
