"""Metrics in one file: the object is made where TF1 made the pair, its update moves into functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from codemods import templates, tree
from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind, Metric, Variable
from codemods.findings import Refusal
from codemods.rewrites import spelling, template
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.metric_counterparts import Counterpart
from codemods.rewrites.metrics import Check
from codemods.rewrites.place import parenthesized
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_WEIGHTS = "sample_weight="


class MetricParts:
    """Proposes the edits of every metric."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.names: dict[Metric, str] = {}

    def propose(self) -> None:
        """Names, updates, and every place that reads a value; before graph code is captured."""
        metrics = [metric for statement in self.lowerer.staging.ordered for metric in statement.metrics]
        for metric in metrics:
            self.names[metric] = self._name(metric)
            self._update(metric)
        for node, value in self.lowerer.staging.last_values.items():
            found = value.payload
            if not isinstance(found, Metric) or value.kind is not Kind.TENSOR or not isinstance(node, cst.Name):
                continue
            if node.value == found.value_name:
                self._check_name(node)
                self.lowerer.edits.substitute(node, cst.parse_expression(f"{node.value}.result()"))

    def _name(self, metric: Metric) -> str:
        if metric.value_name is not None:
            return metric.value_name
        update = metric.update_name or metric.symbol.rpartition(".")[2]
        stem = re.sub(r"(^update_)|(_(update|updates|op|update_op)$)", "", update)
        taken = stem == update or stem in self.lowerer.names.taken
        return self.lowerer.names.fresh(f"{stem}_metric" if taken else stem)

    def _check_name(self, node: cst.Name) -> None:
        """A parameter of the same name is another object."""
        current = self.lowerer.ctx.parents.get(node)
        while current is not None:
            if isinstance(current, (cst.FunctionDef, cst.Lambda)):
                names = [item.name.value for item in tree.walk(current.params) if isinstance(item, cst.Param)]
                if node.value in names:
                    message = f"the value of the metric {node.value!r} is passed to a function that calls it the same"
                    raise Refusal("TF422", message, node)
            current = self.lowerer.ctx.parents.get(current)

    def _update(self, metric: Metric) -> None:
        """The call becomes that of the object: it updates, and gives the new value."""
        lowerer, call = self.lowerer, metric.call
        check = Check(lowerer.staging, metric)
        texts = check.update(lowerer.tensorflow)
        position = {name: call.args.index(argument) for name, argument in metric.arguments.items()}
        used = {name for name in position if any(f"{{{name}}}" in text for text in texts)}
        label = metric.arguments.get("name")
        if label is not None and not is_none(label.value):
            lowerer.capture(label.value)
        settings = {value for _, value in check.settings()}
        for value in settings & set(lowerer.ctx.parents):
            lowerer.capture(value)
        for name, argument in metric.arguments.items():
            if name not in used and argument.value not in settings and argument is not label:
                lowerer.edits.drop(argument)
        lowerer.edits.drop(call.func)
        lowerer.handled.add(call)

        def rebuild(updated: cst.Call) -> cst.Call:
            given = {name: updated.args[index].value for name, index in position.items() if name in used}
            arguments = []
            for text in texts:
                named = text.startswith(_WEIGHTS)
                rest = text.removeprefix(_WEIGHTS)
                operand = (" - " in rest and "reshape(" not in rest) or " * " in rest
                holes = {key: parenthesized(item) if operand else item for key, item in given.items()}
                value = template.expression(rest, **{key: _copy(item, rest, key) for key, item in holes.items()})
                arguments.append(keyword("sample_weight", value) if named else cst.Arg(value))
            return cst.Call(cst.Name(self.names[metric]), arguments)

        lowerer.edits.replace(call, rebuild)

    def split(self, statement: Statement, moved: bool) -> None:
        """``value, update = tf.metrics.x(...)``: the object stays, the update moves."""
        (metric,) = statement.metrics
        if moved:
            self.lowerer.capture(statement.node)
        else:
            self.lowerer.edits.drop(statement.node)
        label = metric.arguments.get("name")
        check = Check(self.lowerer.staging, metric)
        settings = check.settings()
        function = self._class(check.counterpart, metric)

        def line(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
            named = label is not None and not is_none(label.value)
            known = self.lowerer.ctx.parents
            arguments = [
                keyword(name, self.lowerer.rewritten_expression(value) if value in known else value)
                for name, value in settings
            ]
            arguments += [keyword("name", self.lowerer.rewritten_expression(label.value))] if label and named else []
            made = cst.Assign([cst.AssignTarget(cst.Name(self.names[metric]))], cst.Call(function, arguments))
            self.lowerer.edits.carry(updated.body[0], made)  # here the variables come from
            return updated.with_changes(body=[made])

        self.lowerer.removal.change(statement.node, line)

    def _class(self, counterpart: Counterpart, metric: Metric) -> cst.BaseExpression:
        """The class of an object: one of Keras, or one that the rewrite writes into the file."""
        ctx, edits = self.lowerer.ctx, self.lowerer.edits
        if not counterpart.templates:
            return spelling.symbol(ctx, edits, ctx.symbols.root, counterpart.target)
        for name in counterpart.templates:
            found = templates.load(name)
            if ctx.symbols.is_bound(found.name):
                message = f"the class {found.name!r} has to be written, and the name is taken"
                raise Refusal("TF110", message, metric.call, metric.symbol)
            for module, alias, imported in found.imports:
                edits.require_import(module, alias, imported)
            ctx.templates.setdefault(found.name, found)
        return cst.Name(counterpart.target)

    def reset(self, variable: Variable) -> cst.SimpleStatementLine:
        """The line that starts a metric again."""
        assert variable.metric is not None
        return template.statement(f"{self.names[variable.metric]}.reset_state()")


def _copy(node: cst.BaseExpression, text: str, name: str) -> cst.BaseExpression:
    """A node for a hole; a copy where it is only asked for its dtype."""
    return node.deep_clone() if f"{{{name}}}.dtype" in text or f"ones_like({{{name}}}" in text else node
