"""States that recurrent cells start with: ``cell.zero_state(batch, dtype)``, and what a session feeds in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.symbols import Symbols
from codemods.edits import EditFunction, Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_cells import CellReader, State
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_nodes import COMMA, assigned, filled, listed
from codemods.rewrites.recurrent_targets import PARTS, part_of


@dataclass
class Zeros:
    """One ``cell.zero_state(batch, dtype)``; ``target`` is the name that holds it, ``keys`` where that is fed.

    ``given`` are the arguments ``initial_state=`` in which it stands.
    """

    call: cst.Call
    cell: cst.BaseExpression
    state: State
    batch: cst.BaseExpression
    target: cst.Name | None = None
    keys: list[cst.Name] = field(default_factory=list)
    given: list[cst.Arg] = field(default_factory=list)


class States:
    """The first states of one module."""

    def __init__(self, names: Names, symbols: Symbols, cells: CellReader, edits: Edits, tensorflow: str) -> None:
        self._tensorflow = tensorflow
        self._names = names
        self._symbols = symbols
        self._cells = cells
        self._edits = edits
        self._parents = names.parents
        self.found: list[Zeros] = []

    def add(self, call: cst.Call) -> None:
        """``call`` is one of ``zero_state``. Raises Refusal (TF470)."""
        function = call.func
        assert isinstance(function, cst.Attribute)
        arguments = dict(zip(("batch_size", "dtype"), [arg for arg in call.args if arg.keyword is None], strict=False))
        arguments.update({arg.keyword.value: arg for arg in call.args if arg.keyword is not None})
        if len(arguments) != len(call.args) or arguments.keys() != {"batch_size", "dtype"}:
            raise Refusal("TF470", "zero_state with arguments that are not written out", call)
        if self._symbols.of(arguments["dtype"].value) != "tf.float32":
            raise Refusal("TF470", "zero_state of another dtype than float32", call)
        cell = self._cells.cell(function.value)
        made = Zeros(call, function.value, cell.state, arguments["batch_size"].value)
        parent = self._parents[call]
        if isinstance(parent, cst.Arg) and self._is_initial(parent):
            made.given.append(parent)
        elif isinstance(parent, cst.Assign) and len(parent.targets) == 1:
            target = parent.targets[0].target
            line = self._parents[parent]
            alone = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
            if isinstance(target, cst.Name) and alone and self._names.reaching_once(target):
                made.target = target
                self._uses(made, target)
        self.found.append(made)

    def _is_initial(self, arg: cst.Arg) -> bool:
        return arg.keyword is not None and arg.keyword.value.startswith("initial_state")

    def _uses(self, made: Zeros, target: cst.Name) -> None:
        for name in self._names.reads(target):
            node: cst.CSTNode = name
            while isinstance(self._parents[node], (cst.Attribute, cst.Subscript)) and not self._stores(node):
                node = self._parents[node]
            parent = self._parents[node]
            if self._is_key(node) or self._stores(node):
                made.keys.append(name)
            elif isinstance(parent, cst.Arg) and self._is_initial(parent) and node is name:
                made.given.append(parent)

    def _is_key(self, node: cst.CSTNode) -> bool:
        parent = self._parents[node]
        return isinstance(parent, cst.DictElement) and parent.key is node

    def _stores(self, node: cst.CSTNode) -> bool:
        """Whether a node is the index in ``feed[node] = value``."""
        index = self._parents.get(node)
        element = self._parents.get(index) if isinstance(index, cst.Index) else None
        subscript = self._parents.get(element) if isinstance(element, cst.SubscriptElement) else None
        return isinstance(subscript, cst.Subscript) and isinstance(self._parents.get(subscript), cst.AssignTarget)

    def is_left_out(self, arg: cst.Arg) -> bool:
        """Whether ``initial_state=`` says nothing: it is the zeros that the layer starts with."""
        return any(arg in made.given and self._is_default(made) for made in self.found)

    def value(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What a first state that is given to a layer is written as."""
        for made in self.found:
            own = self._names.reads(made.target) if made.target is not None and made.keys else []
            if made.state.is_pair and isinstance(node, cst.Name) and node in own:
                return listed([cst.Name(f"{node.value}_{part}") for part in PARTS])
        return node

    def written(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What ``cell.zero_state(...)`` in another expression that is written anew becomes; others stay."""
        for made in self.found:
            if made.call is node:
                return self._zeros(made, made.state)
        return node

    def _is_default(self, made: Zeros) -> bool:
        """Whether zeros are what layers start with, and nothing else reads them."""
        return made.target is None or len(made.given) == len(self._names.reads(made.target))

    def propose(self) -> None:
        """Write the states out as tensors. Raises Refusal (TF470)."""
        for made in self.found:
            if made.target is None and made.given:
                continue  # the argument is gone
            if self._is_default(made) and made.given:
                self._edits.remove(self._parents[self._parents[made.call]])
            elif made.keys:
                self._fed(made)
            else:
                self._edits.substitute(made.call, self._zeros(made, made.state))

    def _zeros(self, made: Zeros, state: State) -> cst.BaseExpression:
        if state.count is None and state.cells:
            raise Refusal("TF470", "the first state of an unknown number of cells is used", made.call)
        if state.cells:
            cells = state.cells if len(state.cells) == state.count else state.cells * (state.count or 0)
            return listed([self._zeros(made, cell) for cell in cells])
        parts = []
        for size in state.sizes:
            if size is None:
                raise Refusal("TF470", "the size of the cell is a value of the function that makes it", made.call)
            if isinstance(size, cst.Name) and not self._means_the_same(size, made.call):
                raise Refusal("TF470", f"the size {size.value} of the cell means something else here", made.call)
            values = {"batch": made.batch, "size": size, "tf": cst.Name(self._tensorflow)}
            parts.append(filled("tf.zeros([batch, size], tf.float32)", values))
        return parts[0] if len(parts) == 1 else listed(parts)

    def _means_the_same(self, size: cst.Name, place: cst.CSTNode) -> bool:
        """Whether the name of a size has one value, in the scope of ``place`` too."""
        return self._names.reaching_once(size) and len(self._names.same(size)) == len(
            self._names.everywhere[size.value]
        )

    # What is fed

    def _fed(self, made: Zeros) -> None:
        """A state that is fed: a placeholder for each of its tensors, with zeros as its default."""
        target = made.target
        assert target is not None
        if made.state.cells:
            raise Refusal("TF470", "the state of cells on top of each other is fed", made.keys[0])
        own = [target.value]
        if made.state.is_pair:
            own = [f"{target.value}_{part}" for part in PARTS]
            if any(name in self._names.everywhere for name in own):
                raise Refusal("TF470", f"the names {own[0]} and {own[1]} are taken", target)
        line = self._parents[self._parents[made.call]]
        assert isinstance(line, cst.SimpleStatementLine)
        zeros = self._zeros(made, made.state)
        tensors = [element.value for element in zeros.elements] if isinstance(zeros, cst.List) else [zeros]
        lines: list[cst.SimpleStatementLine] = []
        for label, tensor, size in zip(own, tensors, made.state.sizes, strict=True):
            assert size is not None
            values = {"zeros": tensor, "batch": self._rows(made.batch), "size": size, "tf": cst.Name(self._tensorflow)}
            value = filled("tf.placeholder_with_default(zeros, [batch, size])", values)
            above = line.leading_lines if not lines else ()
            lines.append(assigned(cst.Name(label), value, above))
        lines[-1] = lines[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
        self._several(line, lines)
        if made.state.is_pair:
            for name in self._names.reads(target):
                self._pair(name, own)

        self._complete(made, own)

    def _complete(self, made: Zeros, own: Sequence[str]) -> None:
        """Feed dicts of one name have the same keys: where another branch leaves the state out, it feeds the zeros."""
        numpy = next((name for name, found in self._symbols.root.bindings.items() if found[0].path == "numpy"), None)
        if numpy is None or (isinstance(self._rows(made.batch), cst.Name) and self._rows(made.batch) is not made.batch):
            return
        keys = [parent for key in made.keys if isinstance(parent := self._parents[key], cst.DictElement)]
        dicts = [self._parents[key] for key in keys]
        for node in dicts:
            assign = self._parents[node]
            target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
            for other in self._names.same(target) if isinstance(target, cst.Name) else ():
                value = self._names.given(other)[1] if self._names.is_assigned(other) else None
                if isinstance(value, cst.Dict) and value not in dicts and value.elements:
                    dicts.append(value)
                    self._edits.replace(value, self._completion(made, own, numpy))

    def _completion(self, made: Zeros, own: Sequence[str], numpy: str) -> EditFunction:
        sizes = [size for size in made.state.sizes if size is not None]

        def complete(node: cst.CSTNode) -> cst.CSTNode:
            assert isinstance(node, cst.Dict)
            elements = [*node.elements[:-1], node.elements[-1].with_changes(comma=COMMA)]
            for key, size in zip(own, sizes, strict=True):
                values = {"np": cst.Name(numpy), "batch": made.batch, "size": size}
                zeros = filled("np.zeros([batch, size])", values)
                elements.append(cst.DictElement(cst.Name(key), zeros, comma=COMMA))
            elements[-1] = elements[-1].with_changes(comma=node.elements[-1].comma)
            return node.with_changes(elements=elements)

        return complete

    def _several(self, node: cst.CSTNode, new: Sequence[cst.CSTNode]) -> None:
        self._edits.drop(node)
        self._edits.replace(node, lambda _: cst.FlattenSentinel(new))

    def _rows(self, batch: cst.BaseExpression) -> cst.BaseExpression:
        """The number of rows in the shape of what is fed, where it is a number of the program."""
        value = literal_value(batch)
        if isinstance(value, int):
            return batch
        if isinstance(batch, cst.Name) and self._names.reaching_once(batch):
            bindings = [node for node in self._names.same(batch) if self._names.binds(node)]
            if isinstance(self._names.parents[bindings[0]], cst.AssignTarget):
                _, given = self._names.given(bindings[0])
                if isinstance(literal_value(given), int):
                    return batch
        return cst.Name("None")

    def _pair(self, name: cst.Name, own: list[str]) -> None:
        """One place that reads the state of an LSTM which is fed."""
        parent = self._parents[name]
        part = part_of(parent, own)
        if part is not None and isinstance(parent, cst.BaseExpression):
            self._edits.substitute(parent, cst.Name(part))
        elif self._is_key(name):
            assert isinstance(parent, cst.DictElement)
            if not isinstance(parent.value, cst.Name):
                raise Refusal("TF470", "the state that is fed has no name", parent.value)
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            elements = [
                cst.DictElement(cst.Name(key), _item(parent.value, index), comma=comma if not index else parent.comma)
                for index, key in enumerate(own)
            ]
            self._several(parent, elements)
        elif self._stores(name):
            raise Refusal("TF470", "the state of an LSTM is put into a feed dict as a whole", name)
        else:
            self._edits.substitute(name, listed([cst.Name(part) for part in own]))


def _item(value: cst.BaseExpression, index: int) -> cst.Subscript:
    return cst.Subscript(value, [cst.SubscriptElement(cst.Index(cst.Integer(str(index))))])
