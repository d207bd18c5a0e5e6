"""Methods of sessions, tensors, optimizers, graphs and containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from codemods import tables, tree
from codemods.analysis import feed_dicts, gradient_pairs, keras_models, lookups, moving_averages, roles
from codemods.analysis.evaluate import arguments_of
from codemods.analysis.frames import element_of
from codemods.analysis.run_sites import RunSites
from codemods.analysis.savers import Saver
from codemods.analysis.slices import free_names
from codemods.analysis.values import (
    Gradients,
    Kind,
    Optimizer,
    Training,
    Value,
    Variable,
    host,
    sequence,
    unknown,
)
from codemods.analysis.variable_scopes import VariableScope
from codemods.findings import Refusal
from codemods.tree import is_none

_TENSORS = (Kind.TENSOR, Kind.VARIABLE, Kind.PLACEHOLDER, Kind.KERAS)
_MUTATORS = frozenset(
    {"append", "extend", "insert", "update", "setdefault", "pop", "reverse", "remove", "clear", "add"}
)


class Methods(RunSites):
    """What a method of a graph object does."""

    def method(self, node: cst.Call, owner: Value, name: str) -> Value:
        if isinstance(owner.node, cst.Name) and owner.node.value == "None":
            return unknown(node)  # a branch that is not taken: None has no methods
        if isinstance(owner.payload, VariableScope):
            return self.state.scope_method(self, node, owner.payload, name)
        if owner.kind is Kind.SESSION:
            return self.session_method(node, owner, name)
        if isinstance(owner.payload, Saver):
            return self.savers.method(self, node, owner.payload, name)
        if self.summaries.owns(owner):
            return self.summaries.method(self, node, owner, name)
        if owner.kind is Kind.SCHEDULE and name == "eval":
            return self.site(node, "eval", owner, None)
        if owner.kind in (*_TENSORS, Kind.OP, Kind.TRAIN, Kind.INIT):
            return self.tensor_method(node, owner, name)
        if owner.kind is Kind.OPTIMIZER:
            return self.optimizer_method(node, owner, name)
        if isinstance(owner.payload, moving_averages.MovingAverages):
            self.graph_names.method(self, node)
            return moving_averages.method(self, node, owner.payload, name)
        if owner.kind is Kind.LAYER:
            return keras_models.method(self, node, owner, name)
        if owner.kind is Kind.GRAPH:
            values = self.argument_values(node)
            if name in lookups.METHODS:
                return lookups.method(self, node, owner, name)
            if name in ("as_default", "finalize"):
                self.mark_gone(node)
                return Value(Kind.GRAPH, node)
            del values
            self.refuse("TF222", f"the graph's {name}() has no counterpart", node)
            return unknown(node)
        if owner.kind in (Kind.SEQUENCE, Kind.MAPPING):
            return self.container_method(node, owner, name)
        if owner.kind is Kind.SHAPE:
            keras_models.note_shape(self, node, owner.payload, name)
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
        self.graph_names.method(self, node)
        if name == "get_shape":
            keras_models.note_shape(self, node, owner, name)
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
        arguments = {key: value for key, value in arguments.items() if not is_none(value)}
        if self.current is None or name not in _TRAIN_PARAMETERS:
            self.refuse("TF302", f"the optimizer's {name}() has no counterpart", node)
            return unknown(node)
        for key in ("grad_loss", "aggregation_method"):
            if key in arguments:
                self.refuse("TF303", f"{name}({key}=...) has no counterpart", node)
        if self.in_fetch or not self.frame.recorded:
            self.refuse("TF304", f"{name}() is called inside a helper function or a run site", node)
        get = arguments.get
        single = "var_list" in arguments and values["var_list"].kind is Kind.VARIABLE
        if name == "compute_gradients":
            loss = get("loss")
            if loss is None:
                self.refuse("TF302", "compute_gradients() without a loss", node)
                return unknown(node)
            seen = next((found for found in self.current.gradients if found.call is node), None)
            made = seen or Gradients(self.current, node, optimizer, loss, values["loss"], get("var_list"), single)
            self.current.graph_nodes.append(node)
            if seen is None:  # a comprehension may be evaluated more than once
                self.current.gradients.append(made)
            listed = values["var_list"].leaves() if made.variables is not None else [values["loss"]]
            of: frozenset[Variable] = frozenset().union(*(leaf.reads for leaf in listed))
            variable = Value(Kind.VARIABLE, node, dynamic=True, reads=of)
            pair = sequence([self.computed(node, [values["loss"]]), variable])
            found = sequence(element=pair, node=node)
            found.payload = made
            return found
        step = get("global_step")
        training = Training(
            self.current, node, optimizer, name, get("loss"), values.get("loss"), get("var_list"),
            get("grads_and_vars"),
            step, values.get("global_step") if step is not None else None,
        )  # fmt: skip
        training.single = single
        training.places = (self.state.scopes[-1].name, self.state.paths[-1])
        only = gradient_pairs.variables_only(self, training.gradients)
        if only is not None:
            training.swaps = only.swaps
            if sum(isinstance(item, cst.Name) and item.value == only.pairs for item in tree.walk(node)) == 1:
                self.current.uses.pop(only.pairs, None)
            for name in free_names(only.swaps[0][1]):
                self.current.uses.setdefault(name, []).extend(only.gradients.statement.uses.get(name, ()))
        for name, bindings in optimizer.rate_uses.items():
            self.current.uses.setdefault(name, []).extend(bindings)
        self.current.trainings.append(training)
        optimizer.uses.append(training)
        self.current.updates = True
        result = Value(Kind.TRAIN, node, dynamic=True, payload=[training])
        self.graph_names.trained(self, node, optimizer, result)
        return result

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
                named = any(argument.keyword is not None or argument.star for argument in node.args)
                self.feed_dicts.update(owner, [unknown(node)] if named else values, self.state.branches)
            elif owner.kind is Kind.MAPPING and name in ("pop", "setdefault", "clear", "popitem"):
                owner.open = True
            if receiver is not None:
                self.changed_in_place(receiver)
            leaves = [leaf for value in values for leaf in value.leaves()]
            built = any(leaf.any_dynamic() and leaf.kind is not Kind.VARIABLE for leaf in leaves)
            if owner.any_dynamic() and not before and built:
                self.computed(node, leaves)
            return element_of(owner) if name in ("pop", "setdefault") else host(node)
        if name in ("items", "keys", "get"):
            feed_dicts.looked_into(owner)
        if name == "copy" and owner.kind is Kind.MAPPING:
            copied = replace(owner, node=node)
            self.feed_dicts.under[copied] = tuple(self.state.branches)
            return copied
        if name == "items":
            return sequence(element=sequence([host(), element_of(sequence(owner.parts()))]), node=node)
        if name == "values" and owner.fields is not None and owner.element is None:
            return sequence(list(owner.fields.values()), node=node)
        if name in ("values", "get", "copy"):
            inside = element_of(sequence(owner.parts())) if owner.parts() else unknown(node)
            return owner if name == "copy" else inside if name == "get" else sequence(element=inside, node=node)
        return host(node)


_TRAIN_PARAMETERS = {
    "minimize": (
        "loss", "global_step", "var_list", "gate_gradients", "aggregation_method", "colocate_gradients_with_ops",
        "name", "grad_loss",
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
