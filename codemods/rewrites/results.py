"""Run sites: what takes the place of ``sess.run``, and of what the program does with its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.slices import free_names
from codemods.findings import Refusal
from codemods.plan import Lowering, is_discarded
from codemods.rewrites import template
from codemods.rewrites.run_calls import Make, captured, function_call
from codemods.rewrites.run_outputs import outputs, positions
from codemods.rewrites.run_values import all_values, collected, converted, nested, snapshot
from codemods.summary_plan import SummaryElement

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

Note = Callable[[cst.BaseExpression], cst.BaseExpression]


def replace_site(lowerer: Lowerer, lowering: Lowering) -> None:
    """Propose the edits for one run site that is not an initialiser."""
    call = lowering.site.call
    eager = lowering.mode == "eager"
    fetch = lowering.site.fetch
    if eager:
        for element in lowering.elements:
            lowerer.optimizers.call_decays(element.node)
            lowerer.capture(element.node)
    elif not any(lowerer.updated.get(node) for node in [fetch]):
        lowerer.edits.drop(fetch)
    assert isinstance(call, cst.Call)
    if lowering.site.feed_node is not None:
        lowerer.capture(lowering.site.feed_node)
    elif lowering.function is not None:
        needed = {placeholder for _, placeholder in lowering.function.parameters}
        for feed in lowering.site.feeds:
            if feed.placeholder is not None and feed.placeholder in needed:
                for part in captured(lowerer, feed.value, feed.placeholder):
                    lowerer.capture(part)
    for argument in call.args:
        lowerer.edits.drop(argument)
    make = _eager_values(lowerer, lowering) if eager else function_call(lowerer, lowering)
    _place(lowerer, lowering, make)


def _eager_values(lowerer: Lowerer, lowering: Lowering) -> Make:
    def make() -> cst.BaseExpression:
        raise AssertionError("eager sites have one value each")

    return make


def _place(lowerer: Lowerer, lowering: Lowering, make: Make) -> None:
    call = lowering.site.call
    values = lowering.values
    function = lowering.function
    parent = lowerer.ctx.parents[call]

    def note(node: cst.BaseExpression) -> cst.BaseExpression:
        lowerer.calls[lowering] = node
        return node

    lowerer.outputs[lowering] = outputs(lowering)

    if lowering.mode == "eager":
        lowerer.edits.replace(call, lambda _: note(_eager(lowerer, lowering)))
        return
    if is_discarded(lowering) or not values:
        if not is_discarded(lowering) and lowering.shape != "single":
            _unused_operations(lowerer, lowering, make, note)
            return
        lowerer.edits.replace(call, lambda _: note(make()))
        return
    assert function is not None
    index = _subscripted(lowerer, lowering)
    if index is not None:
        element = lowering.elements[index]
        if element.form == "none":
            raise Refusal("TF247", "the value of an operation is used", call)
        position = values.index(element)
        lowerer.outputs[lowering] = tuple(
            0 if item is element and not isinstance(element, SummaryElement) else None for item in lowering.elements
        )
        lowerer.edits.substitute(parent, cst.Name("None"))
        single = len(values) == 1

        def item() -> cst.BaseExpression:
            value = (
                make()
                if single
                else cst.Subscript(make(), [cst.SubscriptElement(cst.Index(cst.Integer(str(position))))])
            )
            return note(converted(element, value, lowerer.tensorflow))

        lowerer.edits.replace(parent, lambda _: item())
        return
    if _keeps_the_values(lowerer, lowering):
        lowerer.edits.substitute(parent, cst.Name("None"))
        lowerer.edits.replace(parent, lambda _: note(all_values(lowering, make, lowerer.tensorflow)))
        return
    if lowering.shape == "single":
        lowerer.edits.replace(call, lambda _: note(converted(values[0], make(), lowerer.tensorflow)))
        return
    if lowering.shape == "dict":
        if len(values) != len(lowering.elements) or any(element.form == "structure" for element in values):
            raise Refusal("TF247", "a dict fetch holds operations", call)
        lowerer.edits.replace(
            call,
            lambda _: note(template.expression("{key: value.numpy() for key, value in {call}.items()}", call=make())),
        )
        return
    target = _unpacked(lowerer, lowering)
    if target is not None and len(values) < len(lowering.elements):
        _unpack_without_operations(lowerer, lowering, target, make, note)
        return
    lowerer.outputs[lowering] = positions(lowering, with_none=True)
    lowerer.edits.replace(call, lambda _: note(collected(lowering, make, target is not None, lowerer.tensorflow)))


def _eager(lowerer: Lowerer, lowering: Lowering) -> cst.BaseExpression:
    discarded = is_discarded(lowering)
    found = []
    for element in lowering.elements:
        value = lowerer.element_value(element)
        found.append(value if discarded and len(lowering.elements) == 1 else snapshot(value))
    if lowering.shape == "single":
        return found[0]
    if lowering.shape == "dict":
        keys = [key.deep_clone() for key in lowering.keys]
        return cst.Dict([cst.DictElement(key, value) for key, value in zip(keys, found, strict=True)])
    items = [cst.Element(value) for value in found]
    if lowering.shape == "list" and not _unpacked(lowerer, lowering):
        return cst.List(items)
    return cst.Tuple(items, lpar=[], rpar=[]) if _unpacked(lowerer, lowering) else cst.Tuple(items)


# How the program takes the value apart


def _subscripted(lowerer: Lowerer, lowering: Lowering) -> int | None:
    """The literal index in ``sess.run([a, b], ...)[1]``."""
    parent = lowerer.ctx.parents[lowering.site.call]
    if not isinstance(parent, cst.Subscript) or parent.value is not lowering.site.call:
        return None
    if (
        lowering.shape not in ("list", "tuple")
        or len(parent.slice) != 1
        or not isinstance(parent.slice[0].slice, cst.Index)
    ):
        return None
    node = parent.slice[0].slice.value
    if isinstance(node, cst.Integer) and int(node.value) < len(lowering.elements):
        return int(node.value)
    return None


def _keeps_the_values(lowerer: Lowerer, lowering: Lowering) -> bool:
    """Whether a slice takes all values and none of the operations: ``sess.run([loss, train_op])[:1]``."""
    parent = lowerer.ctx.parents[lowering.site.call]
    part = parent.slice[0].slice if isinstance(parent, cst.Subscript) and len(parent.slice) == 1 else None
    if not isinstance(part, cst.Slice) or lowering.shape not in ("list", "tuple") or part.step is not None:
        return False
    bounds = []
    for bound in (part.lower, part.upper):
        if bound is not None and not isinstance(bound, cst.Integer):
            return False
        bounds.append(int(bound.value) if bound is not None else None)
    plain = all(element.form in ("tensor", "variable") for element in lowering.values)
    return plain and lowering.elements[slice(*bounds)] == lowering.values


def _unpacked(lowerer: Lowerer, lowering: Lowering) -> cst.Assign | None:
    """The assignment that unpacks the run's values one by one."""
    call = lowering.site.call
    parent = lowerer.ctx.parents[call]
    if not isinstance(parent, cst.Assign) or parent.value is not call or len(parent.targets) != 1:
        return None
    target = parent.targets[0].target
    if not isinstance(target, (cst.Tuple, cst.List)) or len(target.elements) != len(lowering.elements):
        return None
    if any(isinstance(element, cst.StarredElement) for element in target.elements):
        return None
    return parent


def _unpack_without_operations(
    lowerer: Lowerer, lowering: Lowering, assign: cst.Assign, make: Make, note: Note
) -> None:
    """``_, c = sess.run([train, cost])``: names that took the None of an operation go."""
    target = assign.targets[0].target
    assert isinstance(target, (cst.Tuple, cst.List))
    kept: list[cst.BaseAssignTargetExpression] = []
    emptied: list[cst.BaseExpression] = []
    for element, item in zip(lowering.elements, target.elements, strict=True):
        if element.form != "none":
            assert isinstance(item.value, cst.BaseAssignTargetExpression)
            kept.append(item.value)
        elif isinstance(item.value, cst.Name) and not _read(lowerer, item.value.value, assign):
            lowerer.edits.drop(item)
        else:
            emptied.append(item.value)
    if emptied:
        lowerer.outputs[lowering] = positions(lowering, with_none=True)
        lowerer.edits.replace(lowering.site.call, lambda _: note(collected(lowering, make, True, lowerer.tensorflow)))
        return
    lowerer.edits.drop(assign)

    def build(_: cst.CSTNode) -> cst.CSTNode:
        if len(kept) == 1:
            return cst.Assign(
                [cst.AssignTarget(kept[0])], note(converted(lowering.values[0], make(), lowerer.tensorflow))
            )
        items = [cst.Element(item) for item in kept]
        values = (
            nested(make(), lowerer.tensorflow)
            if any(element.form == "structure" for element in lowering.values)
            else template.expression("[value.numpy() for value in {call}]", call=make())
        )
        return cst.Assign([cst.AssignTarget(cst.Tuple(items, lpar=[], rpar=[]))], note(values))

    lowerer.edits.replace(assign, build)


def _unused_operations(lowerer: Lowerer, lowering: Lowering, make: Make, note: Note) -> None:
    """``_ = sess.run([train])``: only operations are fetched."""
    parent = lowerer.ctx.parents[lowering.site.call]
    names = [name for target in parent.targets for name in free_names(target)] if isinstance(parent, cst.Assign) else []
    if isinstance(parent, cst.Assign) and not any(_read(lowerer, name, parent) for name in names):
        lowerer.edits.drop(parent)
        lowerer.edits.replace(parent, lambda _: cst.Expr(note(make())))
        return
    raise Refusal("TF247", "the value of an operation is used", lowering.site.call)


def _read(lowerer: Lowerer, name: str, assign: cst.Assign) -> bool:
    """Whether the value that ``assign`` gives to ``name`` may be read."""
    if name == "_":
        return False
    statement = None
    for item in lowerer.staging.ordered:
        if isinstance(item.node, cst.SimpleStatementLine) and assign in item.node.body:
            statement = item
    for other in lowerer.staging.ordered:
        for uses in (other.uses, other.callee_uses):
            for binding in uses.get(name, ()):
                if statement is None or statement in binding.sources:
                    return True
    return False
