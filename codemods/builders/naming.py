"""The names of classes and objects that builders become: from the user's own names."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.called import UserCall
from codemods.builders.functions import Functions, statement_of, target_names
from codemods.context import Context
from codemods.findings import Refusal

_VERBS = ("build_", "make_", "create_", "get_", "define_")


class Names:
    """The names of one module's classes and objects."""

    def __init__(self, ctx: Context, functions: Functions) -> None:
        self.ctx = ctx
        self.functions = functions
        self.taken = {node.value for node in tree.walk(ctx.module) if isinstance(node, cst.Name)}
        self.classes: dict[cst.FunctionDef, str] = {}
        self.instances: dict[cst.Call, str] = {}
        for definition in functions.builders:
            self.classes[definition] = self._class_name(definition)
            self.taken.add(self.classes[definition])

    def _class_name(self, definition: cst.FunctionDef) -> str:
        name = definition.name.value
        plain = name.strip("_")
        for verb in _VERBS:
            plain = plain.removeprefix(verb) or plain
        parts = [part for part in plain.split("_") if part]
        wanted = "".join(part[0].upper() + part[1:] for part in parts) or "Builder"
        if wanted == name or wanted not in self.taken:
            return wanted
        for other in (f"{wanted}Layer", f"{wanted}Net", f"{wanted}Builder"):
            if other not in self.taken:
                return other
        raise Refusal("TF440", f"no free name for the class that {name}() becomes", definition)

    def choose(self, making: Sequence[UserCall]) -> None:
        """Name the object that each of these calls makes."""
        for call in making:
            same = [other for other in making if other.definition is call.definition]
            self.instances[call.node] = self._instance(call, len(same) == 1)
            self.taken.add(self.instances[call.node])

    def _instance(self, call: UserCall, single: bool) -> str:
        name = call.definition.name.value
        if single and self.classes[call.definition] != name:
            return name  # the function has become a class: its name is free
        plain = name.strip("_")
        stem = plain.lower().split("_")[-1].rstrip("0123456789") or plain.lower()
        wanted = [plain.lower()] if single else []
        target = self._target(call.node)
        if target is not None and not target.lower().endswith(stem):
            wanted.append(f"{target.rstrip('_')}_{stem}")
        for candidate in wanted:
            if self.is_free(candidate):
                return candidate
        count = 1
        while not self.is_free(f"{stem}{count}" if len(stem) > 1 else f"{stem}_{count}"):
            count += 1
        return f"{stem}{count}" if len(stem) > 1 else f"{stem}_{count}"

    def is_free(self, name: str) -> bool:
        """Whether nothing in the module is called so."""
        return name not in self.taken and name.isidentifier() and not keyword.iskeyword(name)

    def _target(self, call: cst.Call) -> str | None:
        """The one name that the result of a call is bound to."""
        statement = statement_of(self.ctx.parents, call)
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Assign) and small.value is call and len(small.targets) == 1:
            names = target_names(small.targets[0].target)
            return names[0] if names else None
        return None
