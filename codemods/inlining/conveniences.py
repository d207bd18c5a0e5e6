"""Calls of TensorFlow that only stand for a run: ``tf.train.global_step(sess, step)`` is ``int(sess.run(step))``."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.origins import Origins, Places
from codemods.positions import Positions
from codemods.rewrites import template

_SYMBOL = "tf.train.global_step"
_PARAMETERS = ("sess", "global_step_tensor")


def write_out(
    module: cst.Module, symbols: Symbols, origins: Origins | None
) -> tuple[cst.Module, Origins | None, list[Finding]]:
    """The module with such calls written out, the places of its nodes, and what became of the calls."""
    edits = Edits()
    places: Places = Positions(module) if origins is None else origins
    findings: list[Finding] = []
    for use in symbols.tf_uses():
        call = symbols.call(use.node)
        given = _arguments(call) if call is not None and use.name == _SYMBOL else None
        if call is None or given is None or symbols.is_bound("int"):
            continue
        edits.replace(call, _written)
        message = f"{use.name} is a run of the counter"
        findings.append(Finding("TF200", places[use.node], message, Status.NATIVE, use.name))
    if not edits:
        return module, origins, []
    after = edits.apply(module, tree.parents(module))
    return after, Origins(module, after, edits, origins), findings


def _arguments(call: cst.Call) -> dict[str, cst.BaseExpression] | None:
    """The session and the counter; None where the call has other arguments."""
    found: dict[str, cst.BaseExpression] = {}
    for index, argument in enumerate(call.args):
        name = argument.keyword.value if argument.keyword is not None else _PARAMETERS[index] if index < 2 else ""
        if argument.star or name not in _PARAMETERS:
            return None
        found[name] = argument.value
    return found if len(found) == 2 else None


def _written(call: cst.Call) -> cst.BaseExpression:
    given = _arguments(call)
    assert given is not None
    return template.expression("int({sess}.run({step}))", sess=given["sess"], step=given["global_step_tensor"])
