"""What TF1 read and changed in one run in no certain order, where one of its orders is kept: a note says which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Statement
from codemods.analysis.values import Metric, Schedule
from codemods.plan import Lowering, Plan, is_discarded
from codemods.training_order import upstream, waits_for

if TYPE_CHECKING:
    from codemods.update_order import UpdateOrder

_SEVERAL = 2
_ALIASES = {"tf.identity", "tf.reshape", "tf.squeeze", "tf.expand_dims", "tf.stop_gradient", "tf.convert_to_tensor"}
_WAIT_FOR_ALL = {"tf.clip_by_global_norm", "tf.global_norm"}


def note(order: UpdateOrder, lowering: Lowering, plan: Plan) -> None:
    """Note values that TF1 read before or after an update of the same run; now it is always before."""
    assert lowering.function is not None
    ordered = lowering.function.slice.ordered()
    updating = [item for item in ordered if item.assigned or item.trainings]
    steps = [found for item in ordered for found in item.trainings]
    if any(order.trained(step) & order.read_by(other) for step in steps for other in steps if step is not other):
        message = "one optimizer trains what another's loss reads, in no certain order in TF1; now it is read first"
        plan.notes.append(("TF252", message, lowering.site.call))
    if _unguarded(order, ordered, updating):
        message = "TF1 may change a variable that tf.gradients still needs for another one; now gradients come first"
        plan.notes.append(("TF252", message, lowering.site.call))
    linear = {cst.Module([]).code_for_node(loss) for loss in lowering.function.waits}
    fetched = {cst.Module([]).code_for_node(element.node) for element in lowering.values}
    if linear & fetched and not is_discarded(lowering):
        message = "the gradients of a linear loss do not wait for its value, nor did TF1; now it is computed first"
        plan.notes.append(("TF252", message, lowering.site.call))
    for element in lowering.values if not is_discarded(lowering) else ():
        if element.value.payload == "update":
            continue
        uses = {name: [binding] for name, binding in element.names.items()}
        sources = upstream(element.node, uses)
        for item in updating:
            changed = set(item.assigned) | {v for found in item.trainings for v in order.trained(found)}
            decays = [found.optimizer.learning_rate.payload for found in item.trainings]
            if isinstance(element.value.payload, Schedule) and element.value.payload in decays:
                changed -= element.value.reads  # the step itself needs the decayed rate first
            metric = element.value.payload
            if isinstance(metric, Metric) and metric.statement is item:
                message = "the value of a metric is read in the run that updates it; now it is read first"
                plan.notes.append(("TF252", message, lowering.site.call))
                return
            free = {source for source in sources - {item} if _is_alias(order, source) or source not in waits_for(item)}
            direct = order.reads(element.node).union(*(order.reads(source.node) for source in free))
            if changed & direct and not sources & {item}:
                message = "read and updated in one run, which TF1 did in no certain order; now it is read first"
                plan.notes.append(("TF252", message, lowering.site.call))
                return


def _is_alias(order: UpdateOrder, statement: Statement) -> bool:
    """Whether a value may share the memory of the variable that it is made of, so that an update changes it, too."""
    line = statement.node.body[0] if isinstance(statement.node, cst.SimpleStatementLine) else None
    value = line.value if isinstance(line, cst.Assign) else None
    return isinstance(value, cst.Call) and order.staging.symbols.of(value.func) in _ALIASES


def _unguarded(order: UpdateOrder, ordered: Sequence[Statement], updating: Sequence[Statement]) -> bool:
    """Whether two variables or more are changed with gradients of which TF1 did not compute all first.

    ``Optimizer.compute_gradients`` waits for all gradients of an operation (``GATE_OP``), ``tf.gradients`` does not; a
    global norm needs them all.
    """
    changed = {variable for item in updating for variable in item.assigned}
    changed |= {variable for item in updating for step in item.trainings for variable in order.trained(step)}
    if len(changed) < _SEVERAL:
        return False
    needed = {found for item in updating for found in {item, *waits_for(item)}} & set(ordered)
    calls = [node for item in needed for node in tree.walk(item.node) if isinstance(node, cst.Call)]
    symbols = {order.staging.symbols.of(call.func) for call in calls}
    plain = [call for call in calls if order.staging.symbols.of(call.func) == "tf.gradients"]
    gated = [call for call in plain for item in call.args if item.keyword and item.keyword.value == "gate_gradients"]
    return len(gated) < len(plain) and not symbols & _WAIT_FOR_ALL
