"""Dicts of variables by their names, as savers take them: ``{v.op.name: v for v in tf.trainable_variables()}``.

The names are those that TF1 gave, so the keys are known where the list is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import name_filters
from codemods.analysis.frames import literal
from codemods.analysis.values import Kind, Value, Variable

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase


def named(evaluator: EvaluatorBase, node: cst.DictComp | cst.Call) -> Value | None:
    """The value of a dict comprehension over variables with keys made of their names; None for anything else.

    ``dict([(v.name, v) for v in variables])`` and a generator in its place are the same thing.
    """
    found = _parts(node)
    if found is None:
        return None
    clause, key, value = found
    target = clause.target
    if clause.inner_for_in is not None or not isinstance(target, cst.Name):
        return None
    if not isinstance(value, cst.Name) or value.value != target.value or not _is_name(key, target.value):
        return None
    iterated = evaluator.value(clause.iter)
    kept = name_filters.chosen(evaluator, clause, iterated) if clause.ifs else _variables(iterated)
    names = [evaluator.state.full_names.get(variable) for variable in kept or ()]
    texts = [_text(evaluator, key, target.value, name) if name is not None else None for name in names]
    if not kept or None in texts or len(set(texts)) < len(texts):
        return None
    if evaluator.current is not None and not evaluator.in_fetch:
        evaluator.current.graph_nodes.append(node)  # TF2 has other names: the dict serves its savers, and goes
        evaluator.savers.dicts.add(node)
    fields: dict[object, Value] = {
        text: Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({variable}), payload=variable)
        for text, variable in zip(texts, kept, strict=True)
    }
    return Value(Kind.MAPPING, node, fields=fields)


def _parts(node: cst.DictComp | cst.Call) -> tuple[cst.CompFor, cst.BaseExpression, cst.BaseExpression] | None:
    """The clause, key and value of a dict comprehension."""
    if isinstance(node, cst.DictComp):
        return node.for_in, node.key, node.value
    inner = (
        node.args[0].value if len(node.args) == 1 and node.args[0].keyword is None and not node.args[0].star else None
    )
    if not isinstance(inner, (cst.ListComp, cst.GeneratorExp)) or not isinstance(inner.elt, cst.Tuple):
        return None
    if len(inner.elt.elements) != 2:
        return None
    key, value = inner.elt.elements
    return inner.for_in, key.value, value.value


def _variables(iterated: Value) -> list[Variable] | None:
    items = iterated.items if iterated.kind is Kind.SEQUENCE else None
    found = [item.payload for item in items or () if item.kind is Kind.VARIABLE and isinstance(item.payload, Variable)]
    return found if items is not None and len(found) == len(items) else None


def _is_name(node: cst.BaseExpression, variable: str) -> bool:
    """Whether a key is computed from the name of the variable, as `_text` can compute it."""
    if isinstance(node, cst.BinaryOperation):
        sides = (node.left, node.right)
        texts = [side for side in sides if not isinstance(side, cst.SimpleString)]
        return isinstance(node.operator, cst.Add) and bool(texts) and all(_is_name(side, variable) for side in texts)
    if isinstance(node, cst.Subscript):
        return _is_name(node.value, variable)
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Attribute) and _is_name(node.func.value, variable)
    owner = node.value if isinstance(node, cst.Attribute) and node.attr.value == "name" else None
    if isinstance(owner, cst.Attribute) and owner.attr.value == "op":
        owner = owner.value
    return isinstance(owner, cst.Name) and owner.value == variable


def _text(evaluator: EvaluatorBase, node: cst.BaseExpression, variable: str, name: str) -> str | None:
    """What a key comes out as for a variable that TF1 calls ``name``; None where that is not certain."""
    if isinstance(node, cst.BinaryOperation):
        left, right = (_text(evaluator, side, variable, name) for side in (node.left, node.right))
        return left + right if left is not None and right is not None else None
    if isinstance(node, cst.Subscript):
        owner = _text(evaluator, node.value, variable, name)
        bounds = node.slice[0].slice if len(node.slice) == 1 else None
        upper = literal(bounds.upper) if isinstance(bounds, cst.Slice) and bounds.upper is not None else None
        if owner is not None and isinstance(bounds, cst.Slice) and isinstance(upper, int):
            return owner[:upper] if bounds.lower is None and bounds.step is None else None
        if owner is None and isinstance(bounds, cst.Index) and literal(bounds.value) == 0:
            return _first_part(evaluator, node.value, variable, name)
        return None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "replace":
        owner = _text(evaluator, node.func.value, variable, name)
        texts = [literal(argument.value) for argument in node.args]
        if owner is not None and len(texts) == 2 and isinstance(texts[0], str) and isinstance(texts[1], str):
            return owner.replace(texts[0], texts[1])
        return None
    return name_filters.text(evaluator, node, variable, name)


def _first_part(evaluator: EvaluatorBase, node: cst.BaseExpression, variable: str, name: str) -> str | None:
    """``v.name.split(":")[0]``."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or len(node.args) != 1:
        return None
    owner = _text(evaluator, node.func.value, variable, name)
    mark = literal(node.args[0].value)
    if node.func.attr.value != "split" or owner is None or not isinstance(mark, str) or not mark:
        return None
    return owner.split(mark)[0]
