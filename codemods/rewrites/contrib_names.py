"""What names stand for where a program of tf.contrib.layers is written out: dicts of parameters, numbers, ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.contrib_symbols import layer_key
from codemods.analysis.scopes import Binding
from codemods.analysis.symbols import Symbols
from codemods.rewrites.contrib_functions import FUNCTIONS

_STEPS = 200  # assignments that are followed
_SAME_RANK = frozenset(
    {"tf.nn.relu", "tf.nn.elu", "tf.nn.tanh", "tf.tanh", "tf.sigmoid", "tf.nn.sigmoid", "tf.identity"}
)


class Names:
    """The names of one module, as far as their only assignments tell what they stand for."""

    def __init__(self, symbols: Symbols, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        self.symbols = symbols
        self.parents = parents
        self._scopes = {scope.node: scope for scope in symbols.scopes()}
        self._by_name: dict[str, list[cst.Name]] = {}
        for node in parents:
            if isinstance(node, cst.Name):
                self._by_name.setdefault(node.value, []).append(node)

    def bindings(self, name: cst.Name) -> list[Binding]:
        """What binds a name where it is read."""
        return self.symbols.bindings(name.value, self.symbols.scope(name))

    def assigned(self, name: cst.Name) -> cst.BaseExpression | None:
        """The expression of the only assignment of a name."""
        found = self.bindings(name)
        made = found[0].node if len(found) == 1 else None
        return made.value if isinstance(made, cst.Assign) and _is_plain(made) else None

    def bound(self, target: cst.Name) -> list[Binding]:
        """All that binds the name which ``target`` binds."""
        at = self.parents.get(target)
        while at is not None and at not in self._scopes:
            at = self.parents.get(at)
        return self.symbols.bindings(target.value, self._scopes[at] if at is not None else None)

    def reads(self, target: cst.Name) -> list[cst.Name]:
        """Where what ``target`` binds is read."""
        bound = self.bound(target)
        return [
            node
            for node in self._by_name.get(target.value, ())
            if not self._is_target(node) and self.symbols.bindings(node.value, self.symbols.scope(node)) is bound
        ]

    def reads_of_import(self, name: cst.Name) -> list[cst.Name]:
        """Where a name is read that an import binds."""
        bound = self.bindings(name)
        inside = [node for node in self._by_name.get(name.value, ()) if not self._is_target(node)]
        imports = (cst.ImportAlias, cst.AsName)
        return [
            node for node in inside if not isinstance(self.parents.get(node), imports) and self.bindings(node) is bound
        ]

    def _is_label(self, node: cst.Name) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, cst.Attribute):
            return parent.attr is node
        return isinstance(parent, cst.Arg) and parent.keyword is node

    def dictionary(self, node: cst.BaseExpression) -> cst.Dict | cst.Call | None:
        """The dict that an expression is: written there, or where the only assignment of its name is."""
        if isinstance(node, cst.Name):
            value = self.assigned(node)
            bound = self.bindings(node)
            reads = [read for read in self._by_name[node.value] if self.bindings(read) is bound]
            if value is None or not all(self._is_target(read) or self.is_argument(read) for read in reads):
                return None
            node = value
        if isinstance(node, cst.Dict):
            return node
        plain = isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict"
        return node if plain and isinstance(node, cst.Call) else None

    def _is_target(self, node: cst.Name) -> bool:
        return self._is_label(node) or isinstance(self.parents.get(node), cst.AssignTarget)

    def is_argument(self, read: cst.Name) -> bool:
        """Whether a name is only handed over as ``normalizer_params``, so that nothing changes the dict."""
        parent = self.parents.get(read)
        if not isinstance(parent, cst.Arg) or parent.keyword is None:
            return False
        return parent.keyword.value in ("normalizer_params", "param_initializers")

    def is_number(self, name: cst.Name) -> bool:
        """Whether a name stands for a whole number."""
        return isinstance(self.assigned(name), cst.Integer)

    def is_fed(self, node: cst.BaseExpression) -> bool:
        """Whether a name stands for a placeholder, or for a parameter without a default, which may be one."""
        if not isinstance(node, cst.Name):
            return False
        made = self.assigned(node)
        if isinstance(made, cst.Call):
            return (self.symbols.of(made.func) or "").startswith("tf.placeholder")
        bound = [binding.node for binding in self.bindings(node)]
        return len(bound) == 1 and isinstance(bound[0], cst.Param) and bound[0].default is None

    def rank(self, node: cst.BaseExpression) -> int | None:
        """The rank of a tensor, where the statements before it show it."""
        for _ in range(_STEPS):
            found = self._rank(node)
            if not isinstance(found, cst.BaseExpression):
                return found
            node = found
        return None

    def _rank(self, node: cst.BaseExpression) -> int | cst.BaseExpression | None:
        """The rank, or the tensor that has the same."""
        if isinstance(node, cst.Name):
            return self.before(node)
        if not isinstance(node, cst.Call):
            return None
        symbol = self.symbols.of(node.func)
        arguments = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
        positional = [arg.value for arg in node.args if arg.keyword is None]
        if symbol in ("tf.placeholder", "tf.reshape"):
            shape = arguments.get("shape", positional[1] if len(positional) > 1 else None)
            return len(shape.elements) if isinstance(shape, (cst.List, cst.Tuple)) else None
        function = FUNCTIONS.get(layer_key(symbol) or "")
        if function is not None and function.rank:
            return function.rank
        if function is not None or symbol in _SAME_RANK:
            return arguments.get("inputs", positional[0] if positional else None)
        return None

    def before(self, name: cst.Name) -> cst.BaseExpression | None:
        """What was assigned to a name last before it is read, where that is certain."""
        bindings = self.bindings(name)
        made = {binding.node for binding in bindings}
        statement: cst.CSTNode = name
        while (block := self.parents.get(statement)) is not None:
            if isinstance(block, (cst.IndentedBlock, cst.Module)):
                for earlier in reversed(block.body[: _position(block, statement)]):
                    found = [node for node in tree.walk(earlier) if node in made]
                    small = earlier.body[0] if isinstance(earlier, cst.SimpleStatementLine) else None
                    if found:
                        plain = found == [small] and isinstance(small, cst.Assign) and _is_named(small)
                        return small.value if plain and isinstance(small, cst.Assign) else None
            if isinstance(block, (cst.FunctionDef, cst.ClassDef, cst.For, cst.While, cst.Lambda, cst.CompFor)):
                break
            statement = block
        return self.assigned(name)

    def assignments(self) -> Iterator[tuple[cst.SimpleStatementLine, cst.Name]]:
        """The lines that bind one name by an assignment that is its only one."""
        for found in self._by_name.values():
            for node in found:
                target = self.parents.get(node)
                assign = self.parents.get(target) if isinstance(target, cst.AssignTarget) else None
                line = self.parents.get(assign) if isinstance(assign, cst.Assign) else None
                single = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and _is_plain(line.body[0])
                if single and isinstance(line, cst.SimpleStatementLine) and len(self.bound(node)) == 1:
                    yield line, node

    def targets(self) -> Iterator[list[tuple[cst.SimpleStatementLine, cst.Assign]]]:
        """The assignments of each name that is bound by plain assignments only, on lines of their own."""
        seen: list[list[Binding]] = []
        for found in self._by_name.values():
            for node in found:
                if not isinstance(self.parents.get(node), cst.AssignTarget):
                    continue
                bound = self.bound(node)
                if any(bound is other for other in seen):
                    continue
                seen.append(bound)
                lines = [(self.parents.get(item.node), item.node) for item in bound]
                plain = [
                    (line, made)
                    for line, made in lines
                    if isinstance(line, cst.SimpleStatementLine) and isinstance(made, cst.Assign) and _is_plain(made)
                ]
                if plain and len(plain) == len(lines) and all(len(line.body) == 1 for line, _ in plain):
                    yield plain

    def is_stable(self, bound: list[Binding], made: cst.CSTNode, used: cst.CSTNode) -> bool:
        """Whether a name of the module, bound several times, means the same at two places of straight-line code."""
        module = next((node for node in self._around(used) if isinstance(node, cst.Module)), None)
        blocks = (cst.FunctionDef, cst.ClassDef, cst.Lambda)
        places = [made, used, *(binding.node for binding in bound)]
        if module is None or any(isinstance(node, blocks) for place in places for node in self._around(place)):
            return False
        top: dict[cst.CSTNode, int] = {node: place for place, node in enumerate(module.body)}

        def position(node: cst.CSTNode) -> int:
            return next((top[item] for item in [node, *self._around(node)] if item in top), -1)

        first, last = position(made), position(used)
        bindings = [position(binding.node) for binding in bound]
        return 0 <= first <= last and not any(place < 0 or first <= place <= last for place in bindings)

    def _around(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        found = []
        current = self.parents.get(node)
        while current is not None:
            found.append(current)
            current = self.parents.get(current)
        return found

    def is_removable(self, line: cst.SimpleStatementLine) -> bool:
        """Whether an assignment has no effect but to bind its name: of a dict that is written out, or of a module."""
        assign = line.body[0]
        assert isinstance(assign, cst.Assign)
        value = assign.value
        symbol = self.symbols.of(value) or ""
        module = (
            symbol in ("tf.contrib.slim", "tf.contrib.layers", "tf.contrib.framework") or layer_key(symbol) is not None
        )
        call = isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "dict"
        return module or isinstance(value, cst.Dict) or call


def _position(block: cst.IndentedBlock | cst.Module, statement: cst.CSTNode) -> int:
    return next(place for place, found in enumerate(block.body) if found is statement)


def _is_plain(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name)


def _is_named(node: cst.Assign) -> bool:
    """Whether an assignment binds one name to the value itself: ``net = end_points["conv1"] = value``."""
    targets = [item.target for item in node.targets]
    names = [target for target in targets if isinstance(target, cst.Name)]
    return len(names) == 1 and all(isinstance(target, (cst.Name, cst.Subscript)) for target in targets)
