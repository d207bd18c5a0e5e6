"""`tf.metrics.*`: a value over local variables and the operation that updates them, as one metric object.

``value, update = tf.metrics.accuracy(...)`` stays as the making of the object, which takes the name of the value; the
update moves into the functions that want it. Reading the value is reading the object, like a variable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.containers import containers, join
from codemods.analysis.metric_functions import bound, label
from codemods.analysis.values import Kind, Metric, Value, Variable, sequence, unknown
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.statements import Statement

CODE = "TF422"


@dataclass(frozen=True)
class Form:
    """How a program takes the pair: the names of value and update operation, None for those that it does not keep."""

    value: str | None
    update: str | None


def form_of(statement: Statement, call: cst.Call) -> Form | None:
    """The names that an assignment gives to the parts of the pair; None for any other use of it."""
    body = statement.node.body if isinstance(statement.node, cst.SimpleStatementLine) else ()
    small = body[0] if len(body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    target, value = small.targets[0].target, small.value
    if value is call and isinstance(target, (cst.Tuple, cst.List)):
        names = [element.value.value for element in target.elements if isinstance(element.value, cst.Name)]
        if len(names) != 2 or len(target.elements) != 2 or names[0] == names[1]:
            return None
        return Form(*(None if name == "_" else name for name in names))
    if not isinstance(target, cst.Name) or not isinstance(value, cst.Subscript) or value.value is not call:
        return None
    index = value.slice[0].slice if len(value.slice) == 1 else None
    number = index.value.value if isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) else None
    return {"0": Form(target.value, None), "1": Form(None, target.value)}.get(number or "")


def metric(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """The value of ``tf.metrics.*(...)``: the pair of value and update operation."""
    values = evaluator.argument_values(node)
    name, arguments = bound(node, symbol)
    statement = evaluator.current
    if statement is None or evaluator.in_fetch or not evaluator.frame.recorded or evaluator.frame.comprehension:
        evaluator.refuse(CODE, f"{symbol} inside a run site, a helper function or a comprehension", node, symbol)
        return unknown(node)
    if any(isinstance(item.node, (cst.For, cst.While)) for item in containers(statement)):
        evaluator.refuse(CODE, f"{symbol} in a loop makes a metric at each turn", node, symbol)
    if any(item.star for item in node.args):
        evaluator.refuse(CODE, f"{symbol} with starred arguments", node, symbol)
    form = form_of(statement, node)
    if form is None:
        evaluator.refuse(CODE, f"the pair that {symbol} returns is not taken apart where it is made", node, symbol)
        form = Form(None, None)
    for collection in ("metrics_collections", "updates_collections"):
        if collection in arguments and not is_none(arguments[collection].value):
            evaluator.refuse(CODE, f"{symbol} with {collection}=", node, symbol)
    made = Metric(statement, node, symbol, name, arguments, form.value, form.update)
    given = evaluator.last_values[arguments["name"].value].constant if "name" in arguments else None
    made.scope = join(evaluator.state.paths[-1], given if isinstance(given, str) else label(name))
    made.variable = Variable(statement, node, None, False, evaluator.graph, metric=made)
    statement.metrics.append(made)
    evaluator.state.metrics[node] = made
    state = frozenset({made.variable})
    current = Value(Kind.TENSOR, node, dynamic=True, reads=state, payload=made)
    updated = evaluator.computed(node, values)
    updated.dynamic, updated.reads, updated.payload = True, updated.reads | state, "update"
    statement.assigned.append(made.variable)
    statement.updates = True
    return sequence([current, updated], node=node)


def local_variables(evaluator: GraphCalls, node: cst.Call, symbol: str, scope: object) -> Value:
    """The value of a list of local variables, which are those of metrics: what initialises them starts those again."""
    found = list(evaluator.state.metrics.values())
    if not isinstance(scope, str) or any(not _is_told(scope, item.scope) for item in found):
        evaluator.refuse("TF415", f"{symbol}: the scope of this list is not known", node, symbol)
        return unknown(node)
    if not evaluator.in_fetch:
        evaluator.mark_gone(node)
    chosen = [item.variable for item in found if re.match(scope, f"{item.scope}/total") and item.variable is not None]
    made = [Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({item}), payload=item) for item in chosen]
    return sequence(made, node=node)


def _is_told(scope: str, name: str | None) -> bool:
    """Whether the filter of a list tells a metric: TF1 may have put a number behind the name that it was given."""
    if name is None or re.escape(scope) != scope.replace("-", "\\-"):
        return False
    return scope == "" or scope == name or not scope.rstrip("/").startswith(name)
