"""Abstract evaluation of calls: TF symbols by role, methods of graph objects, and the user's own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tables
from codemods.analysis import keras_graph, roles
from codemods.analysis.evaluate import EvaluatorBase, arguments_of, depth_limit
from codemods.analysis.frames import Frame, element_of
from codemods.analysis.statements import Binding, Feed, Scope, Site
from codemods.analysis.values import (
    Entry,
    Gradients,
    Kind,
    Optimizer,
    Placeholder,
    Schedule,
    Training,
    Value,
    Variable,
    host,
    join,
    sequence,
    unknown,
)
from codemods.findings import Refusal

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)
_SAME_ELEMENTS = frozenset({"list", "tuple", "reversed", "sorted", "iter", "set"})
_MUTATORS = frozenset({"append", "extend", "insert", "update", "setdefault", "pop", "reverse", "remove", "clear", "add"})
# Host functions that look at an object without needing it to be a graph node.
_RUN_METHODS = frozenset({"run", "eval", "close", "as_default"})
_HARMLESS = frozenset({"len", "isinstance", "type", "id", "repr", "callable", "hasattr"})


class Evaluator(EvaluatorBase):
    """Evaluation of every kind of call."""

    def call(self, node: cst.Call) -> Value:
        symbol = self.symbols.of(node.func)
        if symbol is not None:
            self.value(node.func)
            return self.tf_call(node, symbol)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _RUN_METHODS:
            # The receiver belongs to the run site, if this is one; only other code reads it as Python.
            outer, self.in_fetch = self.in_fetch, True
            self.fetch_assigned = []
            callee = self.value(node.func)
            self.in_fetch = outer
            if callee.element is None or not callee.element.symbolic:
                callee = self.value(node.func)
        else:
            callee = self.value(node.func)
        if callee.kind is Kind.TF and callee.name is not None:
            return self.tf_call(node, callee.name)
        if callee.kind is Kind.FUNCTION:
            return self.user_call(node, callee)
        if callee.kind is Kind.LAYER:
            return keras_graph.apply(self, node, callee)
        if callee.kind is Kind.METHOD and callee.element is not None and callee.name is not None:
            return self.method(node, callee.element, callee.name)
        if callee.kind is Kind.UNKNOWN and callee.element is not None and callee.name in ("run", "eval"):
            return self.unknown_run(node, callee.name)
        return self.foreign_call(node, callee)

    def argument_values(self, node: cst.Call) -> list[Value]:
        """The values of all arguments."""
        return [self.value(argument.value) for argument in node.args]

    # Calls of TF symbols

    def tf_call(self, node: cst.Call, symbol: str) -> Value:
        kind = roles.role(symbol)
        if kind is roles.PLACEHOLDER:
            return self.placeholder(node, symbol)
        if kind is roles.VARIABLE:
            return self.variable(node, symbol)
        if kind is roles.OPTIMIZER:
            return self.optimizer(node, symbol)
        if kind in (roles.SESSION, roles.GRAPH, roles.RESET, roles.CONFIG, roles.INIT):
            return self.session_object(node, symbol, kind)
        if kind is roles.KERAS:
            return keras_graph.call(self, node, symbol)
        values = self.argument_values(node)
        if kind is roles.LATER:
            self.refuse("TF404", f"{symbol} needs a model of state that this version does not have", node, symbol)
            return unknown(node)
        if kind is roles.HOST:
            return self.host_call(node, symbol, values)
        if kind is roles.SCHEDULE:
            return self.schedule(node, symbol)
        if kind in (roles.SCOPE, roles.DEPENDENCIES):
            return host(node)
        if kind is roles.ASSIGN:
            return self.update(node, values[0] if values else unknown(node), values)
        if kind is roles.GROUP:
            return self.grouped(node, values)
        if kind is roles.CONTROL:
            return self.control_flow(node, values)
        if kind is roles.GRADIENTS:
            self.computed(node, values)
            return sequence(element=self.computed(node, values), node=node)
        return self.computed(node, values, random=kind is roles.RANDOM)

    def host_call(self, node: cst.Call, symbol: str, values: list[Value]) -> Value:
        """A TF function that works on Python values; Keras code that is given graph tensors is not that."""
        if any(leaf.dynamic for value in values for leaf in value.leaves()):
            self.refuse("TF217", f"{symbol} is given a graph tensor", node, symbol)
        return host(node)

    def placeholder(self, node: cst.Call, symbol: str) -> Value:
        self.argument_values(node)
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        find = lambda name: arguments[name].value if name in arguments else None  # noqa: E731
        if symbol == "tf.sparse_placeholder":
            self.refuse("TF218", "a sparse placeholder has no counterpart yet", node, symbol)
        if self.current is None or not self.frame.recorded:
            self.refuse("TF219", "a placeholder is made inside a helper function", node, symbol)
            return unknown(node)
        default = find("input") if symbol == "tf.placeholder_with_default" else None
        self.order += 1
        made = Placeholder(self.current, node, find("dtype"), find("shape"), find("name"), default, order=self.order)
        made.rank = find("ndim")
        self.current.placeholders.append(made)
        return Value(Kind.PLACEHOLDER, node, dynamic=True, payload=made)

    def variable(self, node: cst.Call, symbol: str) -> Value:
        entry = tables.lookup(symbol)
        self.in_initial += 1
        self.argument_values(node)
        self.in_initial -= 1
        arguments = tables.bind(node, entry) if entry is not None else {}
        if symbol == "tf.get_variable":
            self.refuse("TF404", "tf.get_variable needs a model of scopes that this version does not have", node, symbol)
        if self.in_fetch:
            self.refuse("TF403", "a variable is made inside a run site", node, symbol)
        if self.current is None:
            return unknown(node)
        trainable = self.value(arguments["trainable"].value).constant if "trainable" in arguments else True
        initial = arguments["initial_value"].value if "initial_value" in arguments and self.frame.recorded else None
        made = Variable(self.current, node, initial, trainable if isinstance(trainable, bool) else None, self.graph)
        self.current.variables.append(made)
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({made}), payload=made)

    def optimizer(self, node: cst.Call, symbol: str) -> Value:
        entry = tables.lookup(symbol)
        arguments = dict(tables.bind(node, entry)) if entry is not None else {}
        values = {name: self.value(argument.value) for name, argument in arguments.items()}
        if self.current is None:
            return unknown(node)
        rate = values.get("learning_rate", host())
        made = Optimizer(self.current, node, symbol, arguments, rate)
        self.current.optimizers.append(made)
        for name, value in values.items():
            if value.dynamic and name != "learning_rate":
                self.refuse("TF301", f"the optimizer's {name} is a tensor", node, symbol)
        return Value(Kind.OPTIMIZER, node, payload=made)

    def schedule(self, node: cst.Call, symbol: str) -> Value:
        entry = tables.lookup(symbol)
        arguments = dict(tables.bind(node, entry)) if entry is not None else {}
        step = arguments.get("x") or arguments.get("global_step")
        if step is None or self.current is None or not self.frame.recorded:
            self.refuse("TF313", "a learning-rate decay without a step counter of this scope", node, symbol)
            return unknown(node)
        counter = self.value(step.value)
        if counter.kind is not Kind.VARIABLE:
            self.refuse("TF313", "a learning rate decays with something other than a counter variable", node, symbol)
        for argument in arguments.values():
            if argument is not step and self.value(argument.value).dynamic:
                self.refuse("TF313", "a learning-rate decay is given a tensor", node, symbol)
        made = Schedule(self.current, node, symbol, arguments, step.value, counter)
        self.current.schedules.append(made)
        return Value(Kind.SCHEDULE, node, name=symbol, payload=made)

    def session_object(self, node: cst.Call, symbol: str, kind: str) -> Value:
        self.argument_values(node)
        if kind is not roles.CONFIG:
            self.mark_gone(node)
        if kind is roles.SESSION:
            if any(argument.keyword is not None and argument.keyword.value == "target" for argument in node.args):
                self.refuse("TF220", "a session connects to another process", node, symbol)
            made = Value(Kind.SESSION, node, payload=node)
            if symbol == "tf.InteractiveSession":
                self.default_sessions.append(made)
            return made
        if kind is roles.RESET:
            self.graph += 1
            return host(node)
        if kind is roles.GRAPH:
            return Value(Kind.GRAPH, node)
        if kind is roles.CONFIG:
            return Value(Kind.CONFIG, node)
        variables = [leaf.payload for value in self.argument_values(node) for leaf in value.leaves()]
        chosen = [variable for variable in variables if isinstance(variable, Variable)]
        local = symbol.rpartition(".")[2] in ("local_variables_initializer", "initialize_local_variables", "local_variables")
        return Value(Kind.INIT, node, payload=chosen if node.args else [] if local else None)

    def mark_gone(self, node: cst.CSTNode) -> None:
        """Note an expression that has no counterpart in the output."""
        if self.current is not None and self.frame.recorded:
            self.current.gone.append(node)
        elif not self.frame.recorded:
            self.refuse("TF221", "a helper function handles a session or graph", node)

    def update(self, node: cst.Call, target: Value, values: list[Value]) -> Value:
        """An assignment to a variable: a tensor with an effect."""
        result = self.computed(node, values)
        result.dynamic = True
        if target.kind is not Kind.VARIABLE:
            self.refuse("TF405", "an assignment to something that is not surely one variable", node)
        elif isinstance(target.payload, Variable):
            (self.fetch_assigned if self.in_fetch or self.current is None else self.current.assigned).append(target.payload)
        if self.current is not None and not self.in_fetch:
            self.current.updates = True
        result.payload = "update"
        return result

    def grouped(self, node: cst.Call, values: list[Value]) -> Value:
        if any(leaf.kind is Kind.TRAIN for value in values for leaf in value.leaves()):
            trains = [leaf for value in values for leaf in value.leaves()]
            return Value(Kind.TRAIN, node, dynamic=True, payload=[leaf.payload for leaf in trains])
        if any(leaf.kind is Kind.INIT for value in values for leaf in value.leaves()):
            self.mark_gone(node)
            payloads = [leaf.payload for value in values for leaf in value.leaves()]
            everything = any(payload is None for payload in payloads)
            listed = [variable for payload in payloads if isinstance(payload, list) for variable in payload]
            return Value(Kind.INIT, node, payload=None if everything else listed)
        result = self.computed(node, values)
        return Value(Kind.OP, node, dynamic=result.dynamic or bool(values), reads=result.reads, random=result.random)

    def control_flow(self, node: cst.Call, values: list[Value]) -> Value:
        """`tf.cond`, `tf.while_loop` and the like: the functions given are interpreted with tensors."""
        sources = [value for value in values if value.kind is not Kind.FUNCTION]
        random = False
        results: list[Value] = []
        for argument, value in zip(node.args, values, strict=True):
            if value.kind is Kind.FUNCTION:
                count = _parameter_count(value)
                fed = self.computed(node, sources)
                result = self.apply(value, [fed] * count, {})
                self.branch_results[argument.value] = result
                results += result.leaves()
                random = random or any(leaf.random for leaf in result.leaves())
        single = self.computed(node, sources + results, random=random)
        single.dynamic = single.dynamic or any(leaf.dynamic for leaf in results)
        return single

    # Methods

    def method(self, node: cst.Call, owner: Value, name: str) -> Value:
        if owner.kind is Kind.SESSION:
            return self.session_method(node, owner, name)
        if owner.kind in (*_TENSORS, Kind.OP, Kind.TRAIN, Kind.INIT):
            return self.tensor_method(node, owner, name)
        if owner.kind is Kind.OPTIMIZER:
            return self.optimizer_method(node, owner, name)
        if owner.kind is Kind.LAYER:
            return keras_graph.method(self, node, owner, name)
        if owner.kind is Kind.GRAPH:
            values = self.argument_values(node)
            if name in ("as_default", "finalize"):
                self.mark_gone(node)
                return Value(Kind.GRAPH, node)
            del values
            self.refuse("TF222", f"the graph's {name}() has no counterpart", node)
            return unknown(node)
        if owner.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return self.container_method(node, owner, name)
        if owner.kind is Kind.SHAPE:
            self.argument_values(node)
            return Value(Kind.SHAPE, node, payload=owner.payload)
        if owner.kind is Kind.CONFIG:
            self.argument_values(node)
            return Value(Kind.CONFIG, node)
        return self.foreign_call(node, owner)

    def session_method(self, node: cst.Call, owner: Value, name: str) -> Value:
        if name == "run":
            return self.site(node, "run", None, owner)
        if name in ("close", "__enter__", "__exit__"):
            self.argument_values(node)
            self.mark_gone(node)
            return host(node)
        if name == "as_default":
            self.mark_gone(node)
            return Value(Kind.SESSION, node, payload=owner.payload)
        self.argument_values(node)
        self.refuse("TF223", f"the session's {name}() has no counterpart", node)
        return unknown(node)

    def tensor_method(self, node: cst.Call, owner: Value, name: str) -> Value:
        if name == "eval" and owner.kind in _TENSORS:
            return self.site(node, "eval", owner, None)
        if name == "run" and owner.kind in (Kind.OP, Kind.TRAIN, Kind.INIT):
            return self.site(node, "op.run", owner, None)
        values = self.argument_values(node)
        if name == "get_shape":
            return Value(Kind.SHAPE, node, payload=owner)
        if name == "set_shape" and owner.kind is Kind.TENSOR:
            self.computed(node, [owner])
            return host(node)
        if owner.kind is Kind.VARIABLE:
            if name in roles.ASSIGN_METHODS:
                return self.update(node, owner, [owner, *values])
            if name == "initialized_value":
                self.initialized_values[node] = owner
            if name in ("read_value", "value", "initialized_value"):
                return self.computed(node, [owner])
            if name == "load":
                self.loads.append(node)
                return host(node)
        if name in ("consumers", "get_operation"):
            self.refuse("TF222", f"{name}() asks for the graph itself", node)
            return unknown(node)
        return self.computed(node, [owner, *values])

    def optimizer_method(self, node: cst.Call, owner: Value, name: str) -> Value:
        optimizer = owner.payload
        assert isinstance(optimizer, Optimizer)
        entry = tables.lookup(f"{optimizer.symbol}.{name}")
        arguments = _bind(node, _TRAIN_PARAMETERS.get(name, entry.parameters if entry is not None else ()))
        values = {key: self.value(value) for key, value in arguments.items()}
        if self.current is None or name not in _TRAIN_PARAMETERS:
            self.refuse("TF302", f"the optimizer's {name}() has no counterpart", node)
            return unknown(node)
        for key in ("grad_loss", "aggregation_method"):
            if key in arguments and not _is_none(arguments[key]):
                self.refuse("TF303", f"{name}({key}=...) has no counterpart", node)
        if self.in_fetch or not self.frame.recorded:
            self.refuse("TF304", f"{name}() is called inside a helper function or a run site", node)
        get = arguments.get
        if name == "compute_gradients":
            loss = get("loss")
            if loss is None:
                self.refuse("TF302", "compute_gradients() without a loss", node)
                return unknown(node)
            made = Gradients(self.current, node, optimizer, loss, values["loss"], get("var_list"))
            self.current.graph_nodes.append(node)
            self.current.gradients.append(made)
            pair = sequence([self.computed(node, [values["loss"]]), Value(Kind.VARIABLE, node, dynamic=True)])
            found = sequence(element=pair, node=node)
            found.payload = made
            return found
        step = get("global_step")
        training = Training(
            self.current, node, optimizer, name, get("loss"), values.get("loss"), get("var_list"), get("grads_and_vars"),
            None if step is None or _is_none(step) else step, values.get("global_step"),
        )  # fmt: skip
        self.current.trainings.append(training)
        optimizer.uses.append(training)
        self.current.updates = True
        return Value(Kind.TRAIN, node, dynamic=True, payload=[training])

    def container_method(self, node: cst.Call, owner: Value, name: str) -> Value:
        values = self.argument_values(node)
        receiver = node.func.value if isinstance(node.func, cst.Attribute) else None
        if name in _MUTATORS:
            before = owner.any_dynamic()
            if name == "append" and len(values) == 1:
                if owner.items is not None and self.frame.scope is not None and self.container is None:
                    owner.items = [*owner.items, values[0]]
                else:
                    parts = owner.parts() + values
                    owner.items, owner.element = None, element_of(sequence(parts))
            elif values and name != "remove":
                added = [part for value in values for part in (value.parts() or [value])]
                owner.items, owner.element = None, element_of(sequence(owner.parts() + added)) if added else None
            elif owner.items is not None and name in ("reverse", "pop"):
                owner.element, owner.items = element_of(owner), None
            if name == "update" and owner.kind is Kind.MAPPING and values:
                owner.entries = [*owner.entries, *values[0].entries]
            if receiver is not None:
                self.changed_in_place(receiver, owner)
            if owner.any_dynamic() and not before and any(value.any_dynamic() for value in values):
                self.computed(node, [leaf for value in values for leaf in value.leaves()])
            return element_of(owner) if name in ("pop", "setdefault") else host(node)
        if name == "items":
            return sequence(element=sequence([host(), element_of(sequence(owner.parts()))]), node=node)
        if name == "values" and owner.fields is not None and owner.element is None:
            return sequence(list(owner.fields.values()), node=node)
        if name in ("values", "get", "copy"):
            parts = element_of(sequence(owner.parts())) if owner.parts() else unknown(node)
            return owner if name == "copy" else parts if name == "get" else sequence(element=parts, node=node)
        return host(node)

    # Run sites

    def site(self, node: cst.Call, method: str, receiver: Value | None, session: Value | None) -> Value:
        positional, keyword, starred = arguments_of(node)
        names = ("fetches", "feed_dict", "options", "run_metadata") if method == "run" else ("feed_dict", "session")
        bound = dict(zip(names, positional, strict=False)) | dict(keyword)
        if starred or any(name in bound for name in ("options", "run_metadata")):
            self.refuse("TF224", "a run with options, metadata or starred arguments", node)
        if self.current is None or not self.frame.recorded:
            self.refuse("TF225", "a run site inside a helper function that is called while building", node)
            return unknown(node)
        fetch = bound.get("fetches") if method == "run" else node.func.value if isinstance(node.func, cst.Attribute) else None
        if fetch is None:
            self.refuse("TF224", "a run without fetches", node)
            return unknown(node)
        self.in_fetch = True
        if receiver is None:
            self.fetch_assigned = []
        fetched = self.value(fetch) if receiver is None else receiver
        self.fetch_updates[node] = self.fetch_assigned
        self.in_fetch = False
        if "session" in bound:
            self.value(bound["session"])
        self.order += 1
        feeds, variable = self.feeds(bound.get("feed_dict"))
        made = Site(
            node, self.current, method, fetch, fetched, feeds, variable, self.frame.visible(), session, self.order
        )
        earlier = self.site_records.get(node)
        if earlier is not None and node in self.interpreted and not _same_names(earlier, made):
            self.refuse("TF226", "a run site is reached with different graphs", node)
        self.site_records[node] = made
        if not any(site.call is node for site in self.current.sites):
            self.current.sites.append(made)
        return _fetched(fetched, node)

    def feeds(self, node: cst.BaseExpression | None) -> tuple[list[Feed], Binding | None]:
        """The entries of a feed dict: of the literal itself, or of the literal that a name is bound to."""
        if node is None or _is_none(node):
            return [], None
        if isinstance(node, cst.Dict):
            return self.literal_feeds(node), None
        value = self.value(node)
        found = self.frame.find(node.value) if isinstance(node, cst.Name) else None
        variable = found[0] if found is not None else None
        if value.kind is not Kind.MAPPING or variable is None or not isinstance(value.node, cst.Dict) or value.fields:
            self.refuse("TF227", "the feed dict is not written as a dict in this scope", node)
            return [], variable
        for entry in value.entries:
            self.check_entry(entry, node)
        last = {entry.key_value.payload: entry for entry in value.entries}
        return [Feed(entry.key, entry.key_value, entry.value, entry.statement) for entry in last.values()], variable

    def literal_feeds(self, node: cst.Dict) -> list[Feed]:
        """The entries of a feed dict written in the run itself."""
        found = []
        for entry in node.elements:
            if not isinstance(entry, cst.DictElement):
                self.refuse("TF227", "the feed dict is put together from other dicts", node)
                continue
            outer, self.in_fetch = self.in_fetch, True
            key = self.value(entry.key)
            self.in_fetch = outer
            self.value(entry.value)
            found.append(Feed(entry.key, key, entry.value, None))
        return found

    def check_entry(self, entry: Entry, node: cst.CSTNode) -> None:
        """An entry that is put in under a condition may be missing at the run."""
        container = entry.statement.container if entry.statement is not None else None
        around = self.current
        while container is not None:
            here = around
            while here is not None and here is not container:
                here = here.container
            if here is None and not container.dissolves and not isinstance(container.node, cst.With):
                self.refuse("TF227", "an entry of the feed dict is put in under a condition or in a loop", node)
            container = container.container

    def unknown_run(self, node: cst.Call, name: str) -> Value:
        """``x.run(...)`` or ``x.eval(...)`` on something unknown: a run site only if it looks like one."""
        values = self.argument_values(node)
        _, keyword, _ = arguments_of(node)
        if "feed_dict" in keyword or any(leaf.symbolic for value in values for leaf in value.leaves()):
            self.refuse("TF228", "a run on a session or tensor that the analysis does not know", node)
        return unknown(node)

    # The user's functions, and foreign code

    def user_call(self, node: cst.Call, callee: Value) -> Value:
        positional, keyword, starred = arguments_of(node)
        values = [self.value(argument) for argument in positional]
        named = {name: self.value(argument) for name, argument in keyword.items()}
        for argument in node.args:
            if argument.star:
                self.value(argument.value)
        if starred:
            return self.apply(callee, None, {})
        return self.apply(callee, values, named)

    def apply(self, callee: Value, positional: list[Value] | None, named: Mapping[str, Value]) -> Value:
        """Interpret a call of a user's function or lambda; ``positional`` None: unknown arguments."""
        definition, frame = callee.payload  # type: ignore[misc]  # FUNCTION values carry (definition, frame)
        if len(self.calling) >= depth_limit() or definition in self.calling:
            sources = [*(positional or ()), *named.values()]
            return self.computed(definition, sources) if any(value.symbolic for value in sources) else unknown(definition)
        if isinstance(definition, cst.Lambda):
            inner = Frame(None, frame, comprehension=self.homes.get(definition) is self.current)
            self._bind_parameters(inner, definition.params, positional, named)
            outer, self.frame = self.frame, inner
            self.calling.append(definition)
            result = self.value(definition.body)
            self.calling.pop()
            self.frame = outer
            return result
        return self.call_definition(definition, frame, positional, named)

    def call_definition(
        self,
        definition: cst.FunctionDef,
        frame: Frame,
        positional: Sequence[Value] | None,
        named: Mapping[str, Value],
        known: bool = True,
    ) -> Value:
        """Interpret a function's body; it is recorded when it runs graphs itself."""
        runner = self.runs_graph(definition)
        caller = self.current
        inner = Frame(Scope(definition, frame.scope or self.module_frame.scope) if runner else None, frame)
        self._bind_parameters(inner, definition.params, positional if known else None, named)
        if runner and known and any(binding.value.symbolic for binding in inner.names.values()):
            self.refuse("TF229", "graph objects or a session are passed to a function that runs them", definition)
        saved = self.frame, self.current, self.container
        self.frame = inner
        if runner:
            self.current = self.container = None
        self.calling.append(definition)
        self.block([definition.body])
        self.calling.pop()
        self.frame, self.current, self.container = saved
        self.interpreted.add(definition)
        if runner and caller is not None and any(value.symbolic for value in inner.returned):
            self.refuse("TF230", "a function that runs a graph also returns graph objects", definition)
        if not inner.returned:
            return host(definition)
        result = inner.returned[0]
        for other in inner.returned[1:]:
            result = join(result, other)
        return result

    def _bind_parameters(
        self, frame: Frame, parameters: cst.Parameters, positional: Sequence[Value] | None, named: Mapping[str, Value]
    ) -> None:
        everything = [*parameters.posonly_params, *parameters.params]
        for index, parameter in enumerate([*everything, *parameters.kwonly_params]):
            name = parameter.name.value
            if positional is None:
                value = unknown(parameter)
            elif index < len(positional) and index < len(everything):
                value = positional[index]
            elif name in named:
                value = named[name]
            else:
                value = self.last_values.get(parameter.default, unknown()) if parameter.default else unknown(parameter)
            frame.names[name] = Binding(name, value, frozenset({None}))
        if isinstance(parameters.star_arg, cst.Param):
            extra = list(positional[len(everything) :]) if positional is not None else None
            value = sequence(extra) if extra is not None else unknown()
            frame.names[parameters.star_arg.name.value] = Binding("*", value, frozenset({None}))
        if parameters.star_kwarg is not None:
            known = {parameter.name.value for parameter in [*everything, *parameters.kwonly_params]}
            fields: dict[object, Value] = {name: value for name, value in named.items() if name not in known}
            value = Value(Kind.MAPPING, fields=fields)
            frame.names[parameters.star_kwarg.name.value] = Binding("**", value, frozenset({None}))

    def foreign_call(self, node: cst.Call, callee: Value) -> Value:
        """A call of Python's own or somebody else's code."""
        values = self.argument_values(node)
        name = node.func.value if isinstance(node.func, cst.Name) else None
        if name is not None and callee.kind is Kind.HOST:
            if name in _SAME_ELEMENTS and len(values) >= 1:
                first = values[0]
                return sequence(list(first.items), node=node) if first.items is not None else self._elements(first, node)
            if name == "zip":
                pair = sequence([element_of(value) for value in values])
                return sequence(element=pair, node=node) if pair.symbolic else host(node)
            if name == "enumerate" and values and values[0].symbolic:
                return sequence(element=sequence([host(), element_of(values[0])]), node=node)
            if name == "dict":
                return Value(Kind.MAPPING, node, fields={}, element=None)
            if name in ("sum", "abs", "round", "max", "min", "pow") and any(value.symbolic for value in values):
                return self.computed(node, [leaf for value in values for leaf in value.leaves()])
            if name in ("int", "float") and values and values[0].kind is Kind.SHAPE:
                return Value(Kind.SHAPE, node, payload=values[0].payload)
            if name in _HARMLESS:
                return host(node)
            if name == "map" and values and values[0].kind is Kind.FUNCTION:
                return sequence(element=self.apply(values[0], [element_of(value) for value in values[1:]], {}), node=node)
        if self.in_fetch and self._is_namedtuple(callee):
            return sequence(values, node=node)
        if any(leaf.any_dynamic() or leaf.kind in (Kind.SESSION, Kind.TRAIN, Kind.OP) for value in values for leaf in value.leaves()):
            if name == "print" and all(leaf.kind is not Kind.SESSION for value in values for leaf in value.leaves()):
                self.refuse("TF210", "a graph tensor itself, not its value, is printed", node)
            else:
                self.refuse("TF231", "a graph object is passed to code that the analysis does not know", node)
        return unknown(node) if callee.kind is Kind.UNKNOWN else host(node)

    def _is_namedtuple(self, callee: Value) -> bool:
        """Whether a class was made by ``collections.namedtuple`` in this file."""
        made = callee.node
        if not isinstance(made, cst.Call):
            return False
        name = made.func.attr if isinstance(made.func, cst.Attribute) else made.func
        return isinstance(name, cst.Name) and name.value == "namedtuple"

    def _elements(self, value: Value, node: cst.CSTNode) -> Value:
        return sequence(element=element_of(value), node=node) if value.symbolic else host(node)


_TRAIN_PARAMETERS = {
    "minimize": (
        "loss", "global_step", "var_list", "gate_gradients", "aggregation_method", "colocate_gradients_with_ops", "name",
        "grad_loss",
    ),
    "compute_gradients": (
        "loss", "var_list", "gate_gradients", "aggregation_method", "colocate_gradients_with_ops", "grad_loss",
    ),
    "apply_gradients": ("grads_and_vars", "global_step", "name"),
}  # fmt: skip


def _bind(node: cst.Call, parameters: Sequence[str]) -> dict[str, cst.BaseExpression]:
    positional, keyword, starred = arguments_of(node)
    if starred:
        raise Refusal("TF302", "starred arguments of an optimizer's method", node)
    return dict(zip(parameters, positional, strict=False)) | dict(keyword)


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _parameter_count(value: Value) -> int:
    definition = value.payload[0]  # type: ignore[index]  # FUNCTION values carry (definition, frame)
    return len(definition.params.params)


def _fetched(value: Value, node: cst.CSTNode) -> Value:
    """The host value that a run gives for a fetch."""
    if value.kind is Kind.SEQUENCE:
        if value.items is not None:
            return Value(Kind.SEQUENCE, node, items=[_fetched(item, node) for item in value.items])
        return Value(Kind.SEQUENCE, node, element=host(node))
    return host(node)


def _same_names(first: Site, second: Site) -> bool:
    return all(second.names[name].same(binding) for name, binding in first.names.items() if name in second.names)
