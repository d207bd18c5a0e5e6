"""Variables by name: what `get_variable` makes, and which calls share one variable.

The evaluator asks this model while it interprets a program. A call of `get_variable` makes a variable of its own, or it
stands for one made before (``StateModel.shared``); where that is not certain the program is refused.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import layer_lists
from codemods.analysis.collections import Collections
from codemods.analysis.containers import containers, join, may_be_skipped
from codemods.analysis.layer_table import kind_of
from codemods.analysis.recurrent_weights import of_cells
from codemods.analysis.values import Kind, Metric, Value, Variable, host, unknown
from codemods.analysis.variable_names import Names, spelled
from codemods.analysis.variable_scopes import Inherited, Reuse
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.layer_records import MadeLayer

# Arguments of get_variable that change what it makes, and that tf.Variable does not have in this form.
_OF_VARIABLES = ("collections", "partitioner", "custom_getter", "constraint", "synchronization", "aggregation")
_LAYERS = (
    "tf.layers.", "tf.contrib.layers.", "tf.contrib.slim.", "tf.contrib.rnn.", "tf.nn.rnn_cell.", "tf.nn.dynamic_rnn",
    "tf.nn.bidirectional", "tf.nn.static_",
)  # fmt: skip
_WITHOUT_VARIABLES = (
    "flatten", "Flatten", "pooling1d", "pooling2d", "dropout", "Dropout", "_initializer", "_regularizer", "Input",
)  # fmt: skip
_HOMES_WITHOUT_VARIABLES = tuple(
    f"keras.{home}."
    for home in ("datasets", "utils", "preprocessing", "initializers", "regularizers", "constraints", "activations")
)
# What layers of Keras and of TF1 call their own variables.
_LAYER_NAMES = frozenset({"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "weights", "biases"})


class Initial(enum.Enum):
    """What ``get_variable`` was given to make the initial value from."""

    DEFAULT = "nothing"
    INITIALIZER = "a function of shape and dtype"
    VALUE = "the value itself"


class StateModel(Names):
    """The variable scopes and named variables of one program, in the order in which it makes them."""

    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[tuple[int, str], Variable] = {}
        self.unnamed = 0  # variables of get_variable whose names are not known
        self.made: dict[cst.Call, Initial] = {}  # calls of get_variable that make a variable
        self.shared: dict[cst.Call, str] = {}  # those that stand for one: how it is written there
        self.zero: set[Variable] = set()  # variables of get_variable that start at 0
        self.lists: dict[cst.CSTNode, str] = {}  # calls that list variables: how the list is written
        self.listed_weights: dict[cst.CSTNode, list[Variable]] = {}  # those of layers in such a list
        self.inherited: dict[cst.Call, cst.BaseExpression] = {}  # calls that take the initializer of their scope
        self.steps: set[cst.Call] = set()  # calls that make the global step
        self.collections = Collections()
        self.metrics: dict[cst.Call, Metric] = {}  # in the order in which they are made
        self.layers = False  # something was called that may make variables of its own

    def check_layer(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> None:
        """A layer makes its variables with get_variable, so a scope that reuses names shares them."""
        if not symbol.startswith((*_LAYERS, "keras.")) or symbol.endswith(_WITHOUT_VARIABLES):
            return
        if symbol.startswith(_HOMES_WITHOUT_VARIABLES):
            return
        scope = self.scopes[-1]
        if symbol.startswith(_LAYERS) and (scope.initializer is not None or scope.regularizer is not None):
            message = f"{symbol} in a variable scope with an initializer or regularizer of its own"
            evaluator.refuse("TF411", message, node, symbol)
        if kind_of(symbol) or of_cells(evaluator, node):
            return
        self.layers = True
        if symbol.startswith(_LAYERS) and self.scopes[-1].reuse is not Reuse.NO:
            evaluator.refuse("TF410", f"{symbol} in a variable scope that reuses variables", node, symbol)

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
            if name in arguments and not is_none(arguments[name].value):
                evaluator.refuse("TF412", f"get_variable with {name}=", node, symbol)
        if "validate_shape" in values and values["validate_shape"].constant is not True:
            evaluator.refuse("TF412", "get_variable with validate_shape=", node, symbol)
        if evaluator.current is None:
            return unknown(node)
        scope = self.scopes[-1]
        text = values["name"].constant if "name" in values else None
        full = join(scope.name, text) if isinstance(text, str) else None
        found = self.by_name.get((evaluator.graph, full)) if full is not None else None
        if found is None and scope.reuse is not Reuse.NO and full is not None:
            weight = layer_weight(evaluator, full)
            if weight is not None:
                return self.stands_for_weight(evaluator, node, *weight)
        if self.shares(evaluator, node, scope.reuse, full, found):
            assert found is not None
            return self.stands_for(evaluator, node, found)
        given = arguments.get("initializer")
        if (given is None or _is_nothing(given.value, values["initializer"])) and scope.initializer is not None:
            given = self._inherit(evaluator, node, scope.initializer)
        kind = Initial.INITIALIZER if node in self.inherited else self.initial(evaluator, arguments, values)
        if kind is not self.made.setdefault(node, kind):
            evaluator.refuse("TF412", "what this variable starts from differs from call to call", node, symbol)
        if node in self.shared:
            self.uncertain(evaluator, node)
        trainable = values["trainable"].constant if "trainable" in values else True
        if "trainable" in arguments and is_none(arguments["trainable"].value):
            trainable = True
        plain = evaluator.frame.recorded and not evaluator.frame.comprehension
        made = Variable(
            evaluator.current,
            node,
            node if plain else None,  # its rewritten form holds the initial value
            trainable if isinstance(trainable, bool) else None,
            evaluator.graph,
        )
        if _is_zero(evaluator, given):
            self.zero.add(made)
        evaluator.current.variables.append(made)
        self.note(made, full)
        regularizer = scope.regularizer
        if "regularizer" in arguments and not is_none(arguments["regularizer"].value):
            regularizer = (arguments["regularizer"].value, values["regularizer"])
        if regularizer is not None and evaluator.symbols.of(regularizer[0]) != "tf.no_regularizer":
            self.collections.regularized(evaluator, made, *regularizer)
        if scope.name is not None and self.paths[-1] == scope.name:
            self.named.add(made)
        else:  # TF2 puts the name scope in front of the name, TF1 the variable scope
            self.named.discard(made)
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
        looped = any(isinstance(item.node, (cst.For, cst.While)) for item in containers(evaluator.current))
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
        around = containers(evaluator.current)
        branches = [item for item in [found.statement, *containers(found.statement)] if may_be_skipped(item.node)]
        written = spelled(evaluator, found) if all(item in around for item in branches) else None
        if written is None or not evaluator.frame.recorded or evaluator.frame.comprehension:
            evaluator.refuse("TF410", "no name holds the shared variable in this place", node, "tf.get_variable")
        elif self.shared.setdefault(node, written) != written:
            self.uncertain(evaluator, node)
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({found}), payload=found)

    def stands_for_weight(self, evaluator: GraphCalls, node: cst.Call, made: MadeLayer, found: Variable) -> Value:
        """A call that shares a weight of a layer: its attribute, which is there once the layer was called."""
        name = layer_lists.name_of(evaluator, made)
        certain = not made.repeated and made.certain and self.exists(found) and len(self.graphs) < 2
        if name is None or not certain or node in self.made or self.scopes[-1].reuse is Reuse.UNKNOWN:
            self.uncertain(evaluator, node)
        elif not evaluator.frame.recorded or evaluator.frame.comprehension or evaluator.current is None:
            message = "the weights of a layer are asked for inside a helper function, which cannot see the layer"
            evaluator.refuse("TF410", message, node, "tf.get_variable")
        elif self.shared.setdefault(node, f"{name}.{found.weight}") != f"{name}.{found.weight}":
            self.uncertain(evaluator, node)
        else:
            evaluator.current.graph_nodes.append(node)
            self.listed_weights[node] = [found]
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({found}), payload=found)

    def _inherit(self, evaluator: GraphCalls, node: cst.Call, initializer: Inherited) -> cst.Arg:
        """A variable takes the initializer of its scope."""
        for name, binding in initializer.names.items():
            found = evaluator.frame.find(name)
            if found is None or not found[0].same(binding):
                message = f"the scope's initializer reads {name!r}, which is another value here"
                evaluator.refuse("TF411", message, node, "tf.get_variable")
            evaluator.name(cst.Name(name))
        if self.inherited.setdefault(node, initializer.node) is not initializer.node:
            evaluator.refuse("TF412", "what this variable starts from differs from call to call", node)
        return cst.Arg(initializer.node)

    def initial(self, evaluator: GraphCalls, arguments: dict[str, cst.Arg], values: dict[str, Value]) -> Initial:
        """What the initial value is made from."""
        if "initializer" not in arguments or _is_nothing(arguments["initializer"].value, values["initializer"]):
            return Initial.DEFAULT
        if "shape" not in arguments or is_none(arguments["shape"].value):
            return Initial.VALUE
        node, value = arguments["initializer"].value, values["initializer"]
        if value.kind is Kind.FUNCTION:
            if not isinstance(node, cst.Name) or not _takes_shape_and_dtype(value):
                message = (
                    "get_variable calls a function of the program for the initial value, which is not f(shape, dtype)"
                )
                evaluator.refuse("TF412", message, node)
            evaluator.in_initial += 1
            evaluator.apply(value, [values["shape"]], {"dtype": host()})
            evaluator.in_initial -= 1
        return Initial.INITIALIZER


def layer_weight(evaluator: GraphCalls, full: str) -> tuple[MadeLayer, Variable] | None:
    """The layer and its weight that ``get_variable`` finds under a full name; None where there is no such layer."""
    scope, _, own = full.rpartition("/")
    made = evaluator.keras.by_scope.get((evaluator.graph, scope))
    weights = made.variables if made is not None else []
    found = next((item for item in weights if evaluator.state.full_names.get(item) == f"{scope}/{own}"), None)
    return (made, found) if made is not None and found is not None else None


def _takes_shape_and_dtype(value: Value) -> bool:
    """Whether a function can be called as TF1 calls an initializer: ``f(shape, dtype=...)``."""
    definition = value.payload[0] if isinstance(value.payload, tuple) else None
    if not isinstance(definition, cst.FunctionDef):
        return False
    parameters = definition.params
    required = [item for item in parameters.params if item.default is None]
    names = {item.name.value for item in (*parameters.params[1:], *parameters.kwonly_params)}
    needed = [item for item in parameters.kwonly_params if item.default is None]
    rest = [item for item in required[1:] if item.name.value != "dtype"]
    takes = "dtype" in names or parameters.star_kwarg is not None
    return bool(parameters.params) and takes and not rest and not needed and not parameters.posonly_params


def _is_nothing(node: cst.BaseExpression, value: Value) -> bool:
    """Whether an argument surely is ``None``: written so, or a parameter with that value."""
    return is_none(node) or (value.kind is Kind.HOST and value.node is not None and is_none(value.node))


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
