"""The values of a run as NumPy arrays, in the form in which the run gave them."""

from __future__ import annotations

import libcst as cst

from codemods.findings import Refusal
from codemods.plan import Element, Lowering
from codemods.rewrites import template
from codemods.rewrites.run_calls import Make
from codemods.summary_plan import SummaryElement

_ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)


def _numpy(value: cst.BaseExpression) -> cst.BaseExpression:
    if not isinstance(value, _ATOMS) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(value, cst.Name("numpy")))


def nested(value: cst.BaseExpression, tf: str) -> cst.BaseExpression:
    """The same of nested tensors; ``tf`` is the name by which the file says TensorFlow."""
    return template.expression(f"{tf}.nest.map_structure(lambda value: value.numpy(), {{value}})", value=value)


def snapshot(value: cst.BaseExpression) -> cst.BaseExpression:
    """The NumPy value of an expression, or those of a dict of summaries."""
    if not isinstance(value, cst.Dict):
        return _numpy(value)
    elements = [element.with_changes(value=_numpy(element.value)) for element in value.elements]
    return value.with_changes(elements=elements)


def converted(element: Element, value: cst.BaseExpression, tf: str) -> cst.BaseExpression:
    """The NumPy value of one fetched element; summaries stay tensors."""
    if isinstance(element, SummaryElement):
        return value  # a writer takes tensors
    if element.form == "structure":
        return nested(value, tf)
    return _numpy(value)


def all_values(lowering: Lowering, make: Make, tf: str) -> cst.BaseExpression:
    """The values of a list or tuple fetch without its operations."""
    if len(lowering.values) == 1:
        items = [cst.Element(converted(lowering.values[0], make(), tf))]
        return cst.List(items) if lowering.shape == "list" else cst.Tuple(items)
    if lowering.shape == "list":
        return template.expression("[value.numpy() for value in {call}]", call=make())
    return template.expression("tuple(value.numpy() for value in {call})", call=make())


def collected(lowering: Lowering, make: Make, unpacked: bool, tf: str) -> cst.BaseExpression:
    """All values of a list or tuple fetch, with None for operations."""
    values, elements = lowering.values, lowering.elements
    as_list = lowering.shape == "list"
    if len(values) == 1:
        items = [
            cst.Element(converted(element, make(), tf)) if element.form != "none" else cst.Element(cst.Name("None"))
            for element in elements
        ]
        return cst.List(items) if as_list else cst.Tuple(items)
    each = (
        nested(make(), tf)
        if any(element.form == "structure" for element in values)
        else template.expression("(value.numpy() for value in {call})", call=make())
    )
    deep = not isinstance(each, cst.GeneratorExp)
    if len(values) == len(elements):
        if deep:
            return template.expression("list({each})", each=each) if as_list and not unpacked else each
        if as_list or unpacked:
            return template.expression("[value.numpy() for value in {call}]", call=_made(each))
        return template.expression("tuple({each})", each=each.with_changes(lpar=[], rpar=[]))
    forms = [element.form == "none" for element in elements]
    nones = forms.count(True)
    if forms != sorted(forms, reverse=True) and forms != sorted(forms):
        raise Refusal(
            "TF247", "operations stand between the tensors of a fetch whose values are used", lowering.site.call
        )
    rest: list[cst.BaseElement] = [cst.StarredElement(each)]
    empty: list[cst.BaseElement] = [cst.Element(cst.Name("None")) for _ in range(nones)]
    ordered = empty + rest if forms[0] else rest + empty
    return cst.List(ordered) if as_list else cst.Tuple(ordered)


def _made(each: cst.BaseExpression) -> cst.BaseExpression:
    """The call inside a generator that was just made."""
    assert isinstance(each, cst.GeneratorExp)
    return each.for_in.iter
