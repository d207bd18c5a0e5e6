"""Fast walks over libcst trees.

libcst's own ``children`` and visitors go through every whitespace node; an analysis of names needs only the nodes
that carry syntax, which is about a fifth of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import libcst as cst

# Fields that hold whitespace, comments, parentheses and punctuation: nothing in them can be named or edited.
_LAYOUT_FIELDS = frozenset(
    {
        "comma", "colon", "dot", "equal", "semicolon", "lpar", "rpar", "lbrace", "rbrace", "lbracket", "rbracket",
        "leading_lines", "lines_after_decorators", "lines_after_module_name", "trailing_whitespace", "header", "footer",
        "first_colon", "second_colon", "indent", "newline", "async_", "asynchronous", "from_", "walrus", "star",
        "posonly_ind", "separator", "bar",
    }
)  # fmt: skip


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = getattr(kind, "__dataclass_fields__", {})
    return tuple(
        name
        for name, field in names.items()
        if field.init and name not in _LAYOUT_FIELDS and not name.startswith("whitespace") and name != "__slots__"
    )


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The child nodes that carry syntax, in field order (which is source order except for comprehensions)."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found.extend(item for item in value if isinstance(item, cst.CSTNode))
    return found


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """``node`` and everything below it, parents before children, in field order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = children(current)
        below.reverse()
        stack.extend(below)


def parents(root: cst.CSTNode) -> dict[cst.CSTNode, cst.CSTNode]:
    """Each syntax node's parent; libcst nodes hash by identity, so the nodes themselves are the keys."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    stack = [root]
    while stack:
        current = stack.pop()
        below = children(current)
        for child in below:
            found[child] = current
        stack.extend(below)
    return found
