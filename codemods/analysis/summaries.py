"""Summaries: what TF1 wrote into event files, through which writers, and from which runs.

A summary operation is a record of its tag and the tensor it shows. A run that fetches it (or a merge of several) gives
the program a string that only a writer can take: ``writer.add_summary(summary, step)``. Each such call is a record,
too, with what it adds; every other use of these objects is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.summary_calls import (
    HIDDEN,
    IGNORED,
    MAKERS,
    MERGES,
    MERGES_OF_ALL,
    OBJECTS,
    PROTO_VALUES,
    PROTOS,
    SUMMARIES,
    WRITER_PARAMETERS,
    WRITERS,
    Aside,
    around,
    bind,
    calls_program,
    is_main,
)
from codemods.analysis.summary_records import Addition, Fetched, Proto, Summary, Writer, Writers, operations
from codemods.analysis.values import Kind, Value, host, unknown
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls
    from codemods.analysis.run_sites import RunSites


class Summaries:
    """The summaries, writers and additions of one program."""

    def __init__(self) -> None:
        self.made: dict[tuple[cst.Call, object], Summary] = {}
        self.merges: set[cst.Call] = set()
        self.empty: set[cst.Call] = set()  # merges of all summaries where there are none
        self.writers: dict[cst.Call, Writer] = {}
        self.protos: dict[cst.Call, Proto] = {}
        self.additions: dict[cst.Call, Addition] = {}
        self.graphs: set[cst.Call] = set()  # calls of writer.add_graph
        self.known: set[cst.Call] = set()  # calls that may take, or be made on, one of these objects

    # Calls of TensorFlow's functions

    def call(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """The value of calling a summary symbol."""
        self.known.add(node)
        if any(argument.star for argument in node.args):
            evaluator.refuse("TF464", f"{symbol} with starred arguments", node, symbol)
            return unknown(node)
        if symbol in MAKERS:
            return self._summary(evaluator, node, symbol)
        if symbol in MERGES:
            return self._merge(evaluator, node, symbol)
        if symbol in MERGES_OF_ALL:
            return self._merge_all(evaluator, node, symbol)
        if symbol in WRITERS:
            return self._writer(evaluator, node, symbol)
        if symbol in PROTOS:
            return self._proto(evaluator, node, symbol)
        for argument in node.args:
            evaluator.value(argument.value)
        evaluator.refuse("TF464", f"{symbol} has no counterpart here", node, symbol)
        return unknown(node)

    def _summary(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        form, parameters = MAKERS[symbol]
        arguments = bind(node, parameters)
        label = arguments.get(parameters[0])
        data = arguments.get(parameters[1])
        if label is None or data is None or len(arguments) < len(node.args):
            evaluator.refuse("TF464", f"{symbol} is not called as TensorFlow 1 has it", node, symbol)
            return unknown(node)
        text = evaluator.value(label).constant
        family = evaluator.value(arguments["family"]).constant if "family" in arguments else None
        inside = self._is_inside(evaluator)
        updates = len(evaluator.fetch_assigned)
        with Aside(evaluator, apart=not inside):
            value = evaluator.value(data)
        key = (node, evaluator.frame)
        made = self.made.get(key)
        tag = None
        if isinstance(text, str) and (family is None or isinstance(family, str)):
            old = parameters[0] in ("tag", "tags")
            tag = text if old else evaluator.graph_names.tag(evaluator, node, text, family)
        if "family" in arguments and not isinstance(family, str) and not is_none(arguments["family"]):
            tag = None
        limit = arguments.get("max_outputs") or arguments.get("max_images")
        fresh = Summary(
            form, node, label, tag, data, value, evaluator.frame.visible(), evaluator.graph_names.graph(evaluator),
            self._collections(evaluator, node, arguments.get("collections")), limit,
        )  # fmt: skip
        fresh.family = "family" in arguments and not is_none(arguments["family"])
        fresh.rate = arguments.get("sample_rate")
        fresh.cleaned = text if isinstance(text, str) and text != tag else None
        if len(evaluator.fetch_assigned) > updates or value.payload == "update":
            fresh.problem = "its tensor is made by an update"
        elif calls_program(evaluator, data):
            fresh.problem = "its tensor is made by a function of the program"
        elif limit is not None and evaluator.value(limit).constant is None:
            fresh.problem = "the number of images or sounds is not a constant"
        elif form == "audio" and not _is_whole(arguments, evaluator):
            fresh.problem = "its sample rate is not a whole constant"
        elif evaluator.frame.comprehension or evaluator.current is None or (inside and evaluator.in_fetch):
            fresh.problem = "it is made in a comprehension or a run"
        elif any(not isinstance(item, cst.For) and not is_main(item) for item in evaluator.state.branches):
            fresh.problem = "it is made under a condition"
        if inside and evaluator.current is not None:
            fresh.inside, fresh.statement = True, evaluator.current
            fresh.scoped = evaluator.graph_names.inside
            fresh.written = evaluator.graph_names.written(text) if isinstance(text, str) else None
            evaluator.current.graph_nodes.append(node)
            evaluator.current.summarises = True
        else:
            self._gone(evaluator, node)
        if made is None:
            self.made[key] = made = fresh
        else:  # a second visit of a loop
            made.value, made.names, made.problem = fresh.value, fresh.names, fresh.problem
            made.statement = fresh.statement
        return Value(Kind.SUMMARY, node, payload=(made,))

    def _is_inside(self, evaluator: GraphCalls) -> bool:
        """Whether the graph code itself has to write a summary that is made here."""
        helper = not evaluator.frame.recorded
        return helper or any(isinstance(item.node, (cst.For, cst.While)) for item in around(evaluator.current))

    def _collections(self, evaluator: GraphCalls, node: cst.Call, given: cst.BaseExpression | None) -> tuple[str, ...]:
        """The collections that a summary is put in."""
        if given is None or is_none(given):
            return (SUMMARIES,)
        found: list[str | None] = [None]
        if isinstance(given, (cst.List, cst.Tuple, cst.Set)):
            found = [self._key(evaluator, item.value) for item in given.elements]
        names = tuple(item for item in found if item is not None)
        if len(names) < len(found):
            evaluator.refuse("TF462", "the collections of a summary are not written out", node)
        return names

    def _key(self, evaluator: GraphCalls, node: cst.BaseExpression) -> str | None:
        if evaluator.symbols.of(node) == "tf.GraphKeys.SUMMARIES":
            return SUMMARIES
        text = evaluator.value(node).constant
        return text if isinstance(text, str) else None

    def _merge(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        arguments = bind(node, MERGES[symbol])
        given = arguments.get("inputs")
        value = evaluator.value(given) if given is not None else unknown(node)
        self._gone(evaluator, node)
        self.merges.add(node)
        if "collections" in arguments and not is_none(arguments["collections"]):
            evaluator.refuse("TF462", "a merged summary is put in a collection", node, symbol)
        leaves = value.leaves()
        certain = value.kind is Kind.SEQUENCE and value.items is not None
        if not certain or any(leaf.kind is not Kind.SUMMARY for leaf in leaves):
            evaluator.refuse("TF462", "it is not certain which summaries are merged", node, symbol)
            return unknown(node)
        return Value(Kind.SUMMARY, node, payload=tuple(item for leaf in leaves for item in operations(leaf)))

    def _merge_all(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        arguments = bind(node, MERGES_OF_ALL[symbol])
        key = self._key(evaluator, arguments["key"]) if "key" in arguments else SUMMARIES
        self._gone(evaluator, node)
        self.merges.add(node)
        scoped = "scope" in arguments and not is_none(arguments["scope"])
        scope = evaluator.value(arguments["scope"]).constant if scoped else ""
        if key is None or not isinstance(scope, str):
            evaluator.refuse("TF462", "it is not certain which summaries are merged", node, symbol)
            return unknown(node)
        hidden = next((use for use in evaluator.symbols.tf_uses() if use.name.startswith(HIDDEN)), None)
        if hidden is not None:
            evaluator.refuse("TF462", f"{hidden.name} adds to the collections that are merged", node, symbol)
        graph = evaluator.graph_names.graph(evaluator)
        found = tuple(item for item in self.made.values() if item.graph == graph and key in item.collections)
        unsure = bool(evaluator.builder_classes) or any(item.tag is None or item.family for item in found)
        if scope and unsure:  # the tags of a program with classes are known in the end (see codemods/summary_tags.py)
            evaluator.refuse("TF462", "it is not certain which summaries are in the scope", node, symbol)
        found = tuple(item for item in found if not scope or re.match(scope, item.tag or ""))
        if not found:
            self.empty.add(node)
            return host(node)
        return Value(Kind.SUMMARY, node, payload=found)

    def _writer(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        arguments: dict[str, cst.Arg] = {}
        for position, argument in enumerate(node.args):
            name = argument.keyword.value if argument.keyword is not None else WRITER_PARAMETERS[min(position, 6)]
            arguments[name] = argument
        if "logdir" not in arguments or len(arguments) < len(node.args):
            evaluator.refuse("TF463", f"{symbol} is not called as TensorFlow 1 has it", node, symbol)
            return unknown(node)
        for name, argument in arguments.items():
            if name in IGNORED:
                with Aside(evaluator):
                    evaluator.value(argument.value)
            else:
                evaluator.value(argument.value)
                if name == "session" and not is_none(argument.value):
                    evaluator.refuse("TF463", "a writer that records through a session", node, symbol)
        graph = any(name in arguments and not is_none(arguments[name].value) for name in IGNORED)
        made = self.writers.setdefault(node, Writer(node, arguments, graph))
        made.closed = False
        return Value(Kind.WRITER, node, payload=Writers((made,)))

    def _proto(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        values: list[tuple[cst.BaseExpression, cst.BaseExpression]] = []
        for argument in node.args:
            given = argument.value
            named = argument.keyword is not None and argument.keyword.value == "value"
            if not named or not isinstance(given, (cst.List, cst.Tuple)):
                evaluator.refuse("TF464", f"{symbol} is not given a list of values written here", node, symbol)
                return unknown(node)
            for item in given.elements:
                call = item.value
                of_value = isinstance(call, cst.Call) and evaluator.symbols.of(call.func) in PROTO_VALUES
                pair = self._pair(evaluator, call) if of_value and isinstance(call, cst.Call) else None
                if pair is None:
                    evaluator.refuse("TF464", "a summary by hand holds something other than scalars", call, symbol)
                    return unknown(node)
                values.append(pair)
        made = self.protos.setdefault(node, Proto(node, values))
        return Value(Kind.PROTO, node, payload=made)

    def _pair(self, evaluator: GraphCalls, call: cst.Call) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
        """Tag and value of ``tf.Summary.Value(tag=..., simple_value=...)``."""
        self.known.add(call)
        given = {argument.keyword.value: argument.value for argument in call.args if argument.keyword is not None}
        for node in given.values():
            evaluator.value(node)
        if len(given) < len(call.args) or not {"tag", "simple_value"} <= set(given) <= {
            "tag", "simple_value", "node_name",
        }:  # fmt: skip
            return None
        return given["tag"], given["simple_value"]

    # Methods

    def owns(self, owner: Value) -> bool:
        """Whether a method of ``owner`` is one of these objects' own."""
        inner = owner.element
        return owner.kind in OBJECTS or (owner.kind is Kind.METHOD and inner is not None and inner.kind is Kind.PROTO)

    def method(self, evaluator: RunSites, node: cst.Call, owner: Value, name: str) -> Value:
        """The value of a method of one of these objects."""
        if owner.kind is Kind.SUMMARY and name == "eval":
            self.known.add(node)
            return evaluator.site(node, "eval", owner, None)
        if owner.kind is Kind.METHOD:
            proto = owner.element.payload if owner.element is not None else None
            self.known.add(node)
            pair = self._pair(evaluator, node) if owner.name == "value" and name == "add" else None
            if pair is not None and isinstance(proto, Proto):
                proto.additions[node] = pair
                return host(node)
        if owner.kind is not Kind.WRITER:
            evaluator.argument_values(node)
            evaluator.refuse("TF460", f"a summary's {name}() has no counterpart", node)
            return unknown(node)
        self.known.add(node)
        writers = _writers(owner)
        if name == "add_summary":
            return self._add(evaluator, node, writers)
        if name == "add_graph":
            with Aside(evaluator):
                evaluator.argument_values(node)
            self._gone(evaluator, node)
            self.graphs.add(node)
            return host(node)
        evaluator.argument_values(node)
        if name in ("flush", "close", "__exit__") and (not node.args or name == "__exit__"):
            for writer in writers if name == "close" else ():
                writer.closed = True
            return host(node)
        evaluator.refuse("TF463", f"the writer's {name}() has no counterpart", node)
        return unknown(node)

    def left(self, values: Iterable[Value]) -> None:
        """A ``with`` is over that closes its writers."""
        for value in values:
            for writer in _writers(value) if value.kind is Kind.WRITER else ():
                writer.closed = True

    def _add(self, evaluator: GraphCalls, node: cst.Call, writers: tuple[Writer, ...]) -> Value:
        arguments = bind(node, ("summary", "global_step"))
        summary = arguments.get("summary")
        if summary is None or len(arguments) < len(node.args):
            evaluator.refuse("TF463", "add_summary is not called as TensorFlow 1 has it", node)
            return host(node)
        value = evaluator.value(summary)
        step = arguments.get("global_step")
        if step is not None:
            found = evaluator.value(step)
            if found.symbolic:
                evaluator.refuse("TF465", "the step of a summary is a graph tensor", node)
            step = None if is_none(step) else step
        if value.kind not in (Kind.EVENTS, Kind.PROTO):
            evaluator.refuse("TF460", "it is not known what the writer is given", node)
            return host(node)
        if evaluator.graph_names.inside:
            evaluator.refuse("TF465", "a summary is written inside a name scope, which is part of TF2's tags", node)
        given = value.payload
        assert isinstance(given, (Fetched, Proto))
        made = self.additions.setdefault(node, Addition(node, summary, step, [], []))
        if not any(_same(given, other) for other in made.given) or isinstance(given, Fetched):
            made.given.append(given)
        made.writers += [writer for writer in writers if writer not in made.writers]
        if any(writer.closed for writer in writers):
            evaluator.refuse("TF465", "a summary may be added after the writer was closed", node)
        return host(node)

    def _gone(self, evaluator: GraphCalls, node: cst.Call) -> None:
        if evaluator.current is not None and evaluator.frame.recorded and not evaluator.in_fetch:
            evaluator.current.gone.append(node)


def _is_whole(arguments: Mapping[str, cst.BaseExpression], evaluator: GraphCalls) -> bool:
    """Whether the sample rate of a sound is known, and one that TF2 takes."""
    given = arguments.get("sample_rate")
    constant = evaluator.value(given).constant if given is not None else None
    return isinstance(constant, int | float) and not isinstance(constant, bool) and constant == int(constant)


def _same(first: Fetched | Proto, second: Fetched | Proto) -> bool:
    if isinstance(first, Fetched) and isinstance(second, Fetched):
        return first.summaries == second.summaries
    return first is second


def _writers(value: Value) -> tuple[Writer, ...]:
    assert isinstance(value.payload, Writers)
    return value.payload.among
