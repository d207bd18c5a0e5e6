"""Which TF1 or Keras symbol an expression names.

One walk collects, per scope, what binds each name and where names are used; expressions are resolved on demand. A name
resolves only if every binding that can reach it means the same symbol, so shadowed and re-bound names resolve to
nothing. Canonical names are those of TF1's public API under ``tf.`` and of Keras under ``keras.`` (``tf.keras``
included), whatever the file calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import libcst as cst

from codemods.analysis import modules
from codemods.analysis.scopes import Binding, Collector, Scope

__all__ = ["Binding", "Scope", "Symbols", "Use", "symbols_of"]


@dataclass(frozen=True, eq=False)
class Use:
    """A maximal expression that names one symbol: the whole of ``tf.nn.relu``, not the ``tf.nn`` in it."""

    node: cst.BaseExpression
    name: str
    scope: Scope


def symbols_of(module: cst.Module, emitted: Iterable[str] = ()) -> Symbols:
    """The symbols of a module (see ``Symbols``); asking for the same module again costs nothing."""
    return _symbols_of(module, frozenset(emitted))


@lru_cache(maxsize=4)
def _symbols_of(module: cst.Module, emitted: frozenset[str]) -> Symbols:
    return Symbols(module, emitted)


class Symbols:
    """The symbols of one module. All questions are about nodes of the tree it was made from."""

    def __init__(self, module: cst.Module, emitted: Iterable[str] = ()) -> None:
        self.emitted = frozenset(emitted)  # names of classes that are put into the module at the end
        collector = Collector(module)
        self.module = module
        self.root = collector.root
        self.star_imports = tuple(collector.star_imports)
        self._chains = collector.chains
        self._scopes = collector.scope_of
        self._calls = collector.calls
        self._cache: dict[cst.CSTNode, str | None] = {}
        self._bound: dict[tuple[Scope, str], str | None] = {}
        self._names_of: dict[tuple[str, Scope], list[str]] = {}
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

    def is_read(self, node: cst.CSTNode) -> bool:
        """Whether a name is read where it stands: it is no target, parameter, attribute or keyword."""
        return node in self._scopes

    def bindings(self, name: str, scope: Scope | None = None) -> list[Binding]:
        """What binds ``name`` as seen from ``scope`` (the module if not given); empty if it is not bound."""
        owner = self._owner(name, scope or self.root)
        return owner.bindings[name] if owner else []

    def is_bound(self, name: str) -> bool:
        """Whether any scope of the module binds ``name``: a new module-level name must not collide with one."""
        return name in self.names

    def names_of(self, symbol: str, scope: Scope | None = None) -> list[str]:
        """Names that mean ``symbol`` as seen from ``scope``: usually ``["tf"]`` for ``"tf"``."""
        key = (symbol, scope or self.root)
        if key not in self._names_of:
            found = self._names_of[key] = []
            at: Scope | None = key[1]
            while at is not None:
                for name in at.bindings:
                    if name not in found and self._bound_symbol(name, key[1]) == symbol:
                        found.append(name)
                at = at.parent
        return list(self._names_of[key])

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

    @property
    def called(self) -> Iterable[cst.CSTNode]:
        """The function expressions of all calls."""
        return self._calls

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
