"""``tf.logging`` becomes the logger behind it, ``tf.get_logger()``.

TF2 kept the logger and dropped the functions around it; messages, levels and handlers are the same objects.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import names, spelling

MODULE = "tf.logging"
_METHODS = {
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "fatal": "fatal",
    "log": "log",
    "vlog": "log",
    "TaskLevelStatusMessage": "error",
    "set_verbosity": "setLevel",
    "get_verbosity": "getEffectiveLevel",
}
_LEVELS = {"DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARNING", "ERROR": "ERROR", "FATAL": "FATAL"}


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Rewrite every use of ``tf.logging``."""
    for use in ctx.symbols.tf_uses():
        if use.name != MODULE and not use.name.startswith(f"{MODULE}."):
            continue
        try:
            message = _rewrite(ctx, edits, use)
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
        else:
            findings.append(Finding("TF510", ctx.span(use.node), message, Status.NATIVE, use.name))


def _rewrite(ctx: Context, edits: Edits, use: Use) -> str:
    member = use.name[len(MODULE) + 1 :]
    if member in _LEVELS:
        return _level(ctx, edits, use, member)
    if member == "":
        return _module(ctx, edits, use)
    method = _METHODS.get(member)
    if method is None:
        raise Refusal("TF511", f"the logger of TensorFlow 2 has no {member}", use.node)
    if ctx.symbols.alias(use.node) is not None:
        return f"logging.Logger.{method}"  # what it was assigned from has the edit
    call = ctx.symbols.call(use.node)
    if member == "set_verbosity" and call is not None and len(call.args) == 1 and call.args[0].keyword is not None:
        edits.substitute(call.args[0].keyword, cst.Name("level"))
    logger = cst.Call(spelling.symbol(ctx, edits, use.scope, "tf.get_logger"))
    edits.substitute(use.node, cst.Attribute(logger, cst.Name(method)))
    return f"logging.Logger.{method}"


def _level(ctx: Context, edits: Edits, use: Use, member: str) -> str:
    """``tf.logging.ERROR``: by name where a level is set, else the constant of the standard library."""
    level = _LEVELS[member]
    parent = ctx.parents[use.node]
    outer = ctx.parents.get(parent)
    setter = outer.func if isinstance(parent, cst.Arg) and isinstance(outer, cst.Call) else None
    if (
        setter is not None
        and ctx.symbols.of(setter) == f"{MODULE}.set_verbosity"
        and isinstance(use.node, cst.Attribute)
    ):
        edits.substitute(use.node, cst.SimpleString(f'"{level}"'))
        return "a level of the standard logging module"
    if ctx.symbols.alias(use.node) is None:
        assigned = all(binding.symbol is None for binding in ctx.symbols.root.bindings.get("logging", ()))
        local = names.imported(ctx, edits, "logging", replaces=(MODULE,) if assigned else ())
        edits.substitute(use.node, names.dotted(f"{local}.{level}"))
    return "a level of the standard logging module"


def _module(ctx: Context, edits: Edits, use: Use) -> str:
    """``logging = tf.logging``: its uses are rewritten one by one, so the assignment goes."""
    parent = ctx.parents[use.node]
    line = names.sole_statement(ctx, parent) if isinstance(parent, cst.Assign) else None
    targets = parent.targets if isinstance(parent, cst.Assign) else ()
    name = targets[0].target if len(targets) == 1 else None
    known = isinstance(name, cst.Name) and name.value in ctx.symbols.names_of(MODULE, use.scope)
    if line is None or not known:
        raise Refusal("TF511", "the module tf.logging is passed on", use.node)
    edits.remove(parent)
    return "tf.get_logger"
