"""Recurrent cells and the functions that unroll them: scopes, variables, shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.contexts import name_text
from codemods.inventory.names import snake_case
from codemods.inventory.program import Call, parameters
from codemods.inventory.registry import called, method, symbol
from codemods.inventory.tf_state import reuse_of, stored
from codemods.inventory.values import UNKNOWN, Node, Special, Unknown, nodes_in

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_CELLS = ("BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell")
_WRAPPERS = ("DropoutWrapper", "ResidualWrapper", "DeviceWrapper")
_HOMES = ("tf.nn.rnn_cell", "tf.contrib.rnn")


def _everywhere(*names: str) -> list[str]:
    return [f"{home}.{name}" for home in _HOMES for name in names]


@symbol(*_everywhere(*_CELLS))
def cell(run: Expressions, call: Call) -> Any:
    """A cell with variables."""
    kind = call.symbol.rpartition(".")[2]
    call.parameters = parameters(f"tf.nn.rnn_cell.{kind}")
    return Special("cell", call.symbol, {"class": kind, "arguments": call, "variables": {}, "scope": None})


@symbol(*_everywhere(*_WRAPPERS))
def wrapper(run: Expressions, call: Call) -> Any:
    """A cell around another one, without variables of its own."""
    inner = call.args[0] if call.args else call.kwargs.get("cell")
    return Special(
        "cell", call.symbol, {"class": "wrapper", "cell": inner, "nodes": list(nodes_in(list(call.kwargs.values())))}
    )


@symbol("tf.contrib.rnn.OutputProjectionWrapper")
def projection(run: Expressions, call: Call) -> Any:
    """A cell whose output goes through a layer."""
    call.parameters = ("cell", "output_size", "activation", "reuse")
    data = {"class": "projection", "cell": call.get("cell"), "size": call.get("output_size")}
    return Special("cell", call.symbol, data)


@symbol(*_everywhere("MultiRNNCell"))
def multi(run: Expressions, call: Call) -> Any:
    """``MultiRNNCell(cells)``."""
    cells = run.items(call.args[0] if call.args else call.kwargs.get("cells"))
    if cells is None or not all(isinstance(item, Special) for item in cells):
        run.program.note("a MultiRNNCell of cells that are not known: its variables are missing here")
        run.program.graph.opaque = True
        return UNKNOWN
    return Special("cell", call.symbol, {"class": "MultiRNNCell", "cells": cells, "scope": None})


def units(made: Any) -> Any:
    """The size of a cell's output."""
    if not isinstance(made, Special) or made.kind != "cell":
        return UNKNOWN
    if made.data["class"] == "wrapper":
        return units(made.data["cell"])
    if made.data["class"] == "projection":
        return made.data["size"]
    if made.data["class"] == "MultiRNNCell":
        return units(made.data["cells"][-1]) if made.data["cells"] else UNKNOWN
    given: Call = made.data["arguments"]
    projected = given.get("num_proj") if made.data["class"] == "LSTMCell" else None
    return projected if projected is not None else given.get("num_units")


def build(run: Expressions, made: Any, width: Any) -> list[Any]:
    """Make a cell's variables at its first call, in the scope that is entered; the variables."""
    names = run.program.graph.names
    if not isinstance(made, Special) or made.kind != "cell":
        run.program.note("a recurrent cell that is not followed: its variables are missing here")
        run.program.graph.opaque = True
        return []
    kind = made.data["class"]
    if kind == "wrapper":
        return build(run, made.data["cell"], width)
    if kind == "MultiRNNCell":
        found = []
        with names.variable_scope("multi_rnn_cell"):
            for index, inner in enumerate(made.data["cells"]):
                with names.variable_scope(f"cell_{index}"):
                    found += build(run, inner, width)
                width = units(inner)
        return found
    if kind == "projection":
        size = made.data["size"]
        with names.variable_scope(None, "output_projection_wrapper"):
            found = build(run, made.data["cell"], width)
            more: dict[str, Any] = {"dtype": "float32", "trainable": True, "made_by": made.symbol}
            start = "glorot_uniform (default)"
            found.append(stored(run, "kernel", shape=(units(made.data["cell"]), size), initializer=start, **more))
            found.append(stored(run, "bias", shape=(size,), initializer="zeros (default)", **more))
        return found
    given: Call = made.data["arguments"]
    if made.data.get("built"):
        for variable in made.data["variables"].values():
            run.program.share(variable)
        return list(made.data["variables"].values())
    base = name_text(given.get("name")) or snake_case(kind)
    made.data["built"] = True
    with names.variable_scope(
        None if not names.scope.reuse else base, base, reuse=reuse_of(given.get("reuse"))
    ) as scope:
        certain = names.scope_certain(scope.name, base)
        for name, shape, start in _variables(given, kind, width):
            variable = stored(
                run, name, shape=shape, dtype="float32", trainable=True, made_by=made.symbol, initializer=start
            )
            variable.certain = variable.certain and certain
            made.data["variables"][name] = variable
    return list(made.data["variables"].values())


def _variables(given: Call, kind: str, width: Any) -> list[tuple[str, Any, str]]:
    size = given.get("num_units")
    start = given.text("initializer") or "glorot_uniform (default)"
    if kind == "BasicRNNCell":
        return [("kernel", (_sum(width, size), size), start), ("bias", (size,), "zeros (default)")]
    if kind == "GRUCell":
        return [
            ("gates/kernel", (_sum(width, size), _times(size, 2)), start),
            ("gates/bias", (_times(size, 2),), "ones (default)"),
            ("candidate/kernel", (_sum(width, size), size), start),
            ("candidate/bias", (size,), "zeros (default)"),
        ]
    output = size
    if kind == "LSTMCell" and given.get("num_proj") is not None:
        output = given.get("num_proj")
    found = [("kernel", (_sum(width, output), _times(size, 4)), start), ("bias", (_times(size, 4),), "zeros (default)")]
    if kind == "LSTMCell" and given.get("use_peepholes") is True:
        found += [(f"w_{gate}_diag", (size,), start) for gate in "fio"]
    if kind == "LSTMCell" and given.get("num_proj") is not None:
        found.append(("projection/kernel", (size, output), start))
    return found


def _sum(left: Any, right: Any) -> Any:
    return left + right if isinstance(left, int) and isinstance(right, int) else UNKNOWN


def _times(size: Any, count: int) -> Any:
    return size * count if isinstance(size, int) else UNKNOWN


@called("cell")
def call_cell(run: Expressions, made: Special, call: Call) -> Any:
    """``cell(inputs, state)``."""
    inputs = call.args[0] if call.args else UNKNOWN
    shape = numbers.shape_of(inputs)
    variables = build(run, made, shape[-1] if shape else UNKNOWN)
    result = run.program.tensor(
        *nodes_in([*call.args, made]), *variables, shape=(shape[0], units(made)) if shape else None, dtype="float32"
    )
    return (result, state(run, made, result, shape[0] if shape else None))


def state(run: Expressions, made: Any, source: Node, batch: Any) -> Any:
    """A state of a cell, as a tensor whose parts can be taken."""
    if isinstance(made, Special) and made.kind == "cell":
        kind = made.data["class"]
        if kind in ("wrapper", "projection"):
            return state(run, made.data["cell"], source, batch)
        if kind == "MultiRNNCell":
            return tuple(state(run, inner, source, batch) for inner in made.data["cells"])
        if kind in ("BasicLSTMCell", "LSTMCell"):
            size = made.data["arguments"].get("num_units")
            parts = [run.program.tensor(source, shape=(batch, part), dtype="float32") for part in (size, units(made))]
            return Special("namedtuple value", data={"fields": ["c", "h"], "items": parts, "nodes": parts})
    return run.program.tensor(source, shape=(batch, units(made)), dtype="float32")


@method("cell", "zero_state")
def zero_state(run: Expressions, made: Special, call: Call) -> Any:
    """``cell.zero_state(batch, dtype)``."""
    batch = call.args[0] if call.args else None
    return state(run, made, run.program.tensor(), batch if isinstance(batch, int) else None)


@symbol("tf.nn.dynamic_rnn", "tf.nn.bidirectional_dynamic_rnn")
def dynamic_rnn(run: Expressions, call: Call) -> Any:
    """``tf.nn.dynamic_rnn`` and its two-way form."""
    inputs = call.get("inputs")
    shape = numbers.shape_of(inputs)
    width = shape[-1] if shape else UNKNOWN
    names = run.program.graph.names
    sources = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    scope = _scope(call)
    if call.symbol == "tf.nn.dynamic_rnn":
        with names.variable_scope(scope, "rnn") if scope is not None else names.variable_scope("rnn"):
            variables = build(run, call.get("cell"), width)
        return _unrolled(run, call.get("cell"), sources, variables, shape)
    results = []
    with (
        names.variable_scope(scope, "bidirectional_rnn")
        if scope is not None
        else names.variable_scope("bidirectional_rnn")
    ):
        for part in ("fw", "bw"):
            with names.variable_scope(part):
                variables = build(run, call.get(f"cell_{part}"), width)
            results.append(_unrolled(run, call.get(f"cell_{part}"), sources, variables, shape))
    return tuple(zip(*results, strict=True))


def _scope(call: Call) -> Any:
    given = call.get("scope")
    if isinstance(given, Special) and given.kind == "scope object":
        return given.data["scope"]
    return given.text or "?" if isinstance(given, Unknown) else given


def _unrolled(run: Expressions, made: Any, sources: tuple[Node, ...], variables: list[Any], shape: Any) -> Any:
    outputs = run.program.tensor(
        *sources, *variables, shape=(*shape[:-1], units(made)) if shape is not None else None, dtype="float32"
    )
    return outputs, state(run, made, outputs, shape[0] if shape is not None else None)


@symbol("tf.nn.static_rnn", "tf.contrib.rnn.static_rnn", "tf.nn.rnn", "tf.nn.static_bidirectional_rnn",
        "tf.contrib.rnn.static_bidirectional_rnn", "tf.nn.bidirectional_rnn")  # fmt: skip
def static_rnn(run: Expressions, call: Call) -> Any:
    """``tf.nn.static_rnn`` and its two-way form: a list of outputs."""
    both = "bidirectional" in call.symbol
    call.parameters = parameters("tf.nn.static_bidirectional_rnn" if both else "tf.nn.static_rnn")
    steps = run.items(call.get("inputs"))
    nodes = tuple(nodes_in([*call.args, *call.kwargs.values()]))
    shape = numbers.shape_of(steps[0]) if steps else next((node.shape for node in nodes_in(call.get("inputs"))), None)
    width = shape[-1] if shape else UNKNOWN
    names = run.program.graph.names
    scope = _scope(call)
    default = "bidirectional_rnn" if both else "rnn"
    parts = ("fw", "bw") if both else ("",)
    variables: list[Any] = []
    with names.variable_scope(scope, default) if scope is not None else names.variable_scope(default):
        for part in parts:
            if part:
                with names.variable_scope(part):
                    variables += build(run, call.get(f"cell_{part}"), width)
            else:
                variables += build(run, call.get("cell"), width)
    made = call.get("cell") if not both else None
    size = units(made) if made is not None else _sum(units(call.get("cell_fw")), units(call.get("cell_bw")))
    batch = shape[0] if shape else None
    found = run.program.tensor(*nodes, *variables, shape=(batch, size), dtype="float32")
    count = len(steps) if steps is not None else None
    outputs: Any = [run.program.tensor(found, shape=(batch, size), dtype="float32") for _ in range(count or 0)]
    if count is None:
        outputs = Unknown(nodes=(found,))
    if both:
        return outputs, state(run, call.get("cell_fw"), found, batch), state(run, call.get("cell_bw"), found, batch)
    return outputs, state(run, made, found, batch)
