"""The plan of a file: which function each run site becomes, and what those functions share.

Planning decides and checks; it edits nothing. A plan that cannot be exact raises or notes a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis import keras_graph
from codemods.analysis.slices import Slice, free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Role, Scope, Site, Statement
from codemods.analysis.values import Kind, Placeholder, Schedule, Training, Value, Variable
from codemods.findings import Refusal

_NO_VALUE = (Kind.TRAIN, Kind.OP, Kind.INIT)
_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)


@dataclass(eq=False)
class Element:
    """One thing that a run site fetches: an expression, and what a run returns for it."""

    node: cst.BaseExpression
    value: Value
    names: dict[str, Binding]

    @property
    def form(self) -> str:
        """``"none"`` for operations, ``"variable"``, ``"tensor"``, ``"schedule"``, or ``"structure"`` for nested tensors."""
        leaves = self.value.leaves()
        if leaves and all(leaf.kind in _NO_VALUE or leaf.payload == "update" and leaf.kind is Kind.OP for leaf in leaves):
            return "none"
        if self.value.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return "structure"
        named = {Kind.VARIABLE: "variable", Kind.SCHEDULE: "schedule"}
        return named.get(self.value.kind, "tensor")


@dataclass(eq=False)
class Lowering:
    """What one run site becomes. ``shape`` is that of the fetch: ``single``, ``list``, ``tuple`` or ``dict``."""

    site: Site
    shape: str
    elements: list[Element]
    keys: list[cst.BaseExpression] = field(default_factory=list)  # of a dict fetch
    slice: Slice = field(default_factory=Slice)
    function: Function | None = None
    phase: bool = False  # Keras' learning phase
    mode: str = "function"  # "init", "eager" or "function"
    again: list[Variable] = field(default_factory=list)  # variables that an initialiser resets

    @property
    def values(self) -> list[Element]:
        """The elements that have a value."""
        return [element for element in self.elements if element.form != "none"]


@dataclass(eq=False)
class Function:
    """A function to emit. ``parts`` are the helper functions it calls for statements that it shares."""

    scope: Scope
    slice: Slice
    parameters: list[tuple[str, Placeholder]]
    returns: list[Element]
    shape: str
    keys: list[cst.BaseExpression]
    lowerings: list[Lowering]
    name: str = ""
    parts: list[Part] = field(default_factory=list)
    anchor: Statement | None = None
    before_anchor: bool = False
    phase: bool = False  # Keras' learning phase


@dataclass(eq=False)
class Part:
    """Statements that several functions need, as a function of its own."""

    scope: Scope
    statements: list[Statement]
    users: list[Function]
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """Everything to emit."""

    lowerings: list[Lowering] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    kept: set[Statement] = field(default_factory=set)  # graph statements that also stay, to make initial values
    unused: list[Statement] = field(default_factory=list)


class Planner:
    """Builds the plan of one module."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.plan = Plan()
        self.refusals: list[Refusal] = []

    def make(self) -> Plan:
        """Plan every run site; what cannot be planned is in ``refusals`` afterwards."""
        for site in self.staging.sites:
            try:
                self.plan.lowerings.append(self.lowering(site))
            except Refusal as refusal:
                self.refusals.append(refusal)
        for statement in self.staging.ordered:
            for training in statement.trainings:
                self.check_schedule(training)
        self.check_initialisers()
        if not self.refusals:
            for lowering in self.plan.lowerings:
                if lowering.mode == "function":
                    self.function_for(lowering)
            self.share()
            self.check_kept_statements()
            self.find_unused()
        return self.plan

    # One site

    def lowering(self, site: Site) -> Lowering:
        """What a site fetches and needs, checked."""
        result = self.fetched(site)
        elements = result.elements
        if elements and all(element.value.kind is Kind.INIT for element in elements):
            result.mode = "init"
            return result
        if any(leaf.kind is Kind.INIT for element in elements for leaf in element.value.leaves()):
            raise Refusal("TF240", "initialisers are run together with other fetches", site.call)
        for element in elements:
            self.check_fetchable(element, site)
            result.slice.expression(element.node, element.names)
            result.slice.symbolic(keras_graph.uses(self.staging.last_values, element.node))
            if isinstance(element.value.payload, Schedule):
                result.slice.expression(element.value.payload.step, element.names)
        result.phase = keras_graph.phase(site)
        self.check_feeds(result)
        self.check_names(result)
        eager = not result.slice.statements and not result.slice.placeholders and not site.feeds
        if eager and all(element.form in ("variable", "tensor", "schedule") for element in elements):
            result.mode = "eager"
        return result

    def fetched(self, site: Site) -> Lowering:
        node, names = site.fetch, site.names
        literal = site.fetch_value.node
        if isinstance(node, cst.Name) and isinstance(literal, (cst.List, cst.Tuple)) and site.method == "run":
            # A list kept in a variable: its elements as they were where it was written.
            binding = names.get(node.value)
            source = next(iter(binding.sources)) if binding is not None and len(binding.sources) == 1 else None
            if source is not None and any(leaf.kind in _NO_VALUE for leaf in site.fetch_value.leaves()):
                node, names = literal, {name: found[0] for name, found in source.uses.items() if len(found) == 1}
        whole = [] if node is not site.fetch else site.fetch_value.parts()
        if any(part.parts() for part in whole) and not any(leaf.kind in _NO_VALUE for leaf in site.fetch_value.leaves()):
            return Lowering(site, "single", [Element(node, site.fetch_value, names)])
        if isinstance(node, (cst.List, cst.Tuple)):
            if any(isinstance(item, cst.StarredElement) for item in node.elements):
                raise Refusal("TF241", "starred elements in a fetch", site.call)
            shape = "list" if isinstance(node, cst.List) else "tuple"
            return Lowering(site, shape, [self.element(item.value, names) for item in node.elements])
        if isinstance(node, cst.Dict):
            entries = [entry for entry in node.elements if isinstance(entry, cst.DictElement)]
            return Lowering(site, "dict", [self.element(entry.value, names) for entry in entries], [e.key for e in entries])
        value = site.fetch_value if node is site.fetch else self.staging.last_values[node]
        return Lowering(site, "single", [Element(node, value, names)])

    def element(self, node: cst.BaseExpression, names: dict[str, Binding]) -> Element:
        return Element(node, self.staging.last_values[node], names)

    def check_fetchable(self, element: Element, site: Site) -> None:
        for leaf in element.value.leaves():
            if leaf.kind not in (*_TENSORS, *_NO_VALUE, Kind.SCHEDULE):
                if leaf.kind is Kind.HOST and leaf.constant is not None and isinstance(leaf.constant, str):
                    raise Refusal("TF242", "a tensor is fetched by its name in the graph", site.call)
                raise Refusal("TF243", "it is not known what is fetched here", site.call)
        if element.form == "structure" and any(leaf.kind in _NO_VALUE for leaf in element.value.leaves()):
            raise Refusal("TF241", "operations and tensors are nested in one fetch", site.call)
        if not element.value.leaves():
            raise Refusal("TF243", "it is not known what is fetched here", site.call)

    def check_feeds(self, lowering: Lowering) -> None:
        """Every placeholder that is needed is fed; everything fed is a placeholder."""
        site = lowering.site
        fed = set()
        for feed in site.feeds:
            if keras_graph.is_phase(feed):
                continue
            if feed.placeholder is None or not (isinstance(feed.key, cst.Name) or feed.placeholder.keras):
                raise Refusal("TF244", "something other than a placeholder held by a name is fed", feed.key)
            fed.add(feed.placeholder)
        for placeholder in lowering.slice.placeholders:
            if placeholder not in fed and placeholder.default is None:
                message = f"{lowering.slice.placeholders[placeholder]!r} is needed but not fed; TF1 fails here too"
                raise Refusal("TF245", message, site.call)
        for feed in site.feeds:
            unneeded = feed.placeholder is not None and feed.placeholder not in lowering.slice.placeholders
            if unneeded and (site.feed_variable is not None or not is_pure(feed.value)):
                assert feed.placeholder is not None and feed.placeholder.target is not None
                lowering.slice.placeholders[feed.placeholder] = feed.placeholder.target

    def check_names(self, lowering: Lowering) -> None:
        """Names that stay outside must mean at the run what they meant when the graph was built."""
        site = lowering.site
        for name, binding in lowering.slice.free.items():
            now = site.names.get(name)
            if now is None or not binding.same(now):
                message = f"{name!r} has another value when this runs than when the graph was built"
                raise Refusal("TF209", message, site.call)
        for statement in lowering.slice.statements:
            self.check_place(statement, site)

    def check_place(self, statement: Statement, site: Site) -> None:
        around = _containers(site.statement)
        for container in _containers(statement):
            node = container.node
            if container.dissolves:
                continue
            if isinstance(node, cst.With):
                if statement.role is Role.TRAIN and container.graph_nodes:
                    raise Refusal("TF207", "an optimizer's update under control_dependencies", statement.node)
                continue
            if isinstance(node, (cst.For, cst.While)):
                for name, bindings in statement.uses.items():
                    for binding in bindings:
                        for source in binding.sources:
                            inside = source is container or (source is not None and container in _containers(source))
                            if inside and (source is None or source.role not in (Role.GRAPH, Role.TRAIN)):
                                message = f"the graph is built in a loop, from {name!r} that changes with it"
                                raise Refusal("TF204", message, statement.node)
            elif container not in around:
                raise Refusal("TF203", "the graph is built under a condition, and run outside of it", statement.node)

    def check_schedule(self, training: Training) -> None:
        """A Keras schedule counts its optimizer's updates; TF1's counted the step variable. They must be the same."""
        schedule = training.optimizer.learning_rate.payload
        if not isinstance(schedule, Schedule):
            return
        counter = schedule.step_value.payload
        same = training.step_value is not None and training.step_value.payload is counter
        zero = isinstance(counter, Variable) and counter.initial is not None
        zero = zero and isinstance(counter, Variable) and getattr(self.staging.last_values.get(counter.initial), "constant", 1) == 0  # type: ignore[arg-type]
        others = [
            item
            for item in self.staging.ordered
            if counter in item.assigned
            or any(found is not training and found.step_value is not None and found.step_value.payload is counter for found in item.trainings)
        ]
        if not same or not zero or others:
            message = "the learning rate decays with a counter that is not the optimizer's own, starting at 0"
            self.refusals.append(Refusal("TF313", message, schedule.call))

    def check_initialisers(self) -> None:
        """Initialising again, after an update, resets variables that are still used: each gets its initial value."""
        runs = [item for item in self.plan.lowerings if item.mode != "init"]
        for lowering in self.plan.lowerings:
            if lowering.mode != "init":
                continue
            site = lowering.site
            loops = set(site.statement.loops())
            shared = [item for item in runs if loops & set(item.site.statement.loops())]
            earlier = [item for item in runs if item.site.order < site.order or item in shared]
            later = [item for item in runs if item.site.order > site.order or item in shared]
            changed = {variable for item in earlier for variable in self.updated(item)}
            changed &= {variable for item in later for variable in self.read(item)}
            payloads = [leaf.payload for element in lowering.elements for leaf in element.value.leaves()]
            for payload in payloads:
                chosen = changed if payload is None else changed.intersection(payload)  # type: ignore[arg-type]
                lowering.again += sorted(chosen - set(lowering.again), key=lambda item: item.statement.order)
            stateful = self.trainings(earlier) & self.trainings(later)
            if lowering.again and None in payloads and any("GradientDescent" not in item.optimizer.symbol for item in stateful):
                message = "variables are initialised again after training, which also resets the optimizer's state"
                self.refusals.append(Refusal("TF240", message, site.call))
                continue
            for variable in lowering.again:
                self.check_initial(variable, lowering)

    def trainings(self, lowerings: list[Lowering]) -> set[Training]:
        return {found for item in lowerings for statement in item.slice.statements for found in statement.trainings}

    def read(self, lowering: Lowering) -> set[Variable]:
        """The variables that a run may read."""
        found = {variable for element in lowering.elements for variable in element.value.reads}
        for training in self.trainings([lowering]):
            found |= training.loss_value.reads if training.loss_value is not None else set(self.variables())
            found |= training.step_value.reads if training.step_value is not None else frozenset()
        for statement in lowering.slice.statements:
            found |= {variable for binding in statement.binds.values() for variable in binding.value.reads}
            found.update(statement.assigned)
        return found

    def variables(self) -> list[Variable]:
        return [variable for statement in self.staging.ordered for variable in statement.variables]

    def check_initial(self, variable: Variable, lowering: Lowering) -> None:
        place = lowering.site.call
        name = variable.targets[0] if variable.targets else None
        binding = lowering.site.names.get(name) if name is not None else None
        if variable.initial is None or binding is None or binding.value.payload is not variable:
            self.refusals.append(Refusal("TF240", "a variable that no name holds is initialised again", place))
            return
        for needed in free_names(variable.initial):
            then = variable.statement.uses.get(needed, [])
            now = lowering.site.names.get(needed)
            if now is not None and not any(now.same(found) for found in then):
                message = f"{name!r} is initialised again, from {needed!r} that has another value now"
                self.refusals.append(Refusal("TF240", message, place))

    def updated(self, lowering: Lowering) -> set[Variable]:
        """The variables that a run may change."""
        found = {variable for item in lowering.slice.statements for variable in item.assigned}
        found |= set(self.staging.fetch_updates.get(lowering.site.call, ()))
        for statement in lowering.slice.statements:
            for training in statement.trainings:
                found |= {item for item in self.variables() if item.trainable is not False}
                if training.step_value is not None and isinstance(training.step_value.payload, Variable):
                    found.add(training.step_value.payload)
        return found

    # Functions

    def function_for(self, lowering: Lowering) -> None:
        """Find a planned function that this site can call, or plan a new one."""
        needed = lowering.slice
        parameters = sorted(((name, found) for found, name in needed.placeholders.items()), key=lambda item: item[1].order)
        discarded = is_discarded(lowering)
        for function in self.plan.functions:
            if function.parameters != parameters or not self.same_scope(function, lowering):
                continue
            if function.phase != lowering.phase:
                continue
            same = _keys(function.returns) == _keys(lowering.values) and function.shape == lowering.shape
            if function.slice.statements == needed.statements and (same or not lowering.values or discarded):
                lowering.function = function
                function.lowerings.append(lowering)
                return
            if function.slice.statements == needed.statements and all(map(self.result_unused, function.lowerings)):
                function.returns, function.shape, function.keys = lowering.values, lowering.shape, lowering.keys
                lowering.function = function
                function.lowerings.append(lowering)
                return
        scope = self.scope_of(lowering)
        function = Function(scope, needed, parameters, lowering.values, lowering.shape, lowering.keys, [lowering])
        function.phase = lowering.phase
        if discarded:
            function.returns = []
        lowering.function = function
        self.plan.functions.append(function)

    def result_unused(self, lowering: Lowering) -> bool:
        return not lowering.values or is_discarded(lowering)

    def same_scope(self, function: Function, lowering: Lowering) -> bool:
        return function.scope is self.scope_of(lowering)

    def scope_of(self, lowering: Lowering) -> Scope:
        scopes = {statement.scope for statement in lowering.slice.statements}
        scopes |= {found.statement.scope for found in lowering.slice.placeholders}
        if len(scopes) > 1:
            raise Refusal("TF246", "the graph of this run is built in more than one function", lowering.site.call)
        return scopes.pop() if scopes else lowering.site.statement.scope

    # Shared parts

    def share(self) -> None:
        """Move statements that several functions need into functions of their own."""
        users: dict[Statement, list[Function]] = {}
        for function in self.plan.functions:
            for statement in function.slice.ordered():
                users.setdefault(statement, []).append(function)
        groups: dict[tuple[int, ...], list[Statement]] = {}
        for statement, functions in users.items():
            if len(functions) > 1 and statement.role is Role.GRAPH and not statement.updates:
                groups.setdefault(tuple(id(function) for function in functions), []).append(statement)
        for statements in groups.values():
            functions = users[statements[0]]
            part = Part(statements[0].scope, sorted(statements, key=lambda item: item.order), functions)
            if len(statements) > 1 and self.fits(part):
                self.plan.parts.append(part)
                for function in functions:
                    function.parts.append(part)
        self.plan.parts.sort(key=lambda part: part.statements[-1].order)

    def fits(self, part: Part) -> bool:
        """Whether the part can be a function: each name in and around it has one meaning, and it is worth a call."""
        inside = set(part.statements)
        bound = {name: binding for statement in part.statements for name, binding in statement.binds.items()}
        if sum(len(statement.binds) for statement in part.statements) != len(bound):
            return False
        inputs: dict[str, None] = {}
        outputs: set[str] = set()
        for function in part.users:
            names = [name for statement in function.slice.statements for name in statement.binds]
            names += [name for name, _ in function.parameters]
            if len(names) != len(set(names)):
                return False
            for statement in function.slice.statements - inside:
                for name, bindings in statement.uses.items():
                    if any(binding.sources & inside for binding in bindings):
                        outputs.add(name)
            for element in function.returns:
                found = Slice()
                found.expression(element.node, element.names)
                outputs |= {name for name in free_names(element.node) if name in bound and found.statements & inside}
        for statement in part.statements:
            for name, bindings in statement.uses.items():
                for binding in bindings:
                    for source in binding.sources:
                        if source is not None and source not in inside and source.role in (Role.GRAPH, Role.PLACEHOLDER):
                            inputs[name] = None
        part.inputs = list(inputs)
        part.outputs = [name for statement in part.statements for name in statement.binds if name in outputs]
        return 1 <= len(part.outputs) <= 3

    # The rest of the file

    def check_kept_statements(self) -> None:
        """Statements that stay must not read what moves away."""
        for statement in self.staging.ordered:
            if statement.role in (Role.GRAPH, Role.TRAIN, Role.GONE):
                continue
            uses = [(name, b) for name, found in statement.uses.items() for b in found]
            uses += [(name, b) for name, found in statement.callee_uses.items() for b in found]
            for name, binding in uses:
                for source in binding.sources:
                    if source is None or source is statement or source.role not in (Role.GRAPH, Role.TRAIN, Role.GONE):
                        continue
                    if statement.role is Role.STATE and self.keep(source):
                        continue
                    if binding.value.kind in (Kind.SESSION, Kind.GRAPH, Kind.CONFIG) and statement.role is Role.CONTAINER:
                        continue
                    if self.is_feed_dict(binding):
                        continue
                    message = f"Python code uses the graph object {name!r}, which exists only inside a function now"
                    self.refusals.append(Refusal("TF210", message, statement.node))

    def keep(self, statement: Statement) -> bool:
        """Whether a graph statement can stay as well, as it only draws an initial value."""
        if statement.role is not Role.GRAPH or statement.updates or statement.collapsed:
            return False
        sources = [s for found in statement.uses.values() for binding in found for s in binding.sources if s is not None]
        if any(source.role in (Role.PLACEHOLDER, Role.TRAIN) for source in sources):
            return False
        if not all(self.keep(source) for source in sources if source.role is Role.GRAPH):
            return False
        self.plan.kept.add(statement)
        return True

    def is_feed_dict(self, binding: Binding) -> bool:
        return any(lowering.site.feed_variable is binding for lowering in self.plan.lowerings)

    def find_unused(self) -> None:
        needed = {statement for lowering in self.plan.lowerings for statement in lowering.slice.statements}
        for statement in self.staging.ordered:
            if statement.role in (Role.GRAPH, Role.TRAIN) and statement not in needed | self.plan.kept:
                self.plan.unused.append(statement)


def is_pure(node: cst.BaseExpression) -> bool:
    """Whether evaluating an expression (names, literals, attributes, subscripts, arithmetic) has no effect."""
    if isinstance(node, (cst.Name, cst.Integer, cst.Float, cst.SimpleString)):
        return True
    if isinstance(node, cst.Attribute):
        return is_pure(node.value)
    if isinstance(node, cst.UnaryOperation):
        return is_pure(node.expression)
    if isinstance(node, cst.BinaryOperation):
        return is_pure(node.left) and is_pure(node.right)
    if isinstance(node, (cst.List, cst.Tuple)):
        return all(is_pure(item.value) for item in node.elements)
    if isinstance(node, cst.Subscript):
        parts = [item.slice for item in node.slice]
        inner: list[cst.BaseExpression | None] = []
        for part in parts:
            inner += [part.value] if isinstance(part, cst.Index) else [part.lower, part.upper, part.step]
        return is_pure(node.value) and all(is_pure(item) for item in inner if item is not None)
    return False


def is_discarded(lowering: Lowering) -> bool:
    """Whether the program drops what the run returns."""
    body = lowering.site.statement.node
    return isinstance(body, cst.SimpleStatementLine) and any(
        isinstance(small, cst.Expr) and small.value is lowering.site.call for small in body.body
    )


def _keys(elements: list[Element]) -> list[tuple[str, frozenset[Statement | None]]]:
    """What each element means: its text, and where the names in it come from."""
    empty = cst.Module([])
    found = []
    for element in elements:
        bindings = [element.names[name] for name in free_names(element.node) if name in element.names]
        sources: frozenset[Statement | None] = frozenset().union(*(binding.sources for binding in bindings))
        found.append((empty.code_for_node(element.node), sources))
    return found


def _containers(statement: Statement) -> list[Statement]:
    found = []
    current = statement.container
    while current is not None:
        found.append(current)
        current = current.container
    return found
