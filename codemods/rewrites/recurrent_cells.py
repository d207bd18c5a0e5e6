"""Recurrent cells of TF1 as calls of the emitted classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods import tables, tree
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_wrappers import WRAPPERS, Wrapper, is_constant
from codemods.tree import is_none

#: By the name in TF1: the class, its template, how many tensors its state has, and what layers over it are called.
CELLS = {
    "BasicRNNCell": ("RNNCell", "rnn_cell", 1, "rnn"),
    "GRUCell": ("GRUCell", "gru_cell", 1, "gru"),
    "BasicLSTMCell": ("LSTMCell", "lstm_cell", 2, "lstm"),
    "LSTMCell": ("LSTMCell", "lstm_cell", 2, "lstm"),
}
HOMES = ("tf.nn.rnn_cell.", "tf.contrib.rnn.")
_FULL = ("use_peepholes", "cell_clip", "num_proj", "proj_clip")  # arguments that the full cell has
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_SPACE = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


@dataclass(frozen=True)
class State:
    """What the state of a cell is: ``sizes`` has the widths of its tensors, one or, in an LSTM, two.

    ``cells`` are the states of cells on top of each other, or of the two directions; ``count`` is their number where
    that is known: a comprehension has one state for all.
    """

    sizes: tuple[cst.BaseExpression | None, ...] = ()
    cells: tuple[State, ...] = ()
    count: int | None = None

    @property
    def is_pair(self) -> bool:
        """Whether this is the state of one LSTM."""
        return len(self.sizes) == 2

    @property
    def is_deep(self) -> bool:
        """Whether LSTM cells are among cells on top of each other."""
        return any(cell.is_pair or cell.is_deep for cell in self.cells)

    def without_sizes(self) -> State:
        """The same, where the widths are values of another function."""
        cells = tuple(cell.without_sizes() for cell in self.cells)
        return State((None,) * len(self.sizes), cells, self.count)

    def like(self, other: State) -> bool:
        """Whether two states are built alike."""
        same = len(self.sizes) == len(other.sizes) and len(self.cells) == len(other.cells) and self.count == other.count
        return same and all(mine.like(theirs) for mine, theirs in zip(self.cells, other.cells, strict=True))


@dataclass
class Cell:
    """A cell, or a list of them: the expression that makes it now, and what is known of it.

    ``uses`` are the uses of TF1 symbols that became part of it, ``names`` those of other cells that it reads;
    ``listed`` says that this is a list of cells, with their states in ``state.cells``.
    """

    source: cst.BaseExpression
    made: cst.BaseExpression
    templates: set[str]
    state: State
    stem: str
    uses: set[cst.CSTNode] = field(default_factory=set)
    names: list[cst.Name] = field(default_factory=list)
    listed: bool = False
    in_runs: bool = False  # something around it, or in it, is computed in each run: dropout


class CellReader:
    """Reads the expressions that make cells, and the names that hold them."""

    def __init__(self, symbols: Symbols, names: Names) -> None:
        self._symbols = symbols
        self._names = names
        self._read: dict[cst.BaseExpression, Cell] = {}
        self._open: set[cst.BaseExpression] = set()
        self.makers: dict[cst.FunctionDef, cst.BaseExpression] = {}  # functions that make cells, with what they return
        self.held: dict[cst.Name, cst.BaseExpression] = {}  # the targets that hold cells, with what they are given

    def made(self) -> list[Cell]:
        """The cells that were read so far."""
        return list(self._read.values())

    def is_read(self, node: cst.CSTNode) -> bool:
        """Whether an expression was read as a cell."""
        return node in self._read

    def cell(self, node: cst.BaseExpression) -> Cell:
        """The cell that an expression is. Raises Refusal (TF470)."""
        found = self.read(node)
        if found.listed:
            raise Refusal("TF470", "a list of recurrent cells where one cell is needed", node)
        return found

    def read(self, node: cst.BaseExpression) -> Cell:
        """The cell, or list of cells, that an expression is. Raises Refusal (TF470)."""
        if node in self._read:
            return self._read[node]
        if node in self._open:
            raise Refusal("TF470", "a recurrent cell that is made from itself", node)
        self._open.add(node)
        found = self._expression(node)
        self._open.remove(node)
        if not isinstance(node, cst.Name):
            self._read[node] = found
        return found

    def makes(self, node: cst.Call) -> bool:
        """Whether a call is one of the functions that make cells."""
        symbol = self._symbols.of(node.func) or ""
        last = symbol.rpartition(".")[2]
        return (symbol.startswith(HOMES) and last.endswith(("Cell", "Wrapper"))) or self._maker(node) is not None

    def _maker(self, node: cst.Call) -> tuple[cst.FunctionDef, cst.BaseExpression] | None:
        """The function of the module that a call is of, and the cell that it returns, if it only makes that."""
        if not isinstance(node.func, cst.Name):
            return None
        bindings = self._symbols.bindings(node.func.value, self._symbols.scope(node.func))
        function = bindings[0].node if len(bindings) == 1 else None
        if not isinstance(function, cst.FunctionDef) or not isinstance(function.body, cst.IndentedBlock):
            return None
        returns = [item for item in tree.walk(function) if isinstance(item, cst.Return)]
        last = function.body.body[-1]
        at_end = isinstance(last, cst.SimpleStatementLine) and returns and returns[0] in last.body
        value = returns[0].value if len(returns) == 1 and at_end else None
        if value is None or not self._is_cell(value):
            return None
        return function, value

    def _is_cell(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is a cell, or a name that is given one."""
        if isinstance(node, cst.Name):
            targets = [item for item in self._names.same(node) if self._names.binds(item)]
            try:
                values = [self._names.given(target)[1] for target in targets]
            except Refusal:
                return False
            return bool(values) and all(isinstance(value, cst.Call) and self._is_cell(value) for value in values)
        symbol = self._symbols.of(node.func) if isinstance(node, cst.Call) else None
        return symbol is not None and symbol.startswith(HOMES)

    def holders(self, name: cst.Name) -> list[cst.Name]:
        """The bindings that a name which holds a cell may stand for. Raises Refusal (TF470)."""
        return self._names.reaching(name)

    def _expression(self, node: cst.BaseExpression) -> Cell:
        if isinstance(node, cst.Name):
            return self._name(node)
        if isinstance(node, cst.List):
            return self._list(node)
        if isinstance(node, cst.ListComp):
            return self._comprehension(node)
        made = self._maker(node) if isinstance(node, cst.Call) else None
        if made is not None:
            inner = self.cell(made[1])
            self.makers[made[0]] = made[1]
            state = inner.state.without_sizes()
            return Cell(node, node, inner.templates, state, inner.stem)
        symbol = self._symbols.of(node.func) if isinstance(node, cst.Call) else None
        if not isinstance(node, cst.Call) or symbol is None or not symbol.startswith(HOMES):
            raise Refusal("TF470", "a recurrent cell that is not made in this place", node)
        kind = symbol.rpartition(".")[2]
        if kind == "MultiRNNCell":
            return self._stacked(node, symbol)
        if kind in WRAPPERS:
            return self._wrapped(node, symbol, WRAPPERS[kind])
        if kind not in CELLS:
            raise Refusal("TF470", f"{symbol} has no counterpart here", node, symbol)
        return self._plain(node, symbol, kind)

    # Names

    def _name(self, node: cst.Name) -> Cell:
        found = []
        for target in self.holders(node):
            loop = self._names.parents[target]
            if isinstance(loop, (cst.CompFor, cst.For)) and loop.target is target:
                cells = self.read(loop.iter)
                if not cells.listed or any(not state.like(cells.state.cells[0]) for state in cells.state.cells):
                    raise Refusal("TF470", f"{node.value} may be cells of several kinds", node)
                state = cells.state.cells[0]
                found.append(Cell(node, node, set(), state, cells.stem, names=cells.names, in_runs=cells.in_runs))
                continue
            _, value = self._names.given(target)
            self.held[target] = value
            found.append(self._appended(node, target) if _is_empty(value) else self.read(value))
        first = found[0]
        if any(not item.state.like(first.state) or item.listed != first.listed for item in found):
            raise Refusal("TF470", f"{node.value} may be cells of several kinds", node)
        templates: set[str] = set().union(*(item.templates for item in found))
        names = [node, *(name for item in found if item.made is node for name in item.names)]
        in_runs = any(item.in_runs for item in found)
        return Cell(node, node, templates, first.state, first.stem, names=names, listed=first.listed, in_runs=in_runs)

    def _appended(self, node: cst.Name, target: cst.Name) -> Cell:
        """The cells that are put into an empty list one by one: those of one place, which stands in a loop."""
        calls = []
        for name in self._names.reads(target):
            attribute = self._names.parents[name]
            if isinstance(attribute, cst.Attribute) and attribute.attr.value == "append":
                call = self._names.parents[attribute]
                if isinstance(call, cst.Call) and len(call.args) == 1:
                    calls.append(call)
        if not calls or any(self._names.order[call] > self._names.order[node] for call in calls):
            raise Refusal("TF470", f"{node.value} is not a list of recurrent cells that is complete here", node)
        cells = [self.cell(call.args[0].value) for call in calls]
        loops = [self._loop(call) for call in calls]
        if len(cells) > 1 and any(loops):
            raise Refusal("TF470", "cells are put into a list in several places, and in loops", node)
        states = tuple(cell.state for cell in cells)
        state = State(cells=states, count=None if any(loops) else len(cells))
        in_runs = any(cell.in_runs for cell in cells)
        return Cell(node, node, set(), state, cells[0].stem, listed=True, in_runs=in_runs)

    def _loop(self, call: cst.Call) -> bool:
        current: cst.CSTNode = call
        while not isinstance(current, (cst.Module, cst.FunctionDef)):
            current = self._names.parents[current]
            if isinstance(current, (cst.For, cst.While, cst.If)):
                return True
        return False

    # Cells

    def _bound(self, node: cst.Call, symbol: str) -> dict[str, cst.Arg]:
        entry = tables.lookup(f"tf.nn.rnn_cell.{symbol.rpartition('.')[2]}")
        bound = dict(tables.bind(node, entry)) if entry is not None else {}
        if any(arg.star for arg in node.args) or len(bound) != len(node.args):
            raise Refusal("TF470", f"{symbol} with arguments that are not written out", node, symbol)
        return bound

    def _plain(self, node: cst.Call, symbol: str, kind: str) -> Cell:
        name, template, tensors, stem = CELLS[kind]
        bound = self._bound(node, symbol)
        if "num_units" not in bound:
            raise Refusal("TF470", f"{symbol} with arguments that are not written out", node, symbol)
        units = bound.pop("num_units").value
        sizes: list[cst.BaseExpression | None] = [units] * tensors
        args = [cst.Arg(units)]
        for parameter, arg in bound.items():
            if self._is_kept(parameter, arg, symbol):
                args.append(cst.Arg(arg.value, cst.Name(parameter), equal=_TIGHT))
                if parameter in _FULL:
                    name, template = "FullLSTMCell", "full_lstm_cell"
                if parameter == "num_proj":
                    sizes[1] = arg.value
        return Cell(node, _call(name, args), {template}, State(tuple(sizes)), stem, {node.func})

    def _is_kept(self, parameter: str, arg: cst.Arg, symbol: str) -> bool:
        """Whether an argument is passed on; False where it says nothing. Raises Refusal for what has no counterpart."""
        if is_none(arg.value):
            return False
        value = literal_value(arg.value)
        if parameter == "state_is_tuple" and value is True:
            return False
        if parameter == "name" and isinstance(value, str):
            return False  # that of variables in checkpoints
        if parameter == "dtype" and self._symbols.of(arg.value) == "tf.float32":
            return False
        if parameter == "forget_bias":
            return value != 1.0
        if parameter == "activation":
            known = self._symbols.of(arg.value)
            if known in ("tf.tanh", "tf.nn.tanh"):
                return False
            if known is not None and known.startswith("tf."):
                return True
        if parameter in ("use_peepholes", "reuse") and value is False:
            return False
        if parameter == "use_peepholes" and value is True:
            return True
        if parameter in ("cell_clip", "num_proj", "proj_clip"):
            return True
        raise Refusal("TF470", f"{symbol} with {parameter}=", arg, symbol)

    def _wrapped(self, node: cst.Call, symbol: str, wrapper: Wrapper) -> Cell:
        bound = wrapper.bind(node, symbol)
        inner = self.cell(bound["cell"].value)
        args = [cst.Arg(inner.made), *wrapper.arguments(bound, symbol, self._symbols)]
        if len(args) == 1 and wrapper.is_idle:  # a wrapper that does nothing
            return Cell(
                node, inner.made, inner.templates, inner.state, inner.stem, {node.func, *inner.uses}, inner.names
            )
        templates = {*inner.templates, wrapper.template}
        uses = {node.func, *inner.uses}
        in_runs = inner.in_runs or (
            wrapper.is_idle and any(not is_constant(arg.value, self._names) for arg in args[1:])
        )
        made = _call(wrapper.name, args)
        return Cell(node, made, templates, inner.state, inner.stem, uses, inner.names, in_runs=in_runs)

    # Cells on top of each other

    def _stacked(self, node: cst.Call, symbol: str) -> Cell:
        """``MultiRNNCell([...])`` as ``keras.layers.StackedRNNCells``."""
        bound = self._bound(node, symbol)
        tuples = bound.get("state_is_tuple")
        if "cells" not in bound or (tuples is not None and literal_value(tuples.value) is not True):
            raise Refusal("TF470", f"{symbol} with arguments that have no counterpart", node, symbol)
        given = bound["cells"].value
        cells = self.read(given)
        if not cells.listed:
            raise Refusal("TF470", f"{symbol} of cells that are not written out as a list", given, symbol)
        if any(state.cells for state in cells.state.cells):
            raise Refusal("TF470", f"{symbol} inside of another", node, symbol)
        made = cst.Call(cst.parse_expression("keras.layers.StackedRNNCells"), [cst.Arg(cells.made)])
        uses = {node.func, *cells.uses}
        return Cell(node, made, cells.templates, cells.state, cells.stem, uses, cells.names, in_runs=cells.in_runs)

    def _list(self, node: cst.List) -> Cell:
        cells = [self.cell(element.value) for element in node.elements if isinstance(element, cst.Element)]
        if not cells or len(cells) != len(node.elements):
            raise Refusal("TF470", "a list of cells that is empty or not written out", node)
        named = [cell.made.value for cell in cells if isinstance(cell.made, cst.Name)]
        if len(set(named)) != len(named):
            raise Refusal("TF470", "one cell several times on top of itself", node)
        pairs = zip(node.elements, cells, strict=True)
        made = node.with_changes(elements=[element.with_changes(value=cell.made) for element, cell in pairs])
        state = State(cells=tuple(cell.state for cell in cells), count=len(cells))
        return _joined(node, made, cells, state)

    def _comprehension(self, node: cst.ListComp) -> Cell:
        cell = self.cell(node.elt)
        made = node.with_changes(elt=cell.made)
        loop = node.for_in
        once = not loop.ifs and loop.inner_for_in is None
        if isinstance(loop.iter, cst.Name) and isinstance(loop.target, cst.Name) and once:
            own = self._names.same(loop.target)
            if any(name in own for name in cell.names):  # one of a list of cells at each turn
                return _joined(node, made, [cell], self.read(loop.iter).state)
        if cell.names:
            raise Refusal("TF470", "one cell several times on top of itself", node)
        count = self._count(loop) if once else None
        return _joined(node, made, [cell], State(cells=(cell.state,), count=count))

    def _count(self, loop: cst.CompFor) -> int | None:
        """How often ``for _ in range(n)`` turns, where ``n`` is a number or a name that is given one, once."""
        if not isinstance(loop.iter, cst.Call) or len(loop.iter.args) != 1:
            return None
        if not isinstance(loop.iter.func, cst.Name) or loop.iter.func.value not in ("range", "xrange"):
            return None
        number = loop.iter.args[0].value
        if isinstance(number, cst.Name):
            try:
                bindings = self._names.reaching(number)
            except Refusal:
                return None
            if len(bindings) != 1 or not isinstance(self._names.parents[bindings[0]], cst.AssignTarget):
                return None
            assign = self._names.parents[self._names.parents[bindings[0]]]
            number = assign.value if isinstance(assign, cst.Assign) else number
        value = literal_value(number)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def _joined(source: cst.BaseExpression, made: cst.BaseExpression, cells: Sequence[Cell], state: State) -> Cell:
    """A list of cells."""
    templates: set[str] = set().union(*(cell.templates for cell in cells))
    uses: set[cst.CSTNode] = set().union(*(cell.uses for cell in cells))
    names = [name for cell in cells for name in cell.names]
    in_runs = any(cell.in_runs for cell in cells)
    return Cell(source, made, templates, state, cells[0].stem, uses, names, listed=True, in_runs=in_runs)


def _call(name: str, args: list[cst.Arg]) -> cst.Call:
    return cst.Call(cst.Name(name), [arg.with_changes(comma=_SPACE) for arg in args[:-1]] + args[-1:])


def _is_empty(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.List) and not value.elements
