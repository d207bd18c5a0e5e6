"""What changes variables: optimizers and their slots, assignments, moving averages, metrics; and savers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory.contexts import name_text
from codemods.inventory.graph import AVERAGES, GLOBAL, LOCAL, LOSSES, REGULARIZATION, closure
from codemods.inventory.program import Call, Saved, Trained
from codemods.inventory.registry import method, symbol
from codemods.inventory.tf_state import make, stored
from codemods.inventory.values import UNKNOWN, Node, Special, Unknown, Variable, Write, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

#: The slots of each optimizer for one variable, by their number; Adam's powers are variables beside them.
_SLOTS = {
    "GradientDescentOptimizer": 0, "MomentumOptimizer": 1, "AdamOptimizer": 2, "RMSPropOptimizer": 2,
    "AdagradOptimizer": 1, "AdadeltaOptimizer": 2, "FtrlOptimizer": 2, "ProximalAdagradOptimizer": 1,
    "ProximalGradientDescentOptimizer": 0, "AdagradDAOptimizer": 2,
}  # fmt: skip
_NAMES = {"GradientDescentOptimizer": "GradientDescent", "ProximalGradientDescentOptimizer": "ProximalGradientDescent"}
_STARTS = {"AdagradOptimizer": "0.1 (default)", "RMSPropOptimizer": "ones, then zeros"}
_METRICS = {
    "mean": ("total", "count"), "accuracy": ("total", "count"), "mean_squared_error": ("total", "count"),
    "mean_absolute_error": ("total", "count"), "percentage_below": ("total", "count"),
    "mean_relative_error": ("total", "count"), "mean_cosine_distance": ("total", "count"),
    "root_mean_squared_error": ("total", "count"), "precision": ("true_positives/count", "false_positives/count"),
    "recall": ("true_positives/count", "false_negatives/count"), "true_positives": ("count",),
    "auc": ("true_positives", "false_negatives", "true_negatives", "false_positives"),
    "false_positives": ("count",), "true_negatives": ("count",), "false_negatives": ("count",),
}  # fmt: skip


_SCOPES = {"percentage_below": "percentage_below_threshold"}


@symbol(*(f"tf.train.{name}" for name in _SLOTS))
def optimizer(run: Expressions, call: Call) -> Any:
    """An optimizer."""
    kind = call.symbol.rpartition(".")[2]
    return Special("optimizer", call.symbol, {"class": kind, "arguments": call, "nodes": list(nodes_in(call.args))})


@method("optimizer", "compute_gradients")
def compute_gradients(run: Expressions, made: Special, call: Call) -> Any:
    """``optimizer.compute_gradients(loss, var_list)``: pairs, ``None`` where the loss does not depend on a variable."""
    loss = call.args[0] if call.args else call.kwargs.get("loss")
    given = call.args[1] if len(call.args) > 1 else call.kwargs.get("var_list")
    variables, certain = _targets(run, loss, given)
    if variables is None:
        return Unknown(nodes=tuple(nodes_in([loss, given])))
    reached, all_known = closure(nodes_in(loss), gradients=True)
    inside = set(map(id, reached))
    pairs: list[Any] = []
    for variable in variables:
        if id(variable) in inside or not all_known or isinstance(loss, Unknown):
            gradient = run.program.tensor(*nodes_in(loss), shape=variable.shape, dtype=variable.dtype)
            gradient.unsure = not (certain and all_known)
            pairs.append((gradient, variable))
        else:
            pairs.append((None, variable))
    return pairs


def _targets(run: Expressions, loss: Any, given: Any) -> tuple[list[Variable] | None, bool]:
    if given is None:
        return run.program.graph.trainable(), not run.program.graph.opaque
    items = run.items(given) if not isinstance(given, Variable) else [given]
    if items is None:
        found = [item for item in nodes_in(given) if isinstance(item, Variable)]
        return (found, False) if found else (None, False)
    return [item for item in items if isinstance(item, Variable)], True


@method("optimizer", "minimize")
def minimize(run: Expressions, made: Special, call: Call) -> Any:
    """``optimizer.minimize(loss, global_step, var_list)``."""
    loss = call.args[0] if call.args else call.kwargs.get("loss", UNKNOWN)
    step = call.args[1] if len(call.args) > 1 else call.kwargs.get("global_step")
    given = call.args[2] if len(call.args) > 2 else call.kwargs.get("var_list")
    pairs = compute_gradients(
        run, made, Call("", [loss], {"var_list": given} if given is not None else {}, call.node, False, ())
    )
    return applied(run, made, pairs, step, call, everything=given is None)


@method("optimizer", "apply_gradients")
def apply_gradients(run: Expressions, made: Special, call: Call) -> Any:
    """``optimizer.apply_gradients(pairs, global_step)``."""
    pairs = call.args[0] if call.args else call.kwargs.get("grads_and_vars", UNKNOWN)
    step = call.args[1] if len(call.args) > 1 else call.kwargs.get("global_step")
    return applied(run, made, pairs, step, call, everything=False)


def applied(run: Expressions, made: Special, pairs: Any, step: Any, call: Call, *, everything: bool) -> Node:
    """A train op: the variables it updates, with the slots it keeps for them."""
    program = run.program
    items = run.items(pairs)
    certain = items is not None
    variables = []
    gradients = []
    for item in items or []:
        if isinstance(item, (tuple, list)) and len(item) == 2 and isinstance(item[1], Variable):
            if item[0] is not None:
                variables.append(item[1])
                gradients += list(nodes_in(item[0]))
        else:
            certain = False
    if items is None:
        gradients = list(nodes_in(pairs))
        variables = [node for node in gradients if isinstance(node, Variable)]
        program.note("which variables this train op updates is not known")
    certain = certain and not any(node.unsure for node in gradients)
    kind = made.data["class"]
    what = kind.removesuffix("Optimizer")
    writes = [Write(variable, what, program.place(), certain) for variable in variables]
    slots = _slots(run, made, variables, certain)
    writes += [Write(slot, what, program.place(), certain) for slot in slots]
    if isinstance(step, Variable):
        writes.append(Write(step, f"{what} adds 1", program.place()))
    node = program.op(*gradients, *made.data["nodes"], writes=tuple(writes))
    program.trainings.append(Trained(what, program.place(), variables, everything, certain, node))
    return node


def _slots(run: Expressions, made: Special, variables: list[Variable], certain: bool) -> list[Variable]:
    kind, given = made.data["class"], made.data["arguments"]
    names = run.program.graph.names
    label = name_text(given.get("name")) or _NAMES.get(kind, kind.removesuffix("Optimizer"))
    found: list[Variable] = []
    kept: dict[int, list[Variable]] = made.data.setdefault("slots", {})
    more: dict[str, Any] = {"trainable": False, "made_by": f"{kind} (slot)", "role": "slot"}
    if kind == "AdamOptimizer" and not made.data.get("powers") and variables:
        powers = []
        for power, default in (
            ("beta1_power", given.text("beta1") or "0.9"),
            ("beta2_power", given.text("beta2") or "0.999"),
        ):
            name, sure = names.unique(power)
            powers.append(make(run, name, sure and certain, shape=(), dtype="float32", initializer=default, **more))
        made.data["powers"] = powers
    count = _SLOTS[kind]
    if kind == "RMSPropOptimizer" and given.get("centered", False) is True:
        count = 3
    for variable in variables:
        if id(variable) in kept or not count:
            found += kept.get(id(variable), [])
            continue
        kept[id(variable)] = []
        for _ in range(count):
            base = f"{variable.name}/{label}"
            with names.variable_scope(None, base, auxiliary=False) as scope:
                name, sure = names.variable(scope.name)
            slot = make(
                run, name, sure and certain and variable.certain, shape=variable.shape, dtype=variable.dtype,
                owner=variable, initializer=_STARTS.get(kind, "zeros"), **more,
            )  # fmt: skip
            kept[id(variable)].append(slot)
            found.append(slot)
    return [*found, *made.data.get("powers", [])]


@symbol("tf.gradients")
def gradients(run: Expressions, call: Call) -> Any:
    """``tf.gradients(ys, xs)``: ``None`` where there is no path."""
    targets = run.items(call.get("xs"))
    single = isinstance(call.get("xs"), Node)
    reached, certain = closure(nodes_in(call.get("ys")), gradients=True)
    inside = set(map(id, reached))
    if targets is None and not single:
        return Unknown(nodes=tuple(nodes_in([call.get("ys"), call.get("xs")])))
    found: list[Node | None] = []
    for item in targets if targets is not None else [call.get("xs")]:
        if isinstance(item, Node) and id(item) not in inside and certain:
            found.append(None)
            continue
        shape = item.shape if isinstance(item, Node) else None
        gradient = run.program.tensor(*nodes_in(call.get("ys")), shape=shape, dtype="float32")
        gradient.unsure = not certain
        found.append(gradient)
    return found


@symbol("tf.clip_by_global_norm")
def clip_by_global_norm(run: Expressions, call: Call) -> Any:
    """``tf.clip_by_global_norm``: a list and the norm."""
    items = run.items(call.get("t_list", call.args[0] if call.args else None))
    norm = run.program.tensor(*nodes_in(items), shape=())
    if items is None:
        return (Unknown(nodes=tuple(nodes_in(call.args))), norm)
    clipped = [
        run.program.tensor(item, shape=item.shape, dtype=item.dtype) if isinstance(item, Node) else item
        for item in items
    ]
    return (clipped, norm)


# Assignments


@symbol("tf.assign", "tf.assign_add", "tf.assign_sub", "tf.scatter_update", "tf.scatter_add",
        "tf.scatter_sub", "tf.scatter_mul", "tf.scatter_div", "tf.scatter_nd_update",
        "tf.scatter_nd_add", "tf.scatter_nd_sub")  # fmt: skip
def assign(run: Expressions, call: Call) -> Any:
    """``tf.assign(ref, value)`` and its relatives."""
    target = call.args[0] if call.args else call.kwargs.get("ref")
    rest = [*call.args[1:], *(value for name, value in call.kwargs.items() if name != "ref")]
    return _assigned(run, target, call.symbol, tuple(nodes_in(rest)))


@method("variable", "assign", "assign_add", "assign_sub", "scatter_update", "scatter_add", "scatter_sub", "count_up_to")
def assign_method(run: Expressions, receiver: Variable, call: Call) -> Any:
    """``variable.assign(value)`` and its relatives."""
    return _assigned(
        run, receiver, call.symbol.rpartition(".")[2], tuple(nodes_in([*call.args, *call.kwargs.values()]))
    )


@method("variable", "load")
def load(run: Expressions, receiver: Variable, call: Call) -> Any:
    """``variable.load(value, session)``: a run of its own."""
    node = run.program.op(writes=(Write(receiver, "load", run.program.place()),))
    run.run_site(call.node, node, None)
    return None


def _assigned(run: Expressions, target: Any, what: str, inputs: tuple[Node, ...]) -> Any:
    program = run.program
    if isinstance(target, Variable):
        read = (target,) if not what.endswith("assign") else ()
        write = Write(target, what, program.place())
        return program.tensor(*inputs, *read, shape=target.shape, dtype=target.dtype, writes=(write,))
    found = [node for node in nodes_in(target) if isinstance(node, Variable)]
    writes = tuple(Write(variable, what, program.place(), False) for variable in found)
    return program.tensor(*inputs, writes=writes, unsure=not found)


# Moving averages, step counters, metrics


@symbol("tf.train.ExponentialMovingAverage")
def moving_average(run: Expressions, call: Call) -> Any:
    """``tf.train.ExponentialMovingAverage``."""
    name = name_text(call.get("name")) or "ExponentialMovingAverage"
    return Special("average", call.symbol, {"name": name, "shadows": {}, "nodes": list(nodes_in(call.args))})


@method("average", "apply")
def apply_average(run: Expressions, made: Special, call: Call) -> Any:
    """``average.apply(variables)``: a shadow variable for each, updated by the op returned."""
    program = run.program
    given = call.args[0] if call.args else call.kwargs.get("var_list")
    items = run.items(given) if given is not None else program.graph.trainable()
    if items is None:
        program.note("which variables are averaged is not known")
        return program.op(*nodes_in(given), unsure=True)
    writes = []
    for item in items:
        if not isinstance(item, Node):
            continue
        base = f"{item.name or '?'}/{made.data['name']}"
        with program.graph.names.variable_scope(None, base, auxiliary=False) as scope:
            name, certain = program.graph.names.variable(scope.name)
        owner = item if isinstance(item, Variable) else None
        certain = certain and (owner is None or owner.certain)
        shadow = make(
            run, name, certain, shape=item.shape, dtype=item.dtype, trainable=False,
            made_by="ExponentialMovingAverage", role="average", owner=owner,
            initializer="the variable's initial value" if owner is not None else "zeros",
        )  # fmt: skip
        if owner is not None:
            program.graph.collections[AVERAGES].append(owner)
        made.data["shadows"][id(item)] = shadow
        writes.append(Write(shadow, "moving average", program.place()))
    return program.op(*(item for item in items if isinstance(item, Node)), *made.data["nodes"], writes=tuple(writes))


@method("average", "average")
def average(run: Expressions, made: Special, call: Call) -> Any:
    """``average.average(variable)``: its shadow."""
    return made.data["shadows"].get(id(call.args[0]) if call.args else 0, UNKNOWN)


@method("average", "average_name")
def average_name(run: Expressions, made: Special, call: Call) -> Any:
    """``average.average_name(variable)``."""
    item = call.args[0] if call.args else None
    return f"{item.name}/{made.data['name']}" if isinstance(item, Node) and item.name else Unknown(text="?")


@method("average", "variables_to_restore")
def to_restore(run: Expressions, made: Special, call: Call) -> Any:
    """``average.variables_to_restore()``: shadow names to variables."""
    graph = run.program.graph
    if graph.opaque:
        return UNKNOWN
    found = {}
    for item in graph.collections[GLOBAL]:
        averaged = item in graph.trainable() or item in graph.collections[AVERAGES]
        found[f"{item.name}/{made.data['name']}" if averaged else item.name] = item
    return found


@symbol("tf.train.get_or_create_global_step", "tf.train.create_global_step",
        "tf.contrib.framework.get_or_create_global_step",
        "tf.train.get_global_step", "tf.contrib.framework.get_global_step", "tf.contrib.slim.get_or_create_global_step",
        "tf.contrib.framework.create_global_step")  # fmt: skip
def global_step(run: Expressions, call: Call) -> Any:
    """The global step."""
    graph = run.program.graph
    known = next((item for item in graph.variables if item.name == "global_step"), None)
    if known is not None or call.symbol.endswith(".get_global_step"):
        return known
    outer, graph.names.scope = graph.names.scope, type(graph.names.scope)("")
    try:
        return stored(
            run, "global_step", shape=(), dtype="int64", trainable=False, made_by=call.symbol, initializer="zeros",
            role="step", collections=[GLOBAL, "global_step"],
        )  # fmt: skip
    finally:
        graph.names.scope = outer


@symbol(*(f"tf.metrics.{name}" for name in _METRICS))
def metric(run: Expressions, call: Call) -> Any:
    """``tf.metrics.*``: local variables, the value, and the op that updates them."""
    last = call.symbol.rpartition(".")[2]
    names = run.program.graph.names
    default = name_text(call.get("name"))
    many = call.get("num_thresholds", 200)
    shape = () if last != "auc" else (many if isinstance(many, int) else UNKNOWN,)
    nodes = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    made = []
    with names.variable_scope(default, _SCOPES.get(last, last)):
        for part in _METRICS[last]:
            name, certain = names.unique(part)
            made.append(
                make(run, name, certain, shape=shape, dtype="float32",
                     trainable=False, made_by=call.symbol, initializer="zeros", role="metric",
                     collections=[LOCAL, "metric_variables"])
            )  # fmt: skip
    writes = tuple(Write(variable, call.symbol, run.program.place()) for variable in made)
    value = run.program.tensor(*made, shape=(), dtype="float32")
    return (value, run.program.tensor(*nodes, shape=(), dtype="float32", writes=writes))


@symbol("tf.losses.get_total_loss", "tf.losses.get_losses", "tf.losses.get_regularization_losses",
        "tf.losses.get_regularization_loss")  # fmt: skip
def collected_losses(run: Expressions, call: Call) -> Any:
    """The losses of the graph's collections."""
    collections = run.program.graph.collections
    keys = [LOSSES, REGULARIZATION] if call.symbol.endswith("total_loss") else [LOSSES]
    if "regularization" in call.symbol:
        keys = [REGULARIZATION]
    items = [item for key in keys for item in collections[key]]
    if call.symbol.endswith("es"):
        return items
    return run.program.tensor(*nodes_in(items), shape=(), dtype="float32", unsure=run.program.graph.opaque)


@symbol("tf.losses.softmax_cross_entropy", "tf.losses.sparse_softmax_cross_entropy", "tf.losses.mean_squared_error",
        "tf.losses.sigmoid_cross_entropy", "tf.losses.absolute_difference", "tf.losses.log_loss",
        "tf.losses.hinge_loss", "tf.losses.huber_loss", "tf.losses.cosine_distance",
        "tf.losses.compute_weighted_loss", "tf.losses.add_loss")  # fmt: skip
def loss(run: Expressions, call: Call) -> Any:
    """``tf.losses.*``: a loss that is added to the graph's collection."""
    nodes = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    found = (
        nodes[0]
        if call.symbol.endswith("add_loss") and nodes
        else run.program.tensor(*nodes, shape=(), dtype="float32")
    )
    run.program.graph.collections[LOSSES].append(found)
    return found


# Savers


@symbol("tf.train.Saver")
def saver(run: Expressions, call: Call) -> Any:
    """``tf.train.Saver(var_list)``."""
    given = call.get("var_list")
    graph = run.program.graph
    kept: dict[str, Variable] = {}
    certain = not graph.opaque
    if given is None:
        kept = {item.name: item for item in graph.collections[GLOBAL] if isinstance(item, Variable) and item.name}
    elif isinstance(given, dict):
        kept = {str(key): item for key, item in given.items() if isinstance(item, Variable)}
        certain = len(kept) == len(given)
    else:
        items = run.items(given)
        found = [item for item in (items if items is not None else nodes_in(given)) if isinstance(item, Variable)]
        kept = {item.name: item for item in found if item.name}
        certain = items is not None and len(kept) == len(items)
    run.program.savers.append(Saved(run.program.place(), kept, given is None, certain))
    return Special("saver", call.symbol, {"nodes": []})
