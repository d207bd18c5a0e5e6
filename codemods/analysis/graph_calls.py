"""Calls that make graph objects: placeholders, variables, optimizers, sessions, updates and control flow."""

from __future__ import annotations

import libcst as cst

from codemods import tables, tree
from codemods.analysis import batch_norm, lookups, roles
from codemods.analysis.slices import free_names
from codemods.analysis.user_calls import UserCalls
from codemods.analysis.values import (
    Kind,
    Optimizer,
    Placeholder,
    Schedule,
    Value,
    Variable,
    host,
    unknown,
)


class GraphCalls(UserCalls):
    """What calling a TF symbol makes, by its role."""

    def host_call(self, node: cst.Call, symbol: str, values: list[Value]) -> Value:
        """A TF function that works on Python values; Keras code that is given graph tensors is not that."""
        if any(leaf.dynamic for value in values for leaf in value.leaves()):
            self.refuse("TF217", f"{symbol} is given a graph tensor", node, symbol)
        return host(node)

    def placeholder(self, node: cst.Call, symbol: str) -> Value:
        self.argument_values(node)
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}

        def find(name: str) -> cst.BaseExpression | None:
            return arguments[name].value if name in arguments else None

        if self.current is None or not self.frame.recorded:
            self.refuse("TF219", "a placeholder is made inside a helper function", node, symbol)
            return unknown(node)
        default = find("input") if symbol == "tf.placeholder_with_default" else None
        if isinstance(default, cst.Call) and self.symbols.of(default.func) == "tf.constant" and len(default.args) == 1:
            default = default.args[0].value
        self.order += 1
        made = Placeholder(self.current, node, find("dtype"), find("shape"), find("name"), default, order=self.order)
        made.rank = find("ndim")
        made.sparse = symbol == "tf.sparse_placeholder"
        self.current.placeholders.append(made)
        return Value(Kind.PLACEHOLDER, node, dynamic=True, payload=made)

    def variable(self, node: cst.Call, symbol: str) -> Value:
        if symbol == "tf.get_variable":
            return self.state.get_variable(self, node, symbol)
        entry = tables.lookup(symbol)
        self.in_initial += 1
        self.argument_values(node)
        self.in_initial -= 1
        arguments = tables.bind(node, entry) if entry is not None else {}
        if self.in_fetch:
            self.refuse("TF403", "a variable is made inside a run site", node, symbol)
        if self.current is None:
            return unknown(node)
        trainable = self.value(arguments["trainable"].value).constant if "trainable" in arguments else True
        initial = arguments["initial_value"].value if "initial_value" in arguments and self.frame.recorded else None
        made = Variable(self.current, node, initial, trainable if isinstance(trainable, bool) else None, self.graph)
        self.current.variables.append(made)
        label = self.value(arguments["name"].value).constant if "name" in arguments else None
        self.state.note(made, self.state.name_in_scope(label))
        return Value(Kind.VARIABLE, node, dynamic=True, reads=frozenset({made}), payload=made)

    def optimizer(self, node: cst.Call, symbol: str) -> Value:
        entry = tables.lookup(symbol)
        arguments = dict(tables.bind(node, entry)) if entry is not None else {}
        given = arguments.get("learning_rate")
        if given is not None and isinstance(given.value, cst.Lambda):  # called once, when the train op is built
            arguments["learning_rate"] = cst.Arg(given.value.body)
        values = {name: self.value(argument.value) for name, argument in arguments.items()}
        if self.current is None:
            return unknown(node)
        if any(value.kind is Kind.FUNCTION for value in values.values()):
            self.refuse("TF301", "an argument of the optimizer is a function", node, symbol)
        rate = values.get("learning_rate", host())
        made = Optimizer(self.current, node, symbol, arguments, rate)
        if isinstance(rate.payload, Schedule):
            made.rate_uses |= rate.payload.step_uses
        elif rate.dynamic:  # each step assigns the rate: its names are read there
            for name in free_names(arguments["learning_rate"].value):
                made.rate_uses[name] = self.current.uses.pop(name, [])
            inside = set(tree.walk(arguments["learning_rate"].value))
            self.current.graph_nodes = [found for found in self.current.graph_nodes if found not in inside]
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
        named = isinstance(step.value, cst.Name) and counter.kind in (Kind.PLACEHOLDER, Kind.TENSOR)
        computed = counter.kind is Kind.TENSOR and _is_arithmetic(step.value)
        if counter.kind is not Kind.VARIABLE and not named and not computed:
            self.refuse("TF313", "a learning rate decays with a counter that has no name", node, symbol)
        for argument in arguments.values():
            if argument is not step and self.value(argument.value).dynamic:
                self.refuse("TF313", "a learning-rate decay is given a tensor", node, symbol)
        made = Schedule(self.current, node, symbol, arguments, step.value, counter)
        made.step_uses = {name: list(self.current.uses.get(name, ())) for name in free_names(step.value)}
        if computed:  # it is written where the rate is called
            inside = set(tree.walk(step.value))
            self.current.graph_nodes = [found for found in self.current.graph_nodes if found not in inside]
        self.current.schedules.append(made)
        return Value(Kind.SCHEDULE, node, name=symbol, reads=counter.reads, payload=made)

    def session_object(self, node: cst.Call, symbol: str, kind: str) -> Value:
        self.argument_values(node)
        if kind is not roles.CONFIG and not self.in_fetch:  # there it goes with the call
            self.mark_gone(node)
        if kind is roles.SESSION:
            if any(argument.keyword is not None and argument.keyword.value == "target" for argument in node.args):
                self.refuse("TF220", "a session connects to another process", node, symbol)
            if symbol == "tf.get_default_session":
                if self.default_sessions:
                    return self.default_sessions[-1]
                self.refuse("TF228", "no session is known to be the default here", node, symbol)
            made = Value(Kind.SESSION, node, payload=node)
            lookups.note_session(self, node)
            if symbol == "tf.InteractiveSession":
                self.default_sessions.append(made)
            return made
        if kind is roles.RESET:
            self.graph += 1
            self.savers.resets.append(self.order)
            return host(node)
        if kind is roles.GRAPH:
            if symbol == "tf.Graph":
                self.graph_names.begin(node)
            lookups.note_graph(self, node, self.graph_names.graph(self))
            return Value(Kind.GRAPH, node)
        if kind is roles.CONFIG:
            return Value(Kind.CONFIG, node)
        variables = [leaf.payload for value in self.argument_values(node) for leaf in value.leaves()]
        chosen = [variable for variable in variables if isinstance(variable, Variable)]
        local = symbol.rpartition(".")[2] in (
            "local_variables_initializer",
            "initialize_local_variables",
            "local_variables",
        )
        counted = [metric.variable for metric in self.state.metrics.values() if metric.variable is not None]
        # None stands for all global variables.
        return Value(Kind.INIT, node, payload=chosen if node.args else counted if local else [None])

    def update(self, node: cst.Call, target: Value, values: list[Value]) -> Value:
        """An assignment to a variable: a tensor with an effect."""
        result = self.computed(node, values)
        result.dynamic = True
        if target.kind is not Kind.VARIABLE:
            self.refuse("TF405", "an assignment to something that is not surely one variable", node)
        else:
            assigned = self.fetch_assigned if self.in_fetch or self.current is None else self.current.assigned
            assigned += [target.payload] if isinstance(target.payload, Variable) else list(target.reads)
        if self.current is not None and not self.in_fetch:
            self.current.updates = True
        result.payload = "update"
        return result

    def grouped(self, node: cst.Call, values: list[Value]) -> Value:
        updates = batch_norm.group(self, node, values)
        if updates is not None:
            return updates
        if any(leaf.kind is Kind.TRAIN for value in values for leaf in value.leaves()):
            trains = [leaf for value in values for leaf in value.leaves() if not batch_norm.only_updates(leaf)]
            for argument, value in zip(node.args, values, strict=True):
                own = value.kind is not Kind.TRAIN and not batch_norm.only_updates(value)
                if own and isinstance(argument.value, cst.Call):
                    self.refuse(
                        "TF305", "a group makes an update of its own beside a train op; name it first", argument
                    )
            return Value(Kind.TRAIN, node, dynamic=True, payload=[leaf.payload for leaf in trains])
        if any(leaf.kind is Kind.INIT for value in values for leaf in value.leaves()):
            self.mark_gone(node)
            payloads = [leaf.payload for value in values for leaf in value.leaves()]
            listed = [variable for payload in payloads if isinstance(payload, list) for variable in payload]
            return Value(Kind.INIT, node, payload=listed)
        result = self.computed(node, values)
        return Value(Kind.OP, node, dynamic=result.dynamic or bool(values), reads=result.reads, random=result.random)

    def control_flow(self, node: cst.Call, values: list[Value]) -> Value:
        """`tf.cond`, `tf.while_loop` and the like: the functions given are interpreted with tensors."""
        sources = [leaf for value in values for leaf in value.leaves() if leaf.kind is not Kind.FUNCTION]
        random = several = False
        results: list[Value] = []
        for argument, value in zip(node.args, values, strict=True):
            for function in (leaf for leaf in value.leaves() if leaf.kind is Kind.FUNCTION):
                count = _parameter_count(function)
                fed = self.computed(node, sources)
                with self.graph_names.elsewhere(self):
                    result = self.apply(function, [fed] * count, {})
                if function is value:
                    self.branch_results[argument.value] = result
                results += result.leaves()
                random = random or any(leaf.random for leaf in result.leaves())
                structured = result.kind in (Kind.SEQUENCE, Kind.MAPPING) and not (
                    result.items and len(result.items) == 1
                )
                several = several or structured or any(leaf.several for leaf in result.leaves())
        single = self.computed(node, sources + results, random=random)
        single.dynamic = single.dynamic or any(leaf.dynamic for leaf in results)
        single.several = several
        return single


def _is_arithmetic(node: cst.BaseExpression) -> bool:
    """Whether an expression is made of names and numbers by operators only: ``step * BATCH_SIZE``."""
    if isinstance(node, cst.BinaryOperation):
        return _is_arithmetic(node.left) and _is_arithmetic(node.right)
    return isinstance(node, (cst.Name, cst.Integer, cst.Float))


def _parameter_count(value: Value) -> int:
    definition = value.payload[0]  # type: ignore[index]  # FUNCTION values carry (definition, frame)
    return len(definition.params.params)
