"""The staging analysis: an abstract interpretation of a TF1 program in execution order.

It gives every statement a role (what it builds, and whether that is graph, state or plain Python), every name its
bindings, and every run site what it fetches and feeds. Nothing is executed; Python control flow is joined, and a loop
body is interpreted twice so that what one iteration leaves is known in the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis import batch_norm, emitted_layers, keras_runs, stateful
from codemods.analysis.compound_statements import CompoundStatements
from codemods.analysis.frames import Frame
from codemods.analysis.statements import Role, Scope, Site, Statement
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Value, is_input
from codemods.findings import Refusal


class Staging(CompoundStatements):
    """The analysis of one module; the records are in ``statements``, ``sites`` and ``refusals`` afterwards."""

    def __init__(
        self,
        module: cst.Module,
        symbols: Symbols,
        functional: bool = False,
        classes: Mapping[cst.ClassDef, str] | None = None,
        fed: frozenset[cst.CSTNode] = frozenset(),
    ) -> None:
        super().__init__(module, symbols)
        self.fed = fed
        self.builder_classes = classes or {}
        self.keras.functional = functional
        self.module = module
        self.scope = Scope(module)
        self.frame = Frame(self.scope, None)
        self.module_frame = self.frame
        self.block(module.body)
        self.lookups.closed = True
        for definition, frame in list(self.definitions.values()):
            if definition not in self.interpreted:
                self.interpret_alone(definition, frame)
        for definition, message in self.graph_parameters.check(module):
            self.refuse("TF229", message, definition)
        self.names_of_inputs()
        self.containers_into_functions()
        self.helpers_into_functions()
        stateful.check(self)
        for statement in self.statements.values():
            if statement.role in (Role.GRAPH, Role.TRAIN):
                statement.keras = list(keras_runs.uses(self.last_values, statement.node))
        self.ordered: list[Statement] = sorted(self.statements.values(), key=lambda statement: statement.order)
        emitted_layers.check(self)
        self.sites: list[Site] = sorted(self.site_records.values(), key=lambda site: site.order)

    def names_of_inputs(self) -> None:
        """``net = x`` only gives another name to what has become a ``keras.Input``: it stays where it is."""
        for statement in self.statements.values():
            if statement.role is Role.GRAPH and not statement.graph_nodes and not statement.collapsed:
                leaves = [leaf for binding in statement.binds.values() for leaf in binding.value.leaves()]
                if all(is_input(leaf) for leaf in leaves if leaf.any_dynamic()):
                    statement.role = Role.HOST

    def containers_into_functions(self) -> None:
        """A list that graph code fills, or a number that it adds to, is graph code: each function starts its own."""
        for statement in list(self.statements.values()):
            carried = statement.rebinds | (set(statement.binds) if statement.collapsed else set())
            for name in carried if statement.role is Role.GRAPH else ():
                for binding in statement.uses.get(name, ()):
                    for source in binding.sources:
                        if source is not None and source.role is Role.HOST and _starts(source):
                            source.role = Role.GRAPH

    def helpers_into_functions(self) -> None:
        """A helper function that reads graph tensors from around it is itself graph code, and moves with its users."""
        moved = True
        keys = {feed.key for site in self.site_records.values() for feed in site.keys}
        while moved:
            moved = False
            for definition, reads in self.helper_reads.items():
                statement = self.statements.get(definition)
                if statement is None or statement.role is not Role.HOST:
                    continue
                needed = [found for name, found in reads.items() if not _only_feeds(definition, name, keys)]
                sources = {source for found in needed for binding in found for source in binding.sources}
                if any(source is not None and source.role in _MOVING for source in sources):
                    statement.role = Role.GRAPH
                    statement.uses |= reads
                    moved = True

    def interpret_alone(self, definition: cst.FunctionDef, frame: Frame) -> None:
        """Interpret a function that nothing here calls, with parameters about which nothing is known."""
        if not self.runs_graph(definition):
            return
        previous = self.frame, self.current
        self.frame = frame
        try:
            self.call_definition(definition, frame, [], {}, known=False)
        finally:
            self.frame, self.current = previous

    # Statements

    def block(self, body: Sequence[cst.CSTNode]) -> None:
        """Interpret statements in order."""
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                self.simple_line(node)
            elif isinstance(node, cst.BaseSuite):
                self.block(node.body)
            elif isinstance(node, cst.BaseCompoundStatement):
                self.compound(node)
            elif isinstance(node, cst.BaseSmallStatement):
                self.small(node)

    def simple_line(self, node: cst.SimpleStatementLine) -> None:
        statement = self.record(node)
        if statement is None:
            self.helper_line = node
            for small in node.body:
                self.small(small)
            return
        self.current = statement
        for small in node.body:
            self.small(small)
        statement.role = self.role_of(statement)
        batch_norm.note(self, statement)
        self.current = self.container

    def role_of(self, statement: Statement) -> Role:
        """The role of a simple statement, from what evaluating it did."""
        if statement.sites:
            return Role.RUN
        if statement.placeholders and not statement.graph_nodes:
            return Role.PLACEHOLDER
        if statement.trainings:
            return Role.TRAIN
        bound = [binding.value for binding in statement.binds.values()]
        initial = self.only_initial(statement, bound)
        if statement.graph_nodes and (statement.variables or statement.optimizers) and not initial:
            self.refuse("TF401", "it makes variables and computes tensors in one step", statement.node)
        made = bool(statement.variables or statement.optimizers)
        dynamic = any(value.any_dynamic() for value in bound if value.kind is not Kind.VARIABLE)
        if (statement.graph_nodes or dynamic) and not made and self.only_graph(statement, bound):
            return Role.GRAPH
        if made:
            return Role.STATE
        if any(leaf.kind is Kind.SCHEDULE for value in bound for leaf in value.leaves()):
            for name in (name for schedule in statement.schedules for name in schedule.step_uses):
                statement.uses.pop(name, None)  # the counter is given where the rate is used
            return Role.STATE
        if statement.gone:
            return Role.GONE
        return Role.HOST

    def only_initial(self, statement: Statement, bound: list[Value]) -> bool:
        """Whether all that a statement computes are numbers that its helper functions draw for initial values."""
        left = (leaf for value in bound for leaf in value.leaves() if leaf.kind is not Kind.VARIABLE)
        return (
            not (statement.optimizers or statement.updates)
            and all(node in self.last_values and self.last_values[node].drawn for node in statement.graph_nodes)
            and not any(leaf.dynamic for leaf in left)
        )

    def only_graph(self, statement: Statement, bound: list[Value]) -> bool:
        """Whether the dynamic values that the statement binds were made from it, not merely named again."""
        return bool(statement.graph_nodes) or any(
            leaf.dynamic and leaf.kind not in (Kind.VARIABLE, Kind.FUNCTION)
            for value in bound
            for leaf in value.leaves()
        )

    def refuse(self, code: str, message: str, node: cst.CSTNode, symbol: str | None = None) -> None:
        """Note a reason why the file cannot be rewritten; the analysis goes on, to find the others."""
        self.refusals.setdefault((code, node), Refusal(code, message, node, symbol))


def _starts(statement: Statement) -> bool:
    """Whether a statement only binds one name to what is written there: a list, dict, number or constant tensor."""
    body = statement.node.body if isinstance(statement.node, cst.SimpleStatementLine) else ()
    if len(body) != 1 or not isinstance(body[0], cst.Assign) or len(body[0].targets) != 1:
        return False
    if statement.variables or statement.placeholders or statement.sites:
        return False
    constant = [item.value.kind for item in statement.binds.values()] == [Kind.TENSOR]  # tf.zeros(...), to add to
    return constant or isinstance(body[0].value, (cst.List, cst.Dict, cst.Integer, cst.Float, cst.Name))


def _only_feeds(definition: cst.CSTNode, name: str, keys: set[cst.BaseExpression]) -> bool:
    """Whether a helper function has a placeholder only as the key of a feed dict, which becomes a string."""
    nodes = [node for node in tree.walk(definition) if isinstance(node, cst.Name) and node.value == name]
    return all(node in keys for node in nodes)


_MOVING = (Role.GRAPH, Role.TRAIN, Role.PLACEHOLDER)
