"""Calls of the user's own functions, which are followed, and of foreign code, which is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from codemods.analysis import feed_dicts, graph_handles, lookups, roles, shown_names, variable_dicts
from codemods.analysis.called import UserCall
from codemods.analysis.evaluate import EvaluatorBase, arguments_of, depth_limit
from codemods.analysis.frames import Frame, element_of
from codemods.analysis.graph_parameters import graph_object
from codemods.analysis.statements import Binding, Scope
from codemods.analysis.values import (
    Kind,
    Value,
    host,
    is_namedtuple,
    join,
    sequence,
    unknown,
)
from codemods.analysis.variable_scopes import Reuse

_SAME_ELEMENTS = frozenset({"list", "tuple", "reversed", "sorted", "iter", "set"})
_LEAVES_KEYS = frozenset({"dict", "len", "bool", "isinstance", "type", "id"})  # of a dict that they are given
_HARMLESS = frozenset({"len", "isinstance", "type", "id", "repr", "callable", "hasattr"})


class UserCalls(EvaluatorBase):
    """Following calls of functions that the file defines."""

    def argument_values(self, node: cst.Call) -> list[Value]:
        """The values of all arguments."""
        return [self.value(argument.value) for argument in node.args]

    def user_call(self, node: cst.Call, callee: Value) -> Value:
        positional, keyword, starred = arguments_of(node)
        runner = isinstance(callee.payload, tuple) and self.runs_graph(callee.payload[0])
        values = [self.passed(argument, runner) for argument in positional]
        named = {name: self.passed(argument, runner) for name, argument in keyword.items()}
        for argument in node.args:
            if argument.star:
                self.value(argument.value)
        self.call_node = node
        self.note_call(node, callee)
        if starred:
            return self.apply(callee, None, {})
        return self.apply(callee, values, named)

    def note_call(self, node: cst.Call, callee: Value) -> None:
        """Note which function a call is of, and in which variable scope it stood first."""
        assert isinstance(callee.payload, tuple)
        definition = callee.payload[0]
        known = self.user_calls.get(node)
        if known is not None and known.definition is not definition:
            self.several_callees.add(node)
        outer = self.state.scopes[-1]
        if known is not None and known.plain and (known.scope, known.reuse) != (outer.name, outer.reuse):
            # Another turn of a loop, before which the scope was made to reuse its variables.
            later = known.reuse is Reuse.NO and outer.reuse is not Reuse.NO and known.scope == outer.name
            known.reuse = Reuse.AUTO if later else Reuse.UNKNOWN if known.reuse is not Reuse.AUTO else Reuse.AUTO
            known.scope = known.scope if known.scope == outer.name else None
        if known is None and isinstance(definition, cst.FunctionDef):
            plain = self.frame.recorded and not self.in_fetch and not self.frame.comprehension
            self.user_calls[node] = UserCall(node, definition, outer.name, outer.reuse, plain)

    def passed(self, node: cst.BaseExpression, runner: bool) -> Value:
        """The value of an argument; a session or tensor goes with the parameter of a function that runs it."""
        outer = self.in_fetch
        self.in_fetch = outer or (runner and graph_object(self, node))
        value = self.value(node)
        self.in_fetch = outer
        return value

    def apply(self, callee: Value, positional: list[Value] | None, named: Mapping[str, Value]) -> Value:
        """Interpret a call of a user's function or lambda; ``positional`` None: unknown arguments."""
        assert isinstance(callee.payload, tuple)
        definition: cst.FunctionDef | cst.Lambda = callee.payload[0]
        frame: Frame = callee.payload[1]
        if len(self.calling) >= depth_limit() or definition in self.calling:
            self.graph_names.disturb(self)
            sources = [*(positional or ()), *named.values()]
            return (
                self.computed(definition, sources) if any(value.symbolic for value in sources) else unknown(definition)
            )
        if isinstance(definition, cst.Lambda) and self.runs_graph(definition):
            return unknown(definition)  # its run was noted where it is written
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
        call, self.call_node = self.call_node, None
        if runner and known:
            self.graph_parameters.enter(self, definition, inner, call)
        inner.caller = self.frame
        saved = self.frame, self.current, self.container
        self.frame = inner
        if runner:
            self.current = self.container = None
        self.calling.append(definition)
        self.called_from += [call] if call is not None else []
        self.block([definition.body])
        self.calling.pop()
        del self.called_from[len(self.called_from) - (call is not None) :]
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
        name = node.func.value if isinstance(node.func, cst.Name) else None
        if name == "dict" and callee.kind is Kind.HOST:
            named = variable_dicts.named(self, node)
            named = shown_names.listed(self, node) if named is None else named
            if named is not None:
                return named
        values = self.argument_values(node)
        for value in values if name not in _LEAVES_KEYS else ():
            if name == "print" and feed_dicts.has_placeholders(value):
                self.notes.append(("TF255", "a feed dict is printed: its keys are the names of parameters now", node))
            elif name != "print":
                feed_dicts.looked_into(value)
        if name == "bool":
            self.feed_dicts.counted.update(values)
        self.graph_names.foreign(self, node, values)
        if name is not None and callee.kind is Kind.HOST:
            if name in _SAME_ELEMENTS and len(values) >= 1:
                first = values[0]
                return (
                    sequence(list(first.items), node=node) if first.items is not None else self._elements(first, node)
                )
            if name == "zip":
                pair = sequence([element_of(value) for value in values])
                return sequence(element=pair, node=node) if pair.traced else host(node)
            if name == "enumerate" and values and values[0].traced:
                return sequence(element=sequence([host(), element_of(values[0])]), node=node)
            if name == "dict":
                return self.feed_dicts.made(node, values, self.state.branches)
            if name in ("sum", "abs", "round", "max", "min", "pow") and any(value.symbolic for value in values):
                return self.computed(node, [leaf for value in values for leaf in value.leaves()])
            if name in ("int", "float") and values and values[0].kind is Kind.SHAPE:
                return Value(Kind.SHAPE, node, payload=values[0].payload)
            if name in _HARMLESS:
                self.feed_dicts.counted.update(values)
                return host(node)
            if name == "map" and values and values[0].kind is Kind.FUNCTION:
                return sequence(
                    element=self.apply(values[0], [element_of(value) for value in values[1:]], {}), node=node
                )
        if self.in_fetch and is_namedtuple(callee):
            return sequence(values, node=node)
        if any(
            leaf.any_dynamic() or leaf.kind in (Kind.SESSION, Kind.TRAIN, Kind.OP, Kind.SAVER, Kind.GRAPH)
            for value in values
            for leaf in value.leaves()
        ):
            if name == "print" and all(leaf.kind is not Kind.SESSION for value in values for leaf in value.leaves()):
                self.refuse("TF210", "a graph tensor itself, not its value, is printed", node)
            elif not lookups.is_imported(callee):
                self.refuse("TF231", "a graph object is passed to code that the analysis does not know", node)
        elif name == "print" and any(leaf.kind is Kind.TENSOR for value in values for leaf in value.leaves()):
            self.notes.append(("TF255", "a tensor is printed: its text has its value now, not its name", node))
        return unknown(node) if callee.kind is Kind.UNKNOWN else host(node)

    def _elements(self, value: Value, node: cst.CSTNode) -> Value:
        return sequence(element=element_of(value), node=node) if value.traced else host(node)

    def mark_gone(self, node: cst.CSTNode) -> None:
        """Note an expression that has no counterpart in the output."""
        if self.current is not None and self.frame.recorded:
            self.current.gone.append(node)
        elif not self.frame.recorded:
            line = self.helper_line
            reset = isinstance(node, cst.Call) and roles.role(self.symbols.of(node.func) or "") == roles.RESET
            if reset and line is not None and len(line.body) == 1 and _is_expression(line.body[0], node):
                self.helper_resets[line] = None
                return
            if graph_handles.note(self, self.module, node):
                return
            self.refuse("TF221", "a helper function handles a session or graph", node)


def _is_expression(small: cst.BaseSmallStatement, node: cst.CSTNode) -> bool:
    return isinstance(small, cst.Expr) and small.value is node
