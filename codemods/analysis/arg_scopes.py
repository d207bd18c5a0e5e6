"""`arg_scope` of tf.contrib: which arguments a call of a layer takes from the scopes around it.

A scope holds where its ``with`` statement stands, and in the functions that are called there. A function of the program
may make a scope (``with slim.arg_scope(vgg_arg_scope()):``); it is interpreted here. Every argument stays the
expression that was written, with the expressions for what its names stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.arg_scope_places import CODE, ArgScopePlaces
from codemods.analysis.contrib_symbols import contrib_name, layer_key
from codemods.analysis.given import Given
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal

Defaults = Mapping[str, Mapping[str, Given]]


@dataclass(frozen=True, eq=False)
class _Unentered:
    """An ``arg_scope(...)`` that a function returns for its caller to enter."""

    call: cst.Call
    names: Mapping[str, Given]


class ArgScopes(ArgScopePlaces):
    """The arg scopes of one module. Every question raises Refusal where the answer is not certain."""

    def __init__(self, module: cst.Module, symbols: Symbols, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__(module, symbols, parents)
        self._of: dict[cst.CSTNode, Defaults] = {}
        self._asking: list[cst.CSTNode] = []

    # Questions

    def defaults(self, call: cst.Call, key: str) -> dict[str, Given]:
        """What the scopes around ``call`` give to the layer ``key``."""
        if not self.entered:
            return {}
        return dict(self.at(call).get(key, {}))

    def at(self, node: cst.CSTNode) -> Defaults:
        """The scopes that hold where ``node`` stands."""
        items: list[cst.WithItem] = []  # innermost first
        current = node
        base: Defaults = {}
        while (parent := self.parents.get(current)) is not None:
            if isinstance(parent, cst.With):
                inside = list(parent.items) if current is parent.body else list(parent.items)[: _index(parent, current)]
                items += [item for item in reversed(inside) if item in self.entered]
            elif isinstance(parent, (cst.FunctionDef, cst.Lambda)) and current is parent.body:
                base = self.of_function(parent)
                break
            elif isinstance(parent, cst.GeneratorExp):
                raise Refusal(CODE, "a generator among arg scopes: where it is gone through is not known", parent)
            current = parent
        for item in reversed(items):
            base = self.enter(item.item, base, {})
        return base

    def of_function(self, definition: cst.FunctionDef | cst.Lambda) -> Defaults:
        """The scopes that hold where a function is called."""
        if definition in self._of:
            return self._of[definition]
        if not self.entered or (isinstance(definition, cst.FunctionDef) and self.is_maker(definition)):
            return {}
        if isinstance(definition, cst.Lambda):
            raise Refusal(CODE, "a lambda among arg scopes: where it is called is not known", definition)
        if definition in self._asking:
            raise Refusal(CODE, f"{definition.name.value}() calls itself among arg scopes", definition)
        self._asking.append(definition)
        try:
            found = [self._around(definition, place) for place in self.references(definition)]
        finally:
            self._asking.pop()
        if len({_text(item) for item in found}) > 1:
            raise Refusal(CODE, f"{definition.name.value}() is called under different arg scopes", definition)
        self._of[definition] = found[0] if found else {}
        return self._of[definition]

    def _around(self, definition: cst.FunctionDef, place: cst.CSTNode) -> Defaults:
        call = self.parents.get(place)
        if isinstance(call, cst.Arg):  # slim.repeat(net, 3, block): it is called there
            call = self.parents.get(call)
            if isinstance(call, cst.Call) and contrib_name(self.symbols.of(call.func)) in ("repeat", "stack"):
                return self.at(call)
        if not isinstance(call, cst.Call) or call.func is not place:
            message = f"{definition.name.value}() is passed on, so the arg scopes around its calls are not known"
            raise Refusal(CODE, message, place)
        return self.at(call)

    # Entering

    def enter(self, node: cst.BaseExpression, around: Defaults, names: Mapping[str, Given]) -> Defaults:
        """The scopes that hold inside ``with node:``."""
        if not isinstance(node, cst.Call):
            raise Refusal(CODE, "an arg scope that is not written as a call", node)
        maker = self.definition(node.func)
        if maker is not None:
            made = self.made_by(maker, node, around, names)
            if not isinstance(made, _Unentered):
                raise Refusal(CODE, f"what {maker.name.value}() returns is entered already", node)
            return self.enter(made.call, around, made.names)
        first, *rest = node.args or [cst.Arg(cst.Name("None"))]
        if first.keyword is not None or first.star or any(arg.keyword is None for arg in rest):
            raise Refusal(CODE, "the arguments of this arg scope cannot be told apart", node)
        if not isinstance(first.value, (cst.List, cst.Tuple)) and not rest:
            return self.value(first.value, around, names)
        given = {arg.keyword.value: Given(arg.value, names) for arg in rest if arg.keyword is not None}
        inside = {key: dict(found) for key, found in around.items()}
        for element in self._functions(first.value):
            key = self.key(element)
            if key is None:
                raise Refusal(CODE, "it is not known which function this is", element)
            inside[key] = {**inside.get(key, {}), **given}
        return inside

    def _functions(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        if isinstance(node, cst.Name):
            found = self.symbols.bindings(node.value, self.symbols.scope(node))
            bound = found[0].node if len(found) == 1 else None
            node = bound.value if isinstance(bound, cst.Assign) and len(bound.targets) == 1 else node
        if not isinstance(node, (cst.List, cst.Tuple)):
            raise Refusal(CODE, "the functions of this arg scope are not written as a list", node)
        return [element.value for element in node.elements]

    def key(self, node: cst.CSTNode) -> str | None:
        """What the scopes know a function by; None for those that take nothing from a scope."""
        key = layer_key(self.symbols.of(node))
        if key is not None:
            return key
        definition = self.definition(node)
        return f"def {definition.name.value}" if definition in self.decorated.values() and definition else None

    def value(self, node: cst.BaseExpression, around: Defaults, names: Mapping[str, Given]) -> Defaults:
        """The scopes that an expression holds: what a ``with`` bound to a name, or what a function returned."""
        if isinstance(node, cst.Call):
            maker = self.definition(node.func)
            if maker is not None and self.is_maker(maker):
                made = self.made_by(maker, node, around, names)
                if not isinstance(made, _Unentered):
                    return made
        elif isinstance(node, cst.Name):
            found = self.symbols.bindings(node.value, self.symbols.scope(node))
            bound = found[0].node if len(found) == 1 else None
            if bound is not None and self._in_loop(bound):
                raise Refusal(CODE, "the arg scope is made in a loop", node)
            if isinstance(bound, cst.Assign) and len(bound.targets) == 1:
                return self.value(bound.value, self.at(bound), names)
            if isinstance(bound, (cst.With, cst.WithItem)):
                return self._bound_by(bound, node)
        raise Refusal(CODE, "it is not known which arg scope this is", node)

    def _in_loop(self, node: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.FunctionDef):
            if isinstance(current, (cst.For, cst.While)):
                return True
            current = self.parents.get(current)
        return False

    def _bound_by(self, bound: cst.With | cst.WithItem, name: cst.Name) -> Defaults:
        statement = bound if isinstance(bound, cst.With) else self.parents[bound]
        assert isinstance(statement, cst.With)
        for item in statement.items:
            bound_name = item.asname.name if item.asname is not None else None
            if isinstance(bound_name, cst.Name) and bound_name.value == name.value and item in self.entered:
                return self.enter(item.item, self.at(item), {})
        raise Refusal(CODE, "it is not known which arg scope this is", name)

    # Functions that make scopes

    def made_by(
        self, maker: cst.FunctionDef, call: cst.Call, around: Defaults, names: Mapping[str, Given]
    ) -> Defaults | _Unentered:
        """What a function of the program returns that makes an arg scope."""
        if maker in self._asking:
            raise Refusal(CODE, f"{maker.name.value}() calls itself", maker)
        self._asking.append(maker)
        self.makers[maker] = None
        try:
            made = self._body(maker, maker.body.body, around, _bind(maker, call, names), {})
        finally:
            self._asking.pop()
        if made is None:
            raise Refusal(CODE, f"{maker.name.value}() does not return an arg scope in the end", maker)
        return made

    def _body(
        self,
        maker: cst.FunctionDef,
        body: object,
        around: Defaults,
        names: dict[str, Given],
        scopes: dict[str, Defaults],
    ) -> Defaults | _Unentered | None:
        assert isinstance(body, (list, tuple))
        for statement in body:
            if isinstance(statement, cst.With):
                inside = around
                for item in statement.items:
                    if not isinstance(item.item, cst.Call) or self.means(item.item.func) != "arg_scope":
                        raise Refusal(CODE, f"{maker.name.value}() does more than to make an arg scope", item)
                    inside = self._entered_in(item.item, inside, names, scopes)
                    if item.asname is not None and isinstance(item.asname.name, cst.Name):
                        scopes[item.asname.name.value] = inside
                made = self._body(maker, statement.body.body, inside, names, scopes)
                if made is not None:
                    return made
                continue
            for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]:
                if isinstance(small, cst.Return) and small.value is not None:
                    return self._returned(maker, small.value, names, scopes)
                self._local(maker, small, names)
        return None

    def _entered_in(
        self, call: cst.Call, around: Defaults, names: dict[str, Given], scopes: Mapping[str, Defaults]
    ) -> Defaults:
        first = call.args[0].value if call.args else None
        if len(call.args) == 1 and isinstance(first, cst.Name) and first.value in scopes:
            return scopes[first.value]
        return self.enter(call, around, dict(names))

    def _returned(
        self,
        maker: cst.FunctionDef,
        value: cst.BaseExpression,
        names: dict[str, Given],
        scopes: Mapping[str, Defaults],
    ) -> Defaults | _Unentered:
        if isinstance(value, cst.Name) and value.value in scopes:
            return scopes[value.value]
        if isinstance(value, cst.Call) and self.means(value.func) == "arg_scope":
            return _Unentered(value, dict(names))
        raise Refusal(CODE, f"it is not known which arg scope {maker.name.value}() returns", value)

    def _local(self, maker: cst.FunctionDef, small: cst.CSTNode, names: dict[str, Given]) -> None:
        """One simple statement of a function that makes a scope: a text, or a name for an expression."""
        if isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString)):
            return
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            target = small.targets[0].target
            if isinstance(target, cst.Name):
                names[target.value] = Given(small.value, dict(names))
                return
        if not isinstance(small, cst.Pass):
            raise Refusal(CODE, f"{maker.name.value}() does more than to make an arg scope", small)


def _bind(maker: cst.FunctionDef, call: cst.Call, names: Mapping[str, Given]) -> dict[str, Given]:
    """The parameters of a call, each with its expression."""
    params = maker.params
    plain = [*params.posonly_params, *params.params]
    if params.star_kwarg is not None or isinstance(params.star_arg, cst.Param):
        raise Refusal(CODE, f"{maker.name.value}() takes any number of arguments", maker)
    bound: dict[str, Given] = {}
    for parameter in [*plain, *params.kwonly_params]:
        if parameter.default is not None:
            bound[parameter.name.value] = Given(parameter.default)
    for position, arg in enumerate(call.args):
        if arg.star or (arg.keyword is None and position >= len(plain)):
            raise Refusal(CODE, f"the arguments of {maker.name.value}() cannot be told apart", call)
        name = arg.keyword.value if arg.keyword is not None else plain[position].name.value
        bound[name] = Given(arg.value, names)
    if len(bound) != len(plain) + len(params.kwonly_params):
        raise Refusal(CODE, f"{maker.name.value}() is not given all its arguments", call)
    return bound


def _index(statement: cst.With, item: cst.CSTNode) -> int:
    return next((place for place, found in enumerate(statement.items) if found is item), 0)


def _text(defaults: Defaults) -> str:
    """A text that is the same for the same scopes."""
    code = cst.Module([]).code_for_node
    return repr(
        sorted(
            (key, sorted((name, code(given.written({}))) for name, given in found.items()))
            for key, found in defaults.items()
        )
    )
