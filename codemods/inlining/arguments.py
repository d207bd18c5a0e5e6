"""The arguments of one call of a helper: which take the place of their parameters, and which are given a name first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tree
from codemods.inlining.candidates import Call, Candidates
from codemods.inlining.folding import NOT_NONE, Given, given
from codemods.inlining.names import parameters
from codemods.tree import is_none

_SHORT = (cst.Integer, cst.Float, cst.SimpleString)
_TAKES = (cst.Arg, cst.Assign, cst.Element, cst.DictElement, cst.Return)  # no precedence to think of
_AGAIN = (cst.Lambda, cst.FunctionDef, cst.For, cst.While, cst.BaseComp)  # what is inside is evaluated elsewhere


class Impossible(Exception):
    """A call that cannot be written out after all."""


def bind(definition: cst.FunctionDef, call: cst.Call) -> dict[str, cst.BaseExpression]:
    """The value of each parameter as it is written in the call, or as its default. Raises Impossible."""
    params = definition.params
    positional = [*params.posonly_params, *params.params]
    found: dict[str, cst.BaseExpression] = {}
    for index, argument in enumerate(call.args):
        if argument.keyword is None and index >= len(positional):
            raise Impossible
        name = argument.keyword.value if argument.keyword is not None else positional[index].name.value
        if name in found:
            raise Impossible
        found[name] = argument.value
    every = {param.name.value: param for param in parameters(definition)}
    if found.keys() - every.keys():
        raise Impossible
    for name, param in every.items():
        if name not in found and param.default is None:
            raise Impossible
    return {name: found[name] if name in found else _default(param) for name, param in every.items()}


def _default(param: cst.Param) -> cst.BaseExpression:
    assert param.default is not None
    return param.default


def settled(candidates: Candidates, node: cst.BaseExpression, several: bool) -> bool:
    """Whether a default has the same value at each call as when the function was defined; ``several``: calls."""
    if several and isinstance(node, (cst.List, cst.Dict, cst.Set)):
        return False  # one object, which a call may have changed
    for found in tree.walk(node):
        if isinstance(found, (cst.Call, cst.Await, cst.NamedExpr, cst.Lambda, cst.BaseComp)):
            return False
        if isinstance(found, cst.Name) and candidates.symbols.is_read(found):
            if len(candidates.symbols.bindings(found.value, candidates.symbols.scope(found))) > 1:
                return False
            if found.value in candidates.globals:
                return False
    return True


def known(candidates: Candidates, node: cst.BaseExpression) -> Given | None:
    """What is known of the value of an argument."""
    if isinstance(node, cst.Call) and (candidates.symbols.of(node.func) or "").startswith("tf."):
        return NOT_NONE
    if isinstance(node, (cst.Name, cst.Attribute)) and (candidates.symbols.of(node) or "").startswith("tf."):
        return NOT_NONE
    if isinstance(node, cst.Name) and not is_none(node):
        bindings = candidates.symbols.bindings(node.value, candidates.symbols.scope(node))
        made = bindings[0].node if len(bindings) == 1 and node.value not in candidates.globals else None
        if isinstance(made, cst.FunctionDef):
            return NOT_NONE
        if isinstance(made, cst.Assign) and all(isinstance(item.target, cst.Name) for item in made.targets):
            value = known(candidates, made.value) if not isinstance(made.value, cst.Name) else None
            return NOT_NONE if value is not None and (not value.known or value.value is not None) else None
    return given(node)


class Arguments:
    """The values of the parameters in the statements ``body``, whose names stand at ``places``."""

    def __init__(
        self,
        candidates: Candidates,
        call: Call,
        values: Mapping[str, cst.BaseExpression],
        body: Sequence[cst.BaseStatement],
        places: Mapping[str, Sequence[cst.Name]],
        rebound: set[str],
    ) -> None:
        self.candidates = candidates
        self.call = call
        self.values = values
        self.body = body
        self.places = places
        self.rebound = rebound
        self.parents = {child: parent for item in body for child, parent in tree.parents(item).items()}

    def stand_in(self, name: str, bound: set[str]) -> bool:
        """Whether the argument itself is written where the parameter is read; ``bound`` are the names that change."""
        value, places = self.values[name], self.places.get(name, ())
        if name in self.rebound:
            return False
        if isinstance(value, cst.Name):
            return is_none(value) or value.value in ("True", "False") or self.fixed(value, bound)
        if not all(self.fixed(found, bound) for found in tree.walk(value) if isinstance(found, cst.Name)):
            return False
        if any(isinstance(found, (cst.NamedExpr, cst.Await, cst.Yield)) for found in tree.walk(value)):
            return False
        if len(places) > 1:
            return self.candidates.symbols.of(value) is not None  # a function of TensorFlow, or the like
        if isinstance(value, _SHORT):
            return True
        if any(isinstance(found, cst.Call) for found in tree.walk(value)):
            return False  # what it does stays where it was
        return all(self.takes(place) for place in places)

    def takes(self, place: cst.Name) -> bool:
        """Whether any expression may stand here, and is evaluated once."""
        parent = self.parents.get(place)
        if not isinstance(parent, _TAKES) or (isinstance(parent, cst.Assign) and parent.value is not place):
            return False
        current: cst.CSTNode | None = place
        while current is not None:
            if isinstance(current, _AGAIN):
                return False
            current = self.parents.get(current)
        return True

    def fixed(self, node: cst.Name, bound: set[str]) -> bool:
        """Whether a name means in the body what it means in the call."""
        if not self.candidates.symbols.is_read(node):
            return True
        return node.value not in bound and node.value not in self.candidates.globals

    def needless(self, name: str) -> bool:
        """Whether the body never reads what the parameter is given: it is not there, or gets another value first."""
        places = self.places.get(name, ())
        if not places:
            return not any(isinstance(found, cst.Call) for found in tree.walk(self.values[name]))
        first = _first_line(self.body, set(places))
        small = first.body[0] if isinstance(first, cst.SimpleStatementLine) and len(first.body) == 1 else None
        if not isinstance(small, cst.Assign) or len(small.targets) != 1 or small.targets[0].target not in places:
            return False
        calls = any(isinstance(found, cst.Call) for found in tree.walk(self.values[name]))
        return not calls and not any(found in places for found in tree.walk(small.value))


def _first_line(statements: Sequence[cst.BaseStatement], places: set[cst.Name]) -> cst.BaseStatement | None:
    """The first statement that holds one of the places; in a ``with`` block the one in its body."""
    for item in statements:
        if not any(found in places for found in tree.walk(item)):
            continue
        if isinstance(item, cst.With) and not any(found in places for one in item.items for found in tree.walk(one)):
            inner = [line for line in item.body.body if isinstance(line, cst.BaseStatement)]
            return _first_line(inner, places)
        return item
    return None
