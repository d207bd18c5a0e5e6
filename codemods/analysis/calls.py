"""Evaluation of calls: TF symbols by role, methods of graph objects, the user's functions, foreign code."""

from __future__ import annotations

import libcst as cst

from codemods.analysis import (
    emitted_layers,
    gradient_calls,
    keras_graph,
    keras_layer_calls,
    lookups,
    metrics,
    moving_averages,
    regularizers,
    roles,
    stateful,
    variable_lists,
)
from codemods.analysis.collections import READERS
from codemods.analysis.keras_records import Layer
from codemods.analysis.methods import Methods
from codemods.analysis.values import (
    Kind,
    Value,
    host,
    sequence,
    unknown,
)

_RUN_METHODS = frozenset({"run", "eval", "close", "as_default"})


class Evaluator(Methods):
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
        if callee.kind is Kind.CLASS:
            return stateful.make(self, node, callee)
        if callee.kind is Kind.OBJECT:
            return stateful.apply(self, node, callee)
        if callee.kind is Kind.LAYER or isinstance(callee.payload, Layer):
            self.graph_names.disturb(self)
            return keras_layer_calls.apply(self, node, callee)
        if callee.kind is Kind.METHOD and callee.element is not None and callee.name is not None:
            return self.method(node, callee.element, callee.name)
        if callee.kind is Kind.UNKNOWN and callee.element is not None and callee.name in ("run", "eval"):
            return self.unknown_run(node, callee.name)
        if emitted_layers.is_made(self, node):
            return emitted_layers.made(self, node)
        if regularizers.is_regularizer(self, callee):
            return regularizers.applied(self, node, callee)
        return self.foreign_call(node, callee)

    def tf_call(self, node: cst.Call, symbol: str) -> Value:
        value = self.tf_result(node, symbol)
        self.graph_names.call(self, node, symbol, value)  # what makes the arguments has its names by now
        return value

    def tf_result(self, node: cst.Call, symbol: str) -> Value:
        """The value of a call of a TensorFlow function."""
        kind = roles.role(symbol)
        self.state.check_layer(self, node, symbol)
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
        if kind is roles.VARIABLE_SCOPE:
            return self.state.scope(self, node, symbol)
        if kind is roles.CURRENT_SCOPE:
            return self.state.current(node)
        if kind is roles.VARIABLES:
            return variable_lists.variable_list(self, node, symbol)
        if kind is roles.SAVER:
            return self.savers.call(self, node, symbol)
        if kind is roles.GLOBAL_STEP:
            return variable_lists.global_step(self, node, symbol)
        if kind is roles.SUMMARY:
            return self.summaries.call(self, node, symbol)
        if kind is roles.METRIC:
            return metrics.metric(self, node, symbol)
        if kind is roles.AVERAGES:
            return moving_averages.make(self, node)
        if kind is roles.COLLECTION:
            collections = self.state.collections
            return (collections.read if symbol in READERS else collections.add)(self, node, symbol)
        values = self.argument_values(node)
        if symbol in lookups.IMPORTS:
            return lookups.imported(self, node, symbol)
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
            gradient_calls.check(self, node, symbol)
            self.computed(node, values)
            return sequence(element=self.computed(node, values), node=node)
        result = self.computed(node, values, random=kind is roles.RANDOM)
        if symbol.startswith("tf.losses."):
            self.state.collections.loss(self, node, symbol, result)
        if symbol.rpartition(".")[2] in roles.SEVERAL_TENSORS and not _is_single(node):
            result.node = None
            return sequence(element=result, node=node)
        return result


def _is_single(node: cst.Call) -> bool:
    """``tf.svd(..., compute_uv=False)`` returns one tensor, ``compute_uv=<unknown>`` one or three."""
    return any(argument.keyword is not None and argument.keyword.value == "compute_uv" for argument in node.args)
