"""The names that TF1 gave to the scopes and operations of a graph, as far as summaries and lookups by name need them.

TF1 made every name of a graph unique, upper and lower case alike, and a summary's tag is such a name: ``loss`` becomes
``loss_1`` where an operation or a scope is called ``Loss`` already. The model counts what takes which name, and answers
None where that is not certain. What surely has a name is kept under it (``GraphNames.operation``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import named_calls, operation_names, roles
from codemods.analysis.names_of_graphs import NamesOfGraph, Unsure, base
from codemods.analysis.values import Kind, Optimizer, Value, Variable
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.frames import Frame

_WITHOUT_NAMES = (
    roles.SESSION, roles.GRAPH, roles.RESET, roles.CONFIG, roles.SCOPE, roles.VARIABLE_SCOPE, roles.CURRENT_SCOPE,
    roles.VARIABLES, roles.DEPENDENCIES, roles.HOST, roles.SUMMARY,
)  # fmt: skip
_OF_OPTIMIZERS = frozenset({"gradients", "beta1_power", "beta2_power"})
_ANY = re.compile(".*")
_ILLEGAL = re.compile(r"[^-/\w\.]")


def clean(text: str) -> str:
    """A tag as TF1 cleaned it: other characters than letters, digits, ``- / . _`` are ``_``, no ``/`` in front."""
    return _ILLEGAL.sub("_", text).lstrip("/")


class GraphNames:
    """The scopes that are open, and the names taken so far."""

    def __init__(self) -> None:
        self._graphs: dict[object, NamesOfGraph] = {}
        self._stack: list[tuple[object, str | None]] = []  # open graphs and name scopes, innermost last
        self._texts: list[str | None] = []  # the same scopes as they are written
        self._known: dict[tuple[cst.CSTNode, Frame], str | None] = {}
        self._variables: set[cst.Call] = set()  # calls that made one: a second visit finds the name that it has taken
        self._perhaps = 0

    # What the evaluator tells

    def enter(self, evaluator: EvaluatorBase, items: Sequence[cst.WithItem]) -> int:
        """A ``with`` opens graphs and name scopes; give the result to ``leave``."""
        before = len(self._stack)
        for item in items:
            node = item.item
            value = evaluator.last_values.get(node)
            if value is None:
                continue
            graph = self._graph_of(evaluator, node, value.kind)
            if graph is not None:
                self._stack.append((graph, ""))
                self._texts.append("")
                continue
            opened = self._scope(evaluator, node)
            if opened is not False:
                assert not isinstance(opened, bool)
                self._stack.append((self._current(evaluator), opened))
                self._texts.append(self._scope_text(evaluator, node))
        return len(self._stack) - before

    def leave(self, count: int) -> None:
        """The ``with`` is over."""
        del self._stack[len(self._stack) - count :]
        del self._texts[len(self._texts) - count :]

    def call(self, evaluator: EvaluatorBase, node: cst.Call, symbol: str, result: Value) -> None:
        """A TensorFlow function was called and gave ``result``: it may have taken names."""
        if roles.role(symbol) in _WITHOUT_NAMES or node in evaluator.state.shared:
            return
        if (node, evaluator.frame) in self._known:
            return
        entry = tables.lookup(symbol)
        if symbol.endswith("Optimizer"):  # the slots of variables have names inside of those of the variables
            self._maybe(evaluator, node, None, _OF_OPTIMIZERS, None)
            self._names(evaluator).slots = True
            return
        if roles.role(symbol) is roles.LATER:
            self.disturb(evaluator)
        if entry is not None and entry.kind not in ("function", "class"):
            return
        given = named_calls.name_argument(node, entry.parameters if entry is not None else ())
        prefix = self._prefix(evaluator)
        if symbol == "tf.get_variable" or (given is not None and symbol == "tf.variable_scope"):
            scope = evaluator.state.scopes[-1].name
            prefix = None if scope is None else f"{scope}/" if scope else ""
        if given is not None:
            text = evaluator.value(given).constant
            if isinstance(text, str) and text and not text.endswith("/"):
                sure = prefix is not None and not self._names(evaluator).contested(prefix, text)
                found = self._take(evaluator, node, prefix, text, aside=True)
                self._variable(evaluator, node, result, found, sure)
                self._note(evaluator, found, result, operation_names.is_result(symbol, given=True))
                self._layer(evaluator, node, symbol, found, result)
            else:
                self._maybe(evaluator, node, prefix, frozenset(), named_calls.pattern(given))
            return
        name = operation_names.DEFAULTS.get(symbol)
        if name is not None and not (symbol == "tf.nn.softmax" and len(node.args) > 1):
            found = self._take(evaluator, node, prefix, name, aside=True)
            self._note(evaluator, found, result, operation_names.is_result(symbol, given=False))
            return
        last = symbol.rpartition(".")[2]
        own = frozenset({last.lower(), last.lower().replace("_", ""), f"{last.lower()}_loss"})
        if symbol == "tf.Variable":
            own = frozenset({"variable"})
        elif symbol.startswith("tf.train.") and "global_step" in symbol:
            own = frozenset({"global_step"})
        elif symbol in operation_names.SCOPES:
            own |= {operation_names.SCOPES[symbol]}
        layer = node in evaluator.keras.made
        self._maybe(evaluator, node, prefix, own, None, other=not layer, layer=layer)
        self._layer(evaluator, node, symbol, None, result)

    def operator(self, evaluator: EvaluatorBase, node: cst.CSTNode, result: Value) -> None:
        """Arithmetic on tensors: an operation, named after the operator."""
        symbol = getattr(node, "operator", None)
        name = operation_names.OPERATORS.get(type(symbol)) if symbol is not None else None
        if name is not None:
            found = self._take(evaluator, node, self._prefix(evaluator), name, aside=True)
            self._note(evaluator, found, result, True)
        else:
            self._maybe(evaluator, node, self._prefix(evaluator), frozenset(), None, other=True)

    def method(self, evaluator: EvaluatorBase, node: cst.Call) -> None:
        """A method of a graph object was called: what it makes is called after an operation, or as it is told."""
        given = named_calls.name_argument(node, ())
        pattern = named_calls.pattern(given) if given is not None else None
        own = frozenset({"exponentialmovingaverage"})
        self._maybe(evaluator, node, self._prefix(evaluator), own, pattern, other=True)

    def trained(self, evaluator: EvaluatorBase, node: cst.Call, optimizer: Optimizer, result: Value) -> None:
        """``minimize`` or ``apply_gradients`` made a train operation."""
        given, own = named_calls.name_argument(node, ()), optimizer.arguments.get("name")
        if given is None and own is not None and not is_none(own.value):
            given = own.value
        default = operation_names.OPTIMIZERS.get(optimizer.symbol)
        text = evaluator.value(given).constant if given is not None else default
        if isinstance(text, str) and text and not text.endswith("/"):
            found = self._take(evaluator, node, self._prefix(evaluator), text, aside=True)
            self._note(evaluator, found, result, not any(item.star for item in node.args) and len(node.args) < 3)
        else:
            self._maybe(evaluator, node, None, frozenset(), _ANY)

    def foreign(self, evaluator: EvaluatorBase, node: cst.Call, arguments: Sequence[Value]) -> None:
        """Code is called that the analysis does not follow: it may build graph, or call what does."""
        leaves = [leaf for value in arguments for leaf in value.leaves()]
        functions = [
            leaf.payload[0] for leaf in leaves if isinstance(leaf.payload, tuple) and leaf.kind is Kind.FUNCTION
        ]
        known = named_calls.builds_nothing(evaluator, node)
        if not known or any(named_calls.builds(evaluator.symbols, function) for function in functions):
            self.disturb(evaluator)

    def begin(self, graph: cst.Call) -> None:
        """A new graph is made, in which no name is taken."""
        self._graphs.pop(graph, None)

    def disturb(self, evaluator: EvaluatorBase) -> None:
        """Something happens that may take any name."""
        self._names(evaluator).unsure[Unsure(None, frozenset(), _ANY)] = None

    @contextmanager
    def elsewhere(self, evaluator: EvaluatorBase) -> Iterator[None]:
        """A function is interpreted whose operations get names that are not known."""
        self._stack.append((self._current(evaluator), None))
        self._texts.append(None)
        yield
        self.leave(1)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Expressions are interpreted of which TensorFlow may have seen none."""
        self._perhaps += 1
        yield
        self._perhaps -= 1

    # What lookups by name ask

    def operation(self, graph: object, name: str) -> Value | None:
        """What the operation ``name`` of a graph surely is: the result of the call that made it."""
        return self._graphs[graph].made.get(name) if graph in self._graphs else None

    # What summaries ask

    @property
    def inside(self) -> bool:
        """Whether a name scope is open."""
        return any(name != "" for _, name in self._stack)

    def graph(self, evaluator: EvaluatorBase) -> object:
        """The graph that operations are added to."""
        return self._current(evaluator)

    def tag(self, evaluator: EvaluatorBase, node: cst.Call, name: str, family: str | None) -> str | None:
        """The tag that TF1 gives a summary called ``name`` here; None where that is not certain."""
        name, family = clean(name), clean(family) if family else None
        found = self._named(evaluator, node, name if family is None else f"{family}/{name}")
        return found if found is None or family is None else f"{family}/{found}"

    def written(self, name: str) -> str | None:
        """What the source calls something named ``name`` here: the open scopes in front, nothing made unique."""
        around = self._texts[-1] if self._texts else ""
        return None if around is None else f"{around}{name}"

    # Inside

    def _scope_text(self, evaluator: EvaluatorBase, node: cst.BaseExpression) -> str | None:
        """The scopes that are open in a ``with`` of ``node``, as they are written."""
        around = self._texts[-1] if self._texts else ""
        first = node.args[0].value if isinstance(node, cst.Call) and node.args else None
        text = evaluator.last_values[first].constant if first in evaluator.last_values else None
        if around is None or not isinstance(text, str) or text.endswith("/"):
            return None
        return f"{around}{text}/" if text else ""

    def _current(self, evaluator: EvaluatorBase) -> object:
        return self._stack[-1][0] if self._stack else evaluator.graph

    def name_of(self, evaluator: EvaluatorBase, found: Value | Variable) -> str | None:
        """The name that a variable, or what a call made, surely has in the current graph."""
        for name, value in self._names(evaluator).made.items():
            if value is found or (isinstance(found, Variable) and value.payload is found):
                return name
        return None

    def _names(self, evaluator: EvaluatorBase) -> NamesOfGraph:
        return self._graphs.setdefault(self._current(evaluator), NamesOfGraph())

    def _prefix(self, evaluator: EvaluatorBase) -> str | None:
        """The open scope with a slash at its end; None where it is not known."""
        return self._stack[-1][1] if self._stack else ""

    def _graph_of(self, evaluator: EvaluatorBase, node: cst.BaseExpression, kind: Kind) -> object | None:
        """The graph that a ``with graph.as_default()`` or ``with tf.Session(graph=graph)`` makes the current one."""
        if not isinstance(node, cst.Call) or kind not in (Kind.GRAPH, Kind.SESSION):
            return None
        owner: cst.BaseExpression | None = None
        if kind is Kind.GRAPH and isinstance(node.func, cst.Attribute) and node.func.attr.value == "as_default":
            owner = node.func.value
        if kind is Kind.SESSION:
            owner = next((item.value for item in node.args if item.keyword and item.keyword.value == "graph"), None)
        value = evaluator.last_values.get(owner) if owner is not None else None
        made = value.node if value is not None and value.kind is Kind.GRAPH else None
        if isinstance(made, cst.Call) and evaluator.symbols.of(made.func) == "tf.Graph":
            return made
        return None

    def _scope(self, evaluator: EvaluatorBase, node: cst.BaseExpression) -> str | bool | None:
        """The scope that a ``with`` item opens, with a slash at its end; None: not known; False: it opens none."""
        if not isinstance(node, cst.Call):
            value = evaluator.last_values[node]
            return None if value.kind in (Kind.UNKNOWN, Kind.HOST) else False
        symbol = evaluator.symbols.of(node.func)
        if symbol not in ("tf.name_scope", "tf.variable_scope", "tf.op_scope", "tf.variable_op_scope"):
            callee = evaluator.last_values.get(node.func)
            return None if callee is not None and callee.kind is Kind.FUNCTION else False
        first = node.args[0] if node.args else None
        if symbol.endswith("op_scope") or len(node.args) == 0 or first is None or first.star:
            return None
        if first.keyword is not None and first.keyword.value not in ("name", "name_or_scope"):
            return None
        if is_none(first.value):
            return "" if symbol == "tf.name_scope" and len(node.args) == 1 else None
        text = evaluator.last_values[first.value].constant if first.value in evaluator.last_values else None
        if not isinstance(text, str):
            return None
        if symbol == "tf.name_scope" and (not text or text.endswith("/")):
            return text
        found = self._named(evaluator, node, text)
        return None if found is None else f"{found}/"

    def _named(self, evaluator: EvaluatorBase, node: cst.Call, name: str) -> str | None:
        """The unique name that ``name`` becomes in the open scope; asking again for one call changes nothing."""
        key = (node, evaluator.frame)
        if key not in self._known:
            prefix = self._prefix(evaluator)
            found = None
            if (
                prefix is not None
                and not self._uncertain(evaluator)
                and not self._names(evaluator).contested(prefix, name)
            ):
                found = self._names(evaluator).unique(f"{prefix}{name}")
            else:
                self._names(evaluator).unsure[Unsure(prefix, frozenset({base(name.partition("/")[0])}))] = None
            self._known[key] = found
        return self._known[key]

    def _take(
        self, evaluator: EvaluatorBase, node: cst.CSTNode, prefix: str | None, name: str, aside: bool = False
    ) -> str | None:
        """The name that something surely gets here; None where it is not certain, or was asked before."""
        key = (node, evaluator.frame)
        if key in self._known:
            return None
        self._known[key] = found = None
        if prefix is None or self._uncertain(evaluator):
            self._names(evaluator).unsure[Unsure(prefix, frozenset({base(name.partition("/")[0])}))] = None
        else:
            contested = self._names(evaluator).contested(prefix, name)
            unique = self._names(evaluator).unique(f"{prefix}{name}")
            slot = "/" in name and self._names(evaluator).slots  # it may be inside of the name of a variable
            found = None if contested or slot else unique
        if aside:
            self._names(evaluator).unsure[Unsure(prefix, operation_names.ASIDE)] = None
        return found

    def _note(self, evaluator: EvaluatorBase, name: str | None, result: Value, certain: bool) -> None:
        if name is not None and certain:
            self._names(evaluator).made[name] = result

    def _variable(self, evaluator: EvaluatorBase, node: cst.Call, result: Value, found: str | None, sure: bool) -> None:
        """A variable with a name of its own, which an operation made before it may have."""
        variable = result.payload if result.kind is Kind.VARIABLE else None
        if not isinstance(variable, Variable) or variable.call is not node or node in self._variables:
            return
        self._variables.add(node)
        full = evaluator.state.full_names.get(variable)
        if full is not None and (not sure or (found is not None and found != full)):
            evaluator.state.renamed(variable, found)

    def _layer(self, evaluator: EvaluatorBase, node: cst.Call, symbol: str, scope: str | None, result: Value) -> None:
        """A function of ``tf.layers``: its variables, and its last operation in the scope of its operations."""
        variable = result.payload if result.kind is Kind.VARIABLE else None
        if isinstance(variable, Variable) and variable.call is node:
            self._note(evaluator, scope, result, True)
        made = evaluator.keras.made.get(node)
        if made is None:
            return
        for weight in made.variables:
            full = evaluator.state.full_names.get(weight)
            if weight.call is not node or full is None or self._uncertain(evaluator):
                continue
            certain = not self._names(evaluator).contested("", full, variable=True)
            if self._names(evaluator).unique(full) == full:
                value = Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({weight}), payload=weight)
                self._note(evaluator, full, value, certain)
        last = named_calls.last_operation(evaluator, symbol, made.arguments)
        if scope is not None and last is not None:
            self._note(evaluator, f"{scope}/{last}", result, True)

    def _maybe(
        self,
        evaluator: EvaluatorBase,
        node: cst.CSTNode,
        prefix: str | None,
        names: frozenset[str],
        pattern: re.Pattern[str] | None,
        other: bool = False,
        layer: bool = False,
    ) -> None:
        key = (node, evaluator.frame)
        if key not in self._known:
            self._known[key] = None
            self._names(evaluator).unsure[Unsure(prefix, names, pattern, other, layer)] = None

    def _uncertain(self, evaluator: EvaluatorBase) -> bool:
        """Whether this may happen several times, or not at all."""
        branches = any(not named_calls.is_main(branch) for branch in evaluator.state.branches)
        return branches or self._perhaps > 0 or any(named_calls.may_stop(item) for item in evaluator.calling)
