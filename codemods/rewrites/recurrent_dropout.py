"""Dropout whose share is computed in each run, taken apart from the cells that it is around.

The share is known in the emitted functions only, and so ``DropoutWrapper(cell, output_keep_prob=keep_prob)`` is made
there; the cell has variables and is made once, before. Here the two come to stand in statements of their own:
``cell = GRUCell(5)`` and ``dropout_cell = DropoutWrapper(cell, ...)``, still as TF1 wrote them.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.slices import free_names
from codemods.analysis.symbols import Symbols
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.origins import Origins
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_nodes import assigned
from codemods.rewrites.recurrent_wrappers import WRAPPERS, is_constant

_STEPS = 50  # more than any program has


def take_apart(module: cst.Module, symbols: Symbols, origins: Origins | None) -> tuple[cst.Module, Origins | None]:
    """The module with each such wrapper around a name, in a statement that gives it a name of its own."""
    for _ in range(_STEPS):
        step = _Step(module, symbols)
        try:
            changed = step.propose()
        except Refusal:  # what is in the way is said by the rewriting of the cells
            break
        if not changed:
            break
        after = step.edits.apply(module, step.parents)
        origins = Origins(module, after, step.edits, origins, step.moved)
        module, symbols = after, Symbols(after)
    return module, origins


class _Step:
    """One change of a module."""

    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.module = module
        self.symbols = symbols
        self.parents = tree.parents(module)
        self.names = Names(module, symbols, self.parents)
        self.edits = Edits()
        self.moved: dict[cst.CSTNode, cst.CSTNode] = {}
        self._begun: set[cst.CSTNode] = set()  # lines that others were put before

    def propose(self) -> bool:
        """Propose the edits of the first wrapper that needs some; whether there is one. Raises Refusal."""
        for node in tree.walk(self.module):
            symbol = self.symbols.of(node.func) if isinstance(node, cst.Call) else None
            if not isinstance(node, cst.Call) or symbol is None or not symbol.endswith(".DropoutWrapper"):
                continue
            bound = WRAPPERS["DropoutWrapper"].bind(node, symbol)
            shares = [arg.value for name, arg in bound.items() if name.endswith("_keep_prob")]
            if any(not is_constant(share, self.names) for share in shares) and self._take(node, bound["cell"], shares):
                return True
        return False

    def _take(self, node: cst.Call, cell: cst.Arg, shares: list[cst.BaseExpression]) -> bool:
        parent = self.parents[node]
        line = self.names.line(node)
        if line is None or len(line.body) != 1:
            return False
        if isinstance(parent, cst.Return):
            return self._returned(node, cell.value, parent, shares)
        if isinstance(parent, cst.Assign) and self._is_returned(parent, node, cell.value, shares):
            return True
        if isinstance(parent, cst.ListComp) and parent.elt is node:
            turning = {name.value for name in self.names.bound_in(parent.for_in)}
            if isinstance(cell.value, cst.Name) or any(turning & set(free_names(share)) for share in shares):
                return False
            self._comprehension(parent, cell.value, node, line)
            return True
        if not isinstance(cell.value, cst.Name):
            if self._in_comprehension(node, line):
                return False
            name = self.names.fresh("cell", "inner_cell")
            self._before(line, name, cell.value, line.body[0])
            self.edits.substitute(cell.value, cst.Name(name))
            return True
        target = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
        if isinstance(target, cst.Name) and target.value == cell.value.value:
            return self._renamed(target)
        return False

    def _in_comprehension(self, node: cst.CSTNode, line: cst.CSTNode) -> bool:
        current = node
        while current is not line:
            current = self.parents[current]
            if isinstance(current, (cst.BaseComp, cst.Lambda)):
                return True
        return False

    def _before(self, line: cst.SimpleStatementLine, name: str, value: cst.BaseExpression, origin: cst.CSTNode) -> None:
        """Put ``name = value`` before a line; ``origin`` is what of the text it stands for."""
        first = line not in self._begun
        new = assigned(cst.Name(name), value, line.leading_lines if first else ())
        self.moved[new.body[0]] = origin
        self.edits.insert_before(line, [new])
        if first and line.leading_lines:
            self.edits.replace(line, lambda node: node.with_changes(leading_lines=[]))
        self._begun.add(line)

    def _renamed(self, target: cst.Name) -> bool:
        """``cell = DropoutWrapper(cell, ...)``: the new one gets another name, where all that may read it is known."""
        reads = [name for name in self.names.reads(target) if target in self.names.reaching(name)]
        if not reads or any(self.names.reaching(name) != [target] for name in reads):
            return False
        new = self.names.fresh(f"dropout_{target.value}")
        for name in [target, *reads]:
            self.edits.substitute(name, cst.Name(new))
        return True

    def _comprehension(
        self, node: cst.ListComp, cell: cst.BaseExpression, wrapper: cst.Call, line: cst.SimpleStatementLine
    ) -> None:
        """``[DropoutWrapper(GRUCell(5), ...) for ...]``: a list of the cells comes before."""
        listed, one = self.names.fresh("cells", "inner_cells"), self.names.fresh("cell", "inner_cell")
        self._before(line, listed, node.with_changes(elt=cell), line.body[0])
        dropped = _around(wrapper, cst.Name(one))
        value = node.with_changes(elt=dropped, for_in=cst.CompFor(cst.Name(one), cst.Name(listed)))
        parent = self.parents[node]
        if isinstance(parent, cst.Assign) and self.names.line(wrapper) is line:
            self.edits.substitute(node, value)
            return
        name = self.names.fresh("dropout_cells")
        self._before(line, name, value, wrapper)
        self.edits.substitute(node, cst.Name(name))

    # Functions that make cells

    def _is_returned(
        self, assign: cst.Assign, node: cst.Call, cell: cst.BaseExpression, shares: list[cst.BaseExpression]
    ) -> bool:
        """``drop = DropoutWrapper(...)``, and then ``return drop``."""
        target = assign.targets[0].target
        if len(assign.targets) != 1 or not isinstance(target, cst.Name):
            return False
        reads = [name for name in self.names.reads(target) if target in self.names.reaching(name)]
        result = self.parents[reads[0]] if len(reads) == 1 else None
        if not isinstance(result, cst.Return) or self.names.reaching(reads[0]) != [target]:
            return False
        if not self._returned(node, cell, result, shares):
            return False
        self.edits.remove(self.parents[assign])
        return True

    def _returned(
        self, node: cst.Call, cell: cst.BaseExpression, result: cst.Return, shares: list[cst.BaseExpression]
    ) -> bool:
        """A function returns a cell with dropout around it: it returns the cell, and its callers add the dropout."""
        function = self.names.body(result)
        if not isinstance(function, cst.FunctionDef):
            return False
        own = {name.value for name in self.names.bound_in(function)}
        if any(own & set(free_names(share)) for share in shares):
            return False
        uses = [name for name in self.names.same(function.name) if name is not function.name]
        calls = [call for name in uses if isinstance(call := self.parents[name], cst.Call) and call.func is name]
        shared = {name for share in shares for name in free_names(share)}
        once = all(self.names.bound_before(name, function) for name in shared)
        if not calls or len(calls) != len(uses) or not once:
            return False
        lines = [self.names.line(call) for call in calls]
        listed = [self.parents[call] if isinstance(self.parents[call], cst.ListComp) else call for call in calls]
        for call, whole, line in zip(calls, listed, lines, strict=True):
            if line is None or len(line.body) != 1 or self.names.body(call) is not self.module:
                return False
            if self._in_comprehension(self.parents[whole] if whole is not call else call, line):
                return False
        self.edits.substitute(result, result.with_changes(value=cell))
        for call, whole, line in zip(calls, listed, lines, strict=True):
            assert line is not None
            if isinstance(whole, cst.ListComp):
                self._comprehension(whole, call, node, line)
                continue
            name, dropped = self.names.fresh("cell", "inner_cell"), self.names.fresh("dropout_cell")
            self._before(line, name, call, line.body[0])
            self._before(line, dropped, _around(node, cst.Name(name)), node)
            self.edits.substitute(call, cst.Name(dropped))
        return True


def _around(wrapper: cst.Call, cell: cst.BaseExpression) -> cst.Call:
    """A copy of a wrapper around another cell."""
    named = any(arg.keyword is not None and arg.keyword.value == "cell" for arg in wrapper.args)
    arguments = [
        arg.with_changes(value=cell)
        if (arg.keyword is not None and arg.keyword.value == "cell") or (not named and index == 0)
        else arg.deep_clone()
        for index, arg in enumerate(wrapper.args)
    ]
    return cst.Call(wrapper.func.deep_clone(), arguments)
