"""Helper functions that only make summaries: ``variable_summaries(weights)`` in the middle of a builder."""

from __future__ import annotations

import libcst as cst

from codemods.builders.functions import Functions, target_names
from codemods.rewrites.names import executed

_STEPS = (cst.Assign, cst.AnnAssign, cst.Pass)


def summarises(functions: Functions, call: cst.Call) -> bool:
    """Whether a call of a function of the program does nothing but make summaries: it may be made at each call."""
    return _only_summaries(functions, call, set())


def _only_summaries(functions: Functions, call: cst.Call, seen: set[cst.CSTNode]) -> bool:
    called = functions.staging.user_calls.get(call)
    if called is None or called.definition in seen or functions.made_in(called.definition.body):
        return False
    seen = seen | {called.definition}
    summaries = 0
    for node in executed(called.definition.body):
        if isinstance(node, cst.Expr):
            if isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString)):
                continue
            symbol = functions.symbols.of(node.value.func) if isinstance(node.value, cst.Call) else None
            if symbol is not None and (symbol.startswith("tf.summary.") or symbol.endswith("_summary")):
                summaries += 1
            elif not isinstance(node.value, cst.Call) or not _only_summaries(functions, node.value, seen):
                return False
            else:
                summaries += 1
        elif isinstance(node, cst.Assign):
            if not all(_is_local(target.target) for target in node.targets):
                return False
        elif isinstance(node, cst.BaseSmallStatement) and not isinstance(node, _STEPS):
            return False
    return summaries > 0


def _is_local(target: cst.BaseExpression) -> bool:
    return isinstance(target, cst.Name) or bool(target_names(target))
