"""Planning: what each run site fetches, needs and becomes, or why it cannot be lowered exactly.

Planning decides and checks; it edits nothing.
"""

from __future__ import annotations

import libcst as cst

from codemods import (
    initial_feeds,
    initialisers,
    inside_summaries,
    keras_outputs,
    kinds,
    late_binding,
    layer_weights,
    listed_weights,
    metric_order,
    moving_statistics,
    savers,
    summary_plan,
    trained,
    training_flags,
    tree,
    unneeded_updates,
)
from codemods.analysis import effects, feed_dicts, keras_runs
from codemods.analysis.batch_norm import UPDATE_OPS
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Role, Scope, Site, Statement
from codemods.analysis.values import Kind, Schedule, Value
from codemods.fed_tensors import FedTensors, check_cut, take_shapes
from codemods.findings import Refusal
from codemods.plan import NO_VALUE, Element, Function, Lowering, Plan, is_discarded, is_pure, sparse_parts
from codemods.sharing import share
from codemods.update_order import UpdateOrder

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)


class Planner:
    """Builds the plan of one module."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.plan = Plan()
        self.fed_tensors = FedTensors(staging)
        self.refusals: list[Refusal] = []

    def make(self) -> Plan:
        """Plan every run site; what cannot be planned is in ``refusals`` afterwards."""
        self.refusals += training_flags.decide(self.staging)
        for site in self.staging.sites:
            try:
                self.plan.lowerings.append(self.lowering(site))
            except Refusal as refusal:
                self.refusals.append(refusal)
        self.refusals += initialisers.check(self.staging, self.plan.lowerings)
        self.refusals += trained.check(self.staging)
        self.refusals += summary_plan.check(self.staging)
        self.refusals += keras_runs.check_sessions(self.staging)
        self.refusals += initialisers.check_sessions(self.staging, self.plan.lowerings)
        self.plan.savers, problems = savers.check(self.staging, self.plan.lowerings)
        self.refusals += problems
        for lowering in self.plan.lowerings if not self.refusals else ():
            if lowering.mode == "function":
                try:
                    self.function_for(lowering)
                except Refusal as refusal:
                    self.refusals.append(refusal)
        if not self.refusals:
            self.refusals += moving_statistics.check(self.staging, self.plan)
            self.refusals += listed_weights.check(self.staging, self.plan)
            self.refusals += layer_weights.settle(self.staging, self.plan)
            self.refusals += initial_feeds.check_runs(self.plan)
            self.refusals += metric_order.check(self.plan)
            self.plan.outputs = keras_outputs.find(self.staging, self.plan)
            self.refusals += inside_summaries.check(self.staging, self.plan)
            share(self.plan)
            self.check_kept_statements()
            self.refusals += UpdateOrder(self.staging).check_plan(self.plan)
            self.refusals += unneeded_updates.check(self.staging, self.plan)
            self.refusals += late_binding.check(self.staging, self.plan)
            self.find_unused()
        self.plan.notes += self.staging.notes
        return self.plan

    # One site

    def lowering(self, site: Site) -> Lowering:
        """What a site fetches and needs, checked."""
        result = self.fetched(site)
        elements = result.elements
        if elements and all(element.value.kind is Kind.INIT for element in elements):
            result.mode = "init"
            initial_feeds.check(self.staging, result)
            return result
        if any(leaf.kind is Kind.INIT for element in elements for leaf in element.value.leaves()):
            raise Refusal("TF240", "initialisers are run together with other fetches", site.call)
        result.slice.fed = self.fed_tensors.replace(site)
        for element in elements:
            self.check_fetchable(element, site)
            if element.form != "none":
                kinds.check_single(self.staging, element, site)
            result.slice.expression(element.node, element.names)
            result.slice.symbolic(keras_runs.uses(self.staging.last_values, element.node))
            for value in (self.staging.last_values.get(node) for node in tree.walk(element.node)):
                decay = value.payload if value is not None else None
                for name, bindings in decay.step_uses.items() if isinstance(decay, Schedule) else ():
                    for binding in bindings:
                        result.slice.need(name, binding, site.call)
        moving_statistics.take(self.staging, result)
        result.inside = summary_plan.inside(self.staging, result)
        keras_runs.check_names(result.slice)
        result.phase = keras_runs.phase(site)
        self.check_feeds(result)
        result.flags = training_flags.of_run(self.staging, result)
        take_shapes(result.slice, site)
        check_cut(self.staging, result.slice, site)
        self.check_names(result)
        symbolic = any(True for item in elements for _ in keras_runs.uses(self.staging.last_values, item.node))
        eager = not (result.slice.statements or result.slice.placeholders or site.feeds or symbolic or result.inside)
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
            if source is not None and any(leaf.kind in (*NO_VALUE, Kind.SUMMARY) for leaf in site.fetch_value.leaves()):
                node, names = literal, {name: found[0] for name, found in source.uses.items() if len(found) == 1}
        whole = [] if node is not site.fetch else site.fetch_value.parts()
        if any(part.parts() for part in whole) and not any(leaf.kind in NO_VALUE for leaf in site.fetch_value.leaves()):
            return Lowering(site, "single", [Element(node, site.fetch_value, names)])
        if isinstance(node, (cst.List, cst.Tuple)):
            if any(isinstance(item, cst.StarredElement) for item in node.elements):
                raise Refusal("TF241", "starred elements in a fetch", site.call)
            shape = "list" if isinstance(node, cst.List) else "tuple"
            return Lowering(site, shape, [self.element(item.value, names, site) for item in node.elements])
        if isinstance(node, cst.Dict):
            entries = [entry for entry in node.elements if isinstance(entry, cst.DictElement)]
            return Lowering(
                site, "dict", [self.element(entry.value, names, site) for entry in entries], [e.key for e in entries]
            )
        value = site.fetch_value if node is site.fetch else self.staging.last_values[node]
        return Lowering(site, "single", [self.element(node, names, site, value)])

    def element(
        self, node: cst.BaseExpression, names: dict[str, Binding], site: Site, value: Value | None = None
    ) -> Element:
        value = self.staging.last_values[node] if value is None else value
        if value.kind is Kind.SUMMARY:
            return summary_plan.element(self.staging, site, node, value)
        return Element(node, value, names)

    def check_fetchable(self, element: Element, site: Site) -> None:
        for leaf in element.value.leaves():
            if leaf.kind not in (*_TENSORS, *NO_VALUE, Kind.SCHEDULE):
                if leaf.kind is Kind.HOST and leaf.constant is not None and isinstance(leaf.constant, str):
                    raise Refusal("TF242", "a tensor is fetched by its name in the graph", site.call)
                raise Refusal("TF243", "it is not known what is fetched here", site.call)
        if element.form == "structure" and any(leaf.kind in NO_VALUE for leaf in element.value.leaves()):
            raise Refusal("TF241", "operations and tensors are nested in one fetch", site.call)
        if not element.value.leaves():
            raise Refusal("TF243", "it is not known what is fetched here", site.call)

    def check_feeds(self, lowering: Lowering) -> None:
        """Every placeholder that is needed is fed; everything fed is a placeholder."""
        site = lowering.site
        given = site.feed_value
        counted = given is not None and bool(site.added) and self.staging.feed_dicts.is_counted(given)
        if given is not None and (counted or feed_dicts.is_open(given)):
            raise Refusal("TF227", "the feed dict is changed or read in a way that needs its keys", site.call)
        for feed in (feed for feeds in site.others for feed in feeds):
            if feed.placeholder is not None:
                kinds.check_feed(self.staging, feed, feed.placeholder)
        fed = set()
        for feed in site.feeds:
            if keras_runs.is_phase(feed):
                continue
            if feed.placeholder is not None and feed.placeholder.bound is not None:
                raise Refusal("TF604", "a Keras input that is made from a tensor is fed", feed.key)
            if feed.placeholder is None or not (isinstance(feed.key, cst.Name) or feed.placeholder.keras):
                raise Refusal("TF244", "something other than a placeholder held by a name is fed", feed.key)
            if feed.placeholder in fed:
                raise Refusal("TF244", "one placeholder is fed twice", feed.key)
            fed.add(feed.placeholder)
            kinds.check_feed(self.staging, feed, feed.placeholder)
            written = sparse_parts(feed.value, self.staging.symbols) is not None and site.feed_node is None
            if feed.placeholder.sparse and not written:
                message = "a sparse feed that is not written as tf.SparseTensorValue(...) or a tuple of three here"
                raise Refusal("TF218", message, feed.value)
        kinds.check_fetched(self.staging, lowering, fed)
        for placeholder in lowering.slice.placeholders:
            if placeholder not in fed and placeholder.default is None:
                message = f"{lowering.slice.placeholders[placeholder]!r} is needed but not fed; TF1 fails here too"
                raise Refusal("TF245", message, site.call)
        for feed in site.feeds:
            unneeded = feed.placeholder is not None and feed.placeholder not in lowering.slice.placeholders
            if unneeded and (site.feed_node is not None or not is_pure(feed.value, self.computes_only)):
                assert feed.placeholder is not None and feed.placeholder.target is not None
                lowering.slice.placeholders[feed.placeholder] = feed.placeholder.target

    def computes_only(self, call: cst.Call) -> bool:
        """Whether nobody notices that a call is left out."""
        return effects.computes_only(call, self.staging.modules)

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
        around = containers(site.statement)
        for container in containers(statement):
            node = container.node
            if container.dissolves:
                continue
            if isinstance(node, cst.With):
                continue
            if isinstance(node, (cst.For, cst.While)):
                if statement.trainings and statement.optimizers:
                    raise Refusal("TF204", "an optimizer is made anew in a loop", statement.node)
                for name, bindings in statement.uses.items():
                    for binding in bindings:
                        for source in binding.sources:
                            inside = source is container or (source is not None and container in containers(source))
                            if inside and (source is None or source.role not in (Role.GRAPH, Role.TRAIN)):
                                message = f"the graph is built in a loop, from {name!r} that changes with it"
                                raise Refusal("TF204", message, statement.node)
            elif container not in around:
                raise Refusal("TF203", "the graph is built under a condition, and run outside of it", statement.node)

    # Functions

    def function_for(self, lowering: Lowering) -> None:
        """Find a planned function that this site can call, or plan a new one."""
        needed = lowering.slice
        parameters = sorted(
            ((name, found) for found, name in needed.placeholders.items() if not found.flag),
            key=lambda item: item[1].order,
        )
        discarded = is_discarded(lowering)
        for function in self.plan.functions:
            if function.parameters != parameters or not self.same_scope(function, lowering):
                continue
            if function.inside is not lowering.inside:
                continue
            if function.phase != lowering.phase or function.flags != lowering.flags:
                continue
            dicts = (function.shape == "dict", lowering.shape == "dict")
            same = element_keys(function.returns) == element_keys(lowering.values) and dicts == (False, False)
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
        function.phase, function.flags, function.inside = lowering.phase, lowering.flags, lowering.inside
        if discarded and any(statement.updates for statement in needed.statements):
            function.returns = []  # the program runs it for its updates
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

    # The rest of the file

    def check_kept_statements(self) -> None:
        """Statements that stay must not read what moves away."""
        for statement in self.staging.ordered:
            if statement.role in (Role.GRAPH, Role.TRAIN, Role.GONE):
                continue
            if statement.dissolves and statement.dependencies:
                continue  # what it names is needed by what it holds
            uses = [(name, b) for name, found in statement.uses.items() for b in found]
            uses += [(name, b) for name, found in statement.callee_uses.items() for b in found]
            for name, binding in uses:
                if statement.dissolves and binding.value.name == UPDATE_OPS:
                    continue  # layers in training do these updates
                for source in binding.sources:
                    if source is None or source is statement or source.role not in (Role.GRAPH, Role.TRAIN, Role.GONE):
                        continue
                    if statement.role is Role.STATE and self.keep(source):
                        continue
                    if (
                        binding.value.kind in (Kind.SESSION, Kind.GRAPH, Kind.CONFIG)
                        and statement.role is Role.CONTAINER
                    ):
                        continue
                    if self.is_feed_dict(binding) or self.only_feeds(statement, name):
                        continue
                    message = f"Python code uses the graph object {name!r}, which exists only inside a function now"
                    self.refusals.append(Refusal("TF210", message, statement.node))

    def keep(self, statement: Statement) -> bool:
        """Whether a graph statement can stay as well, as it only draws an initial value."""
        if statement.role is not Role.GRAPH or statement.updates or statement.collapsed:
            return False
        sources = [
            s for found in statement.uses.values() for binding in found for s in binding.sources if s is not None
        ]
        if any(source.role in (Role.PLACEHOLDER, Role.TRAIN) for source in sources):
            return False
        if not all(self.keep(source) for source in sources if source.role is Role.GRAPH):
            return False
        self.plan.kept.add(statement)
        return True

    def is_feed_dict(self, binding: Binding) -> bool:
        return any(lowering.site.feed_variable is binding for lowering in self.plan.lowerings)

    def only_feeds(self, statement: Statement, name: str) -> bool:
        """Whether a statement has a tensor only as the key of a feed dict, which becomes the name of a parameter."""
        keys = {feed.key for lowering in self.plan.lowerings for feed in lowering.site.keys}
        nodes = [node for node in tree.walk(statement.node) if isinstance(node, cst.Name) and node.value == name]
        return bool(nodes) and all(node in keys for node in nodes)

    def find_unused(self) -> None:
        needed = {statement for lowering in self.plan.lowerings for statement in lowering.slice.statements}
        for statement in self.staging.ordered:
            if statement.role in (Role.GRAPH, Role.TRAIN) and statement not in needed | self.plan.kept:
                self.plan.unused.append(statement)


def element_keys(elements: list[Element]) -> list[tuple[str, frozenset[Statement | None]]]:
    """What each element means: its text, and where the names in it come from."""
    empty = cst.Module([])
    found = []
    for element in elements:
        bindings = [element.names[name] for name in free_names(element.node) if name in element.names]
        sources: frozenset[Statement | None] = frozenset().union(*(binding.sources for binding in bindings))
        found.append((empty.code_for_node(element.node), sources))
    return found


def containers(statement: Statement) -> list[Statement]:
    found = []
    current = statement.container
    while current is not None:
        found.append(current)
        current = current.container
    return found
