"""Expressions that stand in one place and are to be written in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree


@dataclass(frozen=True, eq=False)
class Given:
    """An expression that a scope gives, and what the names in it stand for where they are not plain names."""

    node: cst.BaseExpression
    names: Mapping[str, Given] = field(default_factory=dict)

    def written(self, respelled: Mapping[cst.CSTNode, cst.BaseExpression]) -> cst.BaseExpression:
        """A new expression for it; ``respelled`` has the parts of the program that are written otherwise now."""
        made = self.node.visit(_Substitution(self.names, respelled))
        assert isinstance(made, cst.BaseExpression)
        return made.deep_clone()


class _Substitution(cst.CSTTransformer):
    def __init__(self, names: Mapping[str, Given], respelled: Mapping[cst.CSTNode, cst.BaseExpression]) -> None:
        super().__init__()
        self.names = names
        self.respelled = respelled

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return not any(param.name.value in self.names for param in node.params.params)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        return self.respelled.get(original_node) or updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node in self.respelled:
            return self.respelled[original_node]
        found = self.names.get(original_node.value)
        if found is None:
            return updated_node
        made = found.written(self.respelled)
        if isinstance(made, (cst.BinaryOperation, cst.UnaryOperation, cst.IfExp, cst.Lambda, cst.BooleanOperation)):
            made = made.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return made


def read_names(node: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that an expression reads; those that it binds itself (of a lambda) left out."""
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, (cst.Attribute, cst.Arg)):
        yield from read_names(node.value)
    elif isinstance(node, cst.Lambda):
        bound = {param.name.value for param in node.params.params}
        yield from (name for name in read_names(node.body) if name.value not in bound)
    else:
        for child in tree.children(node):
            yield from read_names(child)
