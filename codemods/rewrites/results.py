"""Run sites: the call of the emitted function in place of ``sess.run``, and its values as NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.slices import free_names
from codemods.analysis.values import Kind, Placeholder, Value
from codemods.findings import Refusal
from codemods.plan import Element, Lowering, is_discarded, is_pure, sparse_parts
from codemods.rewrites import template
from codemods.summary_plan import SummaryElement

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_ATOMS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)


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
                for part in _captured(lowerer, feed.value, feed.placeholder):
                    lowerer.capture(part)
    for argument in call.args:
        lowerer.edits.drop(argument)
    make = _eager_values(lowerer, lowering) if eager else _function_call(lowerer, lowering)
    _place(lowerer, lowering, make)


def _captured(lowerer: Lowerer, node: cst.BaseExpression, placeholder: Placeholder) -> list[cst.BaseExpression]:
    """The parts of a feed that go into the call."""
    if not placeholder.sparse:
        return [node]
    lowerer.edits.drop(node)
    return sparse_parts(node, lowerer.ctx.symbols) or [node]


# What the run's value is

Make = Callable[[], cst.BaseExpression]
Note = Callable[[cst.BaseExpression], cst.BaseExpression]


def _function_call(lowerer: Lowerer, lowering: Lowering) -> Make:
    function = lowering.function
    assert function is not None
    site = lowering.site

    def make() -> cst.BaseExpression:
        step = lowerer.summaries.step_argument(function)
        if site.feed_node is not None:
            fed = {feed.placeholder for feed in site.feeds}
            named = [_by_keyword(item, function.inside.step) for item in step if function.inside]
            for name, placeholder in function.parameters:
                if placeholder not in fed and placeholder.default is not None:
                    named.append(_by_keyword(cst.Arg(placeholder.default.deep_clone()), name))
            given_by = cst.Arg(lowerer.rewritten_expression(site.feed_node), star="**")
            return cst.Call(cst.Name(function.name), [given_by, *named])
        given = {feed.placeholder: feed.value for feed in site.feeds}
        impure = [feed.placeholder for feed in site.feeds if not is_pure(feed.value)]
        order = [placeholder for _, placeholder in function.parameters]
        by_name = len(impure) > 1 and [item for item in order if item in impure] != impure
        arguments = []
        names = {placeholder: name for name, placeholder in function.parameters}
        for placeholder in [feed.placeholder for feed in site.feeds if feed.placeholder in names] if by_name else order:
            assert placeholder is not None
            node = given.get(placeholder) or placeholder.default
            assert node is not None
            if placeholder.sparse:
                value = _sparse(lowerer, node, placeholder)
            else:
                value = lowerer.rewritten_expression(node) if placeholder in given else node.deep_clone()
            keyword = cst.Name(names[placeholder]) if by_name else None
            equal = (
                cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                if by_name
                else cst.MaybeSentinel.DEFAULT
            )
            arguments.append(cst.Arg(value, keyword=keyword, equal=equal))
        if by_name and function.inside is not None:
            step = [_by_keyword(item, function.inside.step) for item in step]
        return cst.Call(cst.Name(function.name), [*arguments, *step])

    return make


def _by_keyword(argument: cst.Arg, name: str) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return argument.with_changes(keyword=cst.Name(name), equal=equal)


def _sparse(lowerer: Lowerer, node: cst.BaseExpression, placeholder: Placeholder) -> cst.BaseExpression:
    """A sparse feed as a ``tf.SparseTensor`` of the placeholder's dtype, which TF1 cast its values to."""
    parts = sparse_parts(node, lowerer.ctx.symbols)
    assert parts is not None
    indices, values, shape = (lowerer.rewritten_expression(part) for part in parts)
    tf = lowerer.tensorflow
    dtype = lowerer.dtype(placeholder).deep_clone()
    return template.expression(
        f"{tf}.SparseTensor({{indices}}, {tf}.constant({{values}}, {{dtype}}), {{shape}})",
        indices=indices, values=values, dtype=dtype, shape=shape,
    )  # fmt: skip


def _eager_values(lowerer: Lowerer, lowering: Lowering) -> Make:
    def make() -> cst.BaseExpression:
        raise AssertionError("eager sites have one value each")

    return make


def _numpy(value: cst.BaseExpression) -> cst.BaseExpression:
    if not isinstance(value, _ATOMS) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(value, cst.Name("numpy")))


def _snapshot(value: cst.BaseExpression) -> cst.BaseExpression:
    """The NumPy value of an expression, or those of a dict of summaries."""
    if not isinstance(value, cst.Dict):
        return _numpy(value)
    elements = [element.with_changes(value=_numpy(element.value)) for element in value.elements]
    return value.with_changes(elements=elements)


def _converted(element: Element, value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(element, SummaryElement):
        return value  # a writer takes tensors
    if element.form == "structure":
        return template.expression("tf.nest.map_structure(lambda value: value.numpy(), {value})", value=value)
    return _numpy(value)


# Where the value goes


def _place(lowerer: Lowerer, lowering: Lowering, make: Make) -> None:
    call = lowering.site.call
    values = lowering.values
    function = lowering.function
    parent = lowerer.ctx.parents[call]

    def note(node: cst.BaseExpression) -> cst.BaseExpression:
        lowerer.calls[lowering] = node
        return node

    lowerer.outputs[lowering] = _outputs(lowering)

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
            return note(_converted(element, value))

        lowerer.edits.replace(parent, lambda _: item())
        return
    if _keeps_the_values(lowerer, lowering):
        lowerer.edits.substitute(parent, cst.Name("None"))
        lowerer.edits.replace(parent, lambda _: note(_all_values(lowering, make)))
        return
    if lowering.shape == "single":
        lowerer.edits.replace(call, lambda _: note(_converted(values[0], make())))
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
    lowerer.outputs[lowering] = _positions(lowering)
    lowerer.edits.replace(call, lambda _: note(_collected(lowering, make, unpacked=target is not None)))


def _all_values(lowering: Lowering, make: Make) -> cst.BaseExpression:
    """The values of a list or tuple fetch without its operations."""
    if len(lowering.values) == 1:
        items = [cst.Element(_converted(lowering.values[0], make()))]
        return cst.List(items) if lowering.shape == "list" else cst.Tuple(items)
    if lowering.shape == "list":
        return template.expression("[value.numpy() for value in {call}]", call=make())
    return template.expression("tuple(value.numpy() for value in {call})", call=make())


def _outputs(lowering: Lowering) -> tuple[int | None, ...]:
    """For each fetch, its place among the values that the new expression has."""
    function = lowering.function
    given = lowering.values if function is None or lowering.mode == "eager" else function.returns
    same = [element.node for element in given] == [element.node for element in lowering.values]
    if not same and is_discarded(lowering):
        return () if _is_open(lowering) else tuple(None for _ in _leaves(lowering.elements))
    if _is_open(lowering):
        return ()
    found: list[int | None] = []
    count = 0
    for element in lowering.elements:
        if isinstance(element, SummaryElement):
            found.append(None)
            count += len(element.entries)
            continue
        for _ in _leaves([element]):
            found.append(None if element.form == "none" else count)
            count += element.form != "none"
    return tuple(found)


def _is_open(lowering: Lowering) -> bool:
    """Whether a list of unknown length is among the values, and nothing but values."""
    lengths = [part.element is None for element in lowering.elements for part in _containers(element.value)]
    return not all(lengths) and all(element.form != "none" for element in lowering.elements)


def _containers(value: Value) -> list[Value]:
    inside = [found for part in value.parts() for found in _containers(part)]
    return [value, *inside] if value.kind in (Kind.SEQUENCE, Kind.MAPPING) else inside


def _positions(lowering: Lowering) -> tuple[int | None, ...]:
    """The same where None stands for operations in the new value."""
    found: list[int | None] = []
    position = 0
    for element in lowering.elements:
        if isinstance(element, SummaryElement):
            found.append(None)
            position += len(element.entries)
            continue
        for leaf in _leaves([element]):
            found.append(None if leaf.form == "none" else position)
            position += 1
    return tuple(found)


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


def _collected(lowering: Lowering, make: Make, unpacked: bool) -> cst.BaseExpression:
    """All values of a list or tuple fetch, with None for operations."""
    values, elements = lowering.values, lowering.elements
    as_list = lowering.shape == "list"
    if len(values) == 1:
        items = [
            cst.Element(_converted(element, make())) if element.form != "none" else cst.Element(cst.Name("None"))
            for element in elements
        ]
        return cst.List(items) if as_list else cst.Tuple(items)
    each = (
        template.expression("tf.nest.map_structure(lambda value: value.numpy(), {call})", call=make())
        if any(element.form == "structure" for element in values)
        else template.expression("(value.numpy() for value in {call})", call=make())
    )
    nested = not isinstance(each, cst.GeneratorExp)
    if len(values) == len(elements):
        if nested:
            return template.expression("list({each})", each=each) if as_list and not unpacked else each
        if as_list or unpacked:
            return template.expression("[value.numpy() for value in {call}]", call=make_again(each))
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


def make_again(each: cst.BaseExpression) -> cst.BaseExpression:
    """The call inside a generator that was just made."""
    assert isinstance(each, cst.GeneratorExp)
    return each.for_in.iter


def _eager(lowerer: Lowerer, lowering: Lowering) -> cst.BaseExpression:
    discarded = is_discarded(lowering)
    found = []
    for element in lowering.elements:
        value = lowerer.element_value(element)
        found.append(value if discarded and len(lowering.elements) == 1 else _snapshot(value))
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
        lowerer.outputs[lowering] = _positions(lowering)
        lowerer.edits.replace(lowering.site.call, lambda _: note(_collected(lowering, make, unpacked=True)))
        return
    lowerer.edits.drop(assign)

    def build(_: cst.CSTNode) -> cst.CSTNode:
        if len(kept) == 1:
            return cst.Assign([cst.AssignTarget(kept[0])], note(_converted(lowering.values[0], make())))
        items = [cst.Element(item) for item in kept]
        values = (
            template.expression("tf.nest.map_structure(lambda value: value.numpy(), {call})", call=make())
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
