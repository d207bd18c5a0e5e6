"""Lists of all variables: which ones `tf.trainable_variables()` and its like stand for, in the order they were made.

A list is known only where every variable made so far surely exists once, and a name holds it in this place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import batch_norm, layer_lists, metrics, name_filters
from codemods.analysis.collections import STANDARD
from codemods.analysis.values import Kind, Value, Variable, host, sequence, unknown
from codemods.analysis.variable_names import spelled
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls

_TRAINABLE, _ALL, _LOCAL = "trainable_variables", "variables", "local_variables"
LISTS = {
    "tf.trainable_variables": _TRAINABLE,
    "tf.global_variables": _ALL,
    "tf.all_variables": _ALL,
    "tf.local_variables": _LOCAL,
}
COLLECTIONS = ("tf.get_collection", "tf.get_collection_ref")
_KEYS = {
    "tf.GraphKeys.TRAINABLE_VARIABLES": _TRAINABLE,
    "tf.GraphKeys.GLOBAL_VARIABLES": _ALL,
    "tf.GraphKeys.VARIABLES": _ALL,
    "tf.GraphKeys.LOCAL_VARIABLES": _LOCAL,
}
STEP_MAKERS = frozenset({"tf.train.get_or_create_global_step", "tf.train.create_global_step"})
STEPS = STEP_MAKERS | {"tf.train.get_global_step"}


def variable_list(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """The value of a call that lists variables; refused where the list is not certain."""
    entry = tables.lookup(symbol)
    arguments = tables.bind(node, entry) if entry is not None else {}
    values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
    if batch_norm.is_key(evaluator, arguments, values):
        return batch_norm.update_ops(evaluator, node, symbol, arguments, values)
    kind = LISTS.get(symbol)
    if kind is None and "key" in arguments:
        kind = _KEYS.get(evaluator.symbols.of(arguments["key"].value) or "")
        literal = values["key"].constant
        kind = literal if kind is None and literal in (_TRAINABLE, _ALL, _LOCAL) else kind
    if kind is None:
        key = evaluator.state.collections.key(evaluator, arguments["key"].value) if "key" in arguments else None
        if key is not None and key not in STANDARD:
            return evaluator.state.collections.read(evaluator, node, symbol, key)
        evaluator.refuse("TF404", f"{symbol} of a collection that TensorFlow keeps, or that is not known", node, symbol)
        return unknown(node)
    scope = values["scope"].constant if "scope" in values else None
    if kind == _LOCAL:
        return metrics.local_variables(evaluator, node, symbol, scope if "scope" in values else "")
    filtered = "scope" in arguments and not is_none(arguments["scope"].value)
    problem = _problem(evaluator, kind, scope if filtered else "")
    if problem is None and filtered and not isinstance(scope, str):
        problem = "the scope of this list is not known"
    chosen: list[Variable] = []
    for variable in evaluator.state.listed(evaluator.graph):
        if kind == _TRAINABLE and variable.trainable is None:
            problem = problem or "it is not known whether a variable is trainable"
        if kind == _TRAINABLE and variable.trainable is False:
            continue
        if filtered and isinstance(scope, str):
            full = evaluator.state.full_names.get(variable)
            if full is None:
                problem = problem or "the full name of a variable is not known"
            elif re.match(scope, full) is None:
                continue
        if not evaluator.state.exists(variable):
            problem = problem or "it is not known how often a variable in the list was made"
        chosen.append(variable)
    if problem is None and not evaluator.savers.listing:
        problem = layer_lists.write(evaluator, node, chosen)
    if problem is not None:
        evaluator.refuse("TF415", f"{symbol}: {problem}", node, symbol)
    return sequence(layer_lists.values(node, chosen), node=node)


def filtered(evaluator: EvaluatorBase, node: cst.BaseComp) -> Value | None:
    """What a comprehension over variables keeps by their names, where TF2 has other names; else None.

    The value's node is the comprehension where it only chooses, and its first clause where it computes something.
    """
    used = {name: list(found) for name, found in evaluator.current.uses.items()} if evaluator.current else {}
    iterated = evaluator.value(node.for_in.iter)
    kept = name_filters.chosen(evaluator, node.for_in, iterated)
    variables = [item.payload for item in iterated.items or ()]
    if kept is None:
        return None
    only = isinstance(node, cst.ListComp) and node.elt.deep_equals(node.for_in.target)
    if all(item in evaluator.state.named for item in variables):  # TF2 chooses the same ones
        return sequence(layer_lists.values(node, kept), node=node) if only and kept else None
    if evaluator.current is not None:
        evaluator.current.uses = used  # the list that is iterated is not read any more
    place = node if only else node.for_in
    problem = "inside a helper function" if not evaluator.frame.recorded else None
    if problem is None and not evaluator.savers.listing:
        problem = layer_lists.write(evaluator, place, kept)
    if problem is not None:
        evaluator.refuse("TF415", f"a list of variables chosen by name: {problem}", node)
    return sequence(layer_lists.values(place, kept), node=place)


def _problem(evaluator: GraphCalls, kind: str, scope: object) -> str | None:
    """Why no list of variables of a scope can be known here."""
    if (evaluator.in_fetch and not evaluator.savers.listing) or not evaluator.frame.recorded:
        return "a list of variables inside a run site or a helper function"
    if layers := layer_lists.problem(evaluator):
        return layers
    if len(evaluator.state.graphs) > 1:
        return "the program has several graphs"
    trainings = [found for statement in evaluator.statements.values() for found in statement.trainings]
    made = [found for found in trainings if "GradientDescent" not in found.optimizer.symbol]
    if kind == _ALL and not all(_is_elsewhere(place, scope) for found in made for place in found.places):
        return "the optimizer has made variables, too"
    return None


def _is_elsewhere(place: str | None, scope: object) -> bool:
    """Whether no name in a variable or name scope begins as the names of a list do."""
    if not place or not isinstance(scope, str) or re.fullmatch(r"[\w/]+", scope) is None:
        return False
    return not f"{place}/".startswith(scope) and not scope.startswith(f"{place}/")


def global_step(evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
    """The value of ``tf.train.get_global_step()`` and its like: the counter, made where there is none yet."""
    evaluator.argument_values(node)
    state = evaluator.state
    if evaluator.current is None or evaluator.in_fetch or node.args or not evaluator.frame.recorded:
        evaluator.refuse("TF415", f"{symbol} inside a run site or a helper function, or of another graph", node, symbol)
        return unknown(node)
    found = next((item for item in state.listed(evaluator.graph) if state.full_names.get(item) == "global_step"), None)
    if found is not None and found.call is not node:
        written = spelled(evaluator, found) if state.exists(found) else None
        if written is None or symbol == "tf.train.create_global_step":
            evaluator.refuse("TF415", f"{symbol}: no name holds the counter in this place", node, symbol)
        else:
            state.shared[node] = written
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({found}), payload=found)
    if symbol not in STEP_MAKERS:
        if state.unnamed or None in [state.full_names.get(item) for item in state.listed(evaluator.graph)]:
            evaluator.refuse("TF415", f"{symbol}: it is not known whether there is a counter", node, symbol)
        state.shared[node] = "None"
        return host(node)
    made = Variable(evaluator.current, node, None, False, evaluator.graph)
    evaluator.current.variables.append(made)
    state.zero.add(made)
    state.note(made, "global_step")
    state.steps.add(node)
    return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({made}), payload=made)
