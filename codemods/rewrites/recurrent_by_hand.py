"""Recurrent cells that the program calls itself: ``output, state = cell(inputs, state)``, once or step by step."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.recurrent_cells import Cell, CellReader
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_nodes import COMMA, call, listed
from codemods.rewrites.recurrent_states import States
from codemods.rewrites.recurrent_targets import PARTS
from codemods.rewrites.recurrent_unrolling import Unroller
from codemods.tree import is_none


class ByHand:
    """Rewrites the calls of cells of one module."""

    def __init__(
        self, names: Names, symbols: Symbols, cells: CellReader, states: States, edits: Edits, unroller: Unroller
    ) -> None:
        self._names = names
        self._symbols = symbols
        self._cells = cells
        self._states = states
        self._edits = edits
        self._unroller = unroller
        self._parents = names.parents
        self.called: set[cst.Name] = set()

    def propose(self) -> None:
        """Propose the edits of every call of a name that holds a cell. Raises Refusal (TF470)."""
        for node in tree.walk(self._names.module):
            if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and self._holds_cell(node.func):
                self._call(node, node.func, self._cells.cell(node.func))

    def _holds_cell(self, name: cst.Name) -> bool:
        """Whether a name is given a cell of TF1 somewhere."""
        for target in self._names.same(name):
            if self._names.binds(target) and isinstance(self._parents[target], (cst.AssignTarget, cst.Element)):
                try:
                    _, value = self._names.given(target)
                except Refusal:
                    continue
                if isinstance(value, cst.Call) and self._cells.makes(value):
                    return True
        return False

    def _call(self, node: cst.Call, name: cst.Name, cell: Cell) -> None:
        given = dict(zip(("inputs", "state", "scope"), [arg for arg in node.args if arg.keyword is None], strict=False))
        given.update({arg.keyword.value: arg for arg in node.args if arg.keyword is not None})
        scope = given.pop("scope", None)
        if given.keys() != {"inputs", "state"} or any(arg.star for arg in node.args):
            raise Refusal("TF470", f"a call of the cell {name.value} with arguments that are not written out", node)
        if scope is not None and not (is_none(scope.value) or isinstance(scope.value, cst.SimpleString)):
            raise Refusal("TF470", f"a call of the cell {name.value} in a scope that is given to it", scope)
        assign = self._parents[node]
        target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
        if not isinstance(target, cst.Tuple) or len(target.elements) != 2:
            raise Refusal("TF470", f"a call of the cell {name.value} whose result is not taken apart at once", node)
        state, new = given["state"].value, target.elements[1].value
        if not isinstance(new, cst.Name):
            raise Refusal("TF470", f"a call of the cell {name.value} whose state is not bound to a name", node)
        value = self._states.written(self._states.value(state))
        if len(cell.state.sizes) == 1:
            wrapped = target.elements[1].with_changes(value=listed([new]))
            self._edits.substitute(target, target.with_changes(elements=[target.elements[0], wrapped]))
            value = listed([value])
        self._parts(new, cell)
        arguments = [cst.Arg(given["inputs"].value), cst.Arg(value)]
        self._edits.substitute(node, call(name, [arg.with_changes(comma=COMMA) for arg in arguments]))
        self._unroller.cells.append(cell)
        for holder in self._cells.holders(name):
            self._unroller.move_cell(name, cell, self._names.line(holder))

    def _parts(self, state: cst.Name, cell: Cell) -> None:
        """``state.h`` of the state of an LSTM, which is a list of its two tensors."""
        for name in self._names.reads(state) if len(cell.state.sizes) != 1 else ():
            node: cst.CSTNode = self._parents[name]
            taken: cst.BaseExpression = name
            while isinstance(node, cst.Subscript) and node.value is taken:
                taken, node = node, self._parents[node]
            if isinstance(node, cst.Attribute) and node.value is taken and node.attr.value in PARTS:
                if node in self._edits.nodes:
                    continue
                index = cst.Index(cst.Integer(str(PARTS.index(node.attr.value))))
                self._edits.substitute(node, cst.Subscript(taken, [cst.SubscriptElement(index)]))
