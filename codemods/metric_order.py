"""The value of a metric and its update in one run: TF1 read the value before or after, as it happened."""

from __future__ import annotations

from codemods.analysis.slices import free_names
from codemods.analysis.values import Metric
from codemods.findings import Refusal
from codemods.plan import Function, Plan

_MESSAGE = "the value of a metric is used in the run that updates it, in no certain order"


def check(plan: Plan) -> list[Refusal]:
    """Runs that compute something from a metric which they also update; a value that is only fetched is read first."""
    return [found for function in plan.functions for found in _check(function)]


def _check(function: Function) -> list[Refusal]:
    updated = {metric for item in function.slice.statements for metric in item.metrics}
    for item in function.slice.ordered():
        payloads = [binding.value.payload for found in item.uses.values() for binding in found]
        if updated & {found for found in payloads if isinstance(found, Metric)} - set(item.metrics):
            return [Refusal("TF406", _MESSAGE, item.node)]
    for element in function.returns:
        named = [element.names[name].value.payload for name in free_names(element.node) if name in element.names]
        read = {found for found in named if isinstance(found, Metric)}
        if updated & read and not isinstance(element.value.payload, Metric):
            return [Refusal("TF406", _MESSAGE, element.node)]
    return []
