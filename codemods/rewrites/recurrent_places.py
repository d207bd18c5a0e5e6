"""Where the layer over a recurrent cell is made: in front of its call, or before the function or scope around that."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis.slices import free_names
from codemods.analysis.symbols import Symbols, Use
from codemods.findings import Refusal
from codemods.rewrites.recurrent_cells import Cell, CellReader
from codemods.rewrites.recurrent_names import Names

_SESSIONS = ("tf.Session", "tf.InteractiveSession", "tf.train.MonitoredTrainingSession", "tf.train.MonitoredSession")


@dataclass
class Place:
    """The statement before which a layer is made, with the statements that make its cells and move there.

    ``values`` are what parameters of the function around stand for, where the statements leave it.
    """

    before: cst.CSTNode
    moved: list[cst.SimpleStatementLine] = field(default_factory=list)
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)


class Places:
    """Finds the places for the layers of one module."""

    def __init__(self, names: Names, symbols: Symbols, cells: CellReader) -> None:
        self._names = names
        self._symbols = symbols
        self._cells = cells
        self._parents = names.parents

    def find(self, use: Use, line: cst.SimpleStatementLine, cells: list[Cell]) -> Place:
        """The place for the layers of one unrolling. Raises Refusal (TF470)."""
        current: cst.CSTNode = line
        place: cst.CSTNode = line
        functions: list[cst.FunctionDef] = []
        while not isinstance(current, cst.Module):
            current = self._parents[current]
            if isinstance(current, cst.FunctionDef) and self._runs(current):
                break  # Python code that builds the graph and runs it stays what it is
            if isinstance(current, cst.FunctionDef):
                functions.append(current)
            if isinstance(current, (cst.With, cst.FunctionDef)):
                place = current
            elif not isinstance(current, (cst.IndentedBlock, cst.Module)) and current not in self._names.tries:
                raise Refusal("TF470", f"{use.name} in a branch, a loop or a class", use.node, use.name)
        if place is line:  # nothing moves
            return Place(line)
        if len(functions) > 1 or (functions and functions[0] is not place):
            raise Refusal("TF470", f"{use.name} in a function in another function", use.node, use.name)
        found = Place(place, self._statements(use, cells, place))
        given = self._called_once(use, functions[0]) if functions else {}
        self._check_values(use, found, cells, given)
        return found

    def _runs(self, function: cst.FunctionDef) -> bool:
        """Whether a session is opened in a function: it is a program, and no part of a graph."""
        nodes = tree.walk(function)
        return any(isinstance(node, cst.Call) and self._symbols.of(node.func) in _SESSIONS for node in nodes)

    def _statements(self, use: Use, cells: list[Cell], place: cst.CSTNode) -> list[cst.SimpleStatementLine]:
        """The statements inside of ``place`` that make the cells of an unrolling, in their order."""
        found: dict[cst.SimpleStatementLine, None] = {}
        waiting = [name for cell in cells for name in cell.names]
        while waiting:
            name = waiting.pop()
            parent = self._parents.get(name)
            for target in self._cells.holders(name) if not isinstance(parent, cst.CompFor) else ():
                if isinstance(self._parents[target], (cst.CompFor, cst.FunctionDef)):
                    continue  # of a comprehension; a function that makes cells stays
                assign, value = self._names.given(target)
                line = self._parents[assign]
                if not self._is_in(line, place):
                    continue
                if self._cells.read(value).in_runs:
                    waiting += self._cells.read(value).names
                    continue  # it stays where its share of dropout is known
                own = self._names.same(target)
                alone = len(own) == len(self._names.everywhere[target.value])
                once = [node for node in own if self._names.binds(node)] == [target]
                if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not (alone and once):
                    message = f"the cell {target.value} is not made once, by a statement of its own"
                    raise Refusal("TF470", message, name, use.name)
                if not self._is_straight(line, place):
                    raise Refusal("TF470", f"the cell {target.value} is made in a branch or a loop", name, use.name)
                if isinstance(value, cst.List) and not value.elements:
                    raise Refusal("TF470", f"the cells in {target.value} are put together elsewhere", name, use.name)
                found[line] = None
                waiting += self._cells.read(value).names
        return sorted(found, key=lambda line: self._names.order[line])

    def _is_in(self, node: cst.CSTNode, place: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None and current is not place:
            current = self._parents.get(current)
        return current is place

    def _is_straight(self, line: cst.CSTNode, place: cst.CSTNode) -> bool:
        current = line
        while current is not place:
            current = self._parents[current]
            if not isinstance(current, (cst.IndentedBlock, cst.With)) and current is not place:
                return False
        return True

    def _check_values(self, use: Use, found: Place, cells: list[Cell], given: dict[str, cst.BaseExpression]) -> None:
        """Whether what moves means the same before the function: the sizes in it have one value, bound by then."""
        place = found.before
        moved = {
            name.value for line in found.moved for name in self._names.bound_in(line)
            if not isinstance(self._parents[name], cst.CompFor)
        }  # fmt: skip
        made = [cell.made for cell in cells if not cell.in_runs]
        for line in found.moved:
            assign = line.body[0]
            assert isinstance(assign, cst.Assign)
            made.append(assign.value)
        read = {name for node in made for name in free_names(node)} - moved
        inside = {name.value for name in self._names.bound_in(place)}
        for name in sorted(read & inside & given.keys()):
            bound = [node for node in self._names.bound_in(place) if node.value == name]
            if len(bound) == 1 and isinstance(given[name], (cst.Name, cst.Integer, cst.Float)):
                found.values[name] = given[name]
                read |= set(free_names(given[name]))
                inside.discard(name)
        if read & inside:
            names = ", ".join(sorted(read & inside))
            message = f"the size of the cell depends on {names}, which is bound beside it"
            raise Refusal("TF470", message, use.node, use.name)
        late = sorted(name for name in read if name not in found.values and not self._names.bound_before(name, place))
        late += sorted(
            name for value in found.values.values() for name in free_names(value)
            if not self._names.bound_before(name, place)
        )  # fmt: skip
        if late:
            raise Refusal("TF470", f"{late[0]} is bound after {use.name}, or more than once", use.node, use.name)

    def _called_once(self, use: Use, function: cst.FunctionDef) -> dict[str, cst.BaseExpression]:
        """What the parameters of a function are given by its one call. Raises Refusal (TF470)."""
        name = function.name.value
        nodes = self._names.everywhere.get(name, [])
        calls = [
            parent for node in nodes if isinstance(parent := self._parents.get(node), cst.Call) and parent.func is node
        ]
        if len(calls) != 1 or len(nodes) != 2:
            message = f"{use.name} in a function that is called more than once"
            raise Refusal("TF470", message, use.node, use.name)
        current: cst.CSTNode | None = calls[0]
        while current is not None:
            if isinstance(current, cst.FunctionDef) and self._runs(current):
                break
            if isinstance(current, (cst.For, cst.While, cst.FunctionDef, cst.Lambda, cst.BaseComp, cst.If, cst.Try)):
                message = f"{use.name} in a function that may be called more than once"
                raise Refusal("TF470", message, use.node, use.name)
            current = self._parents.get(current)
        return _arguments(function, calls[0])


def _arguments(function: cst.FunctionDef, call: cst.Call) -> dict[str, cst.BaseExpression]:
    """The arguments of a call by the names of the parameters, defaults included; empty where that is not certain."""
    parameters = function.params
    if any(arg.star for arg in call.args) or parameters.posonly_params:
        return {}
    every = [*parameters.params, *parameters.kwonly_params]
    found = {item.name.value: item.default for item in every if item.default is not None}
    positional = [arg.value for arg in call.args if arg.keyword is None]
    if len(positional) > len(parameters.params):
        return {}
    found.update({item.name.value: value for item, value in zip(parameters.params, positional, strict=False)})
    found.update({arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None})
    return found
