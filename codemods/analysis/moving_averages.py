"""``tf.train.ExponentialMovingAverage``: the averages are variables of its own, which ``apply`` makes and updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis.containers import containers
from codemods.analysis.evaluate import arguments_of
from codemods.analysis.values import Kind, Value, Variable, host, unknown

if TYPE_CHECKING:
    from codemods.analysis.methods import Methods
    from codemods.analysis.statements import Statement

SYMBOL = "tf.train.ExponentialMovingAverage"
CODE = "TF480"


@dataclass(eq=False)
class Applied:
    """One ``apply``: the statement that holds it, and the list of variables as it is written."""

    statement: Statement
    call: cst.Call
    variables: cst.BaseExpression


@dataclass(eq=False)
class MovingAverages:
    """One ``ExponentialMovingAverage``: its constructor, and the average of each variable."""

    statement: Statement
    call: cst.Call
    counter: Value | None
    name: object
    averages: dict[Variable, Variable] = field(default_factory=dict)
    applied: list[Applied] = field(default_factory=list)


def make(evaluator: Methods, node: cst.Call) -> Value:
    """The value of the constructor call."""
    entry = tables.lookup(SYMBOL)
    given = tables.bind(node, entry) if entry is not None else {}
    values = {name: evaluator.value(argument.value) for name, argument in given.items()}
    counter = values.get("num_updates")
    if evaluator.current is None or evaluator.in_fetch or not evaluator.frame.recorded or containers(evaluator.current):
        evaluator.refuse(CODE, "a moving average made in a helper function, a block or a run", node, SYMBOL)
        return unknown(node)
    dynamic = [name for name, value in values.items() if value.any_dynamic()]
    if dynamic not in ([], ["num_updates"]) or (dynamic and counter is not None and counter.kind is not Kind.VARIABLE):
        evaluator.refuse(CODE, "a moving average whose decay is a tensor", node, SYMBOL)
    name = values["name"].constant if "name" in values else "ExponentialMovingAverage"
    made = MovingAverages(evaluator.current, node, counter, name)
    evaluator.averages[node] = made
    return Value(Kind.AVERAGES, node, payload=made)


def method(evaluator: Methods, node: cst.Call, owner: MovingAverages, name: str) -> Value:
    """The value of a call of one of its methods."""
    positional, keyword, starred = arguments_of(node)
    values = evaluator.argument_values(node)
    if not starred and name == "apply":
        return _apply(evaluator, node, owner, _argument(positional, keyword, "var_list"))
    if not starred and name in ("average", "average_name"):
        variable = values[0].payload if len(values) == 1 else None
        average = owner.averages.get(variable) if isinstance(variable, Variable) else None
        if average is None:
            evaluator.refuse(CODE, f"{name}() of something that is not surely a variable under average", node, SYMBOL)
            return unknown(node)
        if name == "average_name":
            if variable not in evaluator.state.named:
                evaluator.refuse("TF416", "the name of a variable to which TF1 gave a name of its own making", node)
            return host(node)
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({average}), payload=average)
    evaluator.refuse(CODE, f"the moving average's {name}() has no counterpart", node, SYMBOL)
    return unknown(node)


def _argument(
    positional: list[cst.BaseExpression], keyword: Mapping[str, cst.BaseExpression], name: str
) -> cst.BaseExpression | None:
    return positional[0] if positional else keyword.get(name)


def _apply(evaluator: Methods, node: cst.Call, owner: MovingAverages, given: cst.BaseExpression | None) -> Value:
    value = evaluator.last_values.get(given) if given is not None else None
    leaves = value.leaves() if value is not None and value.kind is Kind.SEQUENCE and value.element is None else []
    variables = [leaf.payload for leaf in leaves if leaf.kind is Kind.VARIABLE and isinstance(leaf.payload, Variable)]
    if given is None or not leaves or len(variables) != len(leaves):
        evaluator.refuse(CODE, "a moving average of something that is not a known list of variables", node, SYMBOL)
        return unknown(node)
    if evaluator.current is None or evaluator.in_fetch or not evaluator.frame.recorded:
        evaluator.refuse(CODE, "a moving average applied in a helper function or a run", node, SYMBOL)
        return unknown(node)
    for variable in variables:
        if variable not in owner.averages:
            owner.averages[variable] = average = Variable(evaluator.current, node, None, False, variable.graph)
            full = evaluator.state.full_names.get(variable)
            known = full is not None and isinstance(owner.name, str)
            evaluator.state.note(average, f"{full}/{owner.name}" if known else None)
    if all(applied.call is not node for applied in owner.applied):
        owner.applied.append(Applied(evaluator.current, node, given))
    assert value is not None
    sources = [value] if owner.counter is None else [value, owner.counter]
    evaluator.computed(node, sources)
    evaluator.current.assigned += [owner.averages[variable] for variable in variables]
    evaluator.current.updates = True
    return Value(Kind.OP, node, dynamic=True, reads=frozenset(variables))
