"""A list of variables that an emitted function needs more than once is written once, and called `variables`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from codemods import tree

_SHORT = 2  # members of a list that reads as well when it is written again


def written_once(
    lines: Sequence[cst.BaseStatement], listed: Iterable[str], fresh: Callable[[str], str]
) -> list[cst.BaseStatement]:
    """The lines of a function with each list among ``listed`` that they hold twice bound to a name before them.

    ``listed`` are the lists that the engine writes, as text. Weights of layers are left where they stand: a layer has
    none before its first call.
    """
    wanted = {text for text in listed if "_variables" not in text and ".variables" not in text}
    counts = Counter(_text(node) for line in lines for node in tree.walk(line) if isinstance(node, cst.List))
    found = list(lines)
    for text, count in counts.items():
        if count < 2 or text not in wanted or text.count(",") < _SHORT:
            continue
        name = fresh("variables")
        first = next(index for index, line in enumerate(found) if _holds(line, text))
        value = next(node for node in tree.walk(found[first]) if isinstance(node, cst.List) and _text(node) == text)
        bound = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value.deep_clone())])
        named = [line.visit(_Named(text, name)) for line in found]
        found = [line for line in named if isinstance(line, cst.BaseStatement)]
        found.insert(first, bound)
    return found


def _holds(line: cst.BaseStatement, text: str) -> bool:
    return any(isinstance(node, cst.List) and _text(node) == text for node in tree.walk(line))


def _text(node: cst.List) -> str:
    """A list on one line, however it is laid out."""
    plain = [element.with_changes(comma=cst.MaybeSentinel.DEFAULT) for element in node.elements]
    return cst.Module([]).code_for_node(cst.List(plain))


class _Named(cst.CSTTransformer):
    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self.text = text
        self.name = name

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        return cst.Name(self.name) if _text(original_node) == self.text else updated_node
