"""Parameters for graph objects, under the names that these have in the module.

``def evaluate(sess, op, inputs, batch)`` that is always called as ``evaluate(sess, accuracy, x, batch)`` means the same
when its parameters are called ``accuracy`` and ``x``. The text stays TF1; sessions and parameters that the module holds
under the same name can go then.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis.frames import assigned_names
from codemods.analysis.graph_parameters import arguments_by_name
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind
from codemods.context import Context
from codemods.edits import Edits
from codemods.origins import Origins


@dataclass(frozen=True)
class Renamed:
    """The module with other names for parameters, and where its nodes stood in the text."""

    module: cst.Module
    origins: Origins


def write_out(ctx: Context, staging: Staging) -> Renamed | None:
    """Rename the parameters of functions that could not lose them; None where there is nothing to rename."""
    edits = Edits()
    for definition in staging.graph_parameters.refused:
        names = _names(ctx, staging, definition)
        if names:
            _rename(ctx, edits, definition, names)
    if not edits:
        return None
    after = edits.apply(ctx.module, ctx.parents)
    places = ctx.origins if isinstance(ctx.origins, Origins) else None
    return Renamed(after, Origins(ctx.module, after, edits, places))


def _names(ctx: Context, staging: Staging, definition: cst.FunctionDef) -> dict[str, str]:
    """The new names of a function's parameters: those of the one graph object that every call gives."""
    calls = tree.plain_calls(ctx.module, definition)
    given = [arguments_by_name(definition, call) for call in calls or ()]
    parameters = definition.params
    if not given or isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None:
        return {}
    found: dict[str, str] = {}
    for parameter in [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]:
        name = parameter.name.value
        arguments = [by_name.get(name) if by_name is not None else None for by_name in given]
        values = [staging.last_values.get(item.value) if item is not None else None for item in arguments]
        graph = [value is not None and value.symbolic for value in values]
        if not any(graph) or all(value is not None and value.kind in (Kind.SESSION, Kind.VARIABLE) for value in values):
            continue
        texts = {
            item.value.value if item is not None and isinstance(item.value, cst.Name) else "" for item in arguments
        }
        wanted = texts.pop() if len(texts) == 1 else ""
        if wanted == name:
            continue
        free = all(graph) and _is_of_module(ctx, definition, calls or [], wanted)
        if not free or wanted in found.values() or not _can_change(definition, name, wanted):
            return {}
        found[name] = wanted
    return found


def _is_of_module(ctx: Context, definition: cst.FunctionDef, calls: list[cst.Call], name: str) -> bool:
    """Whether a name means the module's one binding of it, where the calls stand."""
    if not name or len(ctx.symbols.bindings(name)) != 1:
        return False
    for call in calls:
        current = ctx.parents.get(call)
        while current is not None:
            if isinstance(current, (cst.Lambda, cst.BaseComp, cst.ClassDef)):
                return False
            if isinstance(current, cst.FunctionDef) and name in _bound(current):
                return False
            current = ctx.parents.get(current)
    return ctx.parents.get(definition) is ctx.module


def _bound(definition: cst.FunctionDef) -> set[str]:
    parameters = {node.name.value for node in tree.walk(definition.params) if isinstance(node, cst.Param)}
    return parameters | assigned_names(definition.body.body)


def _can_change(definition: cst.FunctionDef, name: str, wanted: str) -> bool:
    """Whether a parameter is only read, and the new name is not in use."""
    inner = [node for node in tree.walk(definition.body) if isinstance(node, (cst.Param, cst.CompFor, cst.Global))]
    rebound = {item.value for node in inner for item in tree.walk(node) if isinstance(item, cst.Name)}
    return not tree.names(definition, wanted) and name not in rebound | assigned_names(definition.body.body)


def _rename(ctx: Context, edits: Edits, definition: cst.FunctionDef, names: dict[str, str]) -> None:
    for name, wanted in names.items():
        for node in tree.names(definition, name):
            edits.replace(node, lambda updated, wanted=wanted: updated.with_changes(value=wanted))
    for call in tree.plain_calls(ctx.module, definition) or ():
        for argument in call.args:
            wanted_keyword = names.get(argument.keyword.value) if argument.keyword is not None else None
            if argument.keyword is not None and wanted_keyword is not None:
                keyword = cst.Name(wanted_keyword)
                edits.replace(argument.keyword, lambda _, keyword=keyword: keyword)
