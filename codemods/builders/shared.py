"""Which calls of a builder stand for new variables, and which for those of an earlier call.

A call is walked through with the arguments that it is given, as TF1 did: which scopes it enters, whether they reuse
variables, and which names its variables and layers get there. Only what is certain counts; all else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tables, tree
from codemods.analysis.called import UserCall
from codemods.analysis.frames import literal
from codemods.analysis.values import Kind
from codemods.analysis.variable_scopes import Reuse, VariableScope
from codemods.builders.functions import Builder, Functions, Makes, assignments
from codemods.builders.parts import is_reuse_branch, is_reuse_variables
from codemods.builders.turns import later_turns
from codemods.findings import Refusal

_UNKNOWN = object()  # a value of a setting that is not known here
_STATELESS = ("flatten", "dropout")


@dataclass(frozen=True)
class Site:
    """One place that makes or shares state: its name in the graph (None when that is not known)."""

    path: str | None
    reuse: Reuse
    plain: bool = False  # made by tf.Variable, which never shares


@dataclass
class _Scope:
    path: str | None
    reuse: Reuse
    counts: dict[str, int] = field(default_factory=dict)
    alias: str | None = None  # what the program calls its object


class Sharing:
    """Gives each call of a builder the call that made its object."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self._direct = False  # only what is made in the text at hand, not in builders that it calls
        self.once: set[cst.Call] = set()  # calls that make an object which they share when they run again
        self.first: dict[cst.Call, cst.Call] = {}  # call -> the call that makes its object (itself, when it does)
        self._known: dict[tuple[cst.FunctionDef, tuple[str | None, ...]], cst.Call] = {}
        self._several: set[tuple[cst.FunctionDef, tuple[str | None, ...]]] = set()
        self._paths: set[str] = set()

    def decide(self, builder: Builder, call: UserCall) -> None:
        """Find whether a call in plain code makes a new object. Raises Refusal."""
        scope = _Scope(call.scope, call.reuse)
        self._enter(builder, call.node, {}, scope)

    def check_turns(self, builder: Builder, loop: cst.For) -> None:
        """Refuse a loop of which not each turn surely makes variables of its own. Raises Refusal."""
        outer = self.functions.staging.loop_scopes.get(loop)
        scope = _Scope(outer.name, outer.reuse) if outer is not None else _Scope(None, Reuse.UNKNOWN)
        self._direct = True
        turns = range(2)  # the first may make the scope reuse its variables in the next
        sites = [site for _ in turns for site in self._block(builder, loop.body, {}, [scope])]
        self._direct = False
        if any(site.reuse is not Reuse.NO and not site.plain for site in sites):
            raise Refusal("TF442", "it is not certain which variables the turns of the loop share", loop)

    def _enter(self, builder: Builder, node: cst.Call, env: Mapping[str, object], scope: _Scope) -> list[Site]:
        sites = list(self._sites(builder, self._arguments(builder, node, env), scope))
        made = self._decision(builder, node, sites)
        if self.first.setdefault(node, made) is not made:
            raise Refusal(
                "TF442", f"{builder.name}() makes variables here at one time and shares them at another", node
            )
        return sites

    def _decision(self, builder: Builder, node: cst.Call, sites: list[Site]) -> cst.Call:
        key = (builder.definition, tuple(site.path for site in sites))
        sharing = [site for site in sites if site.reuse is not Reuse.NO and not site.plain]
        known = self._known.get(key)
        if sharing:
            certain = all(site.path is not None and site.reuse is not Reuse.UNKNOWN for site in sites)
            if len(sharing) < len(sites) or not certain:
                raise Refusal("TF442", f"it is not certain which variables this call of {builder.name}() shares", node)
            if known is not None and key not in self._several:
                return known
            new = all(site.reuse is Reuse.AUTO for site in sharing)
            if not new or any(site.path in self._paths for site in sites):
                raise Refusal("TF442", f"it is not certain which variables this call of {builder.name}() shares", node)
            self.once.add(node)
        if known is not None and known is not node:
            self._several.add(key)
        self._known[key] = node
        self._paths.update(site.path for site in sites if site.path is not None)
        return node

    # Walking through a call

    def _arguments(self, builder: Builder, node: cst.Call, env: Mapping[str, object]) -> dict[str, object]:
        bound = self.functions.bound(builder, node)
        found: dict[str, object] = {}
        for parameter in builder.parameters:
            name = parameter.name.value
            given = bound[name].value if name in bound else parameter.default
            found[name] = self.constant(given, env) if given is not None else _UNKNOWN
        return found

    def constant(self, node: cst.BaseExpression, env: Mapping[str, object]) -> object:
        """The Python value of an expression, ``_UNKNOWN`` when it is not sure."""
        if isinstance(node, cst.Name) and node.value == "None":
            return None
        value = literal(node)
        if value is not None:
            return value
        if self.functions.symbols.of(node) == "tf.AUTO_REUSE":
            return Reuse.AUTO
        if isinstance(node, cst.Name) and node.value in env:
            return env[node.value]
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            left, right = self.constant(node.left, env), self.constant(node.right, env)
            if isinstance(left, str) and isinstance(right, str):
                return left + right
        if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.Or):
            left = self.constant(node.left, env)
            return left if left is _UNKNOWN or left else self.constant(node.right, env)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            inner = self.constant(node.expression, env)
            return not inner if isinstance(inner, bool) else _UNKNOWN
        if later_turns(self.functions, node):
            return Reuse.AUTO
        if isinstance(node, cst.Name) and not env:
            found = self.functions.staging.last_values.get(node)
            if found is not None and found.constant is not None:
                return found.constant
        return _UNKNOWN

    def _sites(self, builder: Builder, env: dict[str, object], scope: _Scope) -> Iterator[Site]:
        for names, value, node in assignments(builder.definition.body):
            for name in names:  # of the body's own names only those are known that are bound once, to a literal
                once = isinstance(node, cst.Assign) and name not in env
                env[name] = self.constant(value, {}) if once and literal(value) is not None else _UNKNOWN
        yield from self._block(builder, builder.definition.body, env, [scope])

    def _block(
        self, builder: Builder, node: cst.CSTNode, env: dict[str, object], scopes: list[_Scope]
    ) -> Iterator[Site]:
        if isinstance(node, cst.With):
            entered = 0
            for item in node.items:
                yield from self._block(builder, item, env, scopes)
                entered += self._enter_scope(item, env, scopes)
            yield from self._block(builder, node.body, env, scopes)
            del scopes[len(scopes) - entered :]
            return
        if isinstance(node, cst.If):
            test = self.constant(node.test, env)
            if test is Reuse.AUTO and is_reuse_branch(node):
                scopes[-1].reuse = Reuse.AUTO
            elif test is _UNKNOWN or test is Reuse.AUTO:
                for part in (node.body, node.orelse):
                    yield from self._uncertain(builder, part, env, scopes)
            elif test:
                yield from self._block(builder, node.body, env, scopes)
            elif node.orelse is not None:
                yield from self._block(builder, node.orelse, env, scopes)
            return
        if isinstance(node, (cst.For, cst.While, cst.Try, cst.BaseComp, cst.IfExp)):
            yield from self._uncertain(builder, node, env, scopes, inside=True)
            return
        if isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return
        made = self.functions.makes(node)
        if made is not Makes.VARIABLE:
            for child in tree.children(node):
                yield from self._block(builder, child, env, scopes)
        if made is not None:
            assert isinstance(node, cst.Call)
            yield from self._made(node, made, env, scopes)
        elif isinstance(node, cst.Call) and is_reuse_variables(node):
            self._reused(node, scopes)

    def _reused(self, node: cst.Call, scopes: list[_Scope]) -> None:
        """``reuse_variables()`` of the innermost scope, or of one that is not known here."""
        owner = node.func.value if isinstance(node.func, cst.Attribute) else None
        innermost = isinstance(owner, cst.Call) and self.functions.symbols.of(owner.func) == "tf.get_variable_scope"
        if innermost or (isinstance(owner, cst.Name) and owner.value == scopes[-1].alias):
            scopes[-1].reuse = Reuse.YES
            return
        for scope in scopes:
            scope.reuse = Reuse.UNKNOWN

    def _uncertain(
        self,
        builder: Builder,
        node: cst.CSTNode | None,
        env: dict[str, object],
        scopes: list[_Scope],
        inside: bool = False,
    ) -> Iterator[Site]:
        """The sites of code of which it is not known whether, or how often, it runs."""
        if node is None:
            return
        before = scopes[-1].reuse
        for child in tree.children(node) if inside else [node]:
            for site in self._block(builder, child, env, scopes):
                yield Site(None, site.reuse, site.plain)
        if scopes[-1].reuse is not before:
            scopes[-1].reuse = Reuse.UNKNOWN

    def _enter_scope(self, item: cst.WithItem, env: dict[str, object], scopes: list[_Scope]) -> int:
        call = item.item
        if not isinstance(call, cst.Call) or self.functions.symbols.of(call.func) != "tf.variable_scope":
            return 0
        entry = tables.lookup("tf.variable_scope")
        arguments = tables.bind(call, entry) if entry is not None else {}
        outer = scopes[-1]
        name = self.constant(arguments["name_or_scope"].value, env) if "name_or_scope" in arguments else _UNKNOWN
        reuse = self.constant(arguments["reuse"].value, env) if "reuse" in arguments else None
        own = {True: Reuse.YES, False: None, None: None, Reuse.AUTO: Reuse.AUTO}.get(reuse, Reuse.UNKNOWN)  # type: ignore[call-overload]
        path = f"{outer.path}/{name}".lstrip("/") if isinstance(name, str) and outer.path is not None else None
        if not isinstance(name, str) and "name_or_scope" in arguments:
            own = own or self._of_object(arguments["name_or_scope"].value)
        named = item.asname.name if item.asname is not None else None
        scopes.append(_Scope(path, own or outer.reuse, alias=named.value if isinstance(named, cst.Name) else None))
        return 1

    def _of_object(self, node: cst.BaseExpression) -> Reuse | None:
        """What the object of a scope says when that is entered again; None for a text."""
        value = self.functions.staging.last_values.get(node)
        scope = value.payload if value is not None else None
        if isinstance(scope, VariableScope):
            return scope.reuse if scope.reuse is not Reuse.NO else None
        plain = value is not None and value.kind in (Kind.HOST, Kind.TF) and scope is None
        return None if plain else Reuse.UNKNOWN

    def _made(self, node: cst.Call, made: Makes, env: dict[str, object], scopes: list[_Scope]) -> Iterator[Site]:
        scope = scopes[-1]
        if made is Makes.OBJECT:
            if self._direct:
                return
            builder = self.functions.builders[self.functions.staging.user_calls[node].definition]
            yield from self._enter(builder, node, env, scope)
            return
        symbol = self.functions.symbols.of(node.func)
        if symbol is None:  # a function that only makes variables
            definition = self.functions.staging.user_calls[node].definition
            plain = not any(
                self.functions.symbols.of(call.func) == "tf.get_variable"
                for call in tree.walk(definition)
                if isinstance(call, cst.Call)
            )
            yield Site(None, Reuse.NO if plain else scope.reuse, plain)
            return
        if symbol == "tf.Variable":
            yield Site(None, Reuse.NO, plain=True)
            return
        function = symbol.rpartition(".")[2]
        if made is Makes.LAYER and (function in _STATELESS or "pooling" in function):
            return
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        reuse = scope.reuse
        if "reuse" in arguments:
            own = self.constant(arguments["reuse"].value, env)
            reuse = {True: Reuse.YES, False: reuse, None: reuse}.get(own, Reuse.UNKNOWN)  # type: ignore[call-overload]
        name = self.constant(arguments["name"].value, env) if "name" in arguments else None
        if made is Makes.LAYER and name is None:
            count = scope.counts[function] = scope.counts.get(function, 0) + 1
            # Without a scope of its own the layer's name depends on all layers made before.
            name = f"{function} {count}" if len(scopes) > 1 else _UNKNOWN
        path = f"{scope.path}/{name}".lstrip("/") if isinstance(name, str) and scope.path is not None else None
        yield Site(path, reuse)
