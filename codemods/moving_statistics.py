"""Moving statistics of batch normalization: a run moves them if and only if the run of TF1 did."""

from __future__ import annotations

from codemods.analysis.batch_norm import calls_of
from codemods.analysis.layer_records import LayerCall
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role
from codemods.analysis.values import Placeholder
from codemods.findings import Refusal
from codemods.plan import Function, Lowering, Plan


def moved(staging: Staging, lowering: Lowering) -> set[LayerCall]:
    """The layer calls whose update operations a run runs."""
    found = {call for statement in lowering.slice.statements for call in statement.moves}
    found.update(calls_of(element.value for element in lowering.elements))
    for element in lowering.elements:
        for leaf in element.value.leaves():
            if leaf.node is not None:
                found.update(staging.keras.group_moves.get(leaf.node, ()))
    return found


def take(staging: Staging, lowering: Lowering) -> None:
    """A run of update operations needs what the layers were called with."""
    for call in moved(staging, lowering):
        if call.statement is not None and call.statement.role is Role.GRAPH:
            lowering.slice.take(call.statement)


def check(staging: Staging, plan: Plan) -> list[Refusal]:
    """Decide which layers never move their statistics; refuse runs of which some do, and others do not."""
    refusals: list[Refusal] = []
    for function in plan.functions:
        moves = moved(staging, function.lowerings[0])
        trained = [call for call in _normalizations(staging, function) if _trains(call, function) is not False]
        for call in trained:
            if call.inline or call in moves:
                continue
            if not staging.keras.update_reads:
                call.made.frozen = True
                continue
            message = "this run trains batch normalization and does not run UPDATE_OPS: Keras would move its statistics"
            refusals.append(Refusal("TF603", message, function.lowerings[0].site.call))
        made = [call.made for call in trained if not call.made.frozen]
        if len(made) != len(set(made)):
            message = "one run trains a shared batch normalization twice, and moves its statistics in no certain order"
            refusals.append(Refusal("TF603", message, function.lowerings[0].site.call))
    for call in staging.keras.layer_uses.values():
        if call.made.frozen and call.inline:
            refusals.append(Refusal("TF603", "one layer moves its statistics at some calls only", call.node))
    frozen = dict.fromkeys(call.made for call in staging.keras.layer_uses.values() if call.made.frozen)
    for layer in frozen:
        message = "no run ever runs UPDATE_OPS: the moving statistics stay as they start, by a momentum of 1"
        plan.notes.append(("TF750", message, layer.call))
    return refusals


def _normalizations(staging: Staging, function: Function) -> list[LayerCall]:
    return [
        call
        for call in staging.keras.layer_uses.values()
        if call.made.kind.name == "BatchNormalization" and call.statement in function.slice.statements
    ]


def _trains(call: LayerCall, function: Function) -> bool | None:
    if isinstance(call.training, Placeholder):
        return function.flags.get(call.training.target or "")
    return call.training
