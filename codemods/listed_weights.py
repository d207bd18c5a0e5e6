"""Weights of layers in lists of variables: a Keras layer has them only after its first call."""

from __future__ import annotations

import libcst as cst

from codemods import layer_weights, tree
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Statement
from codemods.findings import Refusal
from codemods.plan import Function, Plan
from codemods.training_order import differentiated


def check(staging: Staging, plan: Plan) -> list[Refusal]:
    """Functions that write out a list of variables before every layer in it was called."""
    found = [found for function in plan.functions for found in _check(staging, plan, function)]
    return found + _shown(staging)


def _shown(staging: Staging) -> list[Refusal]:
    """Python code that does something with such a list: it would move into a function, or go with what is never run."""
    refusals = []
    for statement in staging.ordered:
        node = next((node for node in staging.state.listed_weights if node in statement.graph_nodes), None)
        for item in tree.walk(statement.node) if node is not None else ():
            call = item.value if isinstance(item, cst.Expr) else None
            if isinstance(call, cst.Call) and not _builds(staging, call):
                message = "Python code uses the weights of layers, which exist only inside of functions"
                refusals.append(Refusal("TF415", message, statement.node))
                break
    return refusals


def _builds(staging: Staging, call: cst.Call) -> bool:
    """Whether a call builds graph, or puts something into a list."""
    function = call.func
    listed = isinstance(function, cst.Attribute) and function.attr.value in ("append", "extend", "add", "update")
    return listed or staging.symbols.of(function) is not None


def _check(staging: Staging, plan: Plan, function: Function) -> list[Refusal]:
    statements = function.slice.statements
    inside = differentiated(statements)
    owners = staging.keras.owned()
    refusals = []
    for node, variables in staging.state.listed_weights.items():
        holder = next((item for item in statements if node in item.graph_nodes), None)
        if holder is None or _only_trained(holder, statements):
            continue
        for layer in dict.fromkeys(map(owners.get, variables)):
            called = {use.statement for use in layer.calls} if layer is not None else set()
            first = min((found.site.statement for found in function.lowerings), key=lambda item: item.order)
            wanted = [variable for variable in variables if owners.get(variable) is layer]
            if any(_comes_first(item, holder, inside) for item in called & statements if item is not None):
                continue
            if called & statements or not layer_weights.make_first(staging, plan, wanted, first):
                message = "a layer has no weights yet where the list of variables is written out"
                refusals.append(Refusal("TF415", message, node))
                break
    return refusals


def _only_trained(holder: Statement, statements: set[Statement]) -> bool:
    """Whether a list only says what optimizers train: a layer that was not called has no gradients anyway."""
    users = [
        item for item in statements if any(holder in found.sources for uses in item.uses.values() for found in uses)
    ]
    return bool(users) and all(item.role is Role.TRAIN for item in users)


def _comes_first(call: Statement, holder: Statement, inside: set[Statement]) -> bool:
    """Whether a function calls the layer before it writes the list; losses come first, then other values."""
    if holder.role is Role.TRAIN:
        return True
    return call.order < holder.order and (call in inside or holder not in inside)
