"""The learning phase in emitted functions: what Keras' layers and models are told of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

import libcst as cst

from codemods import tree

PHASE = "__learning_phase__"  # stands for it until a function knows it
Carry = Callable[[cst.CSTNode, cst.CSTNode], None]


def with_phase(node: cst.CSTNode, phase: bool, carry: Carry) -> cst.CSTNode:
    """``node`` with the learning phase in the calls of models and layers; False is what they do anyway.

    Only what changes is made anew, and ``carry`` is told what takes the place of what.
    """
    changes: dict[str, object] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, cst.CSTNode):
            new = with_phase(value, phase, carry)
            if new is not value:
                changes[part.name] = new
        elif isinstance(value, list | tuple):
            items = [with_phase(item, phase, carry) if isinstance(item, cst.CSTNode) else item for item in value]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changes[part.name] = items
    if isinstance(node, cst.Call) and node.args and _is_phase(node.args[-1]):
        args = list(changes.get("args", node.args))  # type: ignore[call-overload]  # a list of arguments either way
        args[-1] = args[-1].with_changes(value=cst.Name("True"))
        if not phase:
            args.pop()
            args[-1:] = [item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in args[-1:]]
        changes["args"] = args
    if not changes:
        return node
    made = node.with_changes(**changes)
    carry(node, made)
    return made


def training_calls(node: cst.CSTNode, functions: Mapping[str, cst.FunctionDef], seen: set[str]) -> int:
    """How often layers are called with ``training=True`` when ``node`` runs, the functions that it calls included."""
    count = 0
    for call in tree.walk(node):
        if not isinstance(call, cst.Call):
            continue
        given = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
        training = given.get("training")
        count += isinstance(training, cst.Name) and training.value == "True"
        name = call.func.value if isinstance(call.func, cst.Name) else None
        if name is not None and name in functions and name not in seen:
            count += training_calls(functions[name], functions, seen | {name})
    return count


def _is_phase(arg: cst.Arg) -> bool:
    return isinstance(arg.value, cst.Name) and arg.value.value == PHASE
