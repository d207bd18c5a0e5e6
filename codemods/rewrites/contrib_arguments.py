"""The arguments of one call of a layer of tf.contrib: what the call, the scopes around it and partials give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.arg_scopes import ArgScopes
from codemods.analysis.contrib_symbols import layer_key
from codemods.analysis.given import Given, read_names
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.contrib_functions import SHORT, Function
from codemods.rewrites.contrib_names import Names

LAYER = "TF451"
SCOPED = "TF450"
_MAKERS = frozenset({"tf.initializers", "keras.initializers", "keras.regularizers"})

Node = cst.BaseExpression
Step = Callable[[cst.Call, Node | None], Node]


@dataclass(eq=False)
class Argument:
    """What a parameter is given: an argument of the call by its place, or an expression of a scope or a table."""

    node: Node  # as it is written now, for questions
    place: int | None = None
    given: Given | None = None

    def written(self, updated: cst.Call, respelled: Mapping[cst.CSTNode, Node]) -> Node:
        """The expression in the new call; ``respelled`` has what symbols are called there."""
        if self.place is not None:
            return updated.args[self.place].value
        assert self.given is not None
        return self.given.written(respelled)

    def last(self) -> Node:
        """The expression behind names that a scope's function gave to its parameters."""
        found = self.given
        while found is not None and isinstance(found.node, cst.Name) and found.node.value in found.names:
            found = found.names[found.node.value]
        return found.node if found is not None else self.node


@dataclass(eq=False)
class Request:
    """One layer to write: ``places`` are its arguments among those of ``call``; ``fixed`` says what they are not."""

    call: cst.Call
    symbol: str
    places: Sequence[int]
    fixed: Mapping[str, Node] = field(default_factory=dict)
    follows: bool = False  # its input is what the step before gave
    partial: Mapping[str, Given] = field(default_factory=dict)  # what a ``partial`` gives
    normalizes: bool = False  # it is the normalizer of another layer
    clones: bool = False  # its arguments are written more than once


class ArgumentReader:
    """Reads requests; ``spell`` gives the expression for a symbol of TF1 or Keras at a place."""

    def __init__(
        self,
        symbols: Symbols,
        scopes: ArgScopes,
        spell: Callable[[str, cst.Call], Node],
        names: Names,
    ) -> None:
        self.symbols = symbols
        self.scopes = scopes
        self.spell = spell
        self.names = names
        self.respelled: dict[cst.CSTNode, Node] = {}  # symbols in what scopes give, as they are written from now on

    def bind(self, request: Request, function: Function, name: str) -> dict[str, Argument]:
        """The arguments by parameter: those of the call before those of the scopes around it."""
        call, key = request.call, layer_key(request.symbol)
        assert key is not None
        bound = {
            parameter: Argument(given.node, given=given) for parameter, given in self.scopes.defaults(call, key).items()
        }
        for parameter, text in SHORT.get(name, {}).items():
            node = cst.Name("None") if text == "None" else self.spell(text, call)
            bound[parameter] = Argument(node, given=Given(node))
        bound |= {parameter: Argument(given.node, given=given) for parameter, given in request.partial.items()}
        explicit: set[str] = set()
        positional = 1 if request.follows else 0
        for place in request.places:
            arg = call.args[place]
            if arg.star:
                raise Refusal("TF102", f"{name}: arguments passed with {arg.star} cannot be told apart", arg)
            if arg.keyword is None:
                parameter = function.parameters[positional] if positional < len(function.parameters) else ""
                positional += 1
            else:
                parameter = arg.keyword.value
            if parameter not in function.parameters or parameter in explicit:
                raise Refusal("TF103", f"{name} has no place for this argument", arg)
            explicit.add(parameter)
            bound[parameter] = Argument(arg.value, place)
        for parameter, node in request.fixed.items():
            bound[parameter] = Argument(node, given=Given(node))
        for parameter, found in bound.items():
            if parameter not in function.parameters:
                raise Refusal(SCOPED, f"the arg scope gives {name} an argument {parameter!r} that it has not", call)
            if found.given is not None and parameter not in request.fixed and name not in SHORT:
                self.check(found.given, call)
        return bound

    def check(self, given: Given, call: cst.Call) -> None:
        """An expression is written at ``call`` that stood elsewhere: it must mean the same there."""
        check_pure(self.symbols, given.node)
        here = self.symbols.scope(_root(call.func))
        for name in read_names(given.node):
            if name.value in given.names:
                self.check(given.names[name.value], call)
                continue
            there = self.symbols.bindings(name.value, self.symbols.scope(name))
            same = self.symbols.bindings(name.value, here) is there
            several = len(there) > 1 and self.symbols.of(name) is None and not self.names.is_stable(there, name, call)
            if there and (not same or several):
                message = f"{name.value!r} of an arg scope may mean something else where the layer is made"
                raise Refusal(SCOPED, message, call)
            if there and isinstance(there[0].node, cst.For):
                raise Refusal(SCOPED, f"{name.value!r} of an arg scope changes in a loop", call)

    def entries(self, params: Argument, call: cst.Call) -> dict[str, Node]:
        """The entries of a dict that is written out, here or where the only assignment of its name is."""
        node = params.last()
        written = self.names.dictionary(node)
        found: dict[str, Node] = {}
        if isinstance(written, cst.Dict):
            for element in written.elements:
                if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
                    raise Refusal(LAYER, "normalizer_params that are not written out", call)
                found[str(element.key.evaluated_value)] = element.value
            return found
        if isinstance(written, cst.Call):
            for arg in written.args:
                if arg.keyword is None:
                    raise Refusal(LAYER, "normalizer_params that are not written out", call)
                found[arg.keyword.value] = arg.value
            return found
        raise Refusal(LAYER, "normalizer_params that are not written out as a dict that nothing changes", call)

    def is_implied(self, function: Function, parameter: str, found: Argument) -> bool:
        """Whether the target means the same when the argument is left out."""
        code = cst.Module([]).code_for_node(found.last())
        return code.replace('"', "'").lower() in [item.lower() for item in function.implied.get(parameter, ())]

    def writer(self, found: Argument, clones: bool) -> Step:
        """How an argument is written."""

        def write(updated: cst.Call, previous: Node | None) -> Node:
            value = found.written(updated, self.respelled)
            return clone(value) if clones else value

        return write


def check_pure(symbols: Symbols, node: Node) -> None:
    """Refuse an expression that may not be evaluated once for each layer."""
    if isinstance(node, cst.Call):
        last = (symbols.of(node.func) or "").rpartition(".")[2]
        home = (symbols.of(node.func) or "").rpartition(".")[0]
        if not last.lower().endswith(("initializer", "regularizer")) and home not in _MAKERS:
            plain = isinstance(node.func, cst.Name) and node.func.value == "dict"
            if not plain:
                raise Refusal(SCOPED, "an arg scope is given the result of a call", node)
    if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.Await, cst.Yield, cst.NamedExpr)):
        raise Refusal(SCOPED, "an arg scope is given something that is computed", node)
    if isinstance(node, cst.Lambda):
        return
    for child in node.children:
        if isinstance(child, cst.BaseExpression):
            check_pure(symbols, child)
        elif isinstance(child, (cst.Arg, cst.Element, cst.DictElement)):
            check_pure(symbols, child.value)


def clone(node: Node) -> Node:
    copy = node.deep_clone()
    assert isinstance(copy, cst.BaseExpression)
    return copy


def _root(node: cst.CSTNode) -> cst.CSTNode:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node
