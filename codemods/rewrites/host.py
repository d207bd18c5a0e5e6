"""Host-side symbols that keep their name or nearly so, but not for every use."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.era import Era, era
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import names

_QUEUES = ("tf.train.start_queue_runners", "tf.train.add_queue_runner", "tf.train.QueueRunner", "tf.train.Supervisor")
_TEST_SESSIONS = frozenset({"session", "test_session", "cached_session"})


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Keep or refuse devices, coordinators and test cases."""
    when = era(ctx.symbols)
    if when is Era.TF2:
        return
    for use in ctx.symbols.tf_uses():
        rewrite = _REWRITES.get(use.name)
        if rewrite is None:
            continue
        try:
            message = rewrite(ctx, edits, use)
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
        else:
            if message is not None and when is Era.TF1:
                findings.append(Finding("TF560", ctx.span(use.node), message, Status.NATIVE, use.name))


def _device(ctx: Context, edits: Edits, use: Use) -> str:
    """``tf.device("/gpu:0")`` means the same, and falls back to the CPU where there is no GPU."""
    call = ctx.symbols.call(use.node)
    argument = names.argument(call, 0, "device_name_or_function") if call is not None else None
    if argument is None:
        raise Refusal("TF561", "tf.device is only understood where it is called", use.node)
    value = argument.value
    if isinstance(value, cst.Lambda) or _is_function(ctx, value):
        raise Refusal("TF561", "tf.device with a function: TensorFlow 2 takes only names of devices", argument)
    called = ctx.symbols.of(value.func) if isinstance(value, cst.Call) else None
    if called == "tf.train.replica_device_setter":
        raise Refusal("TF561", "tf.device with a function: TensorFlow 2 takes only names of devices", argument)
    if isinstance(value, cst.SimpleString) and "/job:" in str(ast.literal_eval(value.value)):
        raise Refusal("TF561", "tf.device names a job of a cluster; use tf.distribute", argument)
    if argument.keyword is not None:
        edits.substitute(argument.keyword, cst.Name("device_name"))
    return "tf.device"


def _is_function(ctx: Context, value: cst.BaseExpression) -> bool:
    bindings = ctx.symbols.bindings(value.value, ctx.symbols.scope(value)) if isinstance(value, cst.Name) else []
    return any(isinstance(binding.node, cst.FunctionDef) for binding in bindings)


def _coordinator(ctx: Context, edits: Edits, use: Use) -> str:
    """``tf.train.Coordinator`` is the same class; only queue runners are gone."""
    if any(other.name in _QUEUES for other in ctx.symbols.tf_uses()):
        raise Refusal("TF561", "the coordinator is for queue runners, which TensorFlow 2 does not have", use.node)
    return "tf.train.Coordinator"


def _test_case(ctx: Context, edits: Edits, use: Use) -> None:
    """``tf.test.TestCase`` is the same class (so says the table), but its sessions only run graphs."""
    definition = ctx.parents.get(ctx.parents[use.node])
    if isinstance(definition, cst.ClassDef):
        for node in tree.walk(definition.body):
            if (
                isinstance(node, cst.Attribute)
                and node.attr.value in _TEST_SESSIONS
                and isinstance(node.value, cst.Name)
                and node.value.value == "self"
            ):
                raise Refusal("TF561", f"self.{node.attr.value}() of a test case runs a graph", node)


_Rewrite = Callable[[Context, Edits, Use], str | None]
_REWRITES: Mapping[str, _Rewrite] = {
    "tf.device": _device,
    "tf.train.Coordinator": _coordinator,
    "tf.test.TestCase": _test_case,
}
