"""Rules for loops and branches, whose results TF1 takes apart where they are lists of one tensor."""

from __future__ import annotations

import libcst as cst

from codemods.rewrites.arguments import CallPlan, literal
from codemods.rewrites.place import Place
from codemods.rewrites.shapes import assigned_value, is_one_tensor, returned


def while_loop(plan: CallPlan, place: Place, argument: str) -> None:
    """With a single loop variable TF1 returns it without the list around it, unless ``return_same_structure``."""
    same = plan.value("return_same_structure")
    plan.drop("return_same_structure")
    if same is not None:
        found = literal(same)
        if found is None or not isinstance(found[0], bool):
            raise plan.refuse("TF104", "'return_same_structure' is not a literal", "return_same_structure")
        if found[0]:
            return
    variables = plan.value("loop_vars")
    if isinstance(variables, cst.Name):
        variables = assigned_value(place.ctx.symbols, variables)
    if not isinstance(variables, (cst.List, cst.Tuple)):
        raise plan.refuse(
            "TF104",
            "TensorFlow 1 returns a single loop variable without its list, and it is not known how many",
            "loop_vars",
        )
    elements = variables.elements
    if any(isinstance(element, cst.StarredElement) for element in elements):
        raise plan.refuse("TF104", "it is not known how many loop variables there are", "loop_vars")
    if len(elements) == 1:
        plan.around = first_item
        body = plan.value("body")
        # Outside a tf.function TF2 takes no bare tensor from the body.
        if isinstance(body, cst.Lambda) and is_one_tensor(place.ctx.symbols, body.body):
            plan.wrap("body", _in_list)


def _in_list(node: cst.BaseExpression) -> cst.BaseExpression:
    """``lambda ...: [result]``."""
    function = cst.ensure_type(node, cst.Lambda)
    return function.with_changes(body=cst.List([cst.Element(function.body)]))


def first_item(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression ``node[0]``."""
    return cst.Subscript(node, [cst.SubscriptElement(cst.Index(cst.Integer("0")))])


def cond(plan: CallPlan, place: Place, argument: str) -> None:
    """With ``strict=False`` TF1 takes a one-element list that a branch returns apart; TF2 never does."""
    strict = plan.value("strict")
    plan.drop("strict")
    if strict is not None and literal(strict) == (True,):
        return
    if strict is not None and literal(strict) != (False,):
        raise plan.refuse("TF104", "'strict' is not a literal", "strict")
    sure = False
    for names in (("true_fn", "fn1"), ("false_fn", "fn2")):
        branch = plan.value(names[0]) or plan.value(names[1])
        if branch is None:
            raise plan.refuse("TF103", f"{names[0]!r} is missing")
        results = _results(place, branch)
        sure = sure or (results is not None and all(is_one_tensor(place.ctx.symbols, result) for result in results))
    if not sure:  # one is enough: TF2 fails where the branches differ in structure
        raise plan.refuse("TF104", "the branches may return a list of one tensor, which TensorFlow 1 takes apart")


def _results(place: Place, branch: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """What a branch function may return; None if it is not known."""
    if isinstance(branch, cst.Lambda):
        return [branch.body]
    if isinstance(branch, cst.Name):
        bindings = place.ctx.symbols.bindings(branch.value, place.ctx.symbols.scope(branch))
        if len(bindings) == 1 and isinstance(bindings[0].node, cst.FunctionDef):
            return returned(bindings[0].node)
    return None
