"""Gradients and updates in the body of an emitted function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.statements import Statement
from codemods.analysis.values import Gradients, Schedule, Training
from codemods.findings import Refusal
from codemods.rewrites import template
from codemods.rewrites.function_text import as_line, comments
from codemods.training_order import in_order

if TYPE_CHECKING:
    from codemods.rewrites.functions import Body


class Updates:
    """Writes the lines of one body that take gradients from its tapes and update variables."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.variables: dict[Gradients, str] = {}

    def gradient_lines(self, item: Statement) -> None:
        """Before a statement that holds ``compute_gradients``: the tape's gradients, as the same list of pairs."""
        for found in item.gradients:
            if found.variables is None:
                variables = "variables"
                self.body.lines.append(cst.parse_statement(f"variables = {self.body.tapes[found]}.watched_variables()"))
            else:
                variables = self._held(found.variables, "variables", found.single)
            self.variables[found] = variables

    def _held(self, listed: cst.BaseExpression, wanted: str, single: bool) -> str:
        """The name that holds a list of variables: its own, or a new one for a list that is written out."""
        expression = self.body.rewritten(listed)
        assert isinstance(expression, cst.BaseExpression)
        if single:
            expression = cst.List([cst.Element(expression)])
        if isinstance(expression, cst.Name):
            return expression.value
        name = self.body.fresh(wanted)
        self.body.lines.append(as_line(cst.Assign([cst.AssignTarget(cst.Name(name))], expression)))
        return name

    def pairs(self, found: Gradients) -> cst.BaseExpression:
        """What a ``compute_gradients`` call becomes."""
        variables = self.variables[found]
        zipped = template.expression(
            f"zip({self.body.tapes[found]}.gradient({{loss}}, {variables}), {variables})", loss=self.body.losses[found]
        )
        at_once = any(training.gradients is found.call for training in found.statement.trainings)
        return zipped if at_once else template.expression("list({zipped})", zipped=zipped)

    def updates(self, late: Sequence[Statement]) -> None:
        """The late statements and the steps of the optimizers, each after what it waits for."""
        several = len(self.body.trainings) > 1
        steps: list[tuple[Training, str, cst.BaseExpression]] = []
        for training in self.body.trainings:
            if training.loss is not None:
                steps.append(self._gradient_step(training, several))
        for item in in_order(late, dict.fromkeys(training.statement for training in self.body.trainings)):
            self.gradient_lines(item)
            if not item.trainings:
                self.body.lines += self.body.moved_lines(item)
            for training in item.trainings:
                first = len(self.body.lines)
                self._apply(training, next((step for step in steps if step[0] is training), None))
                comment = comments(self.body.rewritten(training.statement.node))
                if comment and first < len(self.body.lines):
                    self.body.lines[first] = self.body.lines[first].with_changes(leading_lines=comment)

    def _gradient_step(self, training: Training, several: bool) -> tuple[Training, str, cst.BaseExpression]:
        tape = self.body.tapes[training]
        prefix = f"{stem(training)}_" if several else ""
        if training.variables is None:
            variables = self.body.fresh(f"{prefix}variables")
            self.body.lines.append(cst.parse_statement(f"{variables} = {tape}.watched_variables()"))
        else:
            variables = self._held(training.variables, f"{prefix}variables", training.single)
        gradient = template.expression(f"{tape}.gradient({{loss}}, {variables})", loss=self.body.losses[training])
        if several or self.body.densify.get(training.optimizer):
            name = self.body.fresh(f"{prefix}gradients")
            self.body.lines.append(as_line(cst.Assign([cst.AssignTarget(cst.Name(name))], gradient)))
            gradient = cst.Name(name)
        return training, variables, gradient

    def _apply(self, training: Training, step: tuple[Training, str, cst.BaseExpression] | None) -> None:
        optimizer = self.body.optimizers[training.optimizer]
        rate = training.optimizer.learning_rate
        if training.optimizer in self.body.assigned_rates:
            value = self.body.rewritten(training.optimizer.arguments["learning_rate"].value)
            if isinstance(rate.payload, Schedule):
                value = template.expression("{rate}({step})", rate=value, step=rate.payload.step.deep_clone())
            self.body.lines.append(template.statement(f"{optimizer}.learning_rate.assign({{rate}})", rate=value))
        if step is not None:
            pairs: cst.CSTNode = template.expression(f"zip({{gradient}}, {step[1]})", gradient=step[2])
        else:
            assert training.gradients is not None
            pairs = self.body.with_gradients(training.statement, self.body.rewritten(training.gradients))
        if self.body.densify.get(training.optimizer):
            dense = f"[({self.body.tensorflow}.convert_to_tensor(g), v) for g, v in {{pairs}} if g is not None]"
            pairs = template.expression(dense, pairs=pairs)
        update = template.statement(f"{optimizer}.apply_gradients({{pairs}})", pairs=pairs)
        self.body.lines.append(self._waiting(update))
        if training.global_step is not None:
            counter = self.body.rewritten(training.global_step)
            self.body.lines.append(template.statement("{counter}.assign_add(1)", counter=counter))


    def _waiting(self, update: cst.BaseStatement) -> cst.BaseStatement:
        """An update that comes after the losses whose gradients do not need all that these read."""
        taped = {found.loss: name for found, name in self.body.losses.items()}
        losses = [taped.get(loss, loss) for loss in self.body.waits]
        if not losses:
            return update
        unnamed = next((loss for loss in losses if not isinstance(loss, cst.Name | cst.Attribute)), None)
        if unnamed is not None:
            raise Refusal("TF406", "an update must wait for a linear loss that tf.gradients is given unnamed", unnamed)
        texts = dict.fromkeys(cst.Module([]).code_for_node(loss) for loss in losses)
        block = cst.parse_statement(f"with {self.body.tensorflow}.control_dependencies([{', '.join(texts)}]): pass")
        assert isinstance(block, cst.With)
        comment = cst.Comment("# no variable changes before the loss has read it")
        header = cst.TrailingWhitespace(cst.SimpleWhitespace("  "), comment)
        return block.with_changes(body=cst.IndentedBlock([update], header=header))


def pairs_marker(found: Gradients) -> str:
    """The name that stands for a ``compute_gradients`` call until its tape has a name."""
    return f"__gradients_of_{id(found)}"


def stem(item: Training | Gradients) -> str:
    """The name of a loss without what names of losses end in."""
    loss = item.loss
    name = loss.value if isinstance(loss, cst.Name) else "loss"
    for suffix in ("_loss", "_cost", "_op"):
        name = name.removesuffix(suffix)
    return name
