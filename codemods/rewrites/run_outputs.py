"""Where each fetch is in the value of the new expression, as the replay map says."""

from __future__ import annotations

from codemods.analysis.values import Kind, Value
from codemods.plan import Element, Lowering, is_discarded
from codemods.summary_plan import SummaryElement

Outputs = tuple[int | None, ...]


def outputs(lowering: Lowering) -> Outputs:
    """For each fetch, its place among the values that the new expression has."""
    function = lowering.function
    given = lowering.values if function is None or lowering.mode == "eager" else function.returns
    same = [element.node for element in given] == [element.node for element in lowering.values]
    if not same and is_discarded(lowering):
        return () if _is_open(lowering) else tuple(None for _ in _leaves(lowering.elements))
    return () if _is_open(lowering) else positions(lowering)


def positions(lowering: Lowering, with_none: bool = False) -> Outputs:
    """For each fetch, its place; ``with_none``: None stands for operations in the new value."""
    found: list[int | None] = []
    count = 0
    for element in lowering.elements:
        if isinstance(element, SummaryElement):
            found.append(None)
            count += len(element.entries)
            continue
        for _ in _leaves([element]):
            found.append(None if element.form == "none" else count)
            count += with_none or element.form != "none"
    return tuple(found)


def _is_open(lowering: Lowering) -> bool:
    """Whether a list of unknown length is among the values, and nothing but values."""
    lengths = [part.element is None for element in lowering.elements for part in _containers(element.value)]
    return not all(lengths) and all(element.form != "none" for element in lowering.elements)


def _containers(value: Value) -> list[Value]:
    inside = [found for part in value.parts() for found in _containers(part)]
    return [value, *inside] if value.kind in (Kind.SEQUENCE, Kind.MAPPING) else inside


def _is_nested(element: Element) -> bool:
    """Whether a run gave several values, or several times None, for an element."""
    return element.form == "structure" or (element.form == "none" and element.value.kind is Kind.SEQUENCE)


def _leaves(elements: list[Element]) -> list[Element]:
    return [
        element
        for element in elements
        for _ in (
            element.value.leaves() if _is_nested(element) and not isinstance(element, SummaryElement) else [element]
        )
    ]
