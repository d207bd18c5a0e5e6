"""What a run says of training, written into the function for it: ``training=True``, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from itertools import zip_longest

import libcst as cst

from codemods.rewrites.call_parts import keyword

Carry = Callable[[cst.CSTNode, cst.CSTNode], None]


def with_flags(
    made: cst.FunctionDef, flags: Mapping[str, bool], parts: Collection[str], carry: Carry
) -> cst.FunctionDef:
    """``made`` with truth values in the place of the names in ``flags``.

    The functions in ``parts`` have parameters of these names. ``carry`` is told what takes the place of what.
    """
    if not flags:
        return made
    result = _Writer(flags, parts, carry).replaced(made)
    assert isinstance(result, cst.FunctionDef)
    return result


class _Writer:
    """Makes anew only what changes."""

    def __init__(self, flags: Mapping[str, bool], parts: Collection[str], carry: Carry) -> None:
        self.flags = flags
        self.parts = parts
        self.carry = carry

    def replaced(self, node: cst.CSTNode) -> cst.CSTNode:
        if isinstance(node, cst.Name):
            return cst.Name(str(self.flags[node.value])) if node.value in self.flags else node
        changes: dict[str, object] = {}
        for part in fields(node):
            value = getattr(node, part.name)
            if part.name in ("attr", "keyword"):
                continue  # these names are no variables
            if isinstance(node, cst.Call) and part.name == "args":
                items = self.arguments(node)
                if any(new is not old for new, old in zip_longest(items, value)):
                    changes[part.name] = items
            elif isinstance(value, cst.CSTNode):
                new = self.replaced(value)
                if new is not value:
                    changes[part.name] = new
            elif isinstance(value, list | tuple):
                items = [self.replaced(item) if isinstance(item, cst.CSTNode) else item for item in value]
                if any(new is not old for new, old in zip(items, value, strict=True)):
                    changes[part.name] = items
        if not changes:
            return node
        made = node.with_changes(**changes)
        self.carry(node, made)
        return made

    def arguments(self, call: cst.Call) -> list[cst.CSTNode]:
        """The arguments of a call, without ``training=False``, which is what layers do anyway."""
        found: list[cst.CSTNode] = []
        last: list[cst.CSTNode] = []
        named = isinstance(call.func, cst.Name) and call.func.value in self.parts
        for arg in call.args:
            truth = self.flags.get(arg.value.value) if isinstance(arg.value, cst.Name) else None
            if truth is None or not isinstance(arg.value, cst.Name):
                found.append(self.replaced(arg))
            elif named and arg.keyword is None:
                last.append(keyword(arg.value.value, cst.Name(str(truth))))
            elif truth or arg.keyword is None or arg.keyword.value != "training":
                found.append(arg.with_changes(value=cst.Name(str(truth))))
        if last:
            return [item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in [*found, *last]]
        if len(found) < len(call.args) and found:
            found[-1] = found[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return found
