"""The names of a module as the rewriting of recurrent cells asks for them: what binds a variable, and what reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Binding, Symbols
from codemods.findings import Refusal


class Names:
    """The names of one module, with the places where they are bound."""

    def __init__(
        self,
        module: cst.Module,
        symbols: Symbols,
        parents: Mapping[cst.CSTNode, cst.CSTNode],
        tries: Collection[cst.Try] = (),
    ) -> None:
        self.module = module
        self.symbols = symbols
        self.parents = parents
        self.tries = tries  # of which only what is tried will be in the output
        self._gone = {inner for item in tries for node in item.handlers for inner in tree.walk(node)}
        self._taken: set[str] = set()
        self._nothing: list[Binding] = []  # what binds the names of built-ins

    @cached_property
    def everywhere(self) -> dict[str, list[cst.Name]]:
        """All names of the module; those of attributes and keywords left out."""
        return self.of(self.module)

    @cached_property
    def order(self) -> dict[cst.CSTNode, int]:
        """The nodes of the module in the order of its text."""
        return {node: index for index, node in enumerate(tree.walk(self.module))}

    def of(self, owner: cst.CSTNode) -> dict[str, list[cst.Name]]:
        """The names in a body, with all their nodes; those of attributes and keywords left out."""
        found: dict[str, list[cst.Name]] = {}
        for node in tree.walk(owner):
            if isinstance(node, cst.Name) and node not in self._gone:
                parent = self.parents.get(node)
                if isinstance(parent, cst.Attribute) and parent.attr is node:
                    continue
                if isinstance(parent, cst.Arg) and parent.keyword is node:
                    continue
                found.setdefault(node.value, []).append(node)
        return found

    def same(self, name: cst.Name) -> list[cst.Name]:
        """The nodes of the same variable, in the order of the text."""
        own = self.variable(name)
        return [node for node in self.everywhere.get(name.value, ()) if self.variable(node) is own]

    def variable(self, name: cst.Name) -> list[Binding]:
        """What binds the variable that a name is; the same list for all names of one variable."""
        if self.binds(name):
            current: cst.CSTNode | None = name
            while current is not None:
                if (current, name.value) in self._bindings:
                    return self._bindings[current, name.value]
                current = self.parents.get(current)
        return self.symbols.bindings(name.value, self.symbols.scope(name)) or self._nothing

    @cached_property
    def _bindings(self) -> dict[tuple[cst.CSTNode, str], list[Binding]]:
        return {
            (binding.node, name): bindings
            for scope in self.symbols.scopes()
            for name, bindings in scope.bindings.items()
            for binding in bindings
        }

    def reads(self, name: cst.Name) -> list[cst.Name]:
        """Where the variable of a name is read."""
        return [node for node in self.same(name) if not self.binds(node)]

    def body(self, node: cst.CSTNode) -> cst.Module | cst.FunctionDef:
        """The module or function in whose body a statement stands."""
        current: cst.CSTNode = node
        while not isinstance(current, (cst.Module, cst.FunctionDef)):
            current = self.parents[current]
        return current

    def binds(self, node: cst.Name) -> bool:
        """Whether a name is bound in its place."""
        parent = self.parents.get(node)
        while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.StarredElement)):
            parent = self.parents.get(parent)
        if isinstance(parent, (cst.Param, cst.FunctionDef, cst.ClassDef)):
            return parent.name is node
        return isinstance(parent, (cst.AssignTarget, cst.AsName, cst.NameItem)) or (
            isinstance(parent, (cst.For, cst.CompFor, cst.AugAssign, cst.AnnAssign, cst.NamedExpr))
            and parent.target is node
        )

    def bound_in(self, container: cst.CSTNode) -> Iterator[cst.Name]:
        """The names that something in ``container`` binds, parameters included."""
        for node in tree.walk(container):
            if isinstance(node, cst.Name) and self.binds(node):
                yield node

    def bound_before(self, name: str, place: cst.CSTNode) -> bool:
        """Whether a name of the module has its one value before a statement of it."""
        known = self.symbols.bindings(name)
        bindings = [node for node in self.everywhere.get(name, []) if self.binds(node) and self.variable(node) is known]
        if not bindings:
            return True  # an import or a built-in
        if len(bindings) != 1:
            return False
        parent = self.parents[bindings[0]]
        at = self.parents[parent] if isinstance(parent, (cst.FunctionDef, cst.ClassDef)) else bindings[0]
        return self.body(at) is self.module and self.order[bindings[0]] < self.order[place]

    def line(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """The line of simple statements that a node is in, if that is no part of a compound statement's head."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.SimpleStatementLine):
            if isinstance(current, cst.BaseCompoundStatement):
                return None
            current = self.parents.get(current)
        return current

    def given(self, name: cst.Name) -> tuple[cst.Assign, cst.BaseExpression]:
        """The plain assignment that binds ``name``, a target, and the expression that it gives the name.

        Raises Refusal (TF470).
        """
        parent = self.parents[name]
        if isinstance(parent, cst.AssignTarget):
            assign = self.parents[parent]
            if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
                return assign, assign.value
        if isinstance(parent, cst.Element):
            target = self.parents[parent]
            holder = self.parents.get(self.parents.get(target, target), target)
            if isinstance(target, cst.Tuple) and isinstance(holder, cst.Assign) and len(holder.targets) == 1:
                value = holder.value
                if isinstance(value, cst.Tuple) and len(value.elements) == len(target.elements):
                    index = [element.value for element in target.elements].index(name)
                    return holder, value.elements[index].value
        raise Refusal("TF470", f"the cell {name.value} is not made by a plain assignment", name)

    def is_assigned(self, name: cst.Name) -> bool:
        """Whether a name is the one target of an assignment."""
        parent = self.parents[name]
        assign = self.parents[parent] if isinstance(parent, cst.AssignTarget) else None
        return isinstance(assign, cst.Assign) and len(assign.targets) == 1

    def reaching(self, name: cst.Name) -> list[cst.Name]:
        """The bindings that a read of a variable may see: one, or those of the branches before it.

        Raises Refusal (TF470) where that is not certain.
        """
        bindings = [node for node in self.same(name) if self.binds(node)]
        known = [item for item in self.variable(name) if item.node not in self._gone]
        if not bindings or len(bindings) != len(known):
            raise Refusal("TF470", f"the cell {name.value} is not made by a plain assignment", name)
        if len(bindings) == 1:
            return bindings
        if any(self.body(node) is not self.body(name) for node in bindings):
            raise Refusal("TF470", f"the cell {name.value} is bound more than once, in several functions", name)
        found: list[cst.Name] = []
        current: cst.CSTNode = name
        while not isinstance(current, (cst.Module, cst.FunctionDef)):
            block = self.parents[current]
            statements = list(getattr(block, "body", ())) if isinstance(block, (cst.IndentedBlock, cst.Module)) else []
            if current in statements:
                for statement in reversed(statements[: statements.index(current)]):
                    inside = [node for node in bindings if self._holds(statement, node)]
                    found += inside
                    if inside and isinstance(statement, cst.SimpleStatementLine):
                        return found
            if isinstance(block, (cst.For, cst.While)):
                found += [node for node in bindings if self._holds(block, node) and node not in found]
            current = block
        if not found:
            raise Refusal("TF470", f"the cell {name.value} is bound after it is read", name)
        return found

    def reaching_once(self, name: cst.Name) -> bool:
        """Whether a variable has one binding in the whole module."""
        bindings = [node for node in self.same(name) if self.binds(node)]
        return len(bindings) == 1 == len(self.variable(name))

    def _holds(self, outer: cst.CSTNode, node: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None and current is not outer:
            current = self.parents.get(current)
        return current is outer

    def fresh(self, stem: str, other: str | None = None) -> str:
        """A name that nothing in the module has; ``other`` where the first choice is taken."""
        users = self.symbols.names | self.everywhere.keys()
        stem = (other or f"{stem}_layer") if stem in users else stem
        name, number = stem, 2
        while name in users or name in self._taken:
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name)
        return name
