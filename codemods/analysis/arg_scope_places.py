"""Where a module enters and makes arg scopes, and where the functions are called that they hold for."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.contrib_symbols import contrib_name
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal

CODE = "TF450"
_SCOPES = frozenset({"arg_scope", "add_arg_scope"})


class ArgScopePlaces:
    """The places of one module that arg scopes have to do with."""

    def __init__(self, module: cst.Module, symbols: Symbols, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        self.symbols = symbols
        self.parents = parents
        self.module = module
        self.entered: dict[cst.WithItem, None] = {}  # the items that enter scopes
        self.makers: dict[cst.FunctionDef, None] = {}  # the functions that only make scopes
        self.decorated: dict[cst.Decorator, cst.FunctionDef] = {}
        self._names: dict[str, list[cst.Name]] = {}
        self._attributes: dict[str, list[cst.Attribute]] = {}
        self._bases: set[str] = set()  # names of classes that others derive from
        for node in tree.walk(module):
            if isinstance(node, cst.Name):
                self._names.setdefault(node.value, []).append(node)
            elif isinstance(node, cst.Attribute):
                self._attributes.setdefault(node.attr.value, []).append(node)
            elif isinstance(node, cst.ClassDef):
                self._bases.update(item.value.value for item in node.bases if isinstance(item.value, cst.Name))
            elif isinstance(node, cst.Decorator) and self.means(node.decorator) == "add_arg_scope":
                definition = parents[node]
                assert isinstance(definition, cst.FunctionDef)
                self.decorated[node] = definition
        for node in tree.walk(module):
            if isinstance(node, cst.WithItem) and self._enters(node.item):
                self.entered[node] = None

    def means(self, node: cst.CSTNode) -> str | None:
        """``arg_scope`` or ``add_arg_scope``, if that is what an expression names."""
        name = contrib_name(self.symbols.of(node))
        last = name.rpartition(".")[2] if name is not None else None
        return last if last in _SCOPES else None

    def _enters(self, node: cst.BaseExpression) -> bool:
        if not isinstance(node, cst.Call):
            return False
        maker = self.definition(node.func)
        return self.means(node.func) == "arg_scope" or (maker is not None and self.is_maker(maker))

    def definition(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function of this module that a name is sure to mean."""
        if not isinstance(node, cst.Name):
            return None
        found = self.symbols.bindings(node.value, self.symbols.scope(node))
        made = found[0].node if len(found) == 1 else None
        return made if isinstance(made, cst.FunctionDef) else None

    def is_maker(self, definition: cst.FunctionDef) -> bool:
        """Whether a function makes an arg scope: it returns one, or what a ``with`` bound to a name."""
        bound = {
            item.asname.name.value
            for node in tree.walk(definition.body)
            if isinstance(node, cst.With)
            for item in node.items
            if isinstance(item.item, cst.Call)
            and self.means(item.item.func) == "arg_scope"
            and item.asname is not None
            and isinstance(item.asname.name, cst.Name)
        }
        values = [node.value for node in tree.walk(definition.body) if isinstance(node, cst.Return)]
        return bool(values) and all(
            (isinstance(value, cst.Name) and value.value in bound)
            or (isinstance(value, cst.Call) and self.means(value.func) == "arg_scope")
            for value in values
        )

    def references(self, definition: cst.FunctionDef) -> list[cst.CSTNode]:
        """Where a function of the module is named, or may be."""
        name = definition.name.value
        block = self.parents.get(definition)
        owner = self.parents.get(block) if block is not None else None
        if isinstance(owner, cst.ClassDef):
            hidden = name == "call" or (name.startswith("__") and name != "__init__")
            if hidden or owner.name.value in self._bases:
                raise Refusal(CODE, f"where {name}() is called among arg scopes is not known", definition)
            if name != "__init__":
                return [*self._attributes.get(name, ())]
            definition_name, definition_node = owner.name.value, owner.name
        else:
            definition_name, definition_node = name, definition.name
        found: list[cst.CSTNode] = []
        for node in self._names.get(definition_name, ()):
            if node is definition_node or self._is_label(node):
                continue
            bound = self.symbols.bindings(node.value, self.symbols.scope(node))
            if any(item.node is definition or item.node is owner for item in bound):
                if len(bound) > 1:
                    raise Refusal(CODE, f"{definition_name!r} has several meanings", node)
                found.append(node)
        return found

    def _is_label(self, node: cst.Name) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, cst.Attribute):
            return parent.attr is node
        return isinstance(parent, cst.Arg) and parent.keyword is node
