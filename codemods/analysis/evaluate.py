"""Abstract evaluation of expressions: names, containers, operators, and comprehensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis import keras_graph, keras_records, roles
from codemods.analysis.frames import Frame, element_of, is_builtin, literal
from codemods.analysis.state_model import StateModel
from codemods.analysis.statements import Binding, Scope, Site, Statement
from codemods.analysis.symbols import Symbols
from codemods.analysis.values import Entry, Kind, Value, Variable, host, join, sequence, tensor, unknown
from codemods.analysis.variable_scopes import VariableScope
from codemods.findings import Refusal

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)
_DEPTH = 12  # nested calls of the user's functions that are followed


class EvaluatorBase:
    """The state of an interpretation and the evaluation of plain expressions; calls are in the subclass."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.frame: Frame
        self.module_frame: Frame
        self.scope: Scope
        self.current: Statement | None = None  # the recorded statement being interpreted
        self.container: Statement | None = None
        self.order = 0
        self.graph = 0  # number of resets of the default graph so far
        self.in_fetch = False  # inside a fetch: what is built and read belongs to the run site
        self.in_initial = 0  # inside the arguments of a variable: evaluated once, when it is made
        self.statements: dict[cst.CSTNode, Statement] = {}
        self.site_records: dict[cst.CSTNode, Site] = {}
        self.refusals: dict[tuple[str, cst.CSTNode], Refusal] = {}
        self.definitions: dict[cst.CSTNode, tuple[cst.FunctionDef, Frame]] = {}
        self.interpreted: set[cst.CSTNode] = set()
        self.calling: list[cst.CSTNode] = []
        self.notes: list[tuple[str, str, cst.CSTNode]] = []  # code, message and place
        self.default_sessions: list[Value] = []
        self.keras = keras_records.Notes()
        self.last_values: dict[cst.CSTNode, Value] = {}
        self.constant: dict[cst.CSTNode, bool] = {}  # whether an expression was a feed or Python value each time
        self.initialized_values: dict[cst.Call, Value] = {}  # calls of variable.initialized_value()
        self.loads: list[cst.Call] = []  # calls of variable.load(value, session)
        self.homes: dict[cst.CSTNode, Statement | None] = {}  # the statement in which a lambda is written
        self.helper_reads: dict[cst.CSTNode, dict[str, list[Binding]]] = {}  # what a helper function reads from outside
        self.fetch_updates: dict[cst.CSTNode, list[Variable]] = {}  # variables that a fetch itself assigns, by run
        self.fetch_assigned: list[Variable] = []
        self.branch_results: dict[cst.CSTNode, Value] = {}  # what the functions given to tf.cond return
        self.state = StateModel()
        self._runs: dict[cst.CSTNode, bool] = {}

    # Supplied by the subclasses.

    def call(self, node: cst.Call) -> Value:
        """The value of a call."""
        raise NotImplementedError(type(self).__name__)

    def block(self, body: Sequence[cst.CSTNode]) -> None:
        """Interpret statements."""
        raise NotImplementedError(type(self).__name__)

    def refuse(self, code: str, message: str, node: cst.CSTNode, symbol: str | None = None) -> None:
        """Note why the file cannot be rewritten."""
        raise NotImplementedError(type(self).__name__)

    def is_constant(self, node: cst.BaseExpression) -> bool:
        """Whether an expression surely has no gradient: whenever it was evaluated it was a feed or a Python value."""
        return self.constant.get(node, False)

    # Names

    def bind(self, name: str, value: Value) -> None:
        """Give ``name`` a value from here on."""
        frame = self.frame.module if name in self.frame.globals else self.frame
        statement = self.current if frame.scope is not None else None
        binding = Binding(name, value, frozenset({statement}))
        frame.names[name] = binding
        if statement is not None:
            statement.binds[name] = binding
        for leaf in [value]:
            if leaf.kind in (Kind.KERAS, Kind.LAYER):
                keras_records.named(leaf.payload, name)
            if leaf.kind in (Kind.VARIABLE, Kind.PLACEHOLDER, Kind.OPTIMIZER) and leaf.payload is not None:
                if isinstance(leaf.payload, Variable):
                    leaf.payload.targets.append(name)
                elif getattr(leaf.payload, "target", "") is None:
                    leaf.payload.target = name  # type: ignore[attr-defined]  # Placeholder and Optimizer have it

    def changed_in_place(self, node: cst.BaseExpression) -> None:
        """An object was changed: each name that it hangs on has a new version, which builds on the old one."""
        while isinstance(node, (cst.Subscript, cst.Attribute)):
            node = node.value
        found = self.frame.find(node.value) if isinstance(node, cst.Name) else None
        if found is None or self.current is None:
            return
        binding = found[0]
        shared = [(binding.name, binding, found[1])]
        if binding.value.constant is None:
            origin_of = _origin(binding.value)
            shared += [
                (name, other, frame)
                for frame in self.frame.everywhere()
                for name, other in frame.names.items()
                if other is not binding and _origin(other.value) is origin_of
            ]
        for name, known, frame in shared:
            if frame.scope is not None:
                self.current.rebinds.add(name)
                frame.names[name] = self.current.binds[name] = Binding(name, known.value, frozenset({self.current}))

    def name(self, node: cst.Name) -> Value:
        """The value of a name, noted as used by the current statement."""
        found = self.frame.find(node.value)
        if found is None:
            if self.symbols.of(node) is not None:
                return Value(Kind.TF, node, name=self.symbols.of(node))
            return (
                host(node, literal(node))
                if is_builtin(node.value) or node.value in ("True", "False", "None")
                else unknown(node)
            )
        binding, frame = found
        if self.current is not None and frame.scope is not None and not self.in_fetch:
            inlined = not self.frame.recorded
            uses = self.current.callee_uses if inlined else self.current.uses
            if not any(binding.same(other) for other in uses.setdefault(node.value, [])):
                uses[node.value].append(binding)
            for helper in self.calling if inlined else ():
                if isinstance(helper, cst.FunctionDef):
                    reads = self.helper_reads.setdefault(helper, {}).setdefault(node.value, [])
                    if not any(binding.same(other) for other in reads):
                        reads.append(binding)
        symbol = self.symbols.of(node)
        if symbol is not None and binding.value.kind in (Kind.TF, Kind.UNKNOWN, Kind.HOST):
            return Value(Kind.TF, node, name=symbol)
        return binding.value

    # Expressions

    def value(self, node: cst.BaseExpression) -> Value:
        """The abstract value of an expression."""
        found = self._value(node)
        self.last_values[node] = found
        self.constant[node] = self.constant.get(node, True) and found.kind in (Kind.PLACEHOLDER, Kind.HOST)
        return found

    def _value(self, node: cst.BaseExpression) -> Value:
        if isinstance(node, cst.Name):
            return self.name(node)
        if isinstance(node, cst.Attribute):
            return self.attribute(node)
        if isinstance(node, cst.Call):
            return self.call(node)
        if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)):
            return host(node, literal(node))
        if isinstance(node, (cst.Tuple, cst.List, cst.Set)):
            return self.display(node)
        if isinstance(node, cst.Dict):
            return self.mapping(node)
        if isinstance(node, (cst.BinaryOperation, cst.UnaryOperation)):
            return self.arithmetic(node)
        if isinstance(node, cst.Comparison):
            return self.comparison(node)
        if isinstance(node, cst.Subscript):
            return self.subscript(node)
        if isinstance(node, cst.IfExp):
            self.condition(node.test)
            return join(self.value(node.body), self.value(node.orelse))
        if isinstance(node, cst.BooleanOperation):
            left, right = self.value(node.left), self.value(node.right)
            for side in (left, right):
                if side.kind is Kind.TENSOR:
                    self.refuse("TF212", "a tensor is used as a Python condition", node)
            return join(left, right)
        if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp, cst.DictComp)):
            return self.comprehension(node)
        if isinstance(node, cst.Lambda):
            self.homes[node] = self.current
            return Value(Kind.FUNCTION, node, payload=(node, self.frame))
        if isinstance(node, cst.NamedExpr):
            value = self.value(node.value)
            if isinstance(node.target, cst.Name):
                self.bind(node.target.value, value)
            return value
        if isinstance(node, (cst.Yield, cst.Await)):
            self.values_inside(node)
            return unknown(node)
        self.values_inside(node)
        return host(node, literal(node))

    def condition(self, node: cst.BaseExpression) -> None:
        """Evaluate the test of a conditional expression."""
        value = self.value(node)
        if value.kind is Kind.TENSOR:
            self.refuse("TF212", "a tensor is used as a Python condition", node)

    def values_inside(self, node: cst.CSTNode) -> list[Value]:
        """Evaluate the expressions directly inside ``node``."""
        found = []
        for child in tree.children(node):
            if isinstance(child, cst.BaseExpression):
                found.append(self.value(child))
            else:
                found += self.values_inside(child)
        return found

    def display(self, node: cst.Tuple | cst.List | cst.Set) -> Value:
        items: list[Value] = []
        open_ended = False
        for element in node.elements:
            value = self.value(element.value)
            if isinstance(element, cst.StarredElement):
                if value.items is not None:
                    items += value.items
                else:
                    open_ended = True
                    items.append(element_of(value))
            else:
                items.append(value)
        if open_ended:
            return sequence(element=element_of(sequence(items)), node=node)
        return sequence(items, node=node)

    def mapping(self, node: cst.Dict) -> Value:
        fields: dict[object, Value] = {}
        element: Value | None = None
        entries: list[Entry] = []
        for entry in node.elements:
            if isinstance(entry, cst.DictElement):
                key = self.value(entry.key)
                value = self.value(entry.value)
                if key.constant is not None:
                    fields[key.constant] = value
                else:
                    element = value if element is None else join(element, value)
                    entries.append(Entry(entry.key, key, entry.value, self.current))
            else:
                inner = self.value(entry.value)
                fields |= inner.fields or {}
                element = inner.element if element is None else element
        return Value(Kind.MAPPING, node, fields=fields, element=element, entries=entries)

    def arithmetic(self, node: cst.BinaryOperation | cst.UnaryOperation) -> Value:
        if isinstance(node, cst.UnaryOperation):
            value = self.value(node.expression)
            if isinstance(node.operator, cst.Not):
                if value.kind is Kind.TENSOR:
                    self.refuse("TF212", "a tensor is used as a Python condition", node)
                return host(node)
            return self.computed(node, [value]) if value.kind in _TENSORS else host(node, literal(node))
        left, right = self.value(node.left), self.value(node.right)
        if left.kind in _TENSORS or right.kind in _TENSORS:
            return self.computed(node, [left, right])
        if left.kind is Kind.SEQUENCE and right.kind is Kind.SEQUENCE and isinstance(node.operator, cst.Add):
            if left.items is not None and right.items is not None:
                return sequence(left.items + right.items, node=node)
            return sequence(element=element_of(sequence(left.parts() + right.parts())), node=node)
        if left.kind is Kind.SEQUENCE and left.symbolic:
            return sequence(element=element_of(left), node=node)
        if left.kind is Kind.SHAPE or right.kind is Kind.SHAPE:
            return Value(Kind.SHAPE, node, dynamic=False, payload=left.payload or right.payload)
        if Kind.UNKNOWN in (left.kind, right.kind):
            return unknown(node)
        return host(node, literal(node))

    def comparison(self, node: cst.Comparison) -> Value:
        values = [self.value(node.left)] + [self.value(item.comparator) for item in node.comparisons]
        operators = [item.operator for item in node.comparisons]
        if any(isinstance(operator, (cst.Is, cst.IsNot)) for operator in operators):
            return host(node)
        if not any(value.kind in _TENSORS for value in values):
            if any(isinstance(item, (cst.In, cst.NotIn)) for item in operators) and values[-1].symbolic:
                self.refuse("TF216", "membership among tensors compares identities in TF1, elements in TF2", node)
            return host(node)
        if any(isinstance(operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn)) for operator in operators):
            self.refuse("TF216", "`==` between tensors compares identities in TF1, elements in TF2", node)
        return self.computed(node, values)

    def subscript_key(self, node: cst.Subscript) -> object:
        """The literal index of a subscript, or None."""
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return self.value(node.slice[0].slice.value).constant
        return None

    def subscript(self, node: cst.Subscript) -> Value:
        owner = self.value(node.value)
        inside = [value for item in node.slice for value in self.values_inside(item.slice)]
        if owner.kind in _TENSORS:
            return self.computed(node, [owner, *inside])
        if owner.kind is Kind.SHAPE:
            return Value(Kind.SHAPE, node, payload=owner.payload)
        fed = any(value.kind is Kind.PLACEHOLDER or (value.kind is Kind.TENSOR and value.dynamic) for value in inside)
        if fed and owner.kind is Kind.HOST:
            self.refuse("TF212", "a tensor is used as a Python index", node)
        key = self.subscript_key(node)
        is_slice = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice)
        if owner.kind is Kind.SEQUENCE:
            if is_slice:
                return sequence(element=element_of(owner), node=node)
            if isinstance(key, int) and owner.items is not None and -len(owner.items) <= key < len(owner.items):
                return owner.items[key]
            return element_of(owner)
        if owner.kind is Kind.MAPPING:
            if key is not None and key in (owner.fields or {}):
                assert owner.fields is not None
                return owner.fields[key]
            return element_of(sequence(owner.parts())) if owner.parts() else unknown(node)
        return Value(owner.kind if owner.kind is Kind.UNKNOWN else Kind.HOST, node, payload=owner)

    def comprehension(self, node: cst.BaseComp) -> Value:
        outer = self.frame
        self.frame = Frame(None, outer, comprehension=True)
        self.state.branches.append(node)
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            iterated = self.value(clause.iter)
            self._bind_target(clause.target, element_of(iterated))
            for test in clause.ifs:
                self.condition(test.test)
            clause = clause.inner_for_in
        if isinstance(node, cst.DictComp):
            self.value(node.key)
            result = Value(Kind.MAPPING, node, element=self.value(node.value))
        else:
            assert isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.SetComp))
            element = self.value(node.elt)
            result = sequence(element=element, node=node) if element.symbolic else host(node)
        self.frame = outer
        self.state.branches.pop()
        return result

    def _bind_target(self, target: cst.BaseExpression, value: Value) -> None:
        if isinstance(target, cst.Name):
            self.frame.names[target.value] = Binding(target.value, value, frozenset({None}))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for index, element in enumerate(target.elements):
                known = value.items is not None and index < len(value.items)
                self._bind_target(element.value, value.items[index] if known and value.items else element_of(value))

    def attribute(self, node: cst.Attribute) -> Value:
        symbol = self.symbols.of(node)
        if symbol is not None:
            root: cst.BaseExpression = node
            while isinstance(root, cst.Attribute):
                root = root.value
            if isinstance(root, cst.Name):
                self.name(root)
            return Value(Kind.TF, node, name=symbol)
        owner = self.value(node.value)
        attribute = node.attr.value
        if isinstance(owner.payload, VariableScope):
            known = self.state.scope_attribute(node, owner.payload)
            if known is not None:
                return known
        if owner.kind is Kind.LAYER:
            found = keras_graph.attribute(self, node, owner)
            return found if found is not None else Value(Kind.METHOD, node, name=attribute, element=owner)
        if owner.kind in _TENSORS:
            if attribute == "shape":
                return Value(Kind.SHAPE, node, payload=owner)
            if attribute == "name" and owner.kind is Kind.VARIABLE:
                self.state.check_name(self, node, owner.payload)
            if attribute in ("dtype", "name", "op", "device", "graph"):
                return Value(Kind.HOST, node, payload=owner)
            if attribute in ("initializer",) and owner.kind is Kind.VARIABLE:
                return Value(Kind.INIT, node, payload=[owner.payload])
        if attribute == "run" and isinstance(node.value, cst.Attribute) and node.value.attr.value == "op":
            self.refuse("TF228", "the operation behind a tensor is run", node)
            return unknown(node)
        if owner.kind is Kind.SHAPE:
            return Value(Kind.METHOD, node, name=attribute, element=owner, payload=owner.payload)
        if owner.kind is Kind.CONFIG:
            return Value(Kind.CONFIG, node)
        if owner.kind is Kind.SESSION and attribute == "graph":
            return Value(Kind.GRAPH, node)
        if owner.kind is Kind.UNKNOWN:
            return Value(Kind.UNKNOWN, node, name=attribute, element=owner)
        return Value(Kind.METHOD, node, name=attribute, element=owner)

    def computed(self, node: cst.CSTNode, sources: list[Value], *, random: bool = False) -> Value:
        """A tensor computed from ``sources`` by the expression ``node``; noted when it has to be moved."""
        if any(leaf.kind is Kind.SCHEDULE for source in sources for leaf in source.leaves()):
            self.refuse("TF313", "a decaying learning rate is used in a computation", node)
        if keras_graph.stays(node, sources):
            return keras_graph.derived(node, [leaf for source in sources for leaf in source.leaves()])
        result = tensor(node, sources, random=random)
        if result.dynamic and self.current is not None and not self.in_fetch and not self.in_initial:
            self.current.graph_nodes.append(node)
        return result

    # What a definition does, by a look at its text: whether it has to be recorded or refused.

    def names_tensorflow(self, node: cst.Import | cst.ImportFrom) -> bool:
        """Whether an import brings TensorFlow or Keras names."""
        module: cst.BaseExpression | None = node.names[0].name if isinstance(node, cst.Import) else node.module
        while isinstance(module, cst.Attribute):
            module = module.value
        return isinstance(module, cst.Name) and module.value in ("tensorflow", "keras", "tf_keras")

    def runs_graph(self, node: cst.CSTNode) -> bool:
        """Whether a definition holds something that may be a run site or a session."""
        if node not in self._runs:
            self._runs[node] = any(self._may_run(child) for child in tree.walk(node))
        return self._runs[node]

    def _may_run(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Call):
            return False
        symbol = self.symbols.of(node.func)
        if symbol is not None:
            return roles.role(symbol) == roles.SESSION
        return isinstance(node.func, cst.Attribute) and node.func.attr.value in ("run", "eval", "partial_run")

    def builds_graph(self, node: cst.CSTNode) -> bool:
        """Whether a definition makes placeholders, variables or anything else that needs a model of state."""
        stateful = {roles.PLACEHOLDER, roles.VARIABLE, roles.OPTIMIZER, roles.LATER, roles.SESSION, roles.GRAPH}
        for child in tree.walk(node):
            if isinstance(child, cst.Call):
                symbol = self.symbols.of(child.func)
                if symbol is not None and symbol.startswith("tf.") and roles.role(symbol) in stateful:
                    return True
        return False


def _origin(value: Value) -> Value:
    """The object that a value is, or is a view of."""
    while value.kind in (Kind.HOST, Kind.UNKNOWN) and isinstance(value.payload, Value):
        value = value.payload
    return value


def arguments_of(node: cst.Call) -> tuple[list[cst.BaseExpression], Mapping[str, cst.BaseExpression], bool]:
    """Positional and keyword arguments of a call, and whether there are starred ones."""
    positional, keyword, starred = [], {}, False
    for argument in node.args:
        if argument.star:
            starred = True
        elif argument.keyword is not None:
            keyword[argument.keyword.value] = argument.value
        else:
            positional.append(argument.value)
    return positional, keyword, starred


def depth_limit() -> int:
    """How many nested calls of the user's functions are followed."""
    return _DEPTH


def is_none(node: cst.BaseExpression) -> bool:
    """Whether an expression is ``None`` itself."""
    return isinstance(node, cst.Name) and node.value == "None"
