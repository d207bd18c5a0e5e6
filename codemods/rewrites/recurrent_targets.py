"""What the result of an unrolled cell is bound to: outputs, and a state of one or several tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.symbols import Use
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value

_PARTS = ("c", "h")


@dataclass
class Target:
    """The names that a statement binds: ``outputs``, and ``states`` (none where nothing reads them).

    ``listed`` is the name of a list of the states to be made after the statement; ``taken`` are expressions that take
    one of them (``state.h``, ``state[1]``), with the name that they become.
    """

    outputs: str
    states: list[str] = field(default_factory=list)
    starred: bool = False
    listed: str | None = None
    taken: dict[cst.BaseExpression, str] = field(default_factory=dict)

    def write(
        self, edits: Edits, line: cst.SimpleStatementLine, statement: cst.Assign, value: cst.BaseExpression
    ) -> None:
        """Propose the edits of the statement and of what takes parts of the state."""
        names: list[cst.BaseElement] = [cst.Element(cst.Name(self.outputs))]
        for name in self.states:
            names.append(cst.StarredElement(cst.Name(name)) if self.starred else cst.Element(cst.Name(name)))
        names = [
            item.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for item in names[:-1]
        ] + names[-1:]
        bound: cst.BaseAssignTargetExpression = cst.Name(self.outputs)
        if self.states:
            bound = cst.Tuple(names, lpar=[], rpar=[])
        edits.substitute(statement, cst.Assign([cst.AssignTarget(bound)], value))
        if self.listed is not None:
            items = [cst.Element(cst.Name(name)) for name in self.states]
            whole = cst.Assign([cst.AssignTarget(cst.Name(self.listed))], cst.List(items))
            edits.insert_after(line, [cst.SimpleStatementLine([whole])])
        for node, name in self.taken.items():
            edits.substitute(node, cst.Name(name))


def read_target(
    statement: cst.Assign,
    states: int | None,
    names: dict[str, list[cst.Name]],
    parents: Mapping[cst.CSTNode, cst.CSTNode],
    use: Use,
) -> Target:
    """The target of ``outputs, state = ...``. ``states`` is as in `Cell`, ``names`` those of the body around.

    Raises Refusal (TF470).
    """
    target = statement.targets[0].target
    parts = [element.value for element in target.elements] if isinstance(target, cst.Tuple) else []
    if len(statement.targets) != 1 or len(parts) != 2 or not isinstance(parts[0], cst.Name):
        raise Refusal("TF470", f"{use.name} whose result is not taken as `outputs, state`", use.node, use.name)
    outputs, state = parts[0].value, parts[1]
    if isinstance(state, cst.Tuple):
        inner = [element.value for element in state.elements]
        if states != len(inner) or not all(isinstance(item, cst.Name) for item in inner):
            message = f"{use.name} whose state is taken apart otherwise than it is made"
            raise Refusal("TF470", message, use.node, use.name)
        bound = [str(getattr(item, "value", "")) for item in inner]
        if all(len(names.get(name, [])) < 2 for name in bound):
            return Target(outputs)
        return Target(outputs, bound)
    if not isinstance(state, cst.Name):
        raise Refusal("TF470", f"{use.name} whose state is not bound to a name", use.node, use.name)
    if state.value == "_" or len(names.get(state.value, [])) < 2:
        return Target(outputs)
    if states is None:
        raise Refusal("TF470", "the states of LSTM cells on top of each other are used", use.node, use.name)
    if states == 1:
        return Target(outputs, [state.value])
    if states == 0:
        return Target(outputs, [state.value], starred=True)
    own = [f"{state.value}_{part}" for part in _PARTS]
    if any(name in names for name in own):
        raise Refusal("TF470", f"the names {own[0]} and {own[1]} are taken", use.node, use.name)
    readers = [parents[name] for name in names[state.value] if name is not state]
    taken = {node: _part(node, own) for node in readers}
    found = {node: part for node, part in taken.items() if part is not None and isinstance(node, cst.BaseExpression)}
    return Target(outputs, own, listed=None if len(found) == len(taken) else state.value, taken=found)


def _part(node: cst.CSTNode, own: list[str]) -> str | None:
    """The part of a state that ``state.h`` or ``state[1]`` takes."""
    if isinstance(node, cst.Attribute) and node.attr.value in _PARTS:
        return own[_PARTS.index(node.attr.value)]
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        index = literal_value(node.slice[0].slice.value)
        return own[index] if isinstance(index, int) and index in (0, 1, -1, -2) else None
    return None
