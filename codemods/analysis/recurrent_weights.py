"""The variables of recurrent layers: those of the cells that ``keras.layers.RNN`` unrolls, in TF1's order.

The cells are the classes that the rewriting of TF1's cells puts into the module (see ``rewrites/recurrent_cells.py``).
Their variables are made when a layer over them is called first, as those of ``dynamic_rnn`` were. What TF1 called them
is not known here.
"""

from __future__ import annotations

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
_Weight = tuple[cst.Call, int, str]  # the call of the cell, which of the cells that it makes, and the path to it


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
        weights = _weights(evaluator, over, "" if by_hand else "cell") if over is not None else None
        known.certain = weights is not None
        for cell, index, path in weights or ():
            if (cell, index) in notes.cells and notes.cells[cell, index] is not known:
                continue  # another layer has called the cell before
            notes.cells[cell, index] = known
            variable = Variable(evaluator.current, made, None, True, evaluator.graph, weight=path.lstrip("."))
            evaluator.state.note(variable, None)
            known.variables.append(variable)
    if all(use.node is not node for use in known.calls):
        known.calls.append(LayerCall(node, known, evaluator.current, None))
    return known


def _weights(evaluator: EvaluatorBase, node: cst.BaseExpression, path: str) -> list[_Weight] | None:
    """The variables of what an expression for cells makes; None where that is not certain."""
    if isinstance(node, cst.Name):
        held = evaluator.last_values.get(node)  # what the name stood for where it was read
        if held is None or not isinstance(held.payload, Layer) or path.count(".") > _DEPTH:
            return None
        return _weights(evaluator, held.node, path) if isinstance(held.node, cst.BaseExpression) else None
    if not isinstance(node, cst.Call) or node in evaluator.keras.repeated:
        return None
    if evaluator.symbols.of(node.func) == _STACK:
        return _stacked(evaluator, node.args[0].value, f"{path}.cells") if len(node.args) == 1 else None
    name = node.func.value if isinstance(node.func, cst.Name) and node.func.value in evaluator.symbols.emitted else ""
    if name in _AROUND and node.args and node.args[0].keyword is None:
        return _weights(evaluator, node.args[0].value, f"{path}.cell")
    if name in _PROJECTIONS and node.args and node.args[0].keyword is None:
        inner = _weights(evaluator, node.args[0].value, f"{path}.cell")
        projection = [(node, 0, f"{path}.{weight}") for weight in _LSTM]
        first = name == "InputProjectionCell"
        return None if inner is None else projection + inner if first else inner + projection
    own = _of_full_cell(node) if name == "FullLSTMCell" else _CELLS.get(name)
    return [(node, 0, f"{path}.{weight}") for weight in own] if own is not None else None


def _stacked(evaluator: EvaluatorBase, node: cst.BaseExpression, path: str) -> list[_Weight] | None:
    """The variables of a list of cells."""
    if isinstance(node, cst.Name):
        found = evaluator.frame.find(node.value)
        binding = found[0] if found is not None else None
        held = binding.value.node if binding is not None and len(binding.sources) == 1 else None
        listed = isinstance(held, (cst.List, cst.ListComp)) and binding is not None
        return _stacked(evaluator, held, path) if listed and isinstance(held, cst.BaseExpression) else None
    weights: list[_Weight] = []
    if isinstance(node, cst.List):
        for index, element in enumerate(node.elements):
            inner = _weights(evaluator, element.value, f"{path}[{index}]")
            if inner is None or isinstance(element, cst.StarredElement):
                return None
            weights += inner
        return weights
    count = _length(evaluator, node) if isinstance(node, cst.ListComp) else None
    for index in range(count or 0):
        inner = _weights(evaluator, node.elt, f"{path}[{index}]") if isinstance(node, cst.ListComp) else None
        if inner is None:
            return None
        weights += [(cell, index, at) for cell, _, at in inner]
    return weights or None


def _length(evaluator: EvaluatorBase, node: cst.ListComp) -> int | None:
    """How many cells ``[LSTMCell(5) for _ in range(3)]`` makes."""
    clause = node.for_in
    plain = not clause.ifs and clause.inner_for_in is None and isinstance(node.elt, cst.Call)
    given = clause.iter
    counted = isinstance(given, cst.Call) and isinstance(given.func, cst.Name) and given.func.value == "range"
    if not plain or not counted or not isinstance(given, cst.Call) or len(given.args) != 1:
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
