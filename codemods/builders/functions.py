"""The builder functions of a program: those that make variables or layers and compute tensors with them.

A function that only makes variables (``weight_variable(shape)``) stays a function: it is called where an object makes
its state. What computes as well becomes a class, and each of its calls an object or a call of one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis import layer_table, roles
from codemods.analysis.called import UserCall
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Kind, Value
from codemods.builders.shapes import shape_read
from codemods.findings import Refusal
from codemods.rewrites.names import executed

LATE = frozenset({Kind.PLACEHOLDER, Kind.TENSOR, Kind.VARIABLE, Kind.KERAS, Kind.SHAPE, Kind.OP, Kind.TRAIN})


class Makes(enum.Enum):
    """What a call in a builder makes."""

    VARIABLE = "a variable, or a container of variables"
    LAYER = "a layer, which it calls at once"
    OBJECT = "an object of a builder's class, which it calls at once"


@dataclass(eq=False)
class Builder:
    """A function that becomes a class; ``late`` are its parameters that are graph tensors."""

    definition: cst.FunctionDef
    calls: list[UserCall] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    outside: list[str] = field(default_factory=list)  # graph tensors that it reads from around it

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.definition.name.value

    @property
    def parameters(self) -> list[cst.Param]:
        """The parameters, in order."""
        params = self.definition.params
        return [*params.posonly_params, *params.params, *params.kwonly_params]


class Functions:
    """What the functions of a module make."""

    def __init__(self, staging: Staging, symbols: Symbols, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        self.staging = staging
        self.symbols = symbols
        self.parents = parents
        self.makers: set[cst.FunctionDef] = set()
        self.builders: dict[cst.FunctionDef, Builder] = {}
        self._find()

    def _find(self) -> None:
        calls = list(self.staging.user_calls.values())
        definitions = dict.fromkeys(call.definition for call in calls)
        making: set[cst.FunctionDef] = set()
        grown = True
        while grown:
            before = len(making)
            making |= {found for found in definitions if self._makes_state(found, making)}
            grown = len(making) > before
        for definition in definitions:
            if definition not in making or self.staging.runs_graph(definition):
                continue
            results = [self.staging.last_values[call.node] for call in calls if call.definition is definition]
            if any(computes(leaf) for value in results for leaf in value.leaves()):
                own = [call for call in calls if call.definition is definition]
                self.builders[definition] = Builder(definition, own)
            else:
                self.makers.add(definition)
        self._find_late()

    def _makes_state(self, definition: cst.FunctionDef, making: set[cst.FunctionDef]) -> bool:
        for node in executed(definition.body):
            if isinstance(node, cst.Call):
                called = self.staging.user_calls.get(node)
                if self._tf_state(node) is not None or (called is not None and called.definition in making):
                    return True
        return False

    def _tf_state(self, node: cst.Call) -> Makes | None:
        return makes_state(self.symbols, node)

    def makes(self, node: cst.CSTNode) -> Makes | None:
        """What a call makes, if it makes state."""
        if not isinstance(node, cst.Call):
            return None
        called = self.staging.user_calls.get(node)
        if called is not None:
            if called.definition in self.builders:
                return Makes.OBJECT
            return Makes.VARIABLE if called.definition in self.makers else None
        return self._tf_state(node)

    def made_in(self, node: cst.CSTNode) -> list[cst.Call]:
        """The calls in ``node`` that make state, in the order in which they run; not those inside another's making."""
        found: list[cst.Call] = []
        self._collect(node, found)
        return found

    def _collect(self, node: cst.CSTNode, found: list[cst.Call]) -> None:
        made = self.makes(node)
        if made is Makes.VARIABLE:
            found.append(node)  # type: ignore[arg-type]  # only calls make something
            return
        if isinstance(node, (cst.Lambda, cst.FunctionDef)):
            return
        for child in tree.children(node):
            self._collect(child, found)
        if made is not None:
            found.append(node)  # type: ignore[arg-type]

    # Graph tensors among the parameters

    def _find_late(self) -> None:
        for builder in self.builders.values():
            for name, bindings in self.staging.helper_reads.get(builder.definition, {}).items():
                if any(
                    leaf.kind is not Kind.VARIABLE and computes(leaf) for b in bindings for leaf in b.value.leaves()
                ):
                    builder.outside.append(name)
        grown = True
        while grown:
            before = sum(len(builder.late) for builder in self.builders.values())
            for builder in self.builders.values():
                for call in builder.calls:
                    for name, argument in self.bound(builder, call.node).items():
                        if self.is_late_argument(argument.value):
                            builder.late.add(name)
            grown = sum(len(builder.late) for builder in self.builders.values()) > before

    def is_late_argument(self, node: cst.BaseExpression) -> bool:
        """Whether an argument of a builder's call is, or is computed from, a graph tensor."""
        value = self.staging.last_values.get(node)
        if value is not None and any(leaf.kind in LATE for leaf in value.leaves()):
            return True
        inside = self.enclosing(node)
        builder = self.builders.get(inside) if inside is not None else None
        return builder is not None and bool(reads(node, self.parents) & late_names(self, builder))

    def is_input(self, builder: Builder, name: cst.Name) -> bool:
        """Whether a name stands for a parameter that is a graph tensor, as it was given."""
        own = builder.late - set(builder.outside)
        return name.value in own and all(
            name.value not in names or _is_after(builder, node, name)
            for names, _, node in assignments(builder.definition.body)
        )

    def reads_of_tensors(self, builder: Builder, node: cst.CSTNode) -> set[str]:
        """The names that an expression reads, other than for the static shape of an input."""
        return {
            found.value
            for found in read_names(node, self.parents)
            if not (self.is_input(builder, found) and shape_read(found, self.parents) is not None)
        }

    def enclosing(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function around a node."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, cst.FunctionDef):
            current = self.parents.get(current)
        return current

    def bound(self, builder: Builder, call: cst.Call) -> dict[str, cst.Arg]:
        """The arguments of a call by parameter. Raises Refusal."""
        params = builder.definition.params
        if isinstance(params.star_arg, cst.Param) or params.star_kwarg is not None or params.kwonly_params:
            raise Refusal("TF443", f"{builder.name}() takes parameters after a *", builder.definition)
        positional = [*params.posonly_params, *params.params]
        found: dict[str, cst.Arg] = {}
        for index, argument in enumerate(call.args):
            if argument.star:
                raise Refusal("TF443", f"{builder.name}() is called with * or ** arguments", call)
            if argument.keyword is not None:
                found[argument.keyword.value] = argument
            elif index < len(positional):
                found[positional[index].name.value] = argument
        return found


def makes_state(symbols: Symbols, node: cst.CSTNode) -> Makes | None:
    """What a call of a symbol of TensorFlow makes, if it makes state."""
    symbol = symbols.of(node.func) if isinstance(node, cst.Call) else None
    if symbol is None:
        return None
    if symbol in layer_table.FUNCTIONS:
        return Makes.LAYER
    if roles.role(symbol) == roles.VARIABLE or symbol in layer_table.CLASSES:
        return Makes.VARIABLE
    return None


def computes(value: Value) -> bool:
    """Whether a value is a graph tensor, and not merely a variable."""
    return value.kind in (Kind.TENSOR, Kind.PLACEHOLDER, Kind.KERAS) or (
        value.dynamic and value.kind is not Kind.VARIABLE
    )


def reads(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> set[str]:
    """The names that an expression or statement reads."""
    return {found.value for found in read_names(node, parents)}


def read_names(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> Iterator[cst.Name]:
    """The places where names are read, inner functions included, without the names that these bind themselves."""
    stack: list[tuple[cst.CSTNode, frozenset[str]]] = [(node, frozenset())]
    while stack:
        current, own = stack.pop()
        if isinstance(current, cst.Name):
            if current.value not in own and _is_read(current, parents.get(current)):
                yield current
            continue
        if isinstance(current, (cst.Lambda, cst.FunctionDef)):
            params = current.params
            names = {param.name.value for param in [*params.posonly_params, *params.params, *params.kwonly_params]}
            own = own | names
        if isinstance(current, cst.BaseComp):
            own = own | {name.value for name in _comprehension_targets(current)}
        stack.extend((child, own) for child in reversed(tree.children(current)))


def _comprehension_targets(node: cst.BaseComp) -> Iterator[cst.Name]:
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        yield from (found for found in tree.walk(clause.target) if isinstance(found, cst.Name))
        clause = clause.inner_for_in


def _is_after(builder: Builder, statement: cst.CSTNode, name: cst.Name) -> bool:
    """Whether a statement at the top of a builder's body stands after the one that reads ``name``, or is that one."""
    lines = list(builder.definition.body.body)
    places = [index for index, line in enumerate(lines) if any(item is statement for item in tree.walk(line))]
    reading = [index for index, line in enumerate(lines) if any(item is name for item in tree.walk(line))]
    return (
        bool(places and reading) and reading[0] <= places[0] and isinstance(lines[places[0]], cst.SimpleStatementLine)
    )


def _is_read(node: cst.Name, parent: cst.CSTNode | None) -> bool:
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    if isinstance(parent, cst.Arg):
        return parent.value is node
    if isinstance(parent, cst.AugAssign):
        return True
    if isinstance(parent, cst.For):
        return parent.iter is node
    if isinstance(parent, (cst.AssignTarget, cst.FunctionDef, cst.ClassDef, cst.Param, cst.AsName)):
        return isinstance(parent, cst.Param) and parent.default is node
    return not isinstance(parent, cst.ImportAlias)


def target_names(node: cst.CSTNode) -> list[str]:
    """The names that an assignment target binds."""
    if isinstance(node, cst.Name):
        return [node.value]
    if isinstance(node, (cst.Tuple, cst.List)):
        return [name for element in node.elements for name in target_names(element.value)]
    if isinstance(node, cst.StarredElement):
        return target_names(node.value)
    return []


def assignments(body: cst.CSTNode) -> Iterator[tuple[list[str], cst.BaseExpression, cst.CSTNode]]:
    """What each statement of a function (not of inner ones) binds: names, expression and statement."""
    for node in executed(body):
        if isinstance(node, cst.Assign):
            names = [name for target in node.targets for name in target_names(target.target)]
            yield names, node.value, node
        elif isinstance(node, (cst.AugAssign, cst.AnnAssign)) and node.value is not None:
            yield target_names(node.target), node.value, node
        elif isinstance(node, cst.For):
            yield target_names(node.target), node.iter, node
        elif isinstance(node, cst.NamedExpr):
            yield target_names(node.target), node.value, node


def late_names(functions: Functions, builder: Builder) -> set[str]:
    """The names of a builder that are, or are computed from, graph tensors."""
    found = {*builder.late, *builder.outside}
    states = state_names(functions, builder)
    grown = True
    while grown:
        grown = False
        for names, value, node in assignments(builder.definition.body):
            if set(names) <= found or (isinstance(node, cst.Assign) and is_state(functions, value)):
                continue
            read = functions.reads_of_tensors(builder, value)
            if isinstance(node, cst.AugAssign):
                read |= set(names)
            if read & (found | states) or any(
                functions.makes(call) is not Makes.VARIABLE or call is not value for call in functions.made_in(value)
            ):
                found |= set(names)
                grown = True
        for node in executed(builder.definition.body):
            filled = _filled(node)
            if filled is not None and filled not in found and reads(node, functions.parents) & (found | states):
                found.add(filled)
                grown = True
    return found


_FILLING = ("append", "extend", "insert", "update", "setdefault")


def _filled(node: cst.CSTNode) -> str | None:
    """The name of the list or dict that a statement puts something into."""
    owner: cst.BaseExpression | None = None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _FILLING:
        owner = node.func.value
    elif isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Subscript):
        owner = node.targets[0].target.value
    return owner.value if isinstance(owner, cst.Name) else None


def state_names(functions: Functions, builder: Builder) -> set[str]:
    """The names that a builder binds to variables, or to containers of variables."""
    return {
        name
        for names, value, node in assignments(builder.definition.body)
        if isinstance(node, cst.Assign) and is_state(functions, value)
        for name in names
    }


def is_state(functions: Functions, value: cst.BaseExpression) -> bool:
    """Whether an expression only makes variables: it is a call that does, or a display of such calls."""
    if functions.makes(value) is Makes.VARIABLE:
        return True
    if isinstance(value, (cst.List, cst.Tuple, cst.Dict)):
        parts = [element.value for element in value.elements]
    elif isinstance(value, (cst.ListComp, cst.DictComp)):
        return is_state(functions, value.elt if isinstance(value, cst.ListComp) else value.value)
    else:
        return False
    return bool(parts) and all(is_state(functions, part) for part in parts)


def statement_of(parents: Mapping[cst.CSTNode, cst.CSTNode], node: cst.CSTNode) -> cst.BaseStatement:
    """The smallest statement line, or compound statement, around a node."""
    current = node
    while not isinstance(current, cst.BaseStatement):
        current = parents[current]
    return current
