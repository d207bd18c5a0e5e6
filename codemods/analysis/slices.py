"""Backward slices: which graph-building statements a fetch needs, which feeds, and which names it leaves outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis.batch_norm import UPDATE_OPS
from codemods.analysis.keras_records import Use
from codemods.analysis.statements import Binding, Role, Statement
from codemods.analysis.values import Kind, Metric, Placeholder
from codemods.findings import Refusal

_MOVED = (Role.GRAPH, Role.TRAIN)


@dataclass(eq=False)
class Slice:
    """What one or more expressions need.

    ``free`` are the names that stay outside of the emitted function (variables, optimizers, Python values), as they
    were bound when the graph was built.
    """

    statements: set[Statement] = field(default_factory=set)
    placeholders: dict[Placeholder, str] = field(default_factory=dict)
    free: dict[str, Binding] = field(default_factory=dict)
    fed: list[tuple[Binding, Placeholder]] = field(default_factory=list)  # tensors that are fed: the slice ends there

    def add(self, other: Slice) -> None:
        """Take in everything that ``other`` needs."""
        self.statements |= other.statements
        self.placeholders |= other.placeholders
        for name, binding in other.free.items():
            self._free(name, binding)

    def symbolic(self, uses: Iterable[Use]) -> None:
        """Take in the inputs that Keras tensors depend on."""
        for use in uses:
            for found in use.symbolic.inputs:
                if found.bound is not None:
                    self.expression(found.bound, dict(found.names))
                    continue
                self.placeholders.setdefault(found, found.target or "")

    def ordered(self) -> list[Statement]:
        """The statements in program order."""
        return sorted(self.statements, key=lambda statement: statement.order)

    def need(self, name: str, binding: Binding, place: cst.CSTNode) -> None:
        """Take in what ``name`` needs, where it is bound by ``binding``."""
        for tensor, placeholder in self.fed:
            if binding.same(tensor):
                self.placeholders[placeholder] = name
                return
        moved = [source for source in binding.sources if source is not None and source.role in _MOVED]
        fed = [source for source in binding.sources if source is not None and source.role is Role.PLACEHOLDER]
        if binding.value.kind is Kind.KERAS and not moved:
            return  # the call of a model takes its place
        if binding.value.name == UPDATE_OPS:
            return  # layers in training do these updates
        metric = binding.value.payload
        if isinstance(metric, Metric) and binding.sources == {metric.statement}:
            self._free(name, binding)  # the object stays; its value is read, and not made by its update
            return
        if not moved and not fed:
            self._free(name, binding)
            return
        if len(binding.sources) > 1:
            raise Refusal("TF205", f"{name!r} is bound to different graph nodes on different paths", place)
        if fed:
            self._placeholder(name, binding, place)
            return
        self.take(moved[0])

    def take(self, statement: Statement) -> None:
        """Take in a statement and what it needs in turn."""
        if statement in self.statements:
            return
        if statement.placeholders:
            raise Refusal("TF208", "a placeholder is part of an expression; give it a name of its own", statement.node)
        self.statements.add(statement)
        self.symbolic(statement.keras)
        for metric in statement.metrics:
            if metric.value_name is not None:
                self._free(metric.value_name, statement.binds[metric.value_name])
        for name, bindings in statement.uses.items():
            for binding in bindings:
                if statement not in binding.sources:
                    self.need(name, binding, statement.node)
        for name, bindings in statement.callee_uses.items():
            for binding in bindings:
                # Graph tensors that a helper function reads come with the helper, which is graph code then.
                if not any(
                    source is not None and source.role in (*_MOVED, Role.PLACEHOLDER) for source in binding.sources
                ):
                    self._free(name, binding)

    def expression(self, node: cst.BaseExpression, names: dict[str, Binding]) -> None:
        """Take in what an expression needs, with ``names`` as they are where it stands."""
        for name in free_names(node):
            binding = names.get(name)
            if binding is not None:
                self.need(name, binding, node)

    def _placeholder(self, name: str, binding: Binding, place: cst.CSTNode) -> None:
        found = binding.value.payload
        if binding.value.kind is not Kind.PLACEHOLDER or not isinstance(found, Placeholder) or found.target is None:
            raise Refusal("TF208", f"{name!r} holds placeholders in a container", place)
        known = self.placeholders.setdefault(found, name)
        if known != name:
            raise Refusal("TF208", f"one placeholder has the names {known!r} and {name!r}", place)

    def _free(self, name: str, binding: Binding) -> None:
        known = self.free.setdefault(name, binding)
        if not known.same(binding):
            statement = next((source for source in binding.sources if source is not None), None)
            place = statement.node if statement is not None else None
            raise Refusal("TF209", f"{name!r} is re-bound between the statements that build this graph", place)


def free_names(node: cst.CSTNode) -> list[str]:
    """The names an expression reads from around it, in order of appearance."""
    found: dict[str, None] = {}
    _free_names(node, found, frozenset())
    return list(found)


def _free_names(node: cst.CSTNode, found: dict[str, None], inner: frozenset[str]) -> None:
    kind = type(node)
    if isinstance(node, cst.Name):
        if node.value not in inner:
            found[node.value] = None
        return
    if isinstance(node, cst.Attribute):
        _free_names(node.value, found, inner)
        return
    if kind is cst.Lambda or kind in _COMPREHENSIONS:
        inner |= _own_names(node)
    fields = _FIELDS.get(kind)
    for child in tree.children(node) if fields is None else _in_order(node, fields):
        _free_names(child, found, inner)


def _own_names(node: cst.CSTNode) -> set[str]:
    """The names that a lambda or a comprehension binds for itself."""
    if isinstance(node, cst.Lambda):
        return {parameter.name.value for parameter in node.params.params}
    assert isinstance(node, cst.BaseComp)
    names: set[str] = set()
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        _targets(clause.target, names)
        clause = clause.inner_for_in
    return names


_COMPREHENSIONS = frozenset({cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp})

# Where the fields of a node are not in the order of the text, or not all of them hold names that are read.
_FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("value",),
    cst.IfExp: ("body", "test", "orelse"),
    cst.FunctionDef: ("decorators", "name", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "bases", "keywords", "body"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.ExceptHandler: ("type", "name", "body"),
}


def _in_order(node: cst.CSTNode, fields: Iterable[str]) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for name in fields:
        value = getattr(node, name)
        if isinstance(value, (tuple, list)):
            found += value
        elif isinstance(value, cst.CSTNode):
            found.append(value)
    return found


def _targets(node: cst.BaseExpression, names: set[str]) -> None:
    if isinstance(node, cst.Name):
        names.add(node.value)
    elif isinstance(node, (cst.Tuple, cst.List)):
        for element in node.elements:
            _targets(element.value, names)
