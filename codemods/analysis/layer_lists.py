"""Variables of layers in lists of variables: they exist only when their layers were called.

A list that holds some is evaluated in the functions that need it, after the calls of the layers (the plan checks that,
see ``codemods.listed_weights``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import object_lists
from codemods.analysis.keras_records import Layer
from codemods.analysis.layer_records import MadeLayer
from codemods.analysis.recurrent_weights import of_cells
from codemods.analysis.values import Kind, Value, Variable
from codemods.analysis.variable_names import spelled

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase


def problem(evaluator: EvaluatorBase) -> str | None:
    """Why it is not known which variables layers have made so far."""
    notes = evaluator.keras
    unknown = [call for call in notes.layers if call not in notes.made and not of_cells(evaluator, call)]
    if unknown or evaluator.state.layers or any(not made.certain for made in notes.owners()):
        return "layers have made variables, too"
    return None


def write(evaluator: EvaluatorBase, node: cst.CSTNode, chosen: Sequence[Variable]) -> str | None:
    """Note how the list is written that an expression stands for; why it cannot be, or None."""
    members = _written(evaluator, chosen)
    if None in members:
        return "no name holds one of the variables of the list in this place"
    text = f"[{', '.join(item for item in members if item is not None)}]"
    if len(members) == 1 and text.startswith("[*"):
        text = text[2:-1] if text.endswith("variables]") else f"list({text[2:-1]})"
    if evaluator.current is not None and any(variable.weight is not None for variable in chosen):
        evaluator.current.graph_nodes.append(node)
        evaluator.state.listed_weights[node] = [item for item in chosen if item.weight is not None]
    if evaluator.state.lists.setdefault(node, text) != text:
        return "the list differs from call to call"
    return None


def _written(evaluator: EvaluatorBase, chosen: Sequence[Variable]) -> list[str | None]:
    """How the variables of a list are written, those of one layer together; None where no name holds one."""
    owners = evaluator.keras.owned()
    found: list[str | None] = []
    done: set[Variable] = set()
    for variable in chosen:
        made = owners.get(variable)
        if variable in done:
            continue
        held = object_lists.leading(evaluator, chosen[chosen.index(variable) :])
        if held is not None:
            found.append(held[0])
            done.update(chosen[chosen.index(variable) :][: held[1]])
            continue
        if made is None:
            found.append(spelled(evaluator, variable) or object_lists.spelled(evaluator, variable))
            continue
        attribute = object_lists.spelled(evaluator, variable)
        if attribute is not None:
            found.append(attribute)
            continue
        name = name_of(evaluator, made)
        trained = [item for item in made.variables if item.trainable]
        whole = next((items for items in (trained, made.variables) if _stands(chosen, variable, items)), [])
        if name is None:
            found.append(None)
        elif len(whole) > 1:
            done.update(whole)
            found.append(f"*{name}.{'trainable_variables' if whole == trained else 'variables'}")
        else:
            found.append(f"{name}.{variable.weight}")
    return found


def _stands(chosen: Sequence[Variable], first: Variable, items: list[Variable]) -> bool:
    """Whether ``items`` stand in the list one after the other from ``first`` on, and nothing else of their layer."""
    start = chosen.index(first)
    rest = [variable for variable in chosen if variable.call is first.call]
    return list(chosen[start : start + len(items)]) == items == rest


def name_of(evaluator: EvaluatorBase, made: MadeLayer) -> str | None:
    """The Python name of a layer: the one it gets, or that of the program for a layer object."""
    if made.name is not None:
        return made.name
    for name, binding in evaluator.frame.visible().items():
        payload = binding.value.payload
        held = isinstance(payload, Layer) and (payload.made is made or payload.node is made.call)
        if binding.value.kind is Kind.LAYER and held and len(binding.sources) == 1:
            evaluator.name(cst.Name(name))
            return name
    if not evaluator.keras.functional:
        evaluator.keras.prefers_functions = True
    return None


def note_weights(evaluator: EvaluatorBase, node: cst.CSTNode, made: MadeLayer) -> bool:
    """Weights are asked of a layer object: where it was called before, and in the functions that call it."""
    if not made.calls or evaluator.current is None or evaluator.in_fetch or not evaluator.frame.recorded:
        return False
    evaluator.current.graph_nodes.append(node)
    evaluator.state.listed_weights[node] = list(made.variables)
    return True


def values(node: cst.CSTNode, chosen: Sequence[Variable]) -> list[Value]:
    """The abstract values of the elements of a list."""
    return [
        Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({variable}), payload=variable) for variable in chosen
    ]
