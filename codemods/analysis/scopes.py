"""Scopes of a module: which names they bind, and where names are read.

One walk in source order of statements; nothing is resolved here (see `symbols`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from codemods import tree
from codemods.analysis import modules

# What holds statements.
_BLOCKS = (cst.BaseSuite, cst.BaseCompoundStatement, cst.Else, cst.Finally, cst.ExceptHandler, cst.MatchCase)


@dataclass(frozen=True, eq=False)
class Binding:
    """One thing that gives a name its value in a scope.

    ``path`` is the dotted path of an import (``numpy.random``), ``symbol`` the canonical name if it is TensorFlow or
    Keras; ``value`` is the expression of an assignment. All are None when the value is not known (parameters, loops,
    definitions, relative imports).
    """

    name: str
    node: cst.CSTNode
    symbol: str | None = None
    path: str | None = None
    value: cst.BaseExpression | None = None

    @property
    def foreign(self) -> str | None:
        """The path of an import that is neither TensorFlow nor Keras."""
        return self.path if self.symbol is None else None


@dataclass(eq=False)
class Scope:
    """A module, class, function, lambda or comprehension: the names bound in it."""

    kind: str  # "module", "class", "function" (lambdas and comprehensions too)
    node: cst.CSTNode
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)  # names declared "global" or "nonlocal"

    def bind(self, binding: Binding) -> None:
        scope: Scope = self
        declared = self.outer.get(binding.name)
        if declared == "global":
            while scope.parent is not None:
                scope = scope.parent
        elif declared == "nonlocal" and self.parent is not None:
            scope = self.parent
            while scope.parent is not None and (scope.kind != "function" or binding.name not in scope.bindings):
                scope = scope.parent
        scope.bindings.setdefault(binding.name, []).append(binding)


class Collector:
    """The one walk: scopes, bindings, and maximal name chains with their scope."""

    def __init__(self, module: cst.Module) -> None:
        self.root = Scope("module", module, None)
        self.chains: list[tuple[cst.BaseExpression, Scope]] = []
        self.scope_of: dict[cst.CSTNode, Scope] = {}
        self.calls: dict[cst.CSTNode, cst.Call] = {}
        self.star_imports: list[tuple[cst.ImportFrom, str | None]] = []
        # Work items are nodes to visit in a scope. Function bodies wait until the scopes around them are complete only
        # for "nonlocal"; reading names needs no order because resolution happens after the walk.
        self._stack: list[tuple[cst.CSTNode, Scope]] = [(module, self.root)]
        while self._stack:
            node, scope = self._stack.pop()
            handler = _HANDLERS.get(type(node))
            if handler is None:
                self._push(tree.children(node), scope)
            else:
                handler(self, node, scope)

    def _push(self, nodes: list[cst.CSTNode], scope: Scope) -> None:
        nodes.reverse()
        self._stack.extend((node, scope) for node in nodes)

    def name(self, node: cst.Name, scope: Scope) -> None:
        self.chains.append((node, scope))
        self.scope_of[node] = scope

    def attribute(self, node: cst.Attribute, scope: Scope) -> None:
        root: cst.BaseExpression = node
        while isinstance(root, cst.Attribute):
            root = root.value
        if isinstance(root, cst.Name):
            self.chains.append((node, scope))
            self.scope_of[root] = scope
        else:
            self._stack.append((root, scope))

    def call(self, node: cst.Call, scope: Scope) -> None:
        self.calls[node.func] = node
        self._push([node.func, *node.args], scope)

    def argument(self, node: cst.Arg, scope: Scope) -> None:
        self._stack.append((node.value, scope))

    def function(self, node: cst.FunctionDef, scope: Scope) -> None:
        scope.bind(Binding(node.name.value, node))
        inner = Scope("function", node, scope)
        self._parameters(node.params, scope, inner)
        outside: list[cst.CSTNode] = [*node.decorators]
        if node.returns is not None:
            outside.append(node.returns.annotation)
        self._declare(node.body, inner)
        self._stack.append((node.body, inner))
        self._push(outside, scope)

    def lambda_(self, node: cst.Lambda, scope: Scope) -> None:
        inner = Scope("function", node, scope)
        self._parameters(node.params, scope, inner)
        self._stack.append((node.body, inner))

    def _parameters(self, params: cst.Parameters, scope: Scope, inner: Scope) -> None:
        every = [*params.posonly_params, *params.params, *params.kwonly_params]
        every += [star for star in (params.star_arg, params.star_kwarg) if isinstance(star, cst.Param)]
        outside: list[cst.CSTNode] = []
        for param in every:
            inner.bind(Binding(param.name.value, param))
            outside += [part for part in (param.default, param.annotation) if part is not None]
        self._push(outside, scope)

    def _declare(self, body: cst.BaseSuite, scope: Scope) -> None:
        """Note ``global`` and ``nonlocal`` before the body's bindings are seen."""
        stack: list[cst.CSTNode] = [body]
        while stack:
            node = stack.pop()
            if isinstance(node, (cst.Global, cst.Nonlocal)):
                kind = "global" if isinstance(node, cst.Global) else "nonlocal"
                for item in node.names:
                    scope.outer[item.name.value] = kind
            elif isinstance(node, cst.SimpleStatementLine):
                stack.extend(node.body)
            elif isinstance(node, _BLOCKS) and not isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                stack.extend(tree.children(node))

    def class_(self, node: cst.ClassDef, scope: Scope) -> None:
        scope.bind(Binding(node.name.value, node))
        inner = Scope("class", node, scope)
        self._declare(node.body, inner)
        self._stack.append((node.body, inner))
        self._push([*node.decorators, *node.bases, *node.keywords], scope)

    def comprehension(self, node: cst.CSTNode, scope: Scope) -> None:
        inner = Scope("function", node, scope)
        at: cst.CompFor | None = getattr(node, "for_in")  # noqa: B009  # the four comprehension types share the field
        where = scope  # the first iterable is evaluated outside
        while at is not None:
            self._stack.append((at.iter, where))
            self._target(at.target, inner, at)
            self._push([test.test for test in at.ifs], inner)
            where = inner
            at = at.inner_for_in
        results: list[cst.CSTNode] = (
            [node.key, node.value] if isinstance(node, cst.DictComp) else [getattr(node, "elt")]  # noqa: B009
        )
        self._push(results, inner)

    def assign(self, node: cst.Assign, scope: Scope) -> None:
        self._stack.append((node.value, scope))
        for target in node.targets:
            self._target(target.target, scope, node, node.value)

    def annotated(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self._stack.append((node.value, scope))
        self._stack.append((node.annotation.annotation, scope))
        # Without a value nothing is bound, but in a function the name is local all the same.
        if node.value is not None or scope.kind == "function" or not isinstance(node.target, cst.Name):
            self._target(node.target, scope, node, node.value)

    def augmented(self, node: cst.AugAssign, scope: Scope) -> None:
        self._stack.append((node.value, scope))
        self._target(node.target, scope, node)

    def named(self, node: cst.NamedExpr, scope: Scope) -> None:
        at = scope
        while at.kind == "function" and not isinstance(at.node, (cst.FunctionDef, cst.Lambda)) and at.parent:
            at = at.parent
        self._stack.append((node.value, scope))
        self._target(node.target, at, node, node.value)

    def for_(self, node: cst.For, scope: Scope) -> None:
        self._push([part for part in (node.iter, node.body, node.orelse) if part is not None], scope)
        self._target(node.target, scope, node)

    def with_item(self, node: cst.WithItem, scope: Scope) -> None:
        self._stack.append((node.item, scope))
        if node.asname is not None:
            self._target(node.asname.name, scope, node)

    def handler(self, node: cst.ExceptHandler, scope: Scope) -> None:
        self._push([part for part in (node.type, node.body) if part is not None], scope)
        if node.name is not None:
            self._target(node.name.name, scope, node)

    def delete(self, node: cst.Del, scope: Scope) -> None:
        self._target(node.target, scope, node)

    def nothing(self, node: cst.CSTNode, scope: Scope) -> None:
        """``global`` and ``nonlocal`` hold names that are no uses."""

    def pattern(self, node: cst.MatchAs | cst.MatchStar, scope: Scope) -> None:
        if node.name is not None:
            scope.bind(Binding(node.name.value, node))
        if isinstance(node, cst.MatchAs) and node.pattern is not None:
            self._stack.append((node.pattern, scope))

    def mapping_pattern(self, node: cst.MatchMapping, scope: Scope) -> None:
        if node.rest is not None:
            scope.bind(Binding(node.rest.value, node))
        self._push([*node.elements], scope)

    def _target(
        self, target: cst.CSTNode, scope: Scope, node: cst.CSTNode, value: cst.BaseExpression | None = None
    ) -> None:
        if isinstance(target, cst.Name):
            known = value if isinstance(value, (cst.Name, cst.Attribute)) else None
            scope.bind(Binding(target.value, node, value=known))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._target(element.value, scope, node)
        else:  # an attribute or a subscript: its parts are read
            self._stack.append((target, scope))

    def import_(self, node: cst.Import, scope: Scope) -> None:
        for alias in node.names:
            dotted = modules.dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                bound = alias.asname.name.value
            else:
                bound = dotted = dotted.partition(".")[0]
            scope.bind(Binding(bound, node, modules.module(dotted), dotted))

    def import_from(self, node: cst.ImportFrom, scope: Scope) -> None:
        base = modules.dotted(node.module) if node.module is not None else ""
        symbol = modules.module(base) if not node.relative else None
        if isinstance(node.names, cst.ImportStar):
            self.star_imports.append((node, symbol))
            return
        for alias in node.names:
            imported = modules.dotted(alias.name)
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else imported
            if node.relative:
                scope.bind(Binding(bound, node))
            else:
                member = modules.member(symbol, imported) if symbol is not None else None
                scope.bind(Binding(bound, node, member, f"{base}.{imported}"))


_HANDLERS: dict[type[cst.CSTNode], Callable[[Collector, Any, Scope], None]] = {
    cst.Call: Collector.call,
    cst.Name: Collector.name,
    cst.Attribute: Collector.attribute,
    cst.Arg: Collector.argument,
    cst.FunctionDef: Collector.function,
    cst.Lambda: Collector.lambda_,
    cst.ClassDef: Collector.class_,
    cst.ListComp: Collector.comprehension,
    cst.SetComp: Collector.comprehension,
    cst.DictComp: Collector.comprehension,
    cst.GeneratorExp: Collector.comprehension,
    cst.Assign: Collector.assign,
    cst.AnnAssign: Collector.annotated,
    cst.AugAssign: Collector.augmented,
    cst.NamedExpr: Collector.named,
    cst.For: Collector.for_,
    cst.WithItem: Collector.with_item,
    cst.ExceptHandler: Collector.handler,
    cst.Del: Collector.delete,
    cst.Global: Collector.nothing,
    cst.Nonlocal: Collector.nothing,
    cst.Import: Collector.import_,
    cst.ImportFrom: Collector.import_from,
    cst.MatchAs: Collector.pattern,
    cst.MatchMapping: Collector.mapping_pattern,
    cst.MatchStar: Collector.pattern,
}
