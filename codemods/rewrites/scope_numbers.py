"""The name scopes in which an emitted function writes its summaries, as TF2 numbers them in the function's graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.containers import containers
from codemods.analysis.staging import Staging
from codemods.analysis.stateful import Instance, method
from codemods.analysis.values import Value
from codemods.findings import Refusal
from codemods.plan import Function, Part

_SCOPES = ("name_scope", "variable_scope")


def check(staging: Staging, function: Function, lines: Sequence[cst.BaseStatement]) -> None:
    """Raise Refusal where the body ``lines`` of ``function`` give a summary other scopes than TF1 did."""
    assert function.inside is not None
    wanted = [item for item in function.inside.summaries if item.inside and item.written is not None and item.tag]
    calls = {item.call for item in wanted}
    definitions = {node.name.value: node for node, _ in staging.definitions.values()}
    walk = _Walk(calls, definitions, _objects(staging), staging.builder_classes)
    walk.take([name for name, _ in function.parameters])
    walk.parts = {part.name: part for part in function.parts}
    walk.block(lines)
    for call in calls:
        text = next(item.label for item in wanted if item.call is call)
        label = str(text.evaluated_value) if isinstance(text, cst.SimpleString) else None
        expected = [item.written or "" for item in wanted if item.call is call]
        found = [f"{scope}{label}" if label is not None else scope for scope in walk.found.get(call, [])]
        if label is None:
            found = [scope + item.rpartition("/")[2] for scope, item in zip(found, expected, strict=False)]
        if Counter(found) != Counter(expected):
            raise _refusal(call)


def _objects(staging: Staging) -> dict[str, Instance]:
    """The objects of builder classes by the names that hold them, each name one object."""
    found: dict[str, set[Instance]] = {}
    for statement in staging.ordered:
        for name, binding in statement.binds.items():
            if isinstance(binding.value.payload, Instance):
                found.setdefault(name, set()).add(binding.value.payload)
    return {name: next(iter(held)) for name, held in found.items() if len(held) == 1}


def _refusal(call: cst.Call) -> Refusal:
    return Refusal("TF461", "the scopes in this summary's tag are numbered in the function that writes it", call)


class _Walk:
    """Goes through statements in the order in which a trace does."""

    def __init__(
        self,
        calls: set[cst.Call],
        definitions: dict[str, cst.FunctionDef],
        objects: Mapping[str, Instance],
        methods: Mapping[cst.ClassDef, str],
    ) -> None:
        self.found: dict[cst.Call, list[str]] = {}
        self.parts: dict[str, Part] = {}
        self._calls = calls
        self._definitions = definitions
        self._taken: set[str] = set()
        self._scope = ""
        self._inside: list[str] = []
        self._objects = objects
        self._methods = methods  # of the classes of those objects: what computes
        self._self: Instance | None = None

    def take(self, names: Iterable[str]) -> None:
        """Names of operations in the open scope."""
        self._taken |= {f"{self._scope}{name}".lower() for name in names}

    def block(self, body: Iterable[cst.CSTNode]) -> None:
        """Statements, one after the other."""
        for node in body:
            if isinstance(node, cst.With):
                self._with(node)
            elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                continue
            elif isinstance(node, cst.SimpleStatementLine):
                self._expressions(node)
            else:
                self._compound(node)

    def _part(self, part: Part) -> None:
        """The statements of a shared part: those in a row under one outermost ``with`` share it, and no other."""
        opened: cst.With | None = None
        rows: list[tuple[cst.With | None, list[cst.BaseStatement]]] = []
        for item in part.statements:
            headers = [found.node for found in containers(item) if isinstance(found.node, cst.With)]
            outermost = headers[-1] if headers else None
            node: cst.BaseStatement = item.node
            for header in headers[:-1]:
                node = header.with_changes(body=cst.IndentedBlock([node]))
            if not rows or outermost is None or outermost is not opened:
                rows.append((outermost, []))
            rows[-1][1].append(node)
            opened = outermost
        for around, nodes in rows:
            self.block([around.with_changes(body=cst.IndentedBlock(nodes))] if around is not None else nodes)

    def _compound(self, node: cst.CSTNode) -> None:
        for child in tree.children(node):
            if isinstance(child, cst.BaseSuite):
                self.block(child.body)
            elif isinstance(child, (cst.Else, cst.Finally, cst.ExceptHandler, cst.If)):
                self._compound(child)
            else:
                self._expressions(child)

    def _with(self, node: cst.With) -> None:
        outer = self._scope
        for item in node.items:
            call = item.item
            name = call.func.attr.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) else ""
            first = call.args[0].value if isinstance(call, cst.Call) and call.args else None
            text = self._text(first)
            if name in _SCOPES and text is not None:
                self._scope = f"{self._unique(text)}/"
            elif name in _SCOPES:
                self._scope = f"{self._scope}?/"  # equal to no scope of TF1's
        self.block(node.body.body)
        self._scope = outer

    def _text(self, node: cst.BaseExpression | None) -> str | None:
        """The text of a literal, or of a setting of the object whose method this is."""
        if isinstance(node, cst.SimpleString):
            return str(node.evaluated_value)
        held = self._attribute(node)
        return held.constant if held is not None and isinstance(held.constant, str) else None

    def _attribute(self, node: cst.BaseExpression | None) -> Value | None:
        """What ``self.name`` holds."""
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name) and node.value.value == "self":
            return self._self.attributes.get(node.attr.value) if self._self is not None else None
        return None

    def _object(self, function: cst.BaseExpression) -> Instance | None:
        """The object that is called."""
        held = self._attribute(function)
        found = held.payload if held is not None else None
        if isinstance(function, cst.Name):
            found = self._objects.get(function.value)
        return found if isinstance(found, Instance) and found.definition in self._methods else None

    def _applied(self, called: Instance) -> None:
        """The body of the method that computes; Keras opens a scope of its own around that."""
        name = self._methods[called.definition]
        outer, scope = self._self, self._scope
        self._self = called
        if name == "call":
            self._scope = f"{self._scope}?/"
        self.block(method(called.definition, name).body.body)
        self._self, self._scope = outer, scope

    def _unique(self, name: str) -> str:
        full, count = f"{self._scope}{name}", 0
        found = full
        while found.lower() in self._taken:
            count += 1
            found = f"{full}_{count}"
        self._taken.add(found.lower())
        return found

    def _expressions(self, node: cst.CSTNode) -> None:
        """Calls, innermost first."""
        for child in tree.children(node):
            self._expressions(child)
        if not isinstance(node, cst.Call):
            return
        if node in self._calls:
            self.found.setdefault(node, []).append(self._scope)
        name = node.func.value if isinstance(node.func, cst.Name) else None
        part = self.parts.pop(name, None) if name is not None else None
        if part is not None:
            self._part(part)
            return
        called = self._object(node.func)
        if called is not None and called is not self._self:
            self._applied(called)
            return
        definition = self._definitions.get(name) if name is not None else None
        if definition is not None and name is not None and name not in self._inside:
            self._inside.append(name)
            self.block(definition.body.body)
            self._inside.pop()
        named = [item.value for item in node.args if item.keyword is not None and item.keyword.value == "name"]
        self.take(str(item.evaluated_value) for item in named if isinstance(item, cst.SimpleString))
