"""Graphs, sessions, control flow, flags and the methods of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers, tf_ops
from codemods.inventory.contexts import name_text
from codemods.inventory.graph import GLOBAL, LOCAL, Graph
from codemods.inventory.program import Call
from codemods.inventory.registry import method, symbol
from codemods.inventory.values import UNKNOWN, Node, ShapeValue, Special, Unknown, Variable, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions


@symbol("tf.Graph")
def graph(run: Expressions, call: Call) -> Any:
    """``tf.Graph()``."""
    return Special("graph", data={"graph": run.program.new_graph()})


@symbol("tf.get_default_graph")
def default_graph(run: Expressions, call: Call) -> Any:
    """``tf.get_default_graph()``."""
    return Special("graph", data={"graph": run.program.graph})


@method("graph", "as_default")
def as_default(run: Expressions, receiver: Special, call: Call) -> Any:
    """``graph.as_default()``."""
    return receiver


@method("session", "as_default", "__enter__")
def session_default(run: Expressions, receiver: Special, call: Call) -> Any:
    """``session.as_default()``."""
    return receiver


@method("graph", "name_scope")
def graph_name_scope(run: Expressions, receiver: Special, call: Call) -> Any:
    """``graph.name_scope(name)``."""
    return Special("name scope", data={"name": name_text(call.args[0] if call.args else None)})


@method("graph", "get_collection")
def graph_collection(run: Expressions, receiver: Special, call: Call) -> Any:
    """``graph.get_collection(key)``."""
    key = call.args[0] if call.args else None
    return receiver.data["graph"].listed(key) if isinstance(key, str) else UNKNOWN


@symbol("tf.reset_default_graph")
def reset(run: Expressions, call: Call) -> Any:
    """``tf.reset_default_graph()``."""
    if run.program.graph.variables or run.program.graph.collections:
        run.program.stack[-1] = run.program.new_graph()
    else:
        before = run.program.graph
        run.program.graphs[run.program.graphs.index(before)] = run.program.stack[-1] = Graph(before.number)
        run.program.graph.names.uncertain = len(run.program.conditions)
    return None


@symbol("tf.Session", "tf.InteractiveSession", "tf.train.MonitoredTrainingSession", "tf.train.MonitoredSession",
        "tf.train.SingularMonitoredSession", "tf.get_default_session")  # fmt: skip
def session(run: Expressions, call: Call) -> Any:
    """Sessions."""
    given = call.get("graph")
    graph = given.data["graph"] if isinstance(given, Special) and given.kind == "graph" else None
    return Special("session", data={"graph": graph})


@symbol("tf.global_variables_initializer", "tf.initialize_all_variables", "tf.local_variables_initializer",
        "tf.initialize_local_variables", "tf.variables_initializer", "tf.initialize_variables",
        "tf.initializers.global_variables", "tf.initializers.local_variables", "tf.initializers.variables")  # fmt: skip
def initializer(run: Expressions, call: Call) -> Any:
    """The ops that initialise variables: those made so far, or those of a list."""
    collections = run.program.graph.collections
    if call.symbol.endswith(("variables_initializer", "initialize_variables", "initializers.variables")) and not (
        "global" in call.symbol or "local" in call.symbol
    ):
        given: Any = call.args[0] if call.args else call.kwargs.get("var_list")
    else:
        given = collections[LOCAL if "local" in call.symbol else GLOBAL]
    chosen = tuple(
        node for node in nodes_in(list(given) if isinstance(given, list) else given) if isinstance(node, Variable)
    )
    return run.program.op(initialises=chosen)


@symbol("tf.control_dependencies")
def controls(run: Expressions, call: Call) -> Any:
    """``tf.control_dependencies``."""
    given = call.args[0] if call.args else None
    return Special("controls", data={"nodes": list(nodes_in(given)) if given is not None else None})


@symbol("tf.group", "tf.tuple")
def group(run: Expressions, call: Call) -> Any:
    """``tf.group``."""
    nodes = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    return (
        run.program.op(*nodes)
        if call.symbol == "tf.group"
        else [run.program.tensor(node, shape=node.shape) for node in nodes]
    )


@symbol("tf.cond")
def cond(run: Expressions, call: Call) -> Any:
    """``tf.cond``: both branches are built."""
    functions = [call.get("true_fn", call.get("fn1")), call.get("false_fn", call.get("fn2"))]
    results = [run.call_value(function, [], {}, None) for function in functions if function is not None]
    condition = tuple(nodes_in(call.args[:1]))
    found = list(nodes_in(results))
    if len(results) == 2 and all(isinstance(item, Node) for item in results):
        shape = results[0].shape if results[0].shape == results[1].shape else None
        return run.program.tensor(*condition, *found, shape=shape, dtype=results[0].dtype)
    return Unknown(nodes=(run.program.tensor(*condition, *found),))


@symbol("tf.while_loop", "tf.map_fn", "tf.scan", "tf.foldl", "tf.foldr")
def looped(run: Expressions, call: Call) -> Any:
    """Loops in the graph: their functions are built once."""
    functions = [item for item in [*call.args, *call.kwargs.values()] if type(item).__name__ in ("Function", "Bound")]
    rest = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    results = [run.call_value(item, [run.program.tensor(*rest)] * _arity(item), {}, None) for item in functions]
    return Unknown(nodes=(run.program.tensor(*rest, *nodes_in(results)),))


def _arity(function: Any) -> int:
    bound = 0
    while not hasattr(function, "node"):
        function, bound = function.function, bound + 1
    return max(len(function.node.args.args) - bound, 0)


@symbol("tf.app.flags.DEFINE_string", "tf.app.flags.DEFINE_integer", "tf.app.flags.DEFINE_float",
        "tf.app.flags.DEFINE_boolean", "tf.app.flags.DEFINE_bool", "tf.flags.DEFINE_string", "tf.flags.DEFINE_integer",
        "tf.flags.DEFINE_float", "tf.flags.DEFINE_boolean", "tf.flags.DEFINE_bool", "tf.app.flags.DEFINE_enum",
        "tf.flags.DEFINE_enum")  # fmt: skip
def define_flag(run: Expressions, call: Call) -> Any:
    """A flag: it has its default here."""
    name = call.args[0] if call.args else call.kwargs.get("name", call.kwargs.get("flag_name"))
    default = call.args[1] if len(call.args) > 1 else call.kwargs.get("default", call.kwargs.get("default_value"))
    if isinstance(name, str):
        run.program.flags[name] = default
    return None


@symbol("tf.app.run")
def app_run(run: Expressions, call: Call) -> Any:
    """``tf.app.run()`` calls ``main``."""
    main = call.get("main") or (call.args[0] if call.args else None)
    if main is None:
        main = run.program.frames[0].names.get("main")
    return run.call_value(main, [["program"]], {}, None) if main is not None else None


@method("parser", "add_argument")
def add_argument(run: Expressions, receiver: Special, call: Call) -> Any:
    """``parser.add_argument``: it has its default here."""
    flags = [item for item in call.args if isinstance(item, str)]
    long = next((item for item in flags if item.startswith("--")), flags[0] if flags else "")
    name = call.kwargs.get("dest") or long.lstrip("-").replace("-", "_")
    default = call.kwargs.get("default", False if call.kwargs.get("action") == "store_true" else None)
    if isinstance(name, str) and (long.startswith("-") or "default" in call.kwargs):
        receiver.data["values"][name] = default
    return UNKNOWN


@method("parser", "parse_args", "parse_known_args")
def parse_args(run: Expressions, receiver: Special, call: Call) -> Any:
    """``parser.parse_args()``."""
    found = Special("parsed", data={"values": receiver.data["values"]})
    return (found, []) if call.symbol.endswith("known_args") else found


@method("tensor", "get_shape")
def get_shape(run: Expressions, receiver: Node, call: Call) -> Any:
    """``tensor.get_shape()``."""
    return ShapeValue(receiver.shape)


@method("variable", "initialized_value", "read_value", "value")
def read(run: Expressions, receiver: Variable, call: Call) -> Any:
    """A variable's value as a tensor."""
    return run.program.tensor(receiver, shape=receiver.shape, dtype=receiver.dtype)


@method("tensor", "set_shape")
def set_shape(run: Expressions, receiver: Node, call: Call) -> Any:
    """``tensor.set_shape(...)``."""
    receiver.shape = numbers.as_shape(run, call.args[0] if call.args else None) or receiver.shape
    return None


@method("shape", "as_list")
def as_list(run: Expressions, receiver: ShapeValue, call: Call) -> Any:
    """``shape.as_list()``."""
    return list(receiver.shape) if receiver.shape is not None else UNKNOWN


@method("shape", "num_elements")
def num_elements(run: Expressions, receiver: ShapeValue, call: Call) -> Any:
    """``shape.num_elements()``."""
    return numbers.size(receiver.shape) if receiver.shape is not None else UNKNOWN


for _names, _function in (
    (("tf.split", "tf.unstack", "tf.unpack"), tf_ops.split),
    (("tf.cast", "tf.to_float", "tf.to_int32", "tf.to_int64", "tf.to_double", "tf.saturate_cast"), tf_ops.cast),
):
    symbol(*_names)(_function)
