"""Variables, scopes, collections, placeholders, sessions and graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.contexts import name_text, scope_object
from codemods.inventory.graph import AVERAGES, GLOBAL, LOCAL, TRAINABLE, Graph
from codemods.inventory.names import AUTO, VariableScope, join
from codemods.inventory.program import Call, parameters
from codemods.inventory.registry import called, method, symbol
from codemods.inventory.values import Node, Special, Symbol, Unknown, Variable, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions


def make(
    run: Expressions, name: str, certain: bool, *, shape: Any, dtype: str | None, trainable: Any = True,
    made_by: str, initializer: str | None = None, collections: Any = None, role: str = "model",
    owner: Variable | None = None,
) -> Variable:  # fmt: skip
    """A new variable of the graph."""
    program = run.program
    graph = program.graph
    kinds = [GLOBAL] if collections is None else [item for item in collections if isinstance(item, str)]
    if trainable is True and TRAINABLE not in kinds:
        kinds.append(TRAINABLE)
    found = Variable(
        "variable", shape, dtype, name=name, certain=certain and "?" not in name, graph=graph.number,
        trainable=trainable if isinstance(trainable, bool) else None, scope=graph.names.scope.name, role=role,
        owner=owner, initializer=initializer, made_by=made_by, place=program.place(), calls=program.around(),
        condition=" and ".join(program.conditions) or None,
    )  # fmt: skip
    graph.add(found, kinds)
    return found


@symbol("tf.Variable", "tf.contrib.eager.Variable", "tf.contrib.framework.local_variable")
def variable(run: Expressions, call: Call) -> Any:
    """``tf.Variable(...)``."""
    initial = call.get("initial_value")
    if call.symbol.endswith("eager.Variable"):
        call.symbol = "tf.Variable"
    names = run.program.graph.names
    if callable(getattr(initial, "node", None)) or type(initial).__name__ in ("Function", "Partial", "Bound"):
        initial = run.call_value(initial, [], {}, None)
    name, certain = names.unique(name_text(call.get("name")) or "Variable")
    shape = numbers.shape_of(initial)
    if isinstance(initial, (Unknown, Symbol)) and call.get("shape") is not None:
        shape = numbers.as_shape(run, call.get("shape"))
    if call.get("validate_shape", True) is False:
        shape = None
    dtype = numbers.dtype_of(call.get("dtype")) or numbers.constant_dtype(initial)
    local = call.symbol.endswith("local_variable")
    return make(
        run, name, certain, shape=shape, dtype=dtype, made_by=call.symbol,
        trainable=False if local else _given(call.get("trainable", True), True),
        collections=[LOCAL] if local else run.items(call.get("collections")) if call.get("collections") else None,
        initializer=call.text("initial_value"),
    )  # fmt: skip


def _given(value: Any, default: Any) -> Any:
    return default if value is None else value


@symbol("tf.get_variable", "tf.get_local_variable", "tf.contrib.framework.variable",
        "tf.contrib.framework.model_variable",
        "tf.contrib.slim.variable", "tf.contrib.slim.model_variable")  # fmt: skip
def get_variable(run: Expressions, call: Call) -> Any:
    """``tf.get_variable(...)``: a new variable, or the one of this name."""
    call.parameters = call.parameters or parameters("tf.get_variable")
    local = call.symbol == "tf.get_local_variable"
    initial = call.get("initializer")
    shape = call.get("shape")
    found_shape = numbers.as_shape(run, shape) if shape is not None else numbers.shape_of(initial)
    dtype = numbers.dtype_of(call.get("dtype"))
    if dtype is None:
        dtype = (numbers.constant_dtype(initial) if shape is None and initial is not None else None) or "float32"
    extra = run.items(call.get("collections")) if call.get("collections") is not None else None
    if call.symbol.endswith("model_variable"):
        extra = [*(extra or [GLOBAL]), "model_variables"]
    made = stored(
        run, name_text(call.get("name")) or "?", shape=found_shape, dtype=dtype, made_by=call.symbol,
        trainable=False if local else _given(call.get("trainable", True), True), initializer=call.text("initializer"),
        collections=[LOCAL] if local else extra,
    )  # fmt: skip
    if call.get("partitioner") is not None or call.get("custom_getter") is not None:
        run.program.note("a partitioner or custom getter may make this variable another one, or several")
        made.certain = False
    return made


def stored(run: Expressions, name: str, *, made_by: str, **more: Any) -> Variable:
    """The variable that ``get_variable(name)`` gives in the current scope."""
    graph = run.program.graph
    scope = graph.names.scope
    full = join(scope.name, name)
    found = graph.existing(full, scope.reuse)
    if found is not None and ("?" not in full):
        run.program.share(found)
        if scope.reuse is None:
            found.certain = False
        return found
    unique, certain = graph.names.variable(full)
    if more.get("initializer") is None and scope.initializer is not None:
        more["initializer"] = f"{scope.initializer} (of the scope)"
    made = make(run, unique, certain and scope.reuse is not None, made_by=made_by, **more)
    graph.by_name[full] = made
    if run.program.conditions and run.program.conditions[-1].startswith(("for ", "while ")) and scope.reuse is False:
        made.certain = made.certain and "?" not in full
    return made


@symbol("tf.placeholder", "tf.sparse_placeholder", "tf.placeholder_with_default")
def placeholder(run: Expressions, call: Call) -> Any:
    """Placeholders."""
    label = run.program.graph.names.unique(name_text(call.get("name")) or "Placeholder")[0]
    shape = call.get("shape")
    default = call.get("input")
    found = Node(
        "placeholder", numbers.as_shape(run, shape) if shape is not None else None,
        numbers.dtype_of(call.get("dtype")) or numbers.constant_dtype(default), tuple(nodes_in(default)), name=label,
    )  # fmt: skip
    found.cut = found.dtype in ("int32", "int64", "bool", "string")
    return found


# Scopes


@symbol("tf.name_scope", "tf.op_scope")
def name_scope(run: Expressions, call: Call) -> Any:
    """``tf.name_scope``."""
    given = call.get("name", call.args[0] if call.args else None)
    if given is None:
        given = call.get("default_name")
    return Special("name scope", data={"name": given if isinstance(given, str) else name_text(given)})


@symbol("tf.variable_scope", "tf.variable_op_scope")
def variable_scope(run: Expressions, call: Call) -> Any:
    """``tf.variable_scope``."""
    given: Any = call.get("name_or_scope")
    if call.symbol.endswith("op_scope"):
        given = call.args[1] if len(call.args) > 1 else None
    if isinstance(given, Special) and given.kind == "scope object":
        given = given.data["scope"]
    elif isinstance(given, Unknown):
        given = given.text or "?"
    reuse = call.get("reuse")
    default = call.get("default_name")
    return Special(
        "variable scope",
        data={
            "given": given,
            "default": name_text(default) if default is not None else None,
            "reuse": reuse_of(reuse),
            "initializer": call.text("initializer") if call.get("initializer") is not None else None,
            "auxiliary": call.get("auxiliary_name_scope", True) is not False,
        },
    )


def reuse_of(value: Any) -> Any:
    """``reuse=`` as the names keep it: None or False not to reuse, True, AUTO; another object when not known."""
    if value is AUTO or (value == AUTO and isinstance(value, str)):
        return AUTO
    if value is None or isinstance(value, bool):
        return value or None
    return AUTO  # shares what exists; that it is not known is said of the variables


@symbol("tf.get_variable_scope")
def current_scope(run: Expressions, call: Call) -> Any:
    """``tf.get_variable_scope()``."""
    return scope_object(run.program.graph.names.scope)


@method("scope object", "reuse_variables")
def reuse_variables(run: Expressions, receiver: Special, call: Call) -> Any:
    """``scope.reuse_variables()``."""
    scope: VariableScope = receiver.data["scope"]
    scope.reuse = AUTO if run.program.conditions else True
    return None


@method("scope object", "set_initializer")
def set_initializer(run: Expressions, receiver: Special, call: Call) -> Any:
    """``scope.set_initializer(...)``."""
    receiver.data["scope"].initializer = "an initializer set on the scope"


@symbol("tf.make_template")
def make_template(run: Expressions, call: Call) -> Any:
    """``tf.make_template``: a function whose second call shares the variables of the first."""
    data = {
        "name": name_text(call.args[0] if call.args else call.get("name_")),
        "function": call.get("func_"),
        "kwargs": {},
    }
    if len(call.args) > 1:
        data["function"] = call.args[1]
    data["kwargs"] = {key: value for key, value in call.kwargs.items() if not key.endswith("_")}
    return Special("template", data=data)


@called("template")
def call_template(run: Expressions, made: Special, call: Call) -> Any:
    """A call of a template."""
    names = run.program.graph.names
    scope = made.data.get("scope")
    with names.variable_scope(scope, made.data["name"], reuse=True if scope is not None else None) as entered:
        made.data.setdefault("scope", VariableScope(entered.name, False, entered.initializer))
        return run.call_value(made.data["function"], call.args, made.data["kwargs"] | call.kwargs, None)


# Collections


@symbol("tf.trainable_variables", "tf.global_variables", "tf.all_variables", "tf.local_variables", "tf.model_variables",
        "tf.moving_average_variables", "tf.contrib.framework.get_variables", "tf.contrib.slim.get_variables",
        "tf.contrib.slim.get_model_variables", "tf.contrib.framework.get_model_variables",
        "tf.contrib.slim.get_trainable_variables", "tf.contrib.framework.get_trainable_variables")  # fmt: skip
def listed(run: Expressions, call: Call) -> Any:
    """Lists of variables."""
    last = call.symbol.rpartition(".")[2].removeprefix("get_")
    graph = run.program.graph
    key = {"trainable_variables": TRAINABLE, "local_variables": LOCAL, "model_variables": "model_variables"}.get(
        last, GLOBAL
    )
    scope = call.args[0] if call.args else call.kwargs.get("scope")
    if last == "moving_average_variables":
        return _checked(run, graph, graph.listed(AVERAGES, scope), scope)
    return _checked(run, graph, graph.listed(key, scope), scope)


@symbol("tf.get_collection", "tf.get_collection_ref")
def collection(run: Expressions, call: Call) -> Any:
    """``tf.get_collection(key, scope)``."""
    key, scope = call.get("key"), call.get("scope")
    graph = run.program.graph
    if not isinstance(key, str):
        return Unknown(nodes=tuple(node for node in graph.variables))
    if call.symbol.endswith("_ref"):
        return graph.collections[key]
    return _checked(run, graph, graph.listed(key, scope), scope)


def _checked(run: Expressions, graph: Graph, items: list[Any], scope: Any) -> Any:
    unnamed = scope is not None and any(isinstance(item, Variable) and not item.certain for item in graph.variables)
    if graph.opaque or unnamed or (scope is not None and not isinstance(scope, str)):
        return Unknown(nodes=tuple(item for item in items if isinstance(item, Node)))
    return items


@symbol("tf.add_to_collection", "tf.add_to_collections")
def add_to_collection(run: Expressions, call: Call) -> Any:
    """``tf.add_to_collection(name, value)``."""
    names = call.args[0] if call.args else call.kwargs.get("name", call.kwargs.get("names"))
    value = call.args[1] if len(call.args) > 1 else call.kwargs.get("value")
    for name in names if isinstance(names, (list, tuple)) else [names]:
        if isinstance(name, str):
            run.program.graph.collections[name].append(value)
    return None
