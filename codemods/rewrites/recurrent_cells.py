"""Recurrent cells of TF1 as calls of the emitted classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.tree import is_none

#: By the name in TF1: the class, its template, how many tensors its state has, and what layers over it are called.
CELLS = {
    "BasicRNNCell": ("RNNCell", "rnn_cell", 1, "rnn"),
    "GRUCell": ("GRUCell", "gru_cell", 1, "gru"),
    "BasicLSTMCell": ("LSTMCell", "lstm_cell", 2, "lstm"),
    "LSTMCell": ("LSTMCell", "lstm_cell", 2, "lstm"),
}
_HOMES = ("tf.nn.rnn_cell.", "tf.contrib.rnn.")
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
_SPACE = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


@dataclass
class Cell:
    """A cell: the expression that makes it now, its templates, and the uses of TF1 symbols that became part of it.

    ``states`` is the number of tensors in its state, 0 for cells on top of each other with one tensor each, and None
    where these have several. ``name`` is set where the program gives it one; ``source`` is the expression in TF1, and
    ``parts`` are expressions elsewhere that make cells of it, with what they become.
    """

    made: cst.BaseExpression
    templates: set[str]
    states: int | None
    stem: str
    uses: set[cst.CSTNode] = field(default_factory=set)
    name: str | None = None
    source: cst.BaseExpression | None = None
    parts: list[tuple[cst.BaseExpression, cst.BaseExpression]] = field(default_factory=list)


class CellReader:
    """Reads the expressions that make cells."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def read(self, node: cst.BaseExpression, value_of: Callable[[cst.Name], cst.BaseExpression]) -> Cell:
        """The cell that an expression makes; ``value_of`` a name that is read once is its value.

        Raises Refusal (TF470).
        """
        symbol = self._symbols.of(node.func) if isinstance(node, cst.Call) else None
        if not isinstance(node, cst.Call) or symbol is None or not symbol.startswith(_HOMES):
            raise Refusal("TF470", "a recurrent cell that is not made in this place", node)
        kind = symbol.rpartition(".")[2]
        if kind == "MultiRNNCell":
            return self._stacked(node, symbol, value_of)
        if kind not in CELLS:
            raise Refusal("TF470", f"{symbol} has no counterpart here", node, symbol)
        name, template, states, stem = CELLS[kind]
        entry = tables.lookup(f"tf.nn.rnn_cell.{kind}")
        bound = dict(tables.bind(node, entry)) if entry is not None else {}
        if "num_units" not in bound or any(arg.star for arg in node.args):
            raise Refusal("TF470", f"{symbol} with arguments that are not written out", node, symbol)
        args = [cst.Arg(bound.pop("num_units").value)]
        for parameter, arg in bound.items():
            kept = self._kept(parameter, arg, symbol)
            if kept:
                args.append(cst.Arg(arg.value, cst.Name(parameter), equal=_TIGHT))
        args = [arg.with_changes(comma=_SPACE) for arg in args[:-1]] + args[-1:]
        return Cell(cst.Call(cst.Name(name), args), {template}, states, stem, {node.func}, source=node)

    def _kept(self, parameter: str, arg: cst.Arg, symbol: str) -> bool:
        """Whether an argument is passed on; False where it says nothing. Raises Refusal for what has no counterpart."""
        if is_none(arg.value):
            return False
        value = literal_value(arg.value)
        if parameter == "state_is_tuple" and value is True:
            return False
        if parameter == "name" and isinstance(value, str):
            return False  # that of variables in checkpoints
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
        raise Refusal("TF470", f"{symbol} with {parameter}=", arg, symbol)

    def _stacked(self, node: cst.Call, symbol: str, value_of: Callable[[cst.Name], cst.BaseExpression]) -> Cell:
        """``MultiRNNCell([...])`` as ``keras.layers.StackedRNNCells``."""
        entry = tables.lookup("tf.nn.rnn_cell.MultiRNNCell")
        bound = tables.bind(node, entry) if entry is not None else {}
        given = bound["cells"].value if "cells" in bound else None
        tuples = bound.get("state_is_tuple")
        if given is None or (tuples is not None and literal_value(tuples.value) is not True):
            raise Refusal("TF470", f"{symbol} with arguments that have no counterpart", node, symbol)
        named = given if isinstance(given, cst.Name) else None
        given = value_of(named) if named is not None else given
        if isinstance(given, cst.List):
            cells = [self.read(element.value, value_of) for element in given.elements]
            pairs = zip(given.elements, cells, strict=True)
            made: cst.BaseExpression = given.with_changes(
                elements=[element.with_changes(value=cell.made) for element, cell in pairs]
            )
        elif isinstance(given, cst.ListComp):
            cells = [self.read(given.elt, value_of)]
            made = given.with_changes(elt=cells[0].made)
        else:
            raise Refusal("TF470", f"{symbol} of cells that are not written out as a list", given, symbol)
        if not cells:
            raise Refusal("TF470", f"{symbol} without cells", given, symbol)
        stacked = cst.parse_expression("keras.layers.StackedRNNCells")
        if any(cell.states not in (1, 2) for cell in cells):
            raise Refusal("TF470", f"{symbol} inside of another", node, symbol)
        return Cell(
            cst.Call(stacked, [cst.Arg(named if named is not None else made)]),
            set().union(*(cell.templates for cell in cells)),
            0 if all(cell.states == 1 for cell in cells) else None,
            cells[0].stem,
            set().union({node.func}, *(cell.uses for cell in cells)),
            source=node,
            parts=[(given, made)] if named is not None else [],
        )
