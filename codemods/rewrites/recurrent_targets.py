"""What the result of an unrolled cell is bound to: outputs, and a state of one or several tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.symbols import Use
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_cells import State
from codemods.rewrites.recurrent_names import Names

PARTS = ("c", "h")
_SPACE = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


@dataclass
class Target:
    """The names that a call of a layer binds: ``outputs``, and ``states`` (none where nothing reads them).

    ``listed`` is the name of a list of the states to be made after the statement; ``replaced`` are expressions that
    take one of them (``state.h``, ``state[1]``), with what they become.
    """

    outputs: str
    states: list[str] = field(default_factory=list)
    starred: bool = False
    listed: str | None = None
    replaced: dict[cst.BaseExpression, cst.BaseExpression] = field(default_factory=dict)

    def bound(self) -> cst.BaseAssignTargetExpression:
        """The target of the assignment."""
        if not self.states:
            return cst.Name(self.outputs)
        names: list[cst.BaseElement] = [cst.Element(cst.Name(self.outputs))]
        for name in self.states:
            names.append(cst.StarredElement(cst.Name(name)) if self.starred else cst.Element(cst.Name(name)))
        names = [item.with_changes(comma=_SPACE) for item in names[:-1]] + names[-1:]
        return cst.Tuple(names, lpar=[], rpar=[])

    def after(self) -> list[cst.SimpleStatementLine]:
        """What follows the assignment."""
        if self.listed is None:
            return []
        items = [cst.Element(cst.Name(name)) for name in self.states]
        return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(self.listed))], cst.List(items))])]

    def propose(self, edits: Edits) -> None:
        """Propose the edits of what takes parts of the state."""
        for node, new in self.replaced.items():
            edits.substitute(node, new)


class Targets:
    """Reads the targets of one module."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._parents = names.parents

    def outputs(self, node: cst.BaseExpression, use: Use) -> str:
        """The name of the outputs. Raises Refusal (TF470)."""
        if not isinstance(node, cst.Name):
            raise Refusal("TF470", f"{use.name} whose outputs are not bound to a name", use.node, use.name)
        return node.value

    def is_read(self, node: cst.BaseExpression) -> bool:
        """Whether anything reads what a target binds."""
        if isinstance(node, cst.Tuple):
            return any(self.is_read(element.value) for element in node.elements)
        if not isinstance(node, cst.Name):
            return True
        return bool(self._names.reads(node))

    def read(self, outputs: str, state: cst.BaseExpression, form: State, use: Use) -> Target:
        """The target of ``outputs, state = ...``, where ``form`` is the state of the cell. Raises Refusal (TF470)."""
        found = Target(outputs)
        if not self.is_read(state):
            return found
        if isinstance(state, cst.Tuple):
            inner = [element.value for element in state.elements]
            parts = len(form.cells) if form.count is not None else len(form.sizes)
            if parts != len(inner) or form.is_deep or not all(isinstance(item, cst.Name) for item in inner):
                message = f"{use.name} whose state is taken apart otherwise than it is made"
                raise Refusal("TF470", message, use.node, use.name)
            found.states = [str(getattr(item, "value", "")) for item in inner]
            return found
        if not isinstance(state, cst.Name):
            raise Refusal("TF470", f"{use.name} whose state is not bound to a name", use.node, use.name)
        if form.cells:
            found.states, found.starred = [state.value], True
            found.replaced = self.parts(state, form, use)
        elif form.is_pair:
            self._pair(found, state)
        else:
            found.states = [state.value]
        return found

    def _pair(self, found: Target, state: cst.Name) -> None:
        """The state of one LSTM: its two tensors have names, and where it is taken whole, it is a list of them."""
        own = [f"{state.value}_{part}" for part in PARTS]
        if any(name in self._names.everywhere for name in own):
            raise Refusal("TF470", f"the names {own[0]} and {own[1]} are taken", state)
        readers = [self._parents[name] for name in self._names.reads(state)]
        taken = {node: part_of(node, own) for node in readers}
        for node, part in taken.items():
            if part is not None and isinstance(node, cst.BaseExpression):
                found.replaced[node] = cst.Name(part)
        found.states = own
        if len(found.replaced) != len(taken):
            found.listed = state.value

    def parts(self, state: cst.Name, form: State, use: Use) -> dict[cst.BaseExpression, cst.BaseExpression]:
        """What takes ``.c`` and ``.h`` of states that are nested in a list. Raises Refusal (TF470)."""
        found: dict[cst.BaseExpression, cst.BaseExpression] = {}
        for name in self._names.reads(state):
            node: cst.BaseExpression = name
            here: State | None = form
            while here is not None and (here.cells or here.is_pair):
                parent = self._parents[node]
                if isinstance(parent, cst.Subscript) and parent.value is node:
                    here = _inner(parent, here)
                elif isinstance(parent, cst.Attribute) and parent.attr.value in PARTS and here.is_pair:
                    index = cst.Index(cst.Integer(str(PARTS.index(parent.attr.value))))
                    found[parent] = cst.Subscript(node, [cst.SubscriptElement(index)])
                    here = None
                else:
                    break
                node = parent
            if here is not None and (here.is_deep or here.is_pair) and not self._is_whole(node):
                message = "the states of LSTM cells on top of each other are used as a whole"
                raise Refusal("TF470", message, name, use.name)
            if form.is_deep and (form.count is None or form.count < 2):
                raise Refusal("TF470", "the states of an unknown number of LSTM cells are used", name, use.name)
        return found

    def tensors(
        self, state: cst.Name, names: Sequence[Sequence[str]]
    ) -> dict[cst.BaseExpression, cst.BaseExpression] | None:
        """What takes one tensor of the states of two directions, with its name; None where something takes more."""
        found: dict[cst.BaseExpression, cst.BaseExpression] = {}
        for name in self._names.reads(state):
            node = self._parents[name]
            index = _number(node)
            own = names[index] if index in (0, 1, -1, -2) else ()
            if len(own) == 2:
                node = self._parents[node]
                part = part_of(node, list(own))
            else:
                part = own[0] if own else None
            if part is None or not isinstance(node, cst.BaseExpression):
                return None
            found[node] = cst.Name(part)
        return found

    def _is_whole(self, node: cst.BaseExpression) -> bool:
        """Whether a state goes on as it is: a statement of its own, or the state that another unrolling starts with."""
        parent = self._parents[node]
        keyword = parent.keyword.value if isinstance(parent, cst.Arg) and parent.keyword is not None else ""
        return isinstance(parent, cst.Expr) or keyword.startswith("initial_state")


def _inner(node: cst.Subscript, form: State) -> State | None:
    """What an index takes of a state; a slice of cells on top of each other is one."""
    index = node.slice[0].slice if len(node.slice) == 1 else None
    if not isinstance(index, cst.Index):
        return form if form.cells else None
    if not form.cells:
        return None
    value = literal_value(index.value)
    known = form.count is not None and form.count == len(form.cells)
    if isinstance(value, int) and known and -len(form.cells) <= value < len(form.cells):
        return form.cells[value]
    alike = all(cell.like(form.cells[0]) for cell in form.cells)
    return form.cells[0] if alike else form


def _number(node: cst.CSTNode) -> int | None:
    """The index in ``name[0]``."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    value = literal_value(node.slice[0].slice.value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def part_of(node: cst.CSTNode, own: list[str]) -> str | None:
    """The part of an LSTM's state that ``state.h`` or ``state[1]`` takes; ``own`` are the names of its two parts."""
    if isinstance(node, cst.Attribute) and node.attr.value in PARTS:
        return own[PARTS.index(node.attr.value)]
    index = _number(node)
    return own[index] if index in (0, 1, -1, -2) else None
