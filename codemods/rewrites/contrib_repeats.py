"""`repeat` and `stack` of tf.contrib: one layer after the other."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.contrib_symbols import contrib_name, layer_key, real_name
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_arguments import Request, Step
from codemods.rewrites.contrib_functions import FUNCTIONS
from codemods.rewrites.contrib_stage import Stage, separated
from codemods.tree import is_none

_REPEATED = 8  # more layers than these are not written one by one


class Repeats(Stage):
    """Writes the layers of a repeat or stack."""

    def repeated(self, func: cst.BaseExpression, symbol: str, call: cst.Call) -> None:
        """``repeat`` and ``stack``: one layer after the other."""
        repeat = contrib_name(symbol) == "repeat"
        if any(arg.star for arg in call.args) or any(
            arg.keyword is not None for arg in call.args[: 3 if repeat else 2]
        ):
            raise Refusal("TF451", "the arguments of this call cannot be told apart", call)
        if len(call.args) < 3:
            raise Refusal("TF103", f"{symbol} is not given all its arguments", call)
        count, layer = (call.args[1].value, call.args[2].value) if repeat else (None, call.args[1].value)
        inner = self.symbols.of(layer)
        definition = self.scopes.definition(layer)
        if definition is not None and repeat:
            self.repeated_block(func, symbol, call, count, definition)
            return
        if inner is None or layer_key(inner) not in FUNCTIONS:
            raise Refusal("TF451", f"{symbol} of something else than a layer of tf.contrib", call)
        places = list(range(3, len(call.args)))
        rows: list[list[cst.BaseExpression]] = [[] for _ in self.count(call, count)] if repeat else self.rows(call)
        scope = self.scope_text(call) or self.own_scope(call, symbol, real_name(layer_key(inner) or ""))
        places = [place for place in places if not _is_scope(call.args[place])]
        parameters = FUNCTIONS[layer_key(inner) or ""].parameters
        steps: list[Step] = []
        for number, row in enumerate(rows, 1):
            fixed: dict[str, cst.BaseExpression] = dict(zip(parameters[1:], row, strict=False))
            fixed["scope"] = cst.SimpleString(repr(f"{scope}_{number}"))
            follows = number > 1
            used = places if follows else [0, *places]
            steps += self.writer.steps(Request(call, inner, used, fixed, follows, clones=True))
        self.write(call, steps)
        self.written[func] = FUNCTIONS[layer_key(inner) or ""].target
        self.absorbed.update(dict.fromkeys(tree.walk(layer)))

    def count(self, call: cst.Call, count: cst.BaseExpression | None) -> range:
        """The numbers of the layers of a ``repeat``."""
        if not isinstance(count, cst.Integer) or not 1 <= int(count.value) <= _REPEATED:
            raise Refusal("TF451", "how often the layer is repeated is not written out, or is too often", call)
        return range(1, int(count.value) + 1)

    def repeated_block(
        self,
        func: cst.BaseExpression,
        symbol: str,
        call: cst.Call,
        count: cst.BaseExpression | None,
        definition: cst.FunctionDef,
    ) -> None:
        """``repeat`` of a function of the program, which is given a scope of its own at each call."""
        scope = self.scope_text(call) or self.own_scope(call, symbol, definition.name.value)
        places = [0, *(place for place in range(3, len(call.args)) if not _is_scope(call.args[place]))]

        def block(number: int) -> Step:
            def step(updated: cst.Call, previous: cst.BaseExpression | None) -> cst.BaseExpression:
                args = [updated.args[place].deep_clone() for place in places]
                if previous is not None:
                    args[0] = cst.Arg(previous)
                label = keyword("scope", cst.SimpleString(repr(f"{scope}_{number}")))
                return cst.Call(cst.Name(definition.name.value), separated([*args, label]))

            return step

        self.write(call, [block(number) for number in self.count(call, count)])
        self.absorbed.update(dict.fromkeys(tree.walk(func)))

    def rows(self, call: cst.Call) -> list[list[cst.BaseExpression]]:
        """The arguments of each layer of a ``stack``."""
        listed = call.args[2].value
        if not isinstance(listed, (cst.List, cst.Tuple)) or not 1 <= len(listed.elements) <= _REPEATED:
            raise Refusal("TF451", "the arguments of a stack are not written out, or are too many", call)
        rows = []
        for element in listed.elements:
            value = element.value
            if isinstance(element, cst.StarredElement):
                raise Refusal("TF451", "the arguments of a stack are not written out", call)
            if isinstance(value, (cst.List, cst.Tuple)):
                rows.append([inner.value for inner in value.elements])
            elif isinstance(value, (cst.Integer, cst.Name)):
                if isinstance(value, cst.Name) and not self.names.is_number(value):
                    raise Refusal("TF451", "the arguments of a stack are not written out", call)
                rows.append([value])
            else:
                raise Refusal("TF451", "the arguments of a stack are not written out", call)
        return rows

    def own_scope(self, call: cst.Call, symbol: str, layer: str) -> str:
        """The stem of the names of layers that are given none: each call has a scope of its own, by a number."""
        name = contrib_name(symbol) or ""
        unnamed = [
            found
            for use in self.symbols.tf_uses()
            if contrib_name(use.name) == name and (found := self.symbols.call(use.node)) is not None
            if not any(_is_scope(arg) and not is_none(arg.value) for arg in found.args)
        ]
        around = [self._around(found) for found in unnamed]
        if (len(unnamed) > 1 and any(around)) or any(isinstance(node, (cst.For, cst.While)) for node in around[0]):
            message = f"TF1 numbers the scopes of {name} without a scope=, and which numbers these get is not certain"
            raise Refusal("TF451", message, call)
        number = unnamed.index(call)
        return f"{name.capitalize()}{f'_{number}' if number else ''}/{layer}"

    def _around(self, call: cst.Call) -> list[cst.CSTNode]:
        """The compound statements around a call, but for arg scopes, which have no name."""
        found: list[cst.CSTNode] = []
        node: cst.CSTNode | None = call
        while node is not None:
            if isinstance(node, cst.BaseCompoundStatement) and not self._is_arg_scope(node):
                found.append(node)
            node = self.ctx.parents.get(node)
        return found

    def _is_arg_scope(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.With) and all(
            isinstance(item.item, cst.Call) and contrib_name(self.symbols.of(item.item.func)) == "arg_scope"
            for item in node.items
        )

    def scope_text(self, call: cst.Call) -> str | None:
        """The stem of the layers' names, where one is given."""
        for arg in call.args:
            if _is_scope(arg):
                value = arg.value
                if isinstance(value, cst.SimpleString):
                    text = str(value.evaluated_value)
                    return f"{text}/{text}"
                if not is_none(value):
                    raise Refusal("TF451", "the scope of repeated layers is not written out", call)
        return None


def _is_scope(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "scope"
