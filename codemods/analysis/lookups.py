"""Lookups by name: what ``graph.get_tensor_by_name("loss:0")`` and ``sess.run("loss:0")`` stand for.

A lookup is answered only where the name surely belongs to one call of this file (see ``graph_names``) and a Python name
holds what that call made. Everything else is refused: it would be another operation, or none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.layer_lists import name_of
from codemods.analysis.values import Kind, Value, Variable, sequence, unknown
from codemods.analysis.variable_names import spelled

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.frames import Frame
    from codemods.analysis.statements import Statement

_TENSOR, _OPERATION, _ELEMENT = "get_tensor_by_name", "get_operation_by_name", "as_graph_element"
IMPORTS = frozenset({"tf.train.import_meta_graph", "tf.import_graph_def", "tf.graph_util.import_graph_def"})
METHODS = frozenset({_TENSOR, _OPERATION, _ELEMENT})
_TENSORS = (Kind.PLACEHOLDER, Kind.TENSOR, Kind.VARIABLE, Kind.KERAS)
_RUN = (Kind.TRAIN, Kind.INIT, Kind.OP)


@dataclass(eq=False)
class Operation:
    """The operation that ``get_operation_by_name`` gives: that of the tensor ``value``."""

    name: str
    value: Value


@dataclass(eq=False)
class Assignment:
    """The operation that gives ``variable`` its initial value."""

    variable: Variable


@dataclass(eq=False)
class InitialValue:
    """The tensor that ``variable`` starts from; ``text`` is how the variable is written."""

    variable: Variable
    text: str


class Imported:
    """What comes from a graph in a file: why it is not known is said once."""


@dataclass
class Lookups:
    """What the lookups of a program became."""

    written: dict[cst.CSTNode, str] = field(default_factory=dict)  # lookups, and names in runs: the Python name
    bound: dict[cst.Call, str] = field(default_factory=dict)  # calls whose result gets a name, because it is looked up
    operations: dict[cst.Call, Operation] = field(default_factory=dict)
    weights: dict[cst.CSTNode, str] = field(default_factory=dict)  # lookups of the weights of layers
    needed: dict[cst.CSTNode, tuple[Variable, Statement]] = field(default_factory=dict)  # those that runs fetch
    graphs: dict[cst.CSTNode, object] = field(default_factory=dict)  # which graph an expression was, if always one
    discarded: dict[Value, Frame] = field(default_factory=dict)  # what statements make without keeping it
    lists: dict[cst.CSTNode, list[str]] = field(
        default_factory=dict
    )  # collections that are read: what their members are
    imported: bool = False  # a graph was read from a file
    closed: bool = False  # only functions are left that nothing calls


class _UnknownError(Exception):
    """Why a lookup has no answer."""


def imported(evaluator: EvaluatorBase, node: cst.Call, symbol: str) -> Value:
    """A graph is read from a file."""
    evaluator.refuse("TF256", f"{symbol}: the operations of the graph are known to the file only", node, symbol)
    evaluator.lookups.imported = True
    return Value(Kind.UNKNOWN, node, payload=Imported())


def is_imported(callee: Value) -> bool:
    """Whether a method of what came with a graph from a file is called."""
    return callee.element is not None and isinstance(callee.element.payload, Imported)


def note_graph(evaluator: EvaluatorBase, node: cst.CSTNode, graph: object) -> None:
    """An expression gives ``graph``, or a session on it."""
    graphs = evaluator.lookups.graphs
    graphs[node] = graph if graphs.get(node, graph) == graph else None


def note_session(evaluator: EvaluatorBase, node: cst.Call) -> None:
    """A session is made: on the current graph, or on the one it is given."""
    given = [item for item in node.args if item.keyword is not None and item.keyword.value == "graph"]
    positional = [item for item in node.args if item.keyword is None]
    graph = evaluator.graph_names.graph(evaluator)
    if given or len(positional) > 1:
        value = evaluator.last_values.get((given or positional[1:])[0].value)
        graph = value.node if value is not None and value.kind is Kind.GRAPH else None
        if isinstance(graph, cst.Call) and evaluator.symbols.of(graph.func) != "tf.Graph":
            graph = evaluator.lookups.graphs.get(graph)
    note_graph(evaluator, node, graph)


def method(evaluator: EvaluatorBase, node: cst.Call, owner: Value, name: str) -> Value:
    """``graph.get_tensor_by_name(...)`` and its like."""
    entry_names = {"name", "obj"}
    given = [item for item in node.args if item.keyword is None or item.keyword.value in entry_names]
    try:
        if len(given) != 1 or len(node.args) != 1 or given[0].star:
            raise _UnknownError("it has other arguments than a name")
        text = evaluator.value(given[0].value).constant
        if not isinstance(text, str):
            raise _UnknownError("the name is put together while the program runs")
        graph = _graph(evaluator, owner)
        if name == _TENSOR or (name == _ELEMENT and ":" in text):
            return _tensor(evaluator, node, graph, text)
        assigned = _assigned(evaluator, graph, text)
        if assigned is not None:
            _goes(evaluator, node)
            return Value(Kind.UNKNOWN, node, payload=assigned)
        found = _operation(evaluator, graph, text)
        if found.kind in _RUN:
            return _write(evaluator, node, found, text)
        made = evaluator.lookups.operations[node] = Operation(text, found)
        evaluator.refuse("TF222", f"{name}(): the operation itself is needed, not its value or a run", node)
        return Value(Kind.UNKNOWN, node, payload=made)
    except _UnknownError as problem:
        return _refused(evaluator, f"{name}(): {problem}", node)


def element(evaluator: EvaluatorBase, node: cst.Subscript) -> Value | None:
    """``operation.outputs[0]`` and ``assign.inputs[1]`` of operations that were looked up; else None."""
    listed = node.value
    members = evaluator.lookups.lists.get(listed)
    if members is not None:
        return _member(evaluator, node, listed, members)
    owner = evaluator.last_values.get(listed.value) if isinstance(listed, cst.Attribute) else None
    if owner is None or not isinstance(listed, cst.Attribute):
        return None
    found, name = owner.payload, listed.attr.value
    try:
        if isinstance(found, Assignment):
            if (name, evaluator.subscript_key(node)) != ("inputs", 1):
                raise _UnknownError("it is not the initial value of the variable that is needed")
            _goes(evaluator, node)
            return Value(Kind.UNKNOWN, node, payload=_initial(evaluator, found.variable))
        if not isinstance(found, Operation) or name != "outputs":
            return None
        if evaluator.subscript_key(node) != 0:
            raise _UnknownError("another output than the first")
        return _write(evaluator, node, _as_tensor(found.value), found.name)
    except _UnknownError as problem:
        return _refused(evaluator, f"get_operation_by_name(): {problem}", node)


def _member(
    evaluator: EvaluatorBase, node: cst.Subscript, listed: cst.BaseExpression, members: list[str]
) -> Value | None:
    """``tf.get_collection("outputs")[0]``: the member itself."""
    index, items = evaluator.subscript_key(node), evaluator.last_values[listed].items
    if not isinstance(index, int) or items is None or not -len(items) <= index < len(items):
        return None
    evaluator.lookups.written[node] = members[index]
    return items[index]


def fetched(evaluator: EvaluatorBase, node: cst.BaseExpression, value: Value, session: Value | None) -> Value:
    """``value`` of a fetch, with what its texts stand for; weights of layers have no name to be written out before."""
    if isinstance(node, cst.List | cst.Tuple) and value.items is not None and len(value.items) == len(node.elements):
        parts = zip(node.elements, value.items, strict=True)
        return sequence([fetched(evaluator, part.value, item, session) for part, item in parts], node=value.node)
    if isinstance(node, cst.Dict):
        for entry in node.elements:
            named(evaluator, entry.value, session)
        return value
    found = named(evaluator, node, session)
    if found is None or node not in evaluator.lookups.weights:
        return value
    evaluator.last_values[node] = found
    return found


def named(evaluator: EvaluatorBase, node: cst.BaseExpression, session: Value | None) -> Value | None:
    """What a text in a fetch or a feed stands for: a tensor, or an operation that is run; None for no text."""
    text = evaluator.last_values[node].constant if node in evaluator.last_values else None
    if not isinstance(text, str):
        return None
    try:
        made = session.payload if session is not None and session.kind is Kind.SESSION else None
        graph = evaluator.lookups.graphs.get(made) if isinstance(made, cst.Call) else None
        if graph is None:
            raise _UnknownError("it is not certain which graph is asked")
        if ":" in text:
            return _tensor(evaluator, node, graph, text)
        found = _operation(evaluator, graph, text)
        if found.kind not in _RUN:
            raise _UnknownError("it is the operation of a tensor, not a tensor")
        return _write(evaluator, node, found, text)
    except _UnknownError as problem:
        return _refused(evaluator, f"{text!r} in a run: {problem}", node)


def _refused(evaluator: EvaluatorBase, message: str, node: cst.CSTNode) -> Value:
    if evaluator.lookups.imported:
        return Value(Kind.UNKNOWN, node, payload=Imported())
    evaluator.refuse("TF222", message, node)
    return unknown(node)


def _graph(evaluator: EvaluatorBase, owner: Value) -> object:
    """The graph that a value stands for."""
    node = owner.node
    if isinstance(node, cst.Call) and evaluator.symbols.of(node.func) == "tf.Graph":
        return node
    graphs = evaluator.lookups.graphs
    if isinstance(node, cst.Attribute) and node.attr.value == "graph":  # of a session
        session = evaluator.last_values.get(node.value)
        node = session.payload if session is not None and isinstance(session.payload, cst.Call) else None
    found = graphs.get(node) if node is not None else None
    if found is None:
        raise _UnknownError("it is not certain which graph is asked")
    return found


def _tensor(evaluator: EvaluatorBase, node: cst.BaseExpression, graph: object, text: str) -> Value:
    name, _, index = text.rpartition(":")
    if index != "0" or not name:
        raise _UnknownError(f"{text!r} is not the first output of an operation")
    return _write(evaluator, node, _as_tensor(_operation(evaluator, graph, name)), name)


def _operation(evaluator: EvaluatorBase, graph: object, name: str) -> Value:
    if evaluator.lookups.closed:
        raise _UnknownError("nothing in this file calls the function")
    found = evaluator.graph_names.operation(graph, name)
    if found is None:
        raise _UnknownError(f"it is not certain that this file makes {name!r} before, and only what gives it this name")
    return found


def _assigned(evaluator: EvaluatorBase, graph: object, name: str) -> Assignment | None:
    """The first assignment of a variable, which TF1 calls ``<variable>/Assign``."""
    owner, _, last = name.rpartition("/")
    found = evaluator.graph_names.operation(graph, owner) if last == "Assign" else None
    variable = found.payload if found is not None and found.kind is Kind.VARIABLE else None
    return Assignment(variable) if isinstance(variable, Variable) and not evaluator.lookups.closed else None


def _goes(evaluator: EvaluatorBase, node: cst.CSTNode) -> None:
    if evaluator.current is None or not evaluator.frame.recorded:
        raise _UnknownError("a helper function looks an operation up")
    evaluator.current.gone.append(node)


def _initial(evaluator: EvaluatorBase, variable: Variable) -> InitialValue:
    """What a variable starts from."""
    text = spelled(evaluator, variable) or _written_weight(evaluator, variable)
    if text is None:
        raise _UnknownError("no Python name holds the variable in this place")
    return InitialValue(variable, text)


def _as_tensor(value: Value) -> Value:
    if value.kind not in _TENSORS:
        raise _UnknownError("the operation has no value that a name could hold")
    return value


def _write(evaluator: EvaluatorBase, node: cst.BaseExpression, value: Value, label: str) -> Value:
    """Note how the lookup ``node`` is written where the evaluator stands."""
    text = _spelled(evaluator, value, label)
    target = evaluator.lookups.written
    if text is None:
        text, target = _weight(evaluator, node, value), evaluator.lookups.weights
    if text is None:
        raise _UnknownError(f"no Python name holds {label!r} in this place")
    if target.setdefault(node, text) != text:
        raise _UnknownError("it stands for different tensors")
    return value


def _spelled(evaluator: EvaluatorBase, value: Value, label: str) -> str | None:
    """The Python name of a value: the one like its label, or any that holds it."""
    if isinstance(value.payload, Variable):
        return spelled(evaluator, value.payload)
    held = [
        name
        for name, binding in evaluator.frame.visible().items()
        if binding.value is value and len(binding.sources) == 1 and name.isidentifier()
    ]
    last = label.rpartition("/")[2]
    for name in sorted(held, key=lambda name: name != last):
        evaluator.name(cst.Name(name))
        return name
    return _bind(evaluator, value, last)


def _bind(evaluator: EvaluatorBase, value: Value, name: str) -> str | None:
    """Give a name to what a statement makes without keeping it; None where that cannot be."""
    call, frame = value.node, evaluator.lookups.discarded.get(value)
    if not isinstance(call, cst.Call) or frame not in (evaluator.frame, evaluator.module_frame):
        return None
    bound = evaluator.lookups.bound
    if call not in bound and (not name.isidentifier() or name in evaluator.symbols.names or name in bound.values()):
        return None
    return bound.setdefault(call, name)


def _weight(evaluator: EvaluatorBase, node: cst.BaseExpression, value: Value) -> str | None:
    """How the weight of a layer is written, which no name holds: ``hidden1_layer.kernel``."""
    variable = value.payload
    if not isinstance(variable, Variable):
        return None
    text = _written_weight(evaluator, variable)
    if text is None or evaluator.current is None:
        return None
    if evaluator.in_fetch:
        evaluator.lookups.needed[node] = variable, evaluator.current
    else:
        evaluator.current.graph_nodes.append(node)
        evaluator.state.listed_weights[node] = [variable]
    return text


def _written_weight(evaluator: EvaluatorBase, variable: Variable) -> str | None:
    """The attribute of a layer that is one of its variables, where Python code or a run has it."""
    if variable.weight is None or evaluator.current is None or not evaluator.frame.recorded:
        return None
    made = evaluator.keras.owner(variable)
    name = name_of(evaluator, made) if made is not None else None
    if name is None:
        return None
    return f"{name}.{variable.weight}"
