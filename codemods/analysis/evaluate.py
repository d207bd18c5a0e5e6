"""Abstract evaluation of expressions: containers, operators, comprehensions and attributes."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis import (
    feed_dicts,
    keras_models,
    keras_tensors,
    lookups,
    shown_names,
    stateful,
    variable_dicts,
    variable_lists,
)
from codemods.analysis.frames import Frame, element_of, literal
from codemods.analysis.interpretation import Interpretation
from codemods.analysis.savers import Saver
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding
from codemods.analysis.values import Entry, Kind, Schedule, Value, host, join, sequence, tensor, unknown
from codemods.analysis.variable_scopes import VariableScope

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)
_DEPTH = 12  # nested calls of the user's functions that are followed


class EvaluatorBase(Interpretation):
    """The evaluation of plain expressions; calls are in the subclass."""

    def value(self, node: cst.BaseExpression) -> Value:
        """The abstract value of an expression."""
        found = self._value(node)
        if node in self.last_values and self.last_values[node].constant != found.constant:
            self.varying.add(node)
        self.last_values[node] = found
        self.constant[node] = self.constant.get(node, True) and found.kind in (Kind.PLACEHOLDER, Kind.HOST)
        return found

    def _value(self, node: cst.BaseExpression) -> Value:
        if isinstance(node, cst.Name):
            return self.name(node)
        if isinstance(node, cst.Attribute):
            return self.attribute(node)
        if isinstance(node, cst.Call):
            return self.call(node)
        if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
            return host(node, literal(node))
        if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
            return self.display(node)
        if isinstance(node, cst.Dict):
            return self.mapping(node)
        if isinstance(node, (cst.BinaryOperation, cst.UnaryOperation)):
            return self.arithmetic(node)
        if isinstance(node, cst.Comparison):
            return self.comparison(node)
        if isinstance(node, cst.Subscript):
            return self.subscript(node)
        if isinstance(node, cst.IfExp):
            self.condition(node.test)
            with self.graph_names.perhaps():
                return join(self.value(node.body), self.value(node.orelse))
        if isinstance(node, cst.BooleanOperation):
            left = self.value(node.left)
            with self.graph_names.perhaps():
                right = self.value(node.right)
            for side in (left, right):
                self.feed_dicts.counted.add(side)
                if side.kind is Kind.TENSOR:
                    self.refuse("TF212", "a tensor is used as a Python condition", node)
            return join(left, right)
        if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp, cst.DictComp)):
            return self.comprehension(node)
        if isinstance(node, cst.Lambda):
            self.homes[node] = self.current
            if self.runs_graph(node):
                self.runner(node)
            return Value(Kind.FUNCTION, node, payload=(node, self.frame))
        if isinstance(node, cst.NamedExpr):
            value = self.value(node.value)
            if isinstance(node.target, cst.Name):
                self.bind(node.target.value, value)
            return value
        if isinstance(node, (cst.Yield, cst.Await)):
            self.values_inside(node)
            return unknown(node)
        self.values_inside(node)
        return host(node, literal(node))

    def runner(self, node: cst.Lambda) -> None:
        """A lambda that runs the graph: its run belongs to the statement that it is written in."""
        for name in free_names(node):
            found = self.frame.find(name)
            kind = found[0].value.kind if found is not None else Kind.UNKNOWN
            bindings = [item for scope in self.symbols.scopes() for item in scope.bindings.get(name, ())]
            if found is not None and found[0].value.symbolic and kind is not Kind.SESSION and len(bindings) != 1:
                self.refuse("TF225", f"a lambda runs the graph, and {name!r} may mean something else by then", node)
        outer = self.frame
        self.frame = Frame(None, outer, comprehension=True)
        for parameter in tree.walk(node.params):
            if isinstance(parameter, cst.Param):
                name = parameter.name.value
                self.frame.names[name] = Binding(name, unknown(parameter), frozenset({None}))
        self.value(node.body)
        self.frame = outer

    def condition(self, node: cst.BaseExpression) -> None:
        """Evaluate the test of a conditional expression."""
        value = self.value(node)
        self.feed_dicts.counted.add(value)
        if value.kind is Kind.TENSOR:
            self.refuse("TF212", "a tensor is used as a Python condition", node)

    def values_inside(self, node: cst.CSTNode) -> list[Value]:
        """Evaluate the expressions directly inside ``node``."""
        found = []
        for child in tree.children(node):
            if isinstance(child, cst.BaseExpression):
                found.append(self.value(child))
            else:
                found += self.values_inside(child)
        return found

    def display(self, node: cst.Tuple | cst.List | cst.Set) -> Value:
        items: list[Value] = []
        open_ended = False
        for element in node.elements:
            value = self.value(element.value)
            if isinstance(element, cst.StarredElement):
                if value.items is not None:
                    items += value.items
                else:
                    open_ended = True
                    items.append(element_of(value))
            else:
                items.append(value)
        if open_ended:
            return sequence(element=element_of(sequence(items)), node=node)
        return sequence(items, node=node)

    def mapping(self, node: cst.Dict) -> Value:
        fields: dict[object, Value] = {}
        element: Value | None = None
        entries: list[Entry] = []
        unknown_keys = False
        for entry in node.elements:
            if isinstance(entry, cst.DictElement):
                key = self.value(entry.key)
                value = self.value(entry.value)
                if key.constant is not None:
                    fields[key.constant] = value
                else:
                    element = value if element is None else join(element, value)
                    entries.append(Entry(entry.key, key, entry.value))
            else:
                inner = self.value(entry.value)
                fields |= inner.fields or {}
                element = inner.element if element is None else element
                entries += inner.entries
                unknown_keys = unknown_keys or inner.kind is not Kind.MAPPING or inner.open or bool(inner.either)
        made = Value(Kind.MAPPING, node, fields=fields, element=element, entries=entries, open=unknown_keys)
        self.feed_dicts.under[made] = tuple(self.state.branches)
        return made

    def arithmetic(self, node: cst.BinaryOperation | cst.UnaryOperation) -> Value:
        if isinstance(node, cst.UnaryOperation):
            value = self.value(node.expression)
            if isinstance(node.operator, cst.Not):
                self.feed_dicts.counted.add(value)
                if value.kind is Kind.TENSOR:
                    self.refuse("TF212", "a tensor is used as a Python condition", node)
                return host(node)
            moves = value.kind in (*_TENSORS, Kind.SCHEDULE)
            return self.computed(node, [value]) if moves else host(node, literal(node))
        left, right = self.value(node.left), self.value(node.right)
        if left.kind in (*_TENSORS, Kind.SCHEDULE) or right.kind in (*_TENSORS, Kind.SCHEDULE):
            return self.computed(node, [left, right])
        if left.kind is Kind.SEQUENCE and right.kind is Kind.SEQUENCE and isinstance(node.operator, cst.Add):
            if left.items is not None and right.items is not None:
                return sequence(left.items + right.items, node=node)
            return sequence(element=element_of(sequence(left.parts() + right.parts())), node=node)
        if left.kind is Kind.SEQUENCE and left.traced:
            return sequence(element=element_of(left), node=node)
        if left.kind is Kind.SHAPE or right.kind is Kind.SHAPE:
            return Value(Kind.SHAPE, node, dynamic=False, payload=left.payload or right.payload)
        if Kind.UNKNOWN in (left.kind, right.kind):
            return unknown(node)
        return host(node, literal(node))

    def comparison(self, node: cst.Comparison) -> Value:
        values = [self.value(node.left)] + [self.value(item.comparator) for item in node.comparisons]
        operators = [item.operator for item in node.comparisons]
        shown_names.compared(self, node, values)
        if any(isinstance(operator, (cst.Is, cst.IsNot)) for operator in operators):
            return host(node)
        if not any(value.kind in _TENSORS for value in values):
            if any(isinstance(item, (cst.In, cst.NotIn)) for item in operators) and values[-1].symbolic:
                self.refuse("TF216", "membership among tensors compares identities in TF1, elements in TF2", node)
            return host(node)
        if any(isinstance(operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn)) for operator in operators):
            self.refuse("TF216", "`==` between tensors compares identities in TF1, elements in TF2", node)
        return self.computed(node, values)

    def subscript_key(self, node: cst.Subscript) -> object:
        """The literal index of a subscript, or None."""
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return self.value(node.slice[0].slice.value).constant
        return None

    def subscript(self, node: cst.Subscript) -> Value:
        owner = self.value(node.value)
        looked_up = lookups.element(self, node)
        if looked_up is not None:
            return looked_up
        inside = [value for item in node.slice for value in self.values_inside(item.slice)]
        if owner.kind in _TENSORS:
            return self.computed(node, [owner, *inside])
        if owner.kind is Kind.SHAPE:
            return Value(Kind.SHAPE, node, payload=owner.payload)
        fed = any(value.kind is Kind.PLACEHOLDER or (value.kind is Kind.TENSOR and value.dynamic) for value in inside)
        if fed and owner.kind is Kind.HOST:
            self.refuse("TF212", "a tensor is used as a Python index", node)
        key = self.subscript_key(node)
        is_slice = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice)
        if owner.kind is Kind.SEQUENCE:
            if is_slice:
                return sequence(element=element_of(owner), node=node)
            if isinstance(key, int) and owner.items is not None and -len(owner.items) <= key < len(owner.items):
                return owner.items[key]
            return element_of(owner)
        if owner.kind is Kind.MAPPING:
            feed_dicts.looked_into(owner)
            if key is not None and key in (owner.fields or {}):
                assert owner.fields is not None
                return owner.fields[key]
            return element_of(sequence(owner.parts())) if owner.parts() else unknown(node)
        return Value(owner.kind if owner.kind is Kind.UNKNOWN else Kind.HOST, node, payload=owner)

    def comprehension(self, node: cst.BaseComp) -> Value:
        named = variable_dicts.named(self, node) if isinstance(node, cst.DictComp) else None
        if named is not None:
            return named
        shown = shown_names.listed(self, node)
        if shown is not None:
            return shown
        kept = variable_lists.filtered(self, node)
        if kept is not None and kept.node is node:
            return kept
        outer = self.frame
        self.frame = Frame(None, outer, comprehension=True)
        self.state.branches.append(node)
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            iterated = self.value(clause.iter) if kept is None else kept
            feed_dicts.looked_into(iterated)
            self._bind_target(clause.target, element_of(iterated))
            for test in clause.ifs if kept is None else ():
                self.condition(test.test)
            clause = clause.inner_for_in
        if isinstance(node, cst.DictComp):
            self.value(node.key)
            result = Value(Kind.MAPPING, node, element=self.value(node.value), open=True)
        else:
            assert isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp))
            element = self.value(node.elt)
            result = sequence(element=element, node=node) if element.traced else host(node)
        self.frame = outer
        self.state.branches.pop()
        return result

    def _bind_target(self, target: cst.BaseExpression, value: Value) -> None:
        if isinstance(target, cst.Name):
            self.frame.names[target.value] = Binding(target.value, value, frozenset({None}))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for index, element in enumerate(target.elements):
                known = value.items is not None and index < len(value.items)
                self._bind_target(element.value, value.items[index] if known and value.items else element_of(value))

    def attribute(self, node: cst.Attribute) -> Value:
        symbol = self.symbols.of(node)
        if symbol is not None:
            root: cst.BaseExpression = node
            while isinstance(root, cst.Attribute):
                root = root.value
            if isinstance(root, cst.Name):
                self.name(root)
            return Value(Kind.TF, node, name=symbol)
        shown = shown_names.attribute(self, node)
        if shown is not None:
            return shown
        owner = self.value(node.value)
        attribute = node.attr.value
        if isinstance(owner.payload, VariableScope):
            known = self.state.scope_attribute(self, node, owner.payload)
            if known is not None:
                return known
        if owner.kind is Kind.OBJECT:
            return stateful.attribute(node, owner)
        if owner.kind is Kind.LAYER:
            found = keras_models.attribute(self, node, owner)
            return found if found is not None else Value(Kind.METHOD, node, name=attribute, element=owner)
        if owner.kind in _TENSORS:
            if attribute == "shape":
                return Value(Kind.SHAPE, node, payload=owner)
            if attribute in ("dtype", "name", "op", "device", "graph"):
                return Value(Kind.HOST, node, payload=owner)
            if attribute in ("initializer",) and owner.kind is Kind.VARIABLE:
                return Value(Kind.INIT, node, payload=[owner.payload])
        if attribute == "run" and isinstance(node.value, cst.Attribute) and node.value.attr.value == "op":
            self.refuse("TF228", "the operation behind a tensor is run", node)
            return unknown(node)
        if owner.kind is Kind.SHAPE:
            return Value(Kind.METHOD, node, name=attribute, element=owner, payload=owner.payload)
        if owner.kind is Kind.CONFIG:
            return Value(Kind.CONFIG, node)
        if isinstance(owner.payload, Saver):
            known = self.savers.attribute(self, node, owner.payload)
            if known is not None:
                return known
        if owner.kind is Kind.SESSION and attribute == "graph":
            return Value(Kind.GRAPH, node)
        if owner.kind is Kind.UNKNOWN:
            return Value(Kind.UNKNOWN, node, name=attribute, element=owner)
        return Value(Kind.METHOD, node, name=attribute, element=owner)

    def computed(self, node: cst.CSTNode, sources: list[Value], *, random: bool = False) -> Value:
        """A tensor computed from ``sources`` by the expression ``node``; noted when it has to be moved."""
        leaves = [leaf for source in sources for leaf in source.leaves()]
        decays = [leaf.payload for leaf in leaves if isinstance(leaf.payload, Schedule)]
        if decays and not self.frame.recorded:
            self.refuse("TF313", "a decaying learning rate is used in a computation of a helper function", node)
        for name, bindings in (item for decay in decays for item in decay.step_uses.items()):
            if self.current is not None and not self.in_fetch:  # the rate is called with its counter there
                self.current.uses.setdefault(name, []).extend(bindings)
        if keras_tensors.stays(node, sources):
            return keras_tensors.derived(node, leaves)
        result = tensor(node, sources, random=random)
        result.dynamic = result.dynamic or bool(decays) or node in self.fed
        if not isinstance(node, cst.Call):
            self.graph_names.operator(self, node, result)
        if result.dynamic and self.current is not None and not self.in_fetch and not self.in_initial:
            self.current.graph_nodes.append(node)
        return result


def arguments_of(node: cst.Call) -> tuple[list[cst.BaseExpression], Mapping[str, cst.BaseExpression], bool]:
    """Positional and keyword arguments of a call, and whether there are starred ones."""
    positional, keyword, starred = [], {}, False
    for argument in node.args:
        if argument.star:
            starred = True
        elif argument.keyword is not None:
            keyword[argument.keyword.value] = argument.value
        else:
            positional.append(argument.value)
    return positional, keyword, starred


def depth_limit() -> int:
    """How many nested calls of the user's functions are followed."""
    return _DEPTH
