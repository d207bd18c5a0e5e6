"""Simple statements: what they bind, and what they change in place."""

from __future__ import annotations

import libcst as cst

from codemods.analysis import effects, stateful
from codemods.analysis.calls import Evaluator
from codemods.analysis.frames import assigned_names, element_of
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Value, host, sequence, tensor, unknown
from codemods.analysis.variable_scopes import VariableScope


class SimpleStatements(Evaluator):
    """Interpretation of assignments, expressions, imports and the like."""

    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        super().__init__(symbols)
        self.stored: cst.BaseExpression | None = None  # what the assignment at hand stores
        self.modules = effects.imported_modules(module)

    def small(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Assign):
            value = self.value(node.value)
            self.stored = node.value
            for target in node.targets:
                self.assign(target.target, value)
        elif isinstance(node, cst.AnnAssign):
            if node.value is not None:
                self.assign(node.target, self.value(node.value))
        elif isinstance(node, cst.AugAssign):
            self.augmented(node)
        elif isinstance(node, cst.Expr):
            value = self.value(node.value)
            self.lookups.discarded[value] = self.frame
            if isinstance(node.value, cst.Name):
                self.shown(node.value, value)
            if isinstance(node.value, cst.Call):
                self.discarded(node.value)
        elif isinstance(node, cst.Return):
            self.frame.returned.append(self.value(node.value) if node.value is not None else host())
        elif isinstance(node, cst.Global):
            self.frame.globals.update(item.name.value for item in node.names)
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            for name in assigned_names([node]) | _imported(node):
                self.bind(name, Value(Kind.TF, node) if self.names_tensorflow(node) else unknown(node))
        elif isinstance(node, (cst.Assert, cst.Raise, cst.Del)):
            self.values_inside(node)
            if isinstance(node, cst.Del) and isinstance(node.target, cst.Subscript):
                self.changed_in_place(node.target)

    def shown(self, node: cst.Name, value: Value) -> None:
        """A name alone, as notebooks have it to show what it is: nothing is left of a graph object."""
        graph = value.kind in (Kind.OP, Kind.TRAIN, Kind.INIT) or (value.kind is Kind.TENSOR and value.dynamic)
        if graph and self.frame.recorded and self.current is not None:
            self.current.gone.append(node)
            self.notes.append(("TF255", "the text of a tensor or an operation is shown; nothing takes its place", node))

    def discarded(self, node: cst.Call) -> None:
        """A call whose result nobody takes was made for its effect: it may have changed what it was given."""
        if self.symbols.of(node.func) is not None:
            return
        callee = self.last_values.get(node.func)
        if node in self.summaries.known:
            return
        if callee is None or callee.kind is Kind.FUNCTION or _is_saver(callee):
            return
        if effects.only_shows(self.modules, node):
            return
        objects = [argument.value for argument in node.args]
        if isinstance(node.func, cst.Attribute):
            objects.append(node.func.value)
        for item in objects:
            value = self.last_values.get(item)
            if value is None or isinstance(value.payload, VariableScope):
                continue  # what is done to a scope is in the model of state
            if value.kind in (Kind.HOST, Kind.UNKNOWN, Kind.METHOD) and value.constant is None:
                self.changed_in_place(item)

    def augmented(self, node: cst.AugAssign) -> None:
        before, added = self.value(node.target), self.value(node.value)
        if before.kind is Kind.VARIABLE:
            self.refuse("TF402", "an augmented assignment to a variable replaces the name by a tensor", node)
        if before.kind is Kind.SEQUENCE and added.kind is Kind.SEQUENCE:
            items = before.items + added.items if before.items is not None and added.items is not None else None
            joined = (
                sequence(items)
                if items is not None
                else sequence(element=element_of(sequence(before.parts() + added.parts())))
            )
            self.assign(node.target, joined)
        elif before.symbolic or added.symbolic:
            self.assign(node.target, self.computed(node, [before, added]))
        else:
            self.changed_in_place(node.target)  # NumPy adds to the array itself
            self.assign(node.target, host(node))

    def assign(self, target: cst.CSTNode, value: Value) -> None:
        """Bind ``target``, unpacking where it is a tuple."""
        if isinstance(target, cst.Name):
            self.bind(target.value, value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            items = value.items if value.kind is Kind.SEQUENCE else None
            starred = any(isinstance(element, cst.StarredElement) for element in target.elements)
            for index, element in enumerate(target.elements):
                if items is not None and not starred and index < len(items):
                    self.assign(element.value, items[index])
                elif value.kind is Kind.TENSOR:
                    self.assign(element.value, tensor(element.value, [value]))
                else:
                    self.assign(element.value, element_of(value))
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, sequence(element=element_of(value)))
        elif isinstance(target, cst.Subscript):
            self.store_item(target, value)
        elif isinstance(target, cst.Attribute):
            owner = self.value(target.value)
            if owner.kind is Kind.OBJECT:
                stateful.store(target, owner, value)
                return
            if owner.kind is Kind.LAYER and target.attr.value == "trainable":
                self.keras.frozen.append(target)
            if value.symbolic and owner.kind is not Kind.CONFIG:
                self.refuse("TF211", "a graph object is stored in an attribute of an object", target)
            elif owner.kind in (Kind.HOST, Kind.UNKNOWN, Kind.METHOD):
                self.changed_in_place(target.value)

    def store_item(self, target: cst.Subscript, value: Value) -> None:
        container = self.value(target.value)
        key = self.subscript_key(target)
        if container.kind is Kind.MAPPING and key is not None:
            container.fields = dict(container.fields or {}) | {key: value}
        elif container.kind in (Kind.MAPPING, Kind.SEQUENCE):
            index = target.slice[0].slice
            if container.kind is Kind.MAPPING and isinstance(index, cst.Index) and self.stored is not None:
                found = self.last_values.get(index.value) or unknown()
                self.feed_dicts.entry(container, index.value, found, self.stored, self.state.branches)
            container.element = value if container.element is None else element_of(sequence([container.element, value]))
        elif value.symbolic:
            self.refuse("TF211", "a graph object is stored in an object that the analysis does not follow", target)
        self.changed_in_place(target.value)


def _is_saver(callee: Value) -> bool:
    """Whether a method is that of a saver, which changes nothing that it is given."""
    return callee.element is not None and callee.element.kind is Kind.SAVER


def _imported(node: cst.Import | cst.ImportFrom) -> set[str]:
    names: set[str] = set()
    if isinstance(node.names, cst.ImportStar):
        return names
    for alias in node.names:
        if alias.asname is None:
            root: cst.BaseExpression = alias.name
            while isinstance(root, cst.Attribute):
                root = root.value
            if isinstance(root, cst.Name):
                names.add(root.value)
    return names
