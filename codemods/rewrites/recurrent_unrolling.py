"""``dynamic_rnn``, ``static_rnn`` and their twins in both directions as calls of ``keras.layers.RNN``."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Symbols, Use
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_cells import Cell, CellReader, State
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_nodes import assigned, call, filled, keyword, listed, replaced
from codemods.rewrites.recurrent_places import Place, Places
from codemods.rewrites.recurrent_states import States
from codemods.rewrites.recurrent_steps import Steps
from codemods.rewrites.recurrent_targets import PARTS, Target, Targets
from codemods.tree import is_none

UNROLLED = {
    "tf.nn.dynamic_rnn": "tf.nn.dynamic_rnn",
    "tf.nn.static_rnn": "tf.nn.static_rnn",
    "tf.contrib.rnn.static_rnn": "tf.nn.static_rnn",
    "tf.nn.bidirectional_dynamic_rnn": "tf.nn.bidirectional_dynamic_rnn",
    "tf.nn.static_bidirectional_rnn": "tf.nn.static_bidirectional_rnn",
    "tf.contrib.rnn.static_bidirectional_rnn": "tf.nn.static_bidirectional_rnn",
}
_LISTS = ("tf.nn.static_rnn", "tf.nn.static_bidirectional_rnn")  # of time steps
_READ = ("cell", "cell_fw", "cell_bw", "inputs", "sequence_length", "time_major")
_WITHOUT_MEANING = {"dtype", "parallel_iterations", "swap_memory", "scope"}
_KERAS = cst.Attribute(cst.Attribute(cst.Name("keras"), cst.Name("layers")), cst.Name("RNN"))


class Unroller:
    """Rewrites the unrollings of one module."""

    def __init__(
        self,
        names: Names,
        symbols: Symbols,
        cells: CellReader,
        states: States,
        edits: Edits,
        moved: dict[cst.CSTNode, cst.CSTNode],
    ) -> None:
        self._names = names
        self._symbols = symbols
        self._reader = cells
        self._states = states
        self._edits = edits
        self._moved = moved
        self._parents = names.parents
        self._places = Places(names, symbols, cells)
        self._targets = Targets(names)
        self._steps = Steps(names, symbols, edits)
        self._lines: set[cst.CSTNode] = set()  # that make cells, and stand before a function now
        self.calls: set[cst.Call] = set()
        self.cells: list[Cell] = []
        self._by_name: set[cst.Name] = set()  # states of both directions whose tensors are taken by their names

    def has_moved(self, node: cst.CSTNode) -> bool:
        """Whether a node is in a statement that has moved."""
        return self._names.line(node) in self._lines

    def is_plain_size(self, node: cst.Attribute, cell: Cell) -> bool:
        """Whether ``cell.state_size`` is the same as in TF1, a number, or nothing looks at it."""
        return len(cell.state.sizes) == 1 or self._is_dropped(node)

    def _is_dropped(self, node: cst.Attribute) -> bool:
        """Whether a value is returned, by a function that is called once, as a part of a tuple that is not read."""
        element = self._parents[node]
        result = self._parents.get(element)
        function = self._names.body(node)
        if not isinstance(result, cst.Tuple) or not isinstance(self._parents[result], cst.Return):
            return False
        if not isinstance(function, cst.FunctionDef):
            return False
        index = list(result.elements).index(element)  # type: ignore[arg-type]
        nodes = self._names.everywhere[function.name.value]
        calls = [
            parent for item in nodes if isinstance(parent := self._parents[item], cst.Call) and parent.func is item
        ]
        assign = self._parents[calls[0]] if len(nodes) == 2 and len(calls) == 1 else None
        target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
        if not isinstance(target, cst.Tuple) or len(target.elements) != len(result.elements):
            return False
        return not self._targets.is_read(target.elements[index].value)

    # One unrolling

    def unroll(self, use: Use, node: cst.Call) -> None:
        """One call that unrolls cells. Raises Refusal (TF470)."""
        symbol = UNROLLED[use.name]
        entry = tables.lookup(symbol)
        bound = dict(tables.bind(node, entry)) if entry is not None else {}
        both = "bidirectional" in symbol
        needed = {"cell_fw", "cell_bw", "inputs"} if both else {"cell", "inputs"}
        if any(arg.star for arg in node.args) or not needed <= bound.keys() or len(bound) != len(node.args):
            raise Refusal("TF470", f"{use.name} with arguments that are not written out", use.node, use.name)
        statement = self._parents.get(node)
        line = self._parents.get(statement) if statement is not None else None
        if not (
            isinstance(statement, cst.Assign) and isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
        ):
            raise Refusal("TF470", f"{use.name} whose result is not assigned at once", use.node, use.name)
        bound = {name: arg for name, arg in bound.items() if not is_none(arg.value)}
        for name, arg in bound.items():
            self._check(use, name, arg)
        cells = [self._reader.cell(bound[name].value) for name in (("cell_fw", "cell_bw") if both else ("cell",))]
        self.cells += cells
        self.calls.add(node)
        place = self._places.find(use, line, cells)
        if both:
            self._both(use, line, statement, bound, cells, place)
        else:
            self._one(use, line, statement, bound, cells[0], place)

    def _check(self, use: Use, name: str, arg: cst.Arg) -> None:
        if name == "dtype" and self._symbols.of(arg.value) != "tf.float32":
            raise Refusal("TF470", f"{use.name} of another dtype than float32", arg, use.name)
        if name == "time_major" and literal_value(arg.value) not in (True, False):
            raise Refusal("TF470", f"{use.name} with a {name}= that is not written out", arg, use.name)
        if name not in _WITHOUT_MEANING and name not in _READ and not name.startswith("initial_state"):
            raise Refusal("TF470", f"{use.name} with {name}=", arg, use.name)

    def _one(
        self, use: Use, line: cst.SimpleStatementLine, statement: cst.Assign, bound: dict[str, cst.Arg], cell: Cell,
        place: Place,
    ) -> None:  # fmt: skip
        target = statement.targets[0].target
        parts = [element.value for element in target.elements] if isinstance(target, cst.Tuple) else []
        if len(statement.targets) != 1 or len(parts) != 2:
            raise Refusal("TF470", f"{use.name} whose result is not taken as `outputs, state`", use.node, use.name)
        outputs = self._targets.outputs(parts[0], use)
        assert isinstance(parts[0], cst.Name)
        found = self._targets.read(outputs, parts[1], cell.state, use)
        is_list = UNROLLED[use.name] in _LISTS
        inputs = bound["inputs"].value
        if is_list:
            inputs = self._steps.stacked(use, inputs, line)
        named: list[cst.SimpleStatementLine] = []
        if "sequence_length" in bound:
            inputs, named = self._named(inputs)
        layer = self._names.fresh(cell.stem)
        made = self._layer(layer, cell, bool(found.states), bound, place)
        inputs = self._batch_major(use, inputs, bound)
        lengths = bound.get("sequence_length")
        mask = self._mask(use, inputs, lengths) if lengths is not None else None
        result: cst.BaseExpression = self._applied(layer, inputs, bound.get("initial_state"), mask)
        after = found.after()
        if is_list and found.states:
            after += self._relisted(use, result, parts[0])
        elif is_list:
            result = self._steps.unstacked(use, result, parts[0])
        elif self._is_time_major(bound) and self._targets.is_read(parts[0]):
            after.insert(0, assigned(cst.Name(outputs), self._swapped(use, cst.Name(outputs))))
        self._edits.substitute(statement, cst.Assign([cst.AssignTarget(found.bound())], result))
        self._edits.insert_after(line, after)
        found.propose(self._edits)
        self._insert(place, line, [made], cell.in_runs)
        for item in named:
            self._moved[item.body[0]] = statement
        self._edits.insert_before(line, named)

    def _named(self, inputs: cst.BaseExpression) -> tuple[cst.BaseExpression, list[cst.SimpleStatementLine]]:
        """Inputs that are computed, and stand in two places: they get a name."""
        if isinstance(inputs, cst.Name):
            return inputs, []
        name = cst.Name(self._names.fresh("inputs"))
        return name, [assigned(name, inputs)]

    def _relisted(self, use: Use, result: cst.BaseExpression, target: cst.Name) -> list[cst.SimpleStatementLine]:
        """The outputs as a list of time steps, where the state is bound beside them."""
        again = self._steps.unstacked(use, target, target)
        return [] if again is target else [assigned(target, again)]

    def _is_time_major(self, bound: dict[str, cst.Arg]) -> bool:
        return "time_major" in bound and literal_value(bound["time_major"].value) is True

    def _batch_major(self, use: Use, inputs: cst.BaseExpression, bound: dict[str, cst.Arg]) -> cst.BaseExpression:
        return self._swapped(use, inputs) if self._is_time_major(bound) else inputs

    def _swapped(self, use: Use, node: cst.BaseExpression) -> cst.BaseExpression:
        return filled("tf.transpose(x, [1, 0, 2])", {"x": node, "tf": self._steps.tensorflow(use)})

    def _layer(
        self, name: str, cell: Cell, with_states: bool, bound: dict[str, cst.Arg], place: Place,
        *flags: str,
    ) -> cst.SimpleStatementLine:  # fmt: skip
        args = [cst.Arg(replaced(cell.made, place.values)), keyword("return_sequences")]
        args += [keyword("return_state")] if with_states else []
        args += [keyword("zero_output_for_mask")] if "sequence_length" in bound else []
        args += [keyword(flag) for flag in flags]
        return assigned(cst.Name(name), call(_KERAS, args))

    def _mask(self, use: Use, inputs: cst.BaseExpression, lengths: cst.Arg) -> cst.BaseExpression:
        """Which steps of the inputs count."""
        values = {"lengths": lengths.value, "inputs": inputs, "tf": self._steps.tensorflow(use)}
        return filled("tf.sequence_mask(lengths, tf.shape(inputs)[1])", values)

    def _applied(
        self, layer: str, inputs: cst.BaseExpression, initial: cst.Arg | None, mask: cst.BaseExpression | None
    ) -> cst.Call:
        """The call of the layer."""
        args = [cst.Arg(inputs)]
        if initial is not None and not self._states.is_left_out(initial):
            args.append(keyword("initial_state", self._states.value(initial.value)))
        if mask is not None:
            args.append(keyword("mask", mask))
        return call(layer, args)

    # Both directions

    def _both(
        self, use: Use, line: cst.SimpleStatementLine, statement: cst.Assign, bound: dict[str, cst.Arg],
        cells: Sequence[Cell], place: Place,
    ) -> None:  # fmt: skip
        is_list = UNROLLED[use.name] in _LISTS
        target = statement.targets[0].target
        parts = [element.value for element in target.elements] if isinstance(target, cst.Tuple) else []
        if len(statement.targets) != 1 or len(parts) != (3 if is_list else 2):
            raise Refusal("TF470", f"{use.name} whose result is not taken apart at once", use.node, use.name)
        if self._is_time_major(bound):
            raise Refusal("TF470", f"{use.name} with time_major=", bound["time_major"], use.name)
        ends = ("fw", "bw")
        states = self._states_of_both(parts[1:], cells, use)
        outputs = self._outputs_of_both(parts[0], is_list)
        layers = [self._names.fresh(f"{cell.stem}_{end}") for cell, end in zip(cells, ends, strict=True)]
        inputs = bound["inputs"].value
        if is_list:
            inputs = self._steps.stacked(use, inputs, line)
        before: list[cst.BaseStatement] = []
        inputs, named = self._named(inputs)
        before += named
        lengths = bound.get("sequence_length")
        mask = None
        if lengths is not None:
            mask = cst.Name(self._names.fresh("mask"))
            before.append(assigned(mask, self._mask(use, inputs, lengths)))
        made = []
        for index, (cell, layer, found) in enumerate(zip(cells, layers, states, strict=True)):
            found.outputs = outputs[index]
            backwards = index == 1 and lengths is None
            made.append(
                self._layer(layer, cell, bool(found.states), bound, place, *(["go_backwards"] if backwards else []))
            )
            given = self._turned(use, inputs, lengths) if index == 1 and lengths is not None else inputs
            result: cst.BaseExpression = self._applied(layer, given, bound.get(f"initial_state_{ends[index]}"), mask)
            if index == 1 and not found.states:
                result = self._turned(use, result, lengths)
            before.append(assigned(found.bound(), result))
            if index == 1 and found.states:
                name = cst.Name(found.outputs)
                before.append(assigned(name, self._turned(use, name, lengths)))
            before += found.after()
            found.propose(self._edits)
        before += self._joined(use, parts, outputs, states, is_list, line)
        before[0] = before[0].with_changes(leading_lines=line.leading_lines)
        self._edits.drop(line)
        self._edits.replace(line, lambda _: cst.FlattenSentinel(before))
        for item in before:
            assert isinstance(item, cst.SimpleStatementLine)
            self._moved[item.body[0]] = statement
        self._insert(place, line, made, any(cell.in_runs for cell in cells))

    def _turned(self, use: Use, node: cst.BaseExpression, lengths: cst.Arg | None) -> cst.BaseExpression:
        """Sequences from their ends to their starts."""
        tf = self._steps.tensorflow(use)
        if lengths is None:
            return filled("tf.reverse(x, axis=[1])", {"x": node, "tf": tf})
        values = {"x": node, "lengths": lengths.value, "tf": tf}
        return filled("tf.reverse_sequence(x, lengths, seq_axis=1)", values)

    def _outputs_of_both(self, node: cst.BaseExpression, is_list: bool) -> list[str]:
        """The names of the outputs in both directions."""
        if not is_list and isinstance(node, cst.Tuple) and len(node.elements) == 2:
            names = [element.value.value for element in node.elements if isinstance(element.value, cst.Name)]
            if len(set(names)) == 2:
                return names
        if not isinstance(node, cst.Name):
            raise Refusal("TF470", "outputs in both directions that are not bound to names", node)
        return [self._names.fresh(f"{node.value}_{end}") for end in ("fw", "bw")]

    def _states_of_both(self, nodes: Sequence[cst.BaseExpression], cells: Sequence[Cell], use: Use) -> list[Target]:
        """The targets of the states in both directions."""
        if len(nodes) == 1 and isinstance(nodes[0], cst.Tuple) and len(nodes[0].elements) == 2:
            nodes = [element.value for element in nodes[0].elements]
        if len(nodes) == 2:
            pairs = zip(nodes, cells, strict=True)
            return [self._targets.read("", node, cell.state, use) for node, cell in pairs]
        state = nodes[0]
        if not self._targets.is_read(state):
            return [Target(""), Target("")]
        if not isinstance(state, cst.Name) or any(cell.state.cells for cell in cells):
            raise Refusal("TF470", f"{use.name} whose states are not bound to a name", use.node, use.name)
        form = State(cells=tuple(cell.state for cell in cells), count=2)
        found = []
        for cell, end in zip(cells, ("fw", "bw"), strict=True):
            name = self._names.fresh(f"{state.value}_{end}")
            names = [f"{name}_{part}" for part in PARTS] if cell.state.is_pair else [name]
            found.append(Target("", names, listed=name if cell.state.is_pair else None))
        by_name = self._targets.tensors(state, [item.states for item in found])
        if by_name is not None:
            found[0].replaced.update(by_name)
            for item in found:
                item.listed = None
            self._by_name.add(state)
        else:
            found[0].replaced = self._targets.parts(state, form, use)
        return found

    def _joined(
        self, use: Use, parts: Sequence[cst.BaseExpression], outputs: Sequence[str], states: Sequence[Target],
        is_list: bool, line: cst.SimpleStatementLine,
    ) -> list[cst.SimpleStatementLine]:  # fmt: skip
        """The names of the text, with what both directions gave."""
        lines = []
        tf = self._steps.tensorflow(use)
        first, second = (cst.Name(name) for name in outputs)
        if is_list:
            assert isinstance(parts[0], cst.Name)
            whole = filled("tf.concat([a, b], axis=2)", {"a": first, "b": second, "tf": tf})
            lines.append(assigned(parts[0], self._steps.unstacked(use, whole, parts[0])))
        elif isinstance(parts[0], cst.Name) and self._targets.is_read(parts[0]):
            lines.append(assigned(parts[0], _pair(first, second)))
        if len(parts) == 2 and isinstance(parts[1], cst.Name) and states[0].states and parts[1] not in self._by_name:
            names = [found.listed or found.states[0] for found in states]
            lines.append(assigned(parts[1], _pair(cst.Name(names[0]), cst.Name(names[1]))))
        if lines:
            lines[-1] = lines[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
        return lines

    # What is made before

    def _insert(
        self,
        place: Place,
        line: cst.SimpleStatementLine,
        made: Sequence[cst.SimpleStatementLine],
        in_place: bool = False,
    ) -> None:
        lines: list[cst.BaseStatement] = []
        for old in place.moved:
            if old in self._lines:
                continue
            self._lines.add(old)
            assign = old.body[0]
            assert isinstance(assign, cst.Assign)
            value = assign.value
            if isinstance(value, cst.Tuple):
                elements = [item.with_changes(value=self._now(item.value, place)) for item in value.elements]
                value = value.with_changes(elements=elements)
            else:
                value = self._now(value, place)
            blank = [cst.EmptyLine(indent=False)] if not lines else []
            comments: list[cst.EmptyLine] = []
            for item in old.leading_lines:  # those of the paragraphs above speak of something else
                comments = [*comments, item] if item.comment is not None else []
            new = assigned(assign.targets[0].target, value, [*blank, *comments])
            self._moved[new.body[0]] = assign
            lines.append(new)
            self._edits.remove(old)
        for new in made:
            self._moved[new.body[0]] = line.body[0]
        if in_place:
            self._edits.insert_before(place.before, lines)
            self._edits.insert_before(line, made)
        else:
            self._edits.insert_before(place.before, [*lines, *made])

    def move_cell(self, name: cst.Name, cell: Cell, line: cst.SimpleStatementLine | None) -> None:
        """A cell that is called by hand is made where layers are: before the function or scope around it."""
        if line is None:
            raise Refusal("TF470", f"the cell {name.value} is not made by a plain assignment", name)
        place = self._places.find(Use(name, name.value, self._symbols.scope(name)), line, [cell])
        self._insert(place, line, [])

    def _now(self, node: cst.BaseExpression, place: Place) -> cst.BaseExpression:
        return replaced(self._reader.read(node).made, place.values)


def _pair(first: cst.BaseExpression, second: cst.BaseExpression) -> cst.BaseExpression:
    found = listed([first, second])
    return cst.Tuple(found.elements)
