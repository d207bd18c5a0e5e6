"""Parameters that go: sessions, and graph objects that a function finds in the module under the same name."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods import tree
from codemods.analysis.graph_parameters import Dropped
from codemods.analysis.staging import Staging
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.keras_classes import tidy


def propose(ctx: Context, edits: Edits, staging: Staging) -> None:
    """Propose the edits of definitions and calls. Raises Refusal where a dropped name is still needed."""
    for definition, found in staging.graph_parameters.dropped.items():
        _check_uses(ctx, edits, staging, definition, found)
        parameters = [*definition.params.posonly_params, *definition.params.params, *definition.params.kwonly_params]
        for parameter in parameters:
            if parameter.name.value in found.names:
                edits.remove(parameter)
        edits.replace(definition.params, _without_last_comma)
        for call, arguments in found.calls.items():
            for argument in arguments:
                edits.remove(argument)
            edits.replace(call, tidy)


def remove(edits: Edits, ctx: Context, parameters: Iterable[cst.Param]) -> None:
    """Propose the edits for parameters that no call gives."""
    for parameter in parameters:
        edits.remove(parameter)
        edits.replace(ctx.parents[parameter], _without_last_comma)


def _check_uses(ctx: Context, edits: Edits, staging: Staging, definition: cst.FunctionDef, found: Dropped) -> None:
    """Only runs, and arguments that go as well, may read a session that was passed."""
    gone = {node for site in staging.sites for node in tree.walk(site.call)}
    gone |= {node for statement in staging.ordered for item in statement.gone for node in tree.walk(item)}
    gone |= {
        node
        for other in staging.graph_parameters.dropped.values()
        for arguments in other.calls.values()
        for argument in arguments
        for node in tree.walk(argument)
    }
    for node in tree.walk(definition.body):
        value = staging.last_values.get(node) if isinstance(node, cst.Name) and node.value in found.names else None
        session = value is not None and value.kind.value == "session"
        if session and node not in gone and not edits.is_dropped(node, ctx.parents):
            raise Refusal("TF229", "a session that is passed to this function is used otherwise than to run", node)


def _without_last_comma(updated: cst.Parameters) -> cst.Parameters:
    for part in ("kwonly_params", "params"):
        items = getattr(updated, part)
        if items:
            last = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return updated.with_changes(**{part: [*items[:-1], last]})
    return updated
