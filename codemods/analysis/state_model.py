"""Variables by name: variable scopes, what `get_variable` makes, and which calls share one variable.

The evaluator asks this model while it interprets a program. A call of `get_variable` makes a variable of its own, or it
stands for one made before (``StateModel.shared``); where that is not certain the program is refused.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind, Value, Variable, host, unknown

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls

# Arguments of get_variable that change what it makes, and that tf.Variable does not have in this form.
_OF_VARIABLES = ("collections", "partitioner", "custom_getter", "constraint", "synchronization", "aggregation")
_OF_SCOPES = ("initializer", "partitioner", "custom_getter", "constraint")
_LAYERS = (
    "tf.layers.", "tf.contrib.layers.", "tf.contrib.slim.", "tf.contrib.rnn.", "tf.nn.rnn_cell.", "tf.nn.dynamic_rnn",
    "tf.nn.bidirectional", "tf.nn.static_",
)  # fmt: skip
_NAME_SCOPES = frozenset({"tf.name_scope", "tf.variable_scope"})
_WITHOUT_VARIABLES = (
    "flatten", "Flatten", "pooling1d", "pooling2d", "dropout", "Dropout", "_initializer", "_regularizer", "Input",
)  # fmt: skip
# What layers of Keras and of TF1 call their own variables.
_LAYER_NAMES = frozenset({"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "weights", "biases"})


class Reuse(enum.Enum):
    """What a variable scope says about names that are taken."""

    NO = "new variables only"
    YES = "existing variables only"
    AUTO = "existing variables, or new ones"
    UNKNOWN = "unknown"


@dataclass(eq=False)
class VariableScope:
    """One entered ``tf.variable_scope``: its name from the root (None when that is not known)."""

    name: str | None
    reuse: Reuse


class Initial(enum.Enum):
    """What ``get_variable`` was given to make the initial value from."""

    DEFAULT = "nothing"
    INITIALIZER = "a function of shape and dtype"
    VALUE = "the value itself"


class StateModel:
    """The variable scopes and named variables of one program, in the order in which it makes them."""

    def __init__(self) -> None:
        self.root = VariableScope("", Reuse.NO)
        self.scopes = [self.root]
        self.by_name: dict[tuple[int, str], Variable] = {}
        self.unnamed = 0  # variables of get_variable whose names are not known
        self.made: dict[cst.Call, Initial] = {}  # calls of get_variable that make a variable
        self.shared: dict[cst.Call, str] = {}  # those that stand for one: how it is written there
        self.entered: dict[cst.Call, VariableScope] = {}  # calls of variable_scope
        self.released: set[cst.CSTNode] = set()  # uses of scope objects that go
        self.scope_names: dict[cst.Attribute, str] = {}  # ``scope.name``
        self.zero: set[Variable] = set()  # variables of get_variable that start at 0
        self.order: dict[Variable, tuple[cst.CSTNode, ...]] = {}  # all variables, and the branches and loops around
        self.full_names: dict[Variable, str | None] = {}
        self.branches: list[cst.CSTNode] = []  # the branches, loops and comprehensions being interpreted
        self.paths: list[str | None] = [""]  # the name scopes that are entered
        self.taken: set[str] = set()  # paths of name scopes that were entered
        self.lists: dict[cst.Call, str] = {}  # calls that list variables: how the list is written
        self.steps: set[cst.Call] = set()  # calls that make the global step
        self.named: set[Variable] = set()  # variables that TF2 gives the same name
        self.layers = False  # something was called that may make variables of its own
        self.graphs: set[cst.CSTNode] = set()  # graphs that are entered explicitly

    # Scopes

    def scope(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """The value of ``tf.variable_scope(...)``."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
        for changed in _OF_SCOPES:
            if changed in arguments and not _is_none(arguments[changed].value):
                message = f"a variable scope with {changed}= changes the variables made in it"
                evaluator.refuse("TF411", message, node, symbol)
        given = values.get("name_or_scope", host())
        outer = self.scopes[-1]
        name: str | None
        reuse = self._reuse(evaluator, arguments.get("reuse"), values.get("reuse"))
        if isinstance(given.payload, VariableScope):
            name = given.payload.name
            reuse = given.payload.reuse if reuse is None else reuse
            if not name:
                evaluator.refuse("TF411", "the outermost variable scope is entered again", node, symbol)
            self.released.add(arguments["name_or_scope"].value)
        else:
            text = given.constant
            name = _join(outer.name, text) if isinstance(text, str) else None
            if reuse in (None, Reuse.NO):
                reuse = outer.reuse
            unnamed = "name_or_scope" not in arguments or _is_none(arguments["name_or_scope"].value)
            if unnamed and "default_name" not in arguments:
                evaluator.refuse("TF411", "a variable scope without a name", node, symbol)
        known = self.entered.setdefault(node, VariableScope(name, reuse or Reuse.NO))
        if known.name != name:
            known.name = None
        return Value(Kind.HOST, node, payload=VariableScope(name, reuse or Reuse.NO))

    def current(self, node: cst.Call) -> Value:
        """The value of ``tf.get_variable_scope()``."""
        return Value(Kind.HOST, node, payload=self.scopes[-1])

    def _reuse(self, evaluator: GraphCalls, given: cst.Arg | None, value: Value | None) -> Reuse | None:
        if given is None or value is None or _is_none(given.value):
            return None
        if evaluator.symbols.of(given.value) == "tf.AUTO_REUSE" or value.name == "tf.AUTO_REUSE":
            return Reuse.AUTO
        if value.constant is None and value.kind is Kind.HOST and value.node is not None and _is_none(value.node):
            return None
        return {True: Reuse.YES, False: Reuse.NO}.get(value.constant, Reuse.UNKNOWN)  # type: ignore[call-overload, no-any-return]

    def enter(self, evaluator: EvaluatorBase, values: list[Value]) -> tuple[int, int]:
        """Enter the scopes among the values of a ``with``; how many variable scopes and name scopes there were."""
        found = [value.payload for value in values if isinstance(value.payload, VariableScope)]
        self.scopes += found
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
        path = _join(self.paths[-1], str(name)) if plain else None
        if path is not None and path.lower() in self.taken and not self.branches:
            path = None
        self.taken.update([path.lower()] if path is not None else [])
        self.paths.append(path)

    def leave(self, counts: tuple[int, int]) -> None:
        """Leave the innermost scopes."""
        del self.scopes[len(self.scopes) - counts[0] :]
        del self.paths[len(self.paths) - counts[1] :]

    # All variables

    def note(self, variable: Variable, full: str | None) -> None:
        """Note a variable that is made, with its name in the graph where that is known."""
        if full is not None and full in self.full_names.values():
            full = None  # TF1 makes the name another one
        self.order[variable] = tuple(self.branches)
        self.full_names[variable] = full
        if full is not None:
            self.named.add(variable)

    def name_in_scope(self, name: object) -> str | None:
        """The full name of a ``tf.Variable`` that is called ``name``."""
        path = self.paths[-1]
        if not isinstance(name, str) or path is None or _join(path, name.lower()) in self.taken:
            return None
        return _join(path, name)

    def check_name(self, evaluator: EvaluatorBase, node: cst.Attribute, variable: object) -> None:
        """``variable.name`` is read: refused where TF1 made it another one, as TF2 does not."""
        read = [variable] if isinstance(variable, Variable) else list(self.order)
        if any(found not in self.named for found in read):
            message = "TF1 gave this variable a name of its own making, which TF2 does not"
            evaluator.refuse("TF416", message, node)

    def listed(self, graph: int) -> list[Variable]:
        """The variables of a graph that were made so far, in order."""
        return [variable for variable in self.order if variable.graph == graph]

    def exists(self, variable: Variable) -> bool:
        """Whether a variable was surely made once, seen from the place being interpreted."""
        around = self.order[variable]
        looped = any(not isinstance(node, (cst.If, cst.Try)) for node in around)
        return not looped and list(around) == self.branches[: len(around)]

    def scope_method(self, evaluator: GraphCalls, node: cst.Call, scope: VariableScope, name: str) -> Value:
        """A method of a scope object."""
        if name != "reuse_variables" or evaluator.in_fetch:
            evaluator.refuse("TF411", f"the variable scope's {name}() has no counterpart", node)
            return unknown(node)
        evaluator.mark_gone(node)
        certain = evaluator.frame.recorded and all(
            isinstance(found.node, cst.With) for found in _containers(evaluator.current)
        )
        scope.reuse = Reuse.YES if certain else Reuse.UNKNOWN
        assert isinstance(node.func, cst.Attribute)
        self.released.add(node.func.value)
        return host(node)

    def scope_attribute(self, node: cst.Attribute, scope: VariableScope) -> Value | None:
        """``scope.name``, which is a text; None for methods."""
        if node.attr.value != "name" or scope.name is None:
            return None
        self.scope_names[node] = scope.name
        self.released.add(node.value)
        return Value(Kind.HOST, node, constant=scope.name)

    def check_layer(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> None:
        """A layer makes its variables with get_variable, so a scope that reuses names shares them."""
        if not symbol.startswith((*_LAYERS, "keras.")) or symbol.endswith(_WITHOUT_VARIABLES):
            return
        self.layers = True
        if symbol.startswith(_LAYERS) and self.scopes[-1].reuse is not Reuse.NO:
            evaluator.refuse("TF410", f"{symbol} in a variable scope that reuses variables", node, symbol)

    # Variables

    def get_variable(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """The value of ``tf.get_variable(...)``: a new variable, or one that was made before."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        evaluator.in_initial += 1
        values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
        evaluator.in_initial -= 1
        if evaluator.in_fetch:
            evaluator.refuse("TF403", "a variable is made inside a run site", node, symbol)
        for name in _OF_VARIABLES:
            if name in arguments and not _is_none(arguments[name].value):
                evaluator.refuse("TF412", f"get_variable with {name}=", node, symbol)
        if "validate_shape" in values and values["validate_shape"].constant is not True:
            evaluator.refuse("TF412", "get_variable with validate_shape=", node, symbol)
        if evaluator.current is None:
            return unknown(node)
        scope = self.scopes[-1]
        text = values["name"].constant if "name" in values else None
        full = _join(scope.name, text) if isinstance(text, str) else None
        found = self.by_name.get((evaluator.graph, full)) if full is not None else None
        if self.shares(evaluator, node, scope.reuse, full, found):
            assert found is not None
            return self.stands_for(evaluator, node, found)
        kind = self.initial(evaluator, arguments, values)
        if kind is not self.made.setdefault(node, kind):
            evaluator.refuse("TF412", "what this variable starts from differs from call to call", node, symbol)
        if node in self.shared:
            self.uncertain(evaluator, node)
        trainable = values["trainable"].constant if "trainable" in values else True
        if "trainable" in arguments and _is_none(arguments["trainable"].value):
            trainable = True
        plain = evaluator.frame.recorded and not evaluator.frame.comprehension
        made = Variable(
            evaluator.current,
            node,
            node if plain else None,  # its rewritten form holds the initial value
            trainable if isinstance(trainable, bool) else None,
            evaluator.graph,
        )
        if _is_zero(evaluator, arguments.get("initializer")):
            self.zero.add(made)
        evaluator.current.variables.append(made)
        self.note(made, full)
        if scope.name is not None:
            self.named.add(made)
        if full is None:
            self.unnamed += 1
        else:
            self.by_name[evaluator.graph, full] = made
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({made}), payload=made)

    def shares(
        self, evaluator: GraphCalls, node: cst.Call, reuse: Reuse, full: str | None, found: Variable | None
    ) -> bool:
        """Whether the call stands for the variable ``found``; refused where that is not certain."""
        if reuse is Reuse.NO:
            if found is not None and found.call is not node and len(self.graphs) < 2:
                message = f"a variable {full!r} exists already; TF1 fails here too"
                evaluator.refuse("TF413", message, node, "tf.get_variable")
            return False
        looped = any(isinstance(item.node, (cst.For, cst.While)) for item in _containers(evaluator.current))
        uncertain = reuse is Reuse.UNKNOWN or full is None or len(self.graphs) > 1 or self.unnamed > 0
        if found is None:
            own = (full or "").rpartition("/")[2]
            layers = bool(evaluator.keras.layers) and own in _LAYER_NAMES
            if uncertain or looped or layers or reuse is Reuse.YES or evaluator.frame.comprehension:
                self.uncertain(evaluator, node)
            return False
        if uncertain or found.call is node or node in self.made:
            self.uncertain(evaluator, node)
        return True

    def uncertain(self, evaluator: GraphCalls, node: cst.Call) -> None:
        """Refuse a call of which it is not known whether it makes a variable."""
        message = "it is not certain which variable is shared here, or whether one is made"
        evaluator.refuse("TF410", message, node, "tf.get_variable")

    def stands_for(self, evaluator: GraphCalls, node: cst.Call, found: Variable) -> Value:
        """A call that shares ``found``: written as the name that holds it."""
        around = _containers(evaluator.current)
        branches = [item for item in [found.statement, *_containers(found.statement)] if _may_be_skipped(item.node)]
        written = spelled(evaluator, found) if all(item in around for item in branches) else None
        if written is None or not evaluator.frame.recorded or evaluator.frame.comprehension:
            evaluator.refuse("TF410", "no name holds the shared variable in this place", node, "tf.get_variable")
        elif self.shared.setdefault(node, written) != written:
            self.uncertain(evaluator, node)
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({found}), payload=found)

    def initial(self, evaluator: GraphCalls, arguments: dict[str, cst.Arg], values: dict[str, Value]) -> Initial:
        """What the initial value is made from."""
        if "initializer" not in arguments or _is_none(arguments["initializer"].value):
            return Initial.DEFAULT
        if "shape" not in arguments or _is_none(arguments["shape"].value):
            return Initial.VALUE
        node, value = arguments["initializer"].value, values["initializer"]
        if value.kind is Kind.FUNCTION:
            evaluator.refuse("TF412", "get_variable calls a function of the program for the initial value", node)
        made = value.node
        if isinstance(made, cst.Call) and made is not node:
            symbol = evaluator.symbols.of(made.func)
            target = tables.lookup(symbol) if symbol is not None else None
            if target is not None and target.target is not None and target.target.startswith("keras."):
                message = f"{target.target} draws the same numbers for every variable it makes"
                evaluator.refuse("TF412", message, node)
        return Initial.INITIALIZER


def spelled(evaluator: GraphCalls, variable: Variable) -> str | None:
    """How ``variable`` is written where the evaluator stands: a name or an element of a container; None without one."""
    for name in dict.fromkeys([*variable.targets, *evaluator.frame.visible()]):
        found = evaluator.frame.find(name)
        if found is None or len(found[0].sources) != 1:
            continue
        for text, value in _inside(name, found[0].value):
            if value.kind is Kind.VARIABLE and value.payload is variable:
                evaluator.name(cst.Name(name))
                return text
    return None


def _inside(text: str, value: Value) -> Iterator[tuple[str, Value]]:
    yield text, value
    if value.kind is Kind.SEQUENCE:
        for index, item in enumerate(value.items or ()):
            yield from _inside(f"{text}[{index}]", item)
    elif value.kind is Kind.MAPPING:
        for key, item in (value.fields or {}).items():
            yield from _inside(f"{text}[{key!r}]", item)


def _is_zero(evaluator: GraphCalls, given: cst.Arg | None) -> bool:
    """Whether an initializer gives zeros: ``0``, ``tf.constant(0)``, ``tf.zeros_initializer()``."""
    if given is None:
        return False
    node = given.value
    if evaluator.last_values[node].constant == 0:
        return True
    if not isinstance(node, cst.Call):
        return False
    symbol = evaluator.symbols.of(node.func) or ""
    if symbol in ("tf.constant", "tf.constant_initializer", "tf.initializers.constant"):
        return bool(node.args) and evaluator.last_values[node.args[0].value].constant == 0
    return symbol in ("tf.zeros_initializer", "tf.initializers.zeros", "tf.zeros")


def _containers(statement: Statement | None) -> list[Statement]:
    found = []
    current = statement.container if statement is not None else None
    while current is not None:
        if not current.dissolves:
            found.append(current)
        current = current.container
    return found


def _may_be_skipped(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.If, cst.For, cst.While, cst.Try))


def _join(outer: str | None, name: str) -> str | None:
    if outer is None:
        return None
    return f"{outer}/{name}" if outer else name


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
