"""All variables of a program, by the names that TF1 gave them, and how one is written in a place.

``Names`` is the part of the model of state that knows every variable in the order in which they are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.containers import join
from codemods.analysis.values import Kind, Value, Variable
from codemods.analysis.variable_scopes import Scopes

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase


class Names(Scopes):
    """All variables, in the order in which they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.order: dict[Variable, tuple[cst.CSTNode, ...]] = {}  # all variables, and the branches and loops around
        self.full_names: dict[Variable, str | None] = {}
        self.paths_of: dict[Variable, str | None] = {}  # the name scope in which each was made
        self.named: set[Variable] = set()  # variables that TF2 gives the same name

    def note(self, variable: Variable, full: str | None) -> None:
        """Note a variable that is made, with its name in the graph where that is known."""
        if full is not None and any(
            name == full for item, name in self.full_names.items() if item.graph == variable.graph
        ):
            full = None  # TF1 makes the name another one
        self.order[variable] = tuple(self.branches)
        self.full_names[variable] = full
        self.paths_of[variable] = self.paths[-1]
        if full is not None:
            self.named.add(variable)

    def renamed(self, variable: Variable, full: str | None) -> None:
        """The operation of a variable is called ``full``, since something in the graph had the name; None: perhaps."""
        self.full_names[variable] = full
        self.named.discard(variable)

    def name_in_scope(self, name: object) -> str | None:
        """The full name of a ``tf.Variable`` that is called ``name``."""
        path = self.paths[-1]
        if not isinstance(name, str) or path is None or join(path, name.lower()) in self.taken:
            return None
        return join(path, name)

    def check_name(self, evaluator: EvaluatorBase, node: cst.Attribute, variable: object) -> None:
        """``variable.name`` is read: refused where TF1 made it another one, as TF2 does not."""
        read = [variable] if isinstance(variable, Variable) else list(self.order)
        if any(found not in self.named for found in read):
            message = "TF1 gave this variable a name of its own making, which TF2 does not"
            evaluator.refuse("TF416", message, node)

    def listed(self, graph: int) -> list[Variable]:
        """The variables of a graph that were made so far, in order."""
        return [variable for variable in self.order if variable.graph == graph]

    def exists(self, variable: Variable) -> bool:
        """Whether a variable was surely made once, seen from the place being interpreted."""
        around = self.order[variable]
        looped = any(not isinstance(node, (cst.If, cst.Try)) for node in around)
        return not looped and list(around) == self.branches[: len(around)]


def spelled(evaluator: EvaluatorBase, variable: Variable) -> str | None:
    """How ``variable`` is written where the evaluator stands: a name or an element of a container; None without one."""
    for name in dict.fromkeys([*variable.targets, *evaluator.frame.visible()]):
        found = evaluator.frame.find(name)
        if found is None or len(found[0].sources) != 1:
            continue
        for text, value in _inside(name, found[0].value):
            if value.kind is Kind.VARIABLE and value.payload is variable:
                evaluator.name(cst.Name(name))
                return text
    return None


def _inside(text: str, value: Value) -> Iterator[tuple[str, Value]]:
    yield text, value
    if value.kind is Kind.SEQUENCE:
        for index, item in enumerate(value.items or ()):
            yield from _inside(f"{text}[{index}]", item)
    elif value.kind is Kind.MAPPING:
        for key, item in (value.fields or {}).items():
            yield from _inside(f"{text}[{key!r}]", item)
