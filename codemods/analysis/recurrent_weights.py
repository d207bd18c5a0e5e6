"""The variables of recurrent layers: those of the cells that ``keras.layers.RNN`` unrolls, in TF1's order.

The cells are the classes that the rewriting of TF1's cells puts into the module (see ``rewrites/recurrent_cells.py``).
Their variables are made when a layer over them is called first, as those of ``dynamic_rnn`` were. What TF1 called them
is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.frames import literal
from codemods.analysis.keras_records import Layer
from codemods.analysis.layer_records import LayerCall, MadeLayer
from codemods.analysis.layer_table import LayerKind
from codemods.analysis.values import Variable
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

_LAYER = "keras.layers.RNN"
_STACK = "keras.layers.StackedRNNCells"
_KIND = LayerKind("RNN", "rnn")
_LSTM = ("kernel", "bias")
_CELLS = {
    "RNNCell": ("kernel", "bias"),
    "LSTMCell": _LSTM,
    "GRUCell": ("gate_kernel", "gate_bias", "candidate_kernel", "candidate_bias"),
}
_PEEPHOLES = ("w_f_diag", "w_i_diag", "w_o_diag")
_AROUND = frozenset({"DropoutCell", "ResidualCell"})  # cells around one cell, without variables of their own
_PROJECTIONS = frozenset({"InputProjectionCell", "OutputProjectionCell"})  # with a dense layer before or behind it
_DEPTH = 20  # of cells around each other: more there are only where a loop wraps a cell again and again
_Weight = tuple[cst.Call, int, str]  # the call of the cell, which of the cells that it makes, and the path in that


def of_cells(evaluator: EvaluatorBase, call: cst.Call) -> bool:
    """Whether a call makes cells, or a layer over cells: it makes no variables by itself."""
    if evaluator.symbols.of(call.func) in (_LAYER, _STACK):
        return True
    return isinstance(call.func, cst.Name) and call.func.value in evaluator.symbols.emitted


def called(evaluator: EvaluatorBase, node: cst.Call, layer: Layer) -> MadeLayer | None:
    """Note that a recurrent layer is called: the first call of a cell makes its variables; None for other layers."""
    made = layer.node
    notes = evaluator.keras
    by_hand = made in notes.emitted  # the program calls the cell itself
    if not (layer.symbol == _LAYER or by_hand) or not isinstance(made, cst.Call) or evaluator.current is None:
        return None
    known = notes.recurrent.get(made)
    if known is None:
        known = notes.recurrent[made] = MadeLayer(_KIND, made, evaluator.current, None)
        over = made if by_hand else made.args[0].value if made.args else None
        weights = _weights(evaluator, over, {}) if over is not None else None
        known.certain = weights is not None
        for cell, index, path in (weights or []) if by_hand else _inside("cell", weights or []):
            if (cell, index) in notes.cells and notes.cells[cell, index] is not known:
                continue  # another layer has called the cell before
            notes.cells[cell, index] = known
            variable = Variable(evaluator.current, made, None, True, evaluator.graph, weight=path)
            evaluator.state.note(variable, None)
            known.variables.append(variable)
    if all(use.node is not node for use in known.calls):
        known.calls.append(LayerCall(node, known, evaluator.current, None))
    return known


def _weights(
    evaluator: EvaluatorBase, node: cst.BaseExpression, of: Mapping[str, list[_Weight]], depth: int = _DEPTH
) -> list[_Weight] | None:
    """The variables of what an expression for cells makes; None where that is not certain.

    ``of`` are those of the cells that the variables of a comprehension stand for.
    """
    if isinstance(node, cst.Name):
        if node.value in of:
            return of[node.value]
        held = evaluator.last_values.get(node)  # what the name stood for where it was read
        if held is None or not isinstance(held.payload, Layer) or not depth:
            return None
        return _weights(evaluator, held.node, {}, depth - 1) if isinstance(held.node, cst.BaseExpression) else None
    if not isinstance(node, cst.Call) or node in evaluator.keras.repeated:
        return None
    if evaluator.symbols.of(node.func) == _STACK:
        cells = _cells(evaluator, node.args[0].value) if len(node.args) == 1 else None
        return [item for at, cell in enumerate(cells) for item in _inside(f"cells[{at}]", cell)] if cells else None
    name = node.func.value if isinstance(node.func, cst.Name) and node.func.value in evaluator.symbols.emitted else ""
    if name in _AROUND and node.args and node.args[0].keyword is None:
        inner = _weights(evaluator, node.args[0].value, of, depth)
        return _inside("cell", inner) if inner is not None else None
    if name in _PROJECTIONS and node.args and node.args[0].keyword is None:
        inner = _weights(evaluator, node.args[0].value, of, depth)
        projection: list[_Weight] = [(node, 0, weight) for weight in _LSTM]
        first = name == "InputProjectionCell"
        within = _inside("cell", inner or [])
        return None if inner is None else projection + within if first else within + projection
    own = _of_full_cell(node) if name == "FullLSTMCell" else _CELLS.get(name)
    return [(node, 0, weight) for weight in own] if own is not None else None


def _inside(path: str, weights: list[_Weight]) -> list[_Weight]:
    return [(cell, index, f"{path}.{weight}") for cell, index, weight in weights]


def _held(evaluator: EvaluatorBase, name: cst.Name) -> cst.BaseExpression | None:
    """The expression that a name stands for."""
    found = evaluator.frame.find(name.value)
    binding = found[0] if found is not None else None
    held = binding.value.node if binding is not None and len(binding.sources) == 1 else None
    return held if isinstance(held, cst.BaseExpression) and held is not name else None


def _cells(evaluator: EvaluatorBase, node: cst.BaseExpression) -> list[list[_Weight]] | None:
    """The variables of each cell of a list."""
    if isinstance(node, cst.Name):
        held = _held(evaluator, node)
        return _cells(evaluator, held) if isinstance(held, (cst.List, cst.ListComp)) else None
    found: list[list[_Weight] | None] = []
    if isinstance(node, cst.List):
        plain = not any(isinstance(element, cst.StarredElement) for element in node.elements)
        found = [_weights(evaluator, element.value, {}) for element in node.elements] if plain else []
    elif isinstance(node, cst.ListComp) and not node.for_in.ifs and node.for_in.inner_for_in is None:
        target = node.for_in.target
        inner = _cells(evaluator, node.for_in.iter) if isinstance(node.for_in.iter, cst.Name) else None
        if inner is not None and isinstance(target, cst.Name):
            found = [_weights(evaluator, node.elt, {target.value: cell}) for cell in inner]
        else:
            own = _weights(evaluator, node.elt, {}) if isinstance(node.elt, cst.Call) else None
            count = _length(evaluator, node) or 0
            found = [[(cell, index, path) for cell, _, path in own or ()] for index in range(count if own else 0)]
    known = [cell for cell in found if cell is not None]
    return known if known and len(known) == len(found) else None


def _length(evaluator: EvaluatorBase, node: cst.ListComp) -> int | None:
    """How many cells ``[LSTMCell(5) for _ in range(3)]`` makes."""
    clause = node.for_in
    given = clause.iter
    counted = isinstance(given, cst.Call) and isinstance(given.func, cst.Name) and given.func.value == "range"
    if not counted or not isinstance(given, cst.Call) or len(given.args) != 1:
        return None
    constant = evaluator.value(given.args[0].value).constant
    return constant if isinstance(constant, int) and not isinstance(constant, bool) and constant > 0 else None


def _of_full_cell(node: cst.Call) -> tuple[str, ...] | None:
    """The variables of an LSTM cell that may have peepholes and a projection."""
    given = {argument.keyword.value: argument.value for argument in node.args if argument.keyword is not None}
    if len(given) < len(node.args) - 1:
        return None
    peepholes = literal(given["use_peepholes"]) if "use_peepholes" in given else False
    projected = "num_proj" in given and not is_none(given["num_proj"])
    if not isinstance(peepholes, bool):
        return None
    return _LSTM + (_PEEPHOLES if peepholes else ()) + (("projection",) if projected else ())
