"""Savers: which variables and optimizers each ``tf.train.Saver`` covers, and where it saves and restores.

A saver without a list covers what the graph holds when the saver is made: the variables made so far and, once a train
op was made, the slots of its optimizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import layer_lists
from codemods.analysis.saver_items import Item, find, renamed
from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Kind, Optimizer, Schedule, Training, Value, Variable, host, unknown
from codemods.analysis.variable_lists import LISTS
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.symbols import Symbols

SAVE, RESTORE, LAST = "save", "restore", "last_checkpoints"
METHODS = (SAVE, RESTORE)
LOOKUPS = frozenset({"tf.train.latest_checkpoint", "tf.train.get_checkpoint_state"})
READERS = frozenset(
    {f"tf.train.{name}" for name in ("NewCheckpointReader", "load_checkpoint", "load_variable", "list_variables")}
)
SYMBOLS = frozenset({"tf.train.Saver"})
_PARAMETERS = {
    SAVE: (
        "sess", "save_path", "global_step", "latest_filename", "meta_graph_suffix", "write_meta_graph", "write_state",
        "strip_default_attrs", "save_debug_info",
    ),
    RESTORE: ("sess", "save_path"),
}  # fmt: skip
# Calls whose objects hold variables that no record here knows of.
_MAKERS = ("tf.train.ExponentialMovingAverage", "tf.nn.rnn_cell.", "tf.contrib.", "tf.make_template")
_HARMLESS = re.compile(
    r"tf\.contrib\.(\w+\.)*(\w*_?initializer\w*|\w*regularizer|flatten|opt\.\w+|eager\.\w+|framework\.nest\.\w+)$"
)


@dataclass(eq=False)
class Saver:
    """One ``tf.train.Saver(...)`` call."""

    statement: Statement
    call: cst.Call
    arguments: dict[str, cst.Arg]
    graph: int
    items: list[Item]
    optimizers: list[Optimizer]
    names: dict[str, Binding]
    everything: bool  # made without a list
    trained: dict[Optimizer, list[Variable]] = field(default_factory=dict)  # for whose slots there is room
    target: str | None = None

    @property
    def variables(self) -> list[Variable]:
        """The variables it covers, in order."""
        return [variable for item in self.items for _, variable in item.variables]


@dataclass(eq=False)
class Use:
    """One call of ``saver.save(...)`` or ``saver.restore(...)``, or one look at ``saver.last_checkpoints``."""

    saver: Saver
    node: cst.Call | cst.Attribute
    method: str
    arguments: dict[str, cst.Arg]
    statement: Statement
    session: Value | None
    names: dict[str, Binding]
    order: int


class Savers:
    """The savers of a program."""

    def __init__(self) -> None:
        self.made: dict[cst.Call, Saver] = {}
        self.uses: dict[cst.CSTNode, Use] = {}
        self.resets: list[int] = []  # when the default graph was reset
        self.dicts: set[cst.CSTNode] = set()  # expressions for dicts of variables by their names
        self.listing = False  # the list of a saver is being evaluated
        self._exist: bool | None = None

    def call(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """The value of ``tf.train.Saver(...)``."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        given = arguments.get("var_list")
        everything = given is None or is_none(given.value) or self._is_everything(evaluator, given.value)
        for name, argument in arguments.items():
            if name != "var_list":
                evaluator.value(argument.value)
            elif not everything:
                outer, evaluator.in_fetch = evaluator.in_fetch, True  # the list goes, its variables are written out
                self.listing = not outer
                evaluator.value(argument.value)
                evaluator.in_fetch, self.listing = outer, False
        problem = self._problem(evaluator)
        if problem is not None or evaluator.current is None:
            evaluator.refuse("TF430", f"a saver {problem}", node, symbol)
            return unknown(node)
        optimizers = self._optimizers(evaluator) if everything else []
        if everything:
            items = self._all(evaluator, node)
        else:
            assert given is not None
            items = self._listed(evaluator, given.value)
        made = Saver(
            evaluator.current, node, arguments, evaluator.graph, items, optimizers, evaluator.frame.visible(),
            everything,
        )  # fmt: skip
        for optimizer in optimizers:
            made.trained[optimizer] = _trained(evaluator, optimizer, made.variables)
        known = self.made.setdefault(node, made)
        if _covered(known) != _covered(made):
            evaluator.refuse("TF430", "a saver that covers other variables from call to call", node, symbol)
        made.target = known.target
        vars(known).update(vars(made))  # what the latest visit knows, in the object that names stand for
        return Value(Kind.SAVER, node, payload=known)

    def _problem(self, evaluator: GraphCalls) -> str | None:
        """Why nothing can be said about a saver made here."""
        if evaluator.in_fetch or not evaluator.frame.recorded or evaluator.frame.comprehension:
            return "is made inside a helper function or a run site"
        if any(isinstance(item, (cst.For, cst.While)) for item in evaluator.state.branches):
            return "is made in a loop"
        if len(evaluator.state.graphs) > 1:
            return "is made in a program with several graphs"
        return None

    def _is_everything(self, evaluator: GraphCalls, node: cst.BaseExpression) -> bool:
        """Whether ``var_list`` is a call that lists all variables."""
        if not isinstance(node, cst.Call) or node.args:
            return False
        symbol = evaluator.symbols.of(node.func) or ""
        return LISTS.get(symbol) == "variables"

    def _optimizers(self, evaluator: GraphCalls) -> list[Optimizer]:
        """The optimizers of this graph that have made a train op, and keep something from step to step."""
        found: dict[Optimizer, None] = {}
        for statement in evaluator.statements.values():
            for training in statement.trainings:
                if self._graph_of(training.statement) == evaluator.graph and has_state(training.optimizer):
                    found[training.optimizer] = None
        return sorted(found, key=lambda item: item.statement.order)

    def _graph_of(self, statement: Statement) -> int:
        return self.graph_at(statement.order)

    def graph_at(self, order: int) -> int:
        """The number of resets of the default graph before something of that order."""
        return sum(reset < order for reset in self.resets)

    def _all(self, evaluator: GraphCalls, node: cst.Call) -> list[Item]:
        """What a saver without a list covers."""
        if layer_lists.problem(evaluator) is not None:
            evaluator.refuse("TF431", "it is not known which variables layers have made", node)
            return []
        for use in evaluator.symbols.tf_uses():
            if use.name.startswith(_MAKERS) and not _HARMLESS.match(use.name):
                evaluator.refuse("TF431", f"{use.name} may make variables of its own", node)
                return []
        variables = [item for item in evaluator.state.listed(evaluator.graph) if item.metric is None]
        if not variables:
            evaluator.refuse("TF431", "no variable is known to exist here", node)
        return find(evaluator, node, variables)

    def _listed(self, evaluator: GraphCalls, given: cst.BaseExpression) -> list[Item]:
        """What the ``var_list`` of a saver names."""
        value = evaluator.last_values[given]
        if value.kind is Kind.MAPPING and value.fields and value.element is None:
            pairs = [(key, part.payload) for key, part in value.fields.items()]
            if all(isinstance(key, str) and isinstance(item, Variable) for key, item in pairs):
                found = {str(key): item for key, item in pairs if isinstance(item, Variable)}
                own = all(evaluator.state.full_names.get(item) == key for key, item in found.items())
                if own and isinstance(value.node, (cst.DictComp, cst.Call)):  # the names that a list would give
                    return find(evaluator, given, list(found.values()))
                return self._given(evaluator, given, found)
        elif value.kind is Kind.SEQUENCE and value.items:
            variables = [item.payload for item in value.items]
            if all(isinstance(item, Variable) for item in variables):
                return find(evaluator, given, [item for item in variables if isinstance(item, Variable)])
        evaluator.refuse("TF431", "the list of variables is not written as a list or dict of them", given)
        return []

    def _given(self, evaluator: GraphCalls, given: cst.BaseExpression, pairs: Mapping[str, Variable]) -> list[Item]:
        items = []
        for key, variable in pairs.items():
            found = renamed(evaluator, key, variable)
            if found is None:
                evaluator.refuse("TF431", f"no name holds the variable {key!r} here", given)
                return []
            items.append(found)
        return items

    # Uses

    def method(self, evaluator: GraphCalls, node: cst.Call, saver: Saver, name: str) -> Value:
        """A method of a saver."""
        if name not in METHODS:
            for argument in node.args:
                evaluator.value(argument.value)
            evaluator.refuse("TF433", f"the saver's {name}() has no counterpart", node)
            return unknown(node)
        arguments: dict[str, cst.Arg] = {}
        for position, argument in enumerate(node.args):
            if argument.star or (argument.keyword is None and position >= len(_PARAMETERS[name])):
                evaluator.refuse("TF433", f"starred or unknown arguments of {name}()", node)
                return unknown(node)
            key = argument.keyword.value if argument.keyword is not None else _PARAMETERS[name][position]
            arguments[key] = argument
        session: Value | None = None
        for key, argument in arguments.items():
            outer, evaluator.in_fetch = evaluator.in_fetch, key == "sess"  # the session goes with the call
            value = evaluator.value(argument.value)
            evaluator.in_fetch = outer
            if key == "sess":
                session = value
            elif value.symbolic and not (key == "global_step" and value.kind is Kind.VARIABLE):
                evaluator.refuse("TF433", f"{name}() is given a tensor as {key}", node)
        if session is None or "save_path" not in arguments:
            evaluator.refuse("TF433", f"{name}() without a session or a path", node)
        elif session.kind is not Kind.SESSION:
            evaluator.refuse("TF430", "it is not known which session the saver is given", node)
        if evaluator.current is None or not evaluator.frame.recorded or evaluator.in_fetch:
            evaluator.refuse("TF430", "a saver is used inside a helper function", node)
            return unknown(node)
        evaluator.order += 1
        self.uses[node] = Use(
            saver, node, name, arguments, evaluator.current, session, evaluator.frame.visible(), evaluator.order
        )
        return host(node)

    def attribute(self, evaluator: EvaluatorBase, node: cst.Attribute, saver: Saver) -> Value | None:
        """An attribute of a saver; None for its methods."""
        if node.attr.value != LAST:
            return None
        if evaluator.current is None or not evaluator.frame.recorded:
            evaluator.refuse("TF430", "a saver is used inside a helper function", node)
            return unknown(node)
        evaluator.order += 1
        names = evaluator.frame.visible()
        self.uses[node] = Use(saver, node, LAST, {}, evaluator.current, None, names, evaluator.order)
        return host(node)

    def exist(self, symbols: Symbols) -> bool:
        """Whether the program makes savers, so that a call of ``save`` or ``restore`` may be one of theirs."""
        if self._exist is None:
            self._exist = any(use.name == "tf.train.Saver" for use in symbols.tf_uses())
        return self._exist

    # Afterwards

    def restores(self) -> Iterator[Use]:
        """The places that restore, in order."""
        yield from sorted((use for use in self.uses.values() if use.method == RESTORE), key=lambda use: use.order)


def _covered(saver: Saver) -> tuple[list[str], list[cst.Call]]:
    """What a saver covers, to be compared from visit to visit."""
    return [item.text for item in saver.items], [optimizer.call for optimizer in saver.optimizers]


def has_state(optimizer: Optimizer) -> bool:
    """Whether an optimizer keeps something from step to step: slots, or the count that drives its rate."""
    return "GradientDescent" not in optimizer.symbol or isinstance(optimizer.learning_rate.payload, Schedule)


def _trained(evaluator: GraphCalls, optimizer: Optimizer, variables: list[Variable]) -> list[Variable]:
    """The variables that an optimizer may update: those of its ``var_list``, or all that are trainable."""
    chosen: set[Variable] = set()
    uses: list[Training] = optimizer.uses
    for training in uses:
        value = evaluator.last_values.get(training.variables) if training.variables is not None else None
        leaves = value.leaves() if value is not None else []
        listed = {leaf.payload for leaf in leaves if isinstance(leaf.payload, Variable)}
        if leaves and len(listed) == len(leaves):
            chosen.update(listed)
        else:
            chosen.update(variable for variable in variables if variable.trainable is not False)
    return [variable for variable in variables if variable in chosen]
