"""Small pieces of code from text with holes; what is put into a hole keeps its identity."""

from __future__ import annotations

import re

import libcst as cst

_HOLE = re.compile(r"\{(\w+)\}")


def expression(text: str, **holes: cst.CSTNode) -> cst.BaseExpression:
    """The expression ``text``, where ``{name}`` stands for the node of that name.

    Unlike libcst's own templates the nodes are not copied, so that they can be found in the output again.
    """
    result = cst.parse_expression(_HOLE.sub(r"__\1__", text)).visit(_Fill(holes))
    assert isinstance(result, cst.BaseExpression)
    return result


def statement(text: str, **holes: cst.CSTNode) -> cst.SimpleStatementLine:
    """The one-line statement ``text``, with holes as in ``expression``."""
    result = cst.parse_statement(_HOLE.sub(r"__\1__", text)).visit(_Fill(holes))
    assert isinstance(result, cst.SimpleStatementLine)
    return result


class _Fill(cst.CSTTransformer):
    def __init__(self, holes: dict[str, cst.CSTNode]) -> None:
        super().__init__()
        self.holes = {f"__{name}__": node for name, node in holes.items()}

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        node = self.holes.get(original_node.value)
        if node is None:
            return updated_node
        assert isinstance(node, cst.BaseExpression)
        return node
