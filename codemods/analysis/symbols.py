"""Which TF1 or Keras symbol an expression names.

One walk collects, per scope, what binds each name and where names are used; expressions are resolved on demand. A name
resolves only if every binding that can reach it means the same symbol, so shadowed and re-bound names resolve to
nothing. Canonical names are those of TF1's public API under ``tf.`` and of Keras under ``keras.`` (``tf.keras``
included), whatever the file calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
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


@dataclass(frozen=True, eq=False)
class Use:
    """A maximal expression that names one symbol: the whole of ``tf.nn.relu``, not the ``tf.nn`` in it."""

    node: cst.BaseExpression
    name: str
    scope: Scope


class Symbols:
    """The symbols of one module. All questions are about nodes of the tree it was made from."""

    def __init__(self, module: cst.Module) -> None:
        collector = _Collector(module)
        self.module = module
        self.root = collector.root
        self.star_imports = tuple(collector.star_imports)
        self._chains = collector.chains
        self._scopes = collector.scope_of
        self._calls = collector.calls
        self._cache: dict[cst.CSTNode, str | None] = {}
        self._bound: dict[tuple[Scope, str], str | None] = {}
        self._star_symbols = [symbol for _, symbol in self.star_imports if symbol is not None]

    def of(self, node: cst.CSTNode) -> str | None:
        """The canonical name of the symbol that ``node`` (a name or attribute) is sure to mean, or None."""
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return None
        if node not in self._cache:
            self._cache[node] = self._resolve(node)
        return self._cache[node]

    def tf_uses(self) -> list[Use]:
        """Every maximal expression that names a TensorFlow or Keras symbol, in source order; imports are not uses."""
        return list(self._uses)

    @cached_property
    def _uses(self) -> list[Use]:
        found = []
        for chain, scope in self._chains:
            node: cst.BaseExpression = chain
            name = self.of(node)
            while name is None and isinstance(node, cst.Attribute):
                node = node.value
                name = self.of(node)
            if name is not None:
                found.append(Use(node, name, scope))
        return found

    def suspects(self) -> list[Use]:
        """Uses of ``tf``, ``tensorflow``, ``keras`` or ``slim`` that nothing in the file binds.

        They come from a star import of a module that this file does not show; ``name`` is the root name.
        """
        if not self.star_imports:
            return []
        found = []
        for chain, scope in self._chains:
            root: cst.BaseExpression = chain
            while isinstance(root, cst.Attribute):
                root = root.value
            if (
                isinstance(root, cst.Name)
                and root.value in modules.USUAL_NAMES
                and self.of(root) is None
                and not self.bindings(root.value, scope)
            ):
                found.append(Use(chain, root.value, scope))
        return found

    def scope(self, node: cst.CSTNode) -> Scope:
        """The scope in which a name (or the root name of an attribute) is looked up."""
        while isinstance(node, cst.Attribute):
            node = node.value
        return self._scopes.get(node, self.root)

    def bindings(self, name: str, scope: Scope | None = None) -> list[Binding]:
        """What binds ``name`` as seen from ``scope`` (the module if not given); empty if it is not bound."""
        owner = self._owner(name, scope or self.root)
        return owner.bindings[name] if owner else []

    def is_bound(self, name: str) -> bool:
        """Whether any scope of the module binds ``name``: a new module-level name must not collide with one."""
        return name in self.names

    def names_of(self, symbol: str, scope: Scope | None = None) -> list[str]:
        """Names that mean ``symbol`` as seen from ``scope``: usually ``["tf"]`` for ``"tf"``."""
        found = []
        at: Scope | None = scope or self.root
        while at is not None:
            for name in at.bindings:
                if name not in found and self._bound_symbol(name, scope or self.root) == symbol:
                    found.append(name)
            at = at.parent
        return found

    def path(self, node: cst.CSTNode) -> str | None:
        """The dotted path by which a name or attribute was imported (``numpy.log``, ``tensorflow.python.ops.rnn``).

        ``compat.v1`` is left out where it is in the import itself, since the import will be rewritten. None when the
        name is not surely one import.
        """
        if isinstance(node, cst.Attribute):
            base = self.path(node.value)
            return f"{base}.{node.attr.value}" if base else None
        if not isinstance(node, cst.Name) or node not in self._scopes:
            return None
        owner = self._owner(node.value, self._scopes[node])
        if owner is None:
            return None
        bindings = [binding for binding in owner.bindings[node.value] if not _is_none(binding)]
        paths = {modules.native(binding.path) if binding.path else None for binding in bindings}
        return paths.pop() if len(paths) == 1 else None

    def imported_paths(self) -> list[str]:
        """The dotted path of everything that the module imports, star imports included."""
        found = [modules.dotted(node.module) for node, _ in self.star_imports if node.module is not None]
        for scope in self.scopes():
            found += [one.path for bindings in scope.bindings.values() for one in bindings if one.path is not None]
        return found

    def alias(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """The expression that a name stands for after an assignment ``name = tf.nn.relu``; None for other names."""
        if not isinstance(node, cst.Name) or self.of(node) is None:
            return None
        owner = self._owner(node.value, self._scopes[node])
        values = [binding.value for binding in owner.bindings[node.value]] if owner else []
        return values[0] if values else None

    def call(self, node: cst.CSTNode) -> cst.Call | None:
        """The call whose function ``node`` is, if it is one."""
        return self._calls.get(node)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that some scope of the module binds."""
        return frozenset(name for scope in self.scopes() for name in scope.bindings)

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name that is read somewhere in the module."""
        return frozenset(node.value for node in self._scopes if isinstance(node, cst.Name))

    def scopes(self) -> Iterator[Scope]:
        """All scopes in which some name is used or bound, each once."""
        seen: set[Scope] = {self.root}
        yield self.root
        for scope in self._scopes.values():
            at: Scope | None = scope
            while at is not None and at not in seen:
                seen.add(at)
                yield at
                at = at.parent

    def _resolve(self, node: cst.Name | cst.Attribute) -> str | None:
        if isinstance(node, cst.Name):
            scope = self._scopes.get(node)
            return self._bound_symbol(node.value, scope) if scope is not None else None
        base = self.of(node.value)
        return modules.member(base, node.attr.value) if base is not None else None

    def _owner(self, name: str, scope: Scope) -> Scope | None:
        at: Scope | None = scope
        while at is not None:
            if name in at.bindings and (at is scope or at.kind != "class"):
                return at
            if at.outer.get(name) == "global":
                while at.parent is not None:
                    at = at.parent
                return at if name in at.bindings else None
            at = at.parent
        return None

    def _bound_symbol(self, name: str, scope: Scope) -> str | None:
        owner = self._owner(name, scope)
        if owner is None:
            return self._from_star(name)
        key = (owner, name)
        if key not in self._bound:
            self._bound[key] = None  # a name defined by itself resolves to nothing
            symbols = {
                self._binding_symbol(binding, owner) for binding in owner.bindings[name] if not _is_none(binding)
            }
            self._bound[key] = symbols.pop() if len(symbols) == 1 else None
        return self._bound[key]

    def _binding_symbol(self, binding: Binding, owner: Scope) -> str | None:
        if binding.symbol is not None:
            return binding.symbol
        return self.of(binding.value) if binding.value is not None else None

    def _from_star(self, name: str) -> str | None:
        candidates = {symbol for base in self._star_symbols if (symbol := modules.star_member(base, name)) is not None}
        foreign_stars = any(symbol is None for _, symbol in self.star_imports)
        return candidates.pop() if len(candidates) == 1 and not foreign_stars else None


def _is_none(binding: Binding) -> bool:
    """``tf = None`` in the except branch of an import: a use of the name as TensorFlow cannot mean this binding."""
    return isinstance(binding.value, cst.Name) and binding.value.value == "None"


class _Collector:
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
        if node.value is not None or not isinstance(node.target, cst.Name):
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


_HANDLERS: dict[type[cst.CSTNode], Callable[[_Collector, Any, Scope], None]] = {
    cst.Call: _Collector.call,
    cst.Name: _Collector.name,
    cst.Attribute: _Collector.attribute,
    cst.Arg: _Collector.argument,
    cst.FunctionDef: _Collector.function,
    cst.Lambda: _Collector.lambda_,
    cst.ClassDef: _Collector.class_,
    cst.ListComp: _Collector.comprehension,
    cst.SetComp: _Collector.comprehension,
    cst.DictComp: _Collector.comprehension,
    cst.GeneratorExp: _Collector.comprehension,
    cst.Assign: _Collector.assign,
    cst.AnnAssign: _Collector.annotated,
    cst.AugAssign: _Collector.augmented,
    cst.NamedExpr: _Collector.named,
    cst.For: _Collector.for_,
    cst.WithItem: _Collector.with_item,
    cst.ExceptHandler: _Collector.handler,
    cst.Del: _Collector.delete,
    cst.Global: _Collector.nothing,
    cst.Nonlocal: _Collector.nothing,
    cst.Import: _Collector.import_,
    cst.ImportFrom: _Collector.import_from,
    cst.MatchAs: _Collector.pattern,
    cst.MatchStar: _Collector.pattern,
}
