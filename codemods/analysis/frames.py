"""Names while a program is interpreted: frames of bindings, and joins of two paths."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.statements import Binding, Scope
from codemods.analysis.values import Value, host, join, unknown

_BUILTINS = frozenset(dir(builtins))


@dataclass(eq=False)
class Frame:
    """The names of one module or function call. ``scope`` is None when its statements are not recorded."""

    scope: Scope | None
    parent: Frame | None
    names: dict[str, Binding] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    comprehension: bool = False  # belongs to the statement that holds it, unlike the body of a helper function
    returned: list[Value] = field(default_factory=list)
    caller: Frame | None = None  # of a function's body: where the call is

    def everywhere(self) -> list[Frame]:
        """All frames that are alive: those around this one, and those of the callers."""
        found: list[Frame] = []
        stack: list[Frame | None] = [self]
        while stack:
            frame = stack.pop()
            if frame is not None and frame not in found:
                found.append(frame)
                stack += [frame.parent, frame.caller]
        return found

    @property
    def module(self) -> Frame:
        """The outermost frame."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame

    @property
    def recorded(self) -> bool:
        """Whether what happens here is noted for a statement of a recorded scope, not inside a helper function."""
        frame: Frame = self
        while frame.comprehension and frame.parent is not None:
            frame = frame.parent
        return frame.scope is not None

    def find(self, name: str) -> tuple[Binding, Frame] | None:
        """The binding that ``name`` has now, and the frame that holds it."""
        frame: Frame | None = self.module if name in self.globals else self
        while frame is not None:
            if name in frame.names:
                return frame.names[name], frame
            frame = frame.parent
        return None

    def visible(self) -> dict[str, Binding]:
        """All names that can be seen from here."""
        found = {} if self.parent is None else self.parent.visible()
        return found | self.names


def is_builtin(name: str) -> bool:
    """Whether Python itself defines ``name``."""
    return name in _BUILTINS


def join_names(first: dict[str, Binding], second: dict[str, Binding]) -> dict[str, Binding]:
    """The bindings after two paths meet."""
    joined = {}
    for name in [*first, *(name for name in second if name not in first)]:
        one, other = first.get(name), second.get(name)
        if one is not None and other is not None:
            if one is other or one.same(other):
                joined[name] = one if one is other else Binding(name, join(one.value, other.value), one.sources)
            else:
                joined[name] = Binding(name, join(one.value, other.value), one.sources | other.sources)
        else:
            only = one or other
            assert only is not None
            joined[name] = Binding(name, only.value, only.sources | {None})
    return joined


def literal(node: cst.BaseExpression) -> object:
    """The Python value of a literal expression, or None."""
    if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
        value: object = node.evaluated_value
        return value
    if isinstance(node, cst.ConcatenatedString):
        return node.evaluated_value
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        return node.value == "True"
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = literal(node.expression)
        return -inner if isinstance(inner, (int, float)) else None
    return None


def element_of(value: Value) -> Value:
    """What iterating over ``value`` yields, joined over its items."""
    if value.items:
        found = value.items[0]
        for item in value.items[1:]:
            found = join(found, item)
        return found
    if value.element is not None:
        return value.element
    return host() if value.kind.value == "host" else unknown()


def assigned_names(nodes: Iterable[cst.CSTNode]) -> set[str]:
    """The names that the statements bind by assignment, loops, imports and ``with`` (not in nested functions)."""
    found: set[str] = set()
    for node in nodes:
        node.visit(_AssignedNames(found))
    return found


class _AssignedNames(cst.CSTVisitor):
    def __init__(self, found: set[str]) -> None:
        super().__init__()
        self.found = found

    def _target(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Name):
            self.found.add(node.value)
        elif isinstance(node, (cst.Tuple, cst.List)):
            for element in node.elements:
                self._target(element.value)
        elif isinstance(node, cst.StarredElement):
            self._target(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.found.add(node.name.value)
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.found.add(node.name.value)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False
