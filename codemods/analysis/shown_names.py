"""Names that a program shows or keeps: ``loss.name``, ``[v.name for v in tf.trainable_variables()]``.

TF2 gives other names to the weights of layers, and to names that are taken, and its tensors have none. The names of TF1
are written out where they are certain (see ``graph_names``); other questions about operations and graphs are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.values import Kind, Value, Variable, host, unknown
from codemods.analysis.variable_names import spelled
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER)
_OF_TENSORS = frozenset({"name", "op", "device", "graph"})
_OF_GRAPHS = frozenset({"version", "seed", "finalized", "collections", "building_function", "graph_def_versions"})


def attribute(evaluator: EvaluatorBase, node: cst.Attribute) -> Value | None:
    """The value of ``t.name``, ``t.op.name`` and of other questions to the graph; None for any other attribute."""
    name, owner = node.attr.value, node.value
    behind = name == "name" and isinstance(owner, cst.Attribute) and owner.attr.value == "op"
    if behind and isinstance(owner, cst.Attribute):
        owner = owner.value
    elif name not in _OF_TENSORS and name not in _OF_GRAPHS:
        return None
    if evaluator.symbols.of(owner) is not None or evaluator.symbols.of(node) is not None:
        return None
    value = evaluator.value(owner)
    if value.kind is Kind.GRAPH and name in _OF_GRAPHS:
        evaluator.refuse("TF222", f"the graph's {name} has no counterpart", node)
        return unknown(node)
    if value.kind not in _TENSORS or name in _OF_GRAPHS:
        return None
    if name != "name":
        evaluator.refuse("TF222", f"the {name} of a tensor is asked for", node)
        return unknown(node)
    text = _certain(evaluator, value)
    if text is None or (value.kind is Kind.VARIABLE and not behind and value.payload in evaluator.state.named):
        if value.kind is Kind.VARIABLE:
            evaluator.state.check_name(evaluator, node, value.payload)
        if value.kind is not Kind.VARIABLE or behind:
            evaluator.refuse("TF222", "the name of a tensor that is not certain", node)
        return Value(Kind.HOST, node, payload=value)
    shown = text if behind else f"{text}:0"
    _write(evaluator, node, f'"{shown}"')
    return host(node, shown)


def listed(evaluator: EvaluatorBase, node: cst.BaseExpression) -> Value | None:
    """A list of the names of variables, or a dict of their values by name; None for anything else.

    ``[v.name for v in variables]``, ``{v.name: v.eval() for v in variables}`` and ``dict([(v.name, v.eval()) ...])``.
    """
    found = _comprehension(node)
    if found is None:
        return None
    clause, key, value = found
    target = clause.target
    if clause.inner_for_in is not None or clause.ifs or not isinstance(target, cst.Name):
        return None
    behind = _asks_name(key, target.value)
    if behind is None or (value is not None and not _evaluates(value, target.value)):
        return None
    iterated = evaluator.value(clause.iter)
    variables = [item.payload for item in iterated.items or () if isinstance(item.payload, Variable)]
    if not variables or len(variables) != len(iterated.items or ()) or _is_refused(evaluator, clause.iter):
        return None
    if value is None and all(variable in evaluator.state.named for variable in variables) and not behind:
        return None
    names = [evaluator.graph_names.name_of(evaluator, variable) for variable in variables]
    if None in names:
        return None
    texts = [f'"{name}"' if behind else f'"{name}:0"' for name in names]
    if value is None:
        _write(evaluator, node, f"[{', '.join(texts)}]")
        return host(node)
    values = [_written(evaluator, variable, str(name)) for variable, name in zip(variables, names, strict=True)]
    entries = (f"{text}: {item}.eval()" for text, item in zip(texts, values, strict=True))
    _write(evaluator, node, f"{{{', '.join(entries)}}}")
    return host(node)


def _certain(evaluator: EvaluatorBase, value: Value) -> str | None:
    """The name of the operation that gives a value, where it is certain."""
    if isinstance(value.payload, Variable):
        return evaluator.graph_names.name_of(evaluator, value.payload)
    return evaluator.graph_names.name_of(evaluator, value)


def _write(evaluator: EvaluatorBase, node: cst.CSTNode, text: str) -> None:
    lookups = evaluator.lookups
    if lookups.written.setdefault(node, text) != text or lookups.closed:
        evaluator.refuse("TF222", "a name that differs from call to call", node)
        lookups.written[node] = ""


def _written(evaluator: EvaluatorBase, variable: Variable, name: str) -> str:
    """A variable, or how it is looked up where no Python name holds it."""
    known = spelled(evaluator, variable)
    tensorflow = [*evaluator.symbols.names_of("tf"), "tf"][0]
    return known or f'{tensorflow}.get_default_graph().get_tensor_by_name("{name}:0")'


def _is_refused(evaluator: EvaluatorBase, node: cst.BaseExpression) -> bool:
    return any(place is node for _, place in evaluator.refusals)


def _comprehension(
    node: cst.BaseExpression,
) -> tuple[cst.CompFor, cst.BaseExpression, cst.BaseExpression | None] | None:
    """The clause, key and value of a list or dict over something."""
    if isinstance(node, cst.ListComp):
        return node.for_in, node.elt, None
    if isinstance(node, cst.DictComp):
        return node.for_in, node.key, node.value
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Name) or node.func.value != "dict":
        return None
    inner = node.args[0].value if len(node.args) == 1 and node.args[0].keyword is None else None
    pair = inner.elt if isinstance(inner, cst.ListComp | cst.GeneratorExp) else None
    if not isinstance(inner, cst.ListComp | cst.GeneratorExp) or not isinstance(pair, cst.Tuple):
        return None
    parts: Sequence[cst.BaseElement] = pair.elements
    return (inner.for_in, parts[0].value, parts[1].value) if len(parts) == 2 else None


def _asks_name(node: cst.BaseExpression, variable: str) -> bool | None:
    """Whether an expression is ``v.op.name`` (True) or ``v.name`` (False); None if neither."""
    if not isinstance(node, cst.Attribute) or node.attr.value != "name":
        return None
    owner = node.value
    behind = isinstance(owner, cst.Attribute) and owner.attr.value == "op"
    if isinstance(owner, cst.Attribute) and behind:
        owner = owner.value
    return behind if isinstance(owner, cst.Name) and owner.value == variable else None


def _evaluates(node: cst.BaseExpression, variable: str) -> bool:
    """Whether an expression is ``v.eval()``."""
    function = node.func if isinstance(node, cst.Call) and not node.args else None
    if not isinstance(function, cst.Attribute) or function.attr.value != "eval":
        return False
    return isinstance(function.value, cst.Name) and function.value.value == variable


def compared(evaluator: EvaluatorBase, node: cst.Comparison, values: Sequence[Value]) -> None:
    """Graphs are compared with something: there are none any more."""
    others = [node.left, *(item.comparator for item in node.comparisons)]
    if any(value.kind is Kind.GRAPH for value in values) and not any(is_none(other) for other in others):
        evaluator.refuse("TF222", "graphs are compared", node)
