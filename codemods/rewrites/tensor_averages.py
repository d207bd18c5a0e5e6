"""Moving averages of tensors, before everything else: written as the variables and updates that TF1 made for them.

``averages.apply([loss])`` becomes an update of a variable that starts at zero, in a group:
``loss_average.assign_sub((loss_average - loss) * (1.0 - tf.constant(0.9)))``. ``averages.average(loss)`` becomes
``loss_average``. What comes out is TF1 still, with the arithmetic of TensorFlow's python/training/moving_averages.py.
What is not certain is left; the analysis refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis import dtypes, static_shapes
from codemods.analysis.era import Era, era
from codemods.analysis.moving_averages import SYMBOL
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import Symbols, symbols_of
from codemods.analysis.values import Kind
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.positions import Positions
from codemods.rewrites import template

# Where variables are known by their names, or listed: TF1 names an average after the operation that it averages.
_BY_NAME = (
    "Saver",
    "global_variables",
    "all_variables",
    "report_uninitialized_variables",
    "get_collection",
    "Supervisor",
)


@dataclass(frozen=True)
class _Average:
    """One object: the line that makes it, its only ``apply``, the tensors there, and the reads of their averages."""

    line: cst.SimpleStatementLine
    decay: str
    apply: cst.Call
    tensors: tuple[cst.Name, ...]
    shapes: tuple[tuple[int, ...], ...]
    reads: tuple[cst.Call, ...]


def write_out(module: cst.Module, origins: Origins | None) -> tuple[cst.Module, Origins | None, list[Finding]]:
    """The module with averages of tensors written out, the places of its nodes, and what was said about them."""
    symbols = symbols_of(module)
    uses = [use for use in symbols.tf_uses() if use.name == SYMBOL]
    if era(symbols) is not Era.TF1 or not uses or any(_is_by_name(node) for node in tree.walk(module)):
        return module, origins, []
    try:
        staging = Staging(module, symbols)
    except Refusal:
        return module, origins, []  # it comes up again, and is reported then
    stage = _Stage(module, symbols, staging)
    places = Positions(module) if origins is None else origins
    findings = []
    for use in uses:
        call = symbols.call(use.node)
        found = stage.average(call) if call is not None else None
        if found is not None and stage.write(found):
            message = "the averages of tensors are variables that start at zero"
            findings.append(Finding("TF100", places[use.node], message, Status.NATIVE, use.name))
    if not stage.edits:
        return module, origins, []
    after = stage.edits.apply(module, stage.parents)
    return after, Origins(module, after, stage.edits, origins), findings


def _is_by_name(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value in _BY_NAME


class _Stage:
    def __init__(self, module: cst.Module, symbols: Symbols, staging: Staging) -> None:
        self.symbols = symbols
        self.staging = staging
        self.parents = tree.parents(module)
        self.nodes = list(tree.walk(module))
        self.edits = Edits()

    def average(self, call: cst.Call) -> _Average | None:
        """What is known of an object; None where anything about it is not."""
        small = self.parents[call]
        line = self.parents[small]
        target = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
        if not isinstance(target, cst.Name) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        if not self.is_once(target):
            return None
        argument = call.args[0] if len(call.args) == 1 else None
        if argument is None or argument.star or not isinstance(argument.value, cst.Float):
            return None
        if argument.keyword is not None and argument.keyword.value != "decay":
            return None
        methods = self.methods(target)
        if methods is None or [name for name, _ in methods].count("apply") != 1 or methods[0][0] != "apply":
            return None
        apply = methods[0][1]
        listed = apply.args[0].value if len(apply.args) == 1 and apply.args[0].keyword is None else None
        tensors = [item.value for item in listed.elements] if isinstance(listed, cst.List) else []
        shapes = [self.shape(tensor) for tensor in tensors]
        names = [tensor.value for tensor in tensors if isinstance(tensor, cst.Name)]
        known = [shape for shape in shapes if shape is not None]
        if not tensors or len(set(names)) < len(tensors) or len(known) < len(tensors):
            return None
        reads = [read for _, read in methods[1:]]
        for read in reads:
            value = read.args[0].value if len(read.args) == 1 and read.args[0].keyword is None else None
            if not isinstance(value, cst.Name) or value.value not in names:
                return None
        kept = tuple(tensor for tensor in tensors if isinstance(tensor, cst.Name))
        return _Average(line, argument.value.value, apply, kept, tuple(known), tuple(reads))

    def is_once(self, target: cst.Name) -> bool:
        """Whether the function around a name is spoken of once: another call may have tensors of other shapes."""
        around = self.parents[target]
        while not isinstance(around, (cst.Module, cst.FunctionDef)):
            around = self.parents[around]
        if isinstance(around, cst.Module):
            return True
        name = around.name.value
        return sum(isinstance(node, cst.Name) and node.value == name for node in self.nodes) <= 2

    def methods(self, target: cst.Name) -> list[tuple[str, cst.Call]] | None:
        """The calls of the object's methods, in the order of the text; None where it has other uses."""
        found = []
        scopes = set()
        for node in self.nodes:
            if not isinstance(node, cst.Name) or node.value != target.value or node is target:
                continue
            attribute = self.parents[node]
            call = self.parents[attribute]
            bindings = self.symbols.bindings(node.value, self.symbols.scope(node))
            if (
                not self.symbols.is_read(node)
                or len(bindings) != 1
                or not isinstance(attribute, cst.Attribute)
                or attribute.value is not node
                or attribute.attr.value not in ("apply", "average")
                or not isinstance(call, cst.Call)
                or call.func is not attribute
                or any(argument.star for argument in call.args)
            ):
                return None
            scopes.add(id(self.symbols.scope(node)))
            if bindings[0] not in self.symbols.scope(node).bindings.get(node.value, ()):
                return None
            found.append((attribute.attr.value, call))
        return found if len(scopes) == 1 else None

    def shape(self, tensor: cst.BaseExpression) -> tuple[int, ...] | None:
        """The shape of a tensor of floats that has one name; None where it is not certain in full."""
        value = self.staging.last_values.get(tensor)
        if not isinstance(tensor, cst.Name) or value is None or value.kind is not Kind.TENSOR:
            return None
        scope = self.symbols.scope(tensor)
        bindings = self.symbols.bindings(tensor.value, scope)
        if len(bindings) != 1 or bindings[0] not in scope.bindings.get(tensor.value, ()):
            return None
        shape = static_shapes.shape_of(self.staging, tensor)
        if shape is None or not dtypes.is_float32(self.staging, tensor):
            return None
        sizes = tuple(size for size in shape if size is not None and size >= 0)
        return sizes if len(sizes) == len(shape) else None

    def write(self, found: _Average) -> bool:
        """Propose the edits; whether there is a place for the variables and every name is free."""
        names = {tensor.value: f"{tensor.value}_average" for tensor in found.tensors}
        place = self.place(found.apply)
        if place is None or any(self.symbols.is_bound(name) or name in self.symbols.reads for name in names.values()):
            return False
        function = self.symbols.scope(found.apply.func)
        tf = next(iter(self.symbols.names_of("tf", function)), None)
        if tf is None or self.place(found.line) is None:
            return False
        lines = []
        for tensor, shape in zip(found.tensors, found.shapes, strict=True):
            name = names[tensor.value]
            text = f'{name} = {tf}.Variable({tf}.zeros({list(shape)}), trainable=False, name="{name}")'
            lines.append(template.statement(text))
        comments = found.line.trailing_whitespace
        lines[0] = lines[0].with_changes(leading_lines=found.line.leading_lines, trailing_whitespace=comments)
        self.edits.remove(found.line)
        self.edits.insert_before(place, lines)
        updates = [
            f"{name}.assign_sub(({name} - {tensor}) * (1.0 - {tf}.constant({found.decay})))"
            for tensor, name in names.items()
        ]
        group = template.expression(f"{tf}.group({', '.join(updates)})")
        self.edits.substitute(found.apply, group)
        for read in found.reads:
            value = read.args[0].value
            assert isinstance(value, cst.Name)
            self.edits.substitute(read, cst.Name(names[value.value]))
        return True

    def place(self, node: cst.CSTNode) -> cst.BaseStatement | None:
        """The line of a node that surely runs once in its function, or the control dependencies around it."""
        while not isinstance(node, cst.BaseStatement):
            if isinstance(node, (cst.BaseComp, cst.Lambda, cst.IfExp, cst.BooleanOperation)):
                return None
            node = self.parents[node]
        place: cst.BaseStatement = node
        current = self.parents[node]
        while not isinstance(current, (cst.Module, cst.FunctionDef)):
            if isinstance(current, cst.With):
                if all(self.waits(item.item) for item in current.items):
                    place = current
            elif isinstance(current, cst.BaseStatement):
                return None
            current = self.parents[current]
        return place

    def waits(self, item: cst.BaseExpression) -> bool:
        """Whether something is ``tf.control_dependencies(...)``."""
        return isinstance(item, cst.Call) and self.symbols.of(item.func) == "tf.control_dependencies"
