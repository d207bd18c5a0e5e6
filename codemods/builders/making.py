"""Expressions of a builder: what they become in ``__init__``, and in the call."""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis import layer_table
from codemods.builders.attributes import Attributes
from codemods.builders.functions import (
    Makes,
)
from codemods.builders.needs import Replaced
from codemods.builders.parts import (
    bound_names,
    plain_equal,
    separated,
)
from codemods.builders.shapes import shape_read
from codemods.findings import Refusal


class Making(Attributes):
    """Rewrites expressions, and takes the making of state out of them."""

    def _mapped(self, node: cst.CSTNode, *, settings: bool) -> dict[cst.CSTNode, cst.CSTNode]:
        """The names in ``node`` that stand for attributes; parameters keep their names in ``__init__``."""
        found: dict[cst.CSTNode, cst.CSTNode] = {}
        for name in self._names(node):
            attribute = self.bound.get(name.value)
            if attribute is None or (not settings and not self.lazy and name.value in self.kept):
                continue
            found[name] = self._self(attribute, name)
        return found

    def init_expression(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """An expression that ``__init__`` evaluates."""
        for call in self.functions.made_in(node):
            if self.functions.makes(call) is not Makes.VARIABLE:
                raise Refusal("TF440", "a layer is called while the variables are made", call)
        return self.origins.rebuilt(node, self._early(node))

    def _early(self, node: cst.CSTNode) -> dict[cst.CSTNode, cst.CSTNode]:
        """What the names in ``node`` become in ``__init__``. Raises Refusal where a graph tensor is among them."""
        mapped = self._mapped(node, settings=False)
        for name in self._names(node):
            read = shape_read(name, self.parents) if self.functions.is_input(self.builder, name) else None
            if read is not None and self.given and self.given[0].name.value == name.value:
                mapped[read.node] = self.origins.made_for(read.written("input_shape"), read.node)
            elif name not in mapped and name.value in self.late:
                message = f"what a variable is made from depends on the graph tensor {name.value!r}"
                raise Refusal("TF441", message, name)
        return mapped

    def _in_init(self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        return self.origins.rebuilt(small, self._early(original))

    def _in_call(self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        return self.origins.rebuilt(small, self._mapped(original, settings=True))

    def _with_state(
        self,
        small: cst.BaseSmallStatement,
        original: cst.BaseSmallStatement,
        made: list[cst.Call],
        target: str | None,
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """A statement that makes state inside its expression: the making goes to ``__init__``."""
        init: list[cst.BaseSmallStatement] = []
        replaced = self._mapped(original, settings=True)
        for call in made:
            shared = self.shared(call)
            if shared is not None:
                own = self.shared_object(shared, call)
                _, replaced[call] = self.object_call(self, call, own, replaced)
                continue
            if self._is_conditional(call, original):
                raise Refusal("TF440", "state is made in a part of an expression that may not run", call)
            if self._loop is not None:
                init.append(self._made_in_loop(call, replaced))
                continue
            attribute = self._name_for(call, target if call is made[-1] else None)
            self.attributes.append(attribute)
            own = self._self(attribute, call)
            value = self._made(call, attribute, own, replaced)
            target_ = self._self(attribute, call)
            init.append(self.origins.made_for(cst.Assign([cst.AssignTarget(target_)], value), call))
        names = bound_names(original)
        new = self.origins.rebuilt(small, replaced)
        for name in names:
            self.bound.pop(name, None)
        return init, [new]

    def _is_conditional(self, call: cst.CSTNode, statement: cst.CSTNode) -> bool:
        current = self.parents.get(call)
        while current is not None and current is not statement:
            if isinstance(current, (cst.IfExp, cst.BooleanOperation, cst.BaseComp, cst.Lambda)):
                return True
            current = self.parents.get(current)
        return False

    def _made_in_loop(self, call: cst.Call, replaced: Replaced) -> cst.BaseSmallStatement:
        """The same in a loop: what is made goes into a list, and the loop of the call goes over that."""
        assert self._loop is not None
        stem = self._stem(call)
        local = self._local(stem)
        own = self.origins.made_for(cst.Name(local), call)
        self.layers = self.layers or self.functions.makes(call) is Makes.LAYER
        attribute = self._list(stem, local)
        return self._appended(attribute, self._made(call, attribute, own, replaced), call)

    def _local(self, stem: str) -> str:
        """A free name for what a loop takes from a list."""
        assert self._loop is not None
        local, count = stem, 2
        while local in self._assigned() | {name for _, name in self._loop} | self._parameter_names():
            local, count = f"{stem}_{count}", count + 1
        return local

    def shared_object(self, first: cst.Call, place: cst.CSTNode) -> cst.BaseExpression:
        """The object that an earlier call has made."""
        return self._self(self.objects[first], place)

    def _parameter_names(self) -> set[str]:
        return {parameter.name.value for parameter in self.builder.parameters}

    def _made(self, call: cst.Call, attribute: str, own: cst.BaseExpression, replaced: Replaced) -> cst.BaseExpression:
        """The making of what ``call`` makes; ``replaced`` gets what the call becomes, ``own`` is what it is called."""
        made = self.functions.makes(call)
        value: cst.BaseExpression
        if made is Makes.VARIABLE:
            self.has_variables = True
            value = self.init_expression(call)
            replaced[call] = own
        elif made is Makes.LAYER:
            self.layers = True
            sides = self.call_arguments(call)
            value = self._layer_maker(call, sides)
            given = [
                cst.Arg(
                    self.origins.rebuilt(argument.value, replaced),
                    keyword=None if name == "inputs" else cst.Name(name),
                    equal=cst.MaybeSentinel.DEFAULT if name == "inputs" else plain_equal(),
                )
                for name, argument in sides.items()
            ]
            new = cst.Call(own, separated(given), lpar=call.lpar, rpar=call.rpar)
            replaced[call] = self.origins.made_for(new, call)
        else:
            self.objects[call] = attribute
            constructor, replaced[call] = self.object_call(self, call, own, replaced)
            assert constructor is not None
            value = constructor
        return value

    def _layer_maker(self, call: cst.Call, sides: dict[str, cst.Arg]) -> cst.Call:
        """``tf.layers.dense(x, 10)`` as the maker of its layer, ``tf.layers.Dense(10)``."""
        entry = tables.lookup(self.symbols.of(call.func) or "")
        bound = tables.bind(call, entry) if entry is not None else {}
        func = call.func
        if len(bound) != len(call.args) or not isinstance(func, cst.Attribute):
            raise Refusal("TF440", "a layer whose arguments are not all written out, or without its module", call)
        args: list[cst.Arg] = []
        left_out = False
        for name, argument in bound.items():
            if argument in sides.values() or name in ("reuse", "_reuse", "_scope"):
                left_out = left_out or (name != "inputs" and argument.keyword is None)
                continue
            value = self.init_expression(argument.value)
            new = self.origins.rebuilt(argument, {argument.value: value})
            if left_out and argument.keyword is None:
                new = self.origins.note(new.with_changes(keyword=cst.Name(name), equal=plain_equal()), argument)
            args.append(new)
        kind = layer_table.FUNCTIONS[self.symbols.of(call.func) or ""]
        named = self.origins.note(cst.Name(kind.name), func.attr)
        made = self.origins.note(func.with_changes(attr=named), func)
        new_call = call.with_changes(func=made, args=separated(args), lpar=[], rpar=[])
        return self.origins.note(new_call, call)
