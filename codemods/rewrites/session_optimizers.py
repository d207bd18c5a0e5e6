"""Optimizers and learning rate schedules: their constructors stay in place, as what Keras makes of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis import dtypes
from codemods.analysis.counters import counts_alike
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Gradients, Kind, Optimizer, Schedule, Training, Variable
from codemods.findings import Refusal
from codemods.rewrites import shared_optimizers
from codemods.rewrites.optimizers import WITHOUT_MEANING, OptimizerForm, OptimizerUse, lower_optimizer
from codemods.rewrites.schedules import lower_schedule

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

# Their gradients are sparse, too, where they choose from a variable.
_CHOOSING = ("tf.gather_nd", "tf.boolean_mask", "tf.batch_gather")

# What names of train ops and losses say of any of them.
_USUAL = frozenset(
    {"train", "training", "trainer", "op", "step", "opt", "optim", "optimizer", "optimize", "minimize", "loss", "cost",
     "update", "solver", "apply", "run"}
)  # fmt: skip


class OptimizerParts:
    """Proposes what the optimizers and schedules of one file become; ``names`` holds them afterwards."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.names: dict[Optimizer, str] = {}
        self.forms: dict[Optimizer, OptimizerForm] = {}

    def schedule(self, schedule: Schedule) -> None:
        """A decay function becomes the schedule object that its optimizer steps."""
        given = {name: item.value for name, item in schedule.arguments.items()}
        form = lower_schedule(schedule.symbol, given, schedule.call)
        for name, argument in schedule.arguments.items():
            if argument.value is schedule.step or name == "name":
                self.lowerer.edits.drop(argument)
            else:
                self.lowerer.capture(argument.value)
        self.lowerer.handled.add(schedule.call)
        for required in form.imports:
            self.lowerer.edits.require_import(*required)
        if form.template is not None:
            self.lowerer.ctx.templates.setdefault(form.template.name, form.template)
        for code, message in form.notes:
            self.lowerer.notes.append((code, message, schedule.call))

        def build(_: cst.CSTNode) -> cst.CSTNode:
            arguments = {
                name: self.lowerer.rewritten_expression(item.value)
                for name, item in schedule.arguments.items()
                if item.value in self.lowerer.updated
            }
            made = lower_schedule(schedule.symbol, arguments).constructor
            if schedule.statement.role is Role.GRAPH:  # the call is part of what moves
                return cst.Call(made, [cst.Arg(schedule.step.deep_clone())])
            return made

        self.lowerer.edits.replace(schedule.call, build)

    def optimizer(self, optimizer: Optimizer) -> None:
        """The constructor becomes the Keras optimizer, or a class over TF1's kernel."""
        for parameter, argument in optimizer.arguments.items():
            if parameter in WITHOUT_MEANING:
                self.lowerer.edits.drop(argument)
            else:
                self.lowerer.capture(argument.value)
        self.lowerer.handled.add(optimizer.call)
        for training in optimizer.uses:
            self.lowerer.handled.add(training.call)
        kind = self.rate(optimizer)
        positional = bool(optimizer.call.args) and optimizer.call.args[0].keyword is None
        use = OptimizerUse(
            optimizer.symbol,
            {name: argument.value for name, argument in optimizer.arguments.items()},
            kind,
            self._sparse,
            positional,
            self._dtype(optimizer),
            self._host_value,
        )
        form = lower_optimizer(use, self.lowerer.ctx.settings.numerics)
        self.forms[optimizer] = form
        for module, alias, name in form.imports:
            self.lowerer.edits.require_import(module, alias, name)
        for code, message in form.notes:
            self.lowerer.notes.append((code, message, optimizer.call))
        if form.template is not None and form.template.name not in self.lowerer.ctx.templates:
            self.lowerer.ctx.templates[form.template.name] = form.template
        chained = optimizer.uses and optimizer.uses[0].statement is optimizer.statement
        if optimizer.target is not None:
            self.names[optimizer] = optimizer.target
        elif chained:
            self.names[optimizer] = self._name(optimizer)
        else:
            raise Refusal("TF306", "the optimizer is not held by a name", optimizer.call)
        if len(optimizer.uses) > 1:
            shared_optimizers.build(self.lowerer, optimizer, self.names[optimizer])
        for argument in optimizer.call.args:
            if argument.value not in [item.value for item in optimizer.arguments.values()]:
                self.lowerer.edits.drop(argument)

    def call_decays(self, moving: Statement | cst.BaseExpression) -> None:
        """Where what moves reads a decayed rate, its schedule is called with the counter; not by an optimizer."""
        parts: list[cst.CSTNode] = [moving] if isinstance(moving, cst.BaseExpression) else []
        if isinstance(moving, Statement):
            steps: list[Training | Gradients] = [*moving.trainings, *moving.gradients]
            parts = [step.loss for step in steps if step.loss is not None]
            parts += [moving.node] if moving.role is Role.GRAPH else []
            given = [step.optimizer.arguments.get("learning_rate") for step in moving.trainings]
            rates = [argument.value for argument in given if argument is not None]
            parts += [rate for rate in rates if self.lowerer.staging.last_values[rate].kind is not Kind.SCHEDULE]
        for node in (node for part in parts for node in tree.walk(part)):
            value = self.lowerer.staging.last_values.get(node)
            decay = value.payload if value is not None else None
            if isinstance(decay, Schedule) and node is not moving and isinstance(node, (cst.Name, cst.Attribute)):
                called = cst.Call(node.deep_clone(), [cst.Arg(decay.step.deep_clone())])
                self.lowerer.edits.substitute(node, called)

    def rate(self, optimizer: Optimizer) -> str:
        """``"schedule"`` (the optimizer steps it), ``"tensor"`` (each step assigns it) or ``"constant"``."""
        rate = optimizer.learning_rate
        if isinstance(rate.payload, Schedule):
            return "schedule" if counts_alike(self.lowerer.staging, optimizer) else "tensor"
        return "tensor" if rate.dynamic else "constant"

    def constructor(self, optimizer: Optimizer) -> cst.BaseExpression:
        """The new constructor call, from rewritten arguments."""
        kind = self.rate(optimizer)
        arguments = {  # a rate that is a tensor is not known here: the step assigns it
            name: self.lowerer.rewritten_expression(argument.value)
            if name not in WITHOUT_MEANING and (name != "learning_rate" or kind != "tensor")
            else argument.value
            for name, argument in optimizer.arguments.items()
        }
        positional = bool(optimizer.call.args) and optimizer.call.args[0].keyword is None
        values = {arguments[name]: self._host_value(argument.value) for name, argument in optimizer.arguments.items()}
        use = OptimizerUse(
            optimizer.symbol, arguments, kind, self._sparse, positional, self._dtype(optimizer), values.get
        )
        return lower_optimizer(use, self.lowerer.ctx.settings.numerics).constructor

    def _host_value(self, node: cst.BaseExpression) -> object:
        """The Python value of an expression, where the analysis knows it: a literal, or a name bound to one."""
        found = self.lowerer.staging.last_values.get(node)
        return found.constant if found is not None else None

    def _dtype(self, optimizer: Optimizer) -> str:
        """``"float64"`` where a trained variable has that type, or may have it in a file that names it."""
        staging = self.lowerer.staging
        trained = {
            variable
            for training in optimizer.uses
            for value in (training.loss_value, staging.last_values.get(training.variables or training.call))
            for leaf in (value.leaves() if value is not None else ())
            for variable in ({leaf.payload} if isinstance(leaf.payload, Variable) else leaf.reads)
        }
        found = {dtypes.variable_dtype(staging, variable) for variable in trained if variable.trainable is not False}
        return "float64" if "float64" in found or (None in found and self._names_float64()) else "float32"

    def _names_float64(self) -> bool:
        return any(
            (node.value if isinstance(node, cst.Name) else node.evaluated_value) in ("float64", "double")
            for node in tree.of_type(self.lowerer.ctx.module, cst.Name, cst.SimpleString)
        )

    @cached_property
    def _sparse(self) -> bool:
        """Whether a gradient may be sparse: rows of a variable are looked up in what some function computes."""
        looked_up = ("embedding_lookup", "gather", "nce_loss", "sampled_softmax_loss", "embedding_lookup_sparse")
        for statement in self.lowerer.moved():
            for node in tree.walk(statement.node):
                if isinstance(node, cst.Call):
                    symbol = self.lowerer.ctx.symbols.of(node.func)
                    if symbol is not None and symbol.rpartition(".")[2] in looked_up:
                        return True
        always = ("tf.nn.embedding_lookup", "tf.nn.embedding_lookup_sparse", "tf.gather", "keras.layers.Embedding")
        for node in tree.walk(self.lowerer.ctx.module):
            symbol = self.lowerer.ctx.symbols.of(node.func) if isinstance(node, cst.Call) else None
            if symbol in always or (symbol in _CHOOSING and self._of_variable(node)):
                return True
        return False

    def _of_variable(self, node: cst.CSTNode) -> bool:
        """Whether the first argument of a call may be a variable itself: of a tensor, the gradient becomes dense."""
        assert isinstance(node, cst.Call)
        value = self.lowerer.staging.last_values.get(node.args[0].value) if node.args else None
        return value is None or any(leaf.kind is not Kind.TENSOR for leaf in value.leaves())

    def _name(self, optimizer: Optimizer) -> str:
        """A name for an optimizer that was made and used in one expression."""
        training = optimizer.uses[0]
        for name in training.statement.binds:
            known = ("optim" in name.lower() or name.lower().startswith("opt")) and not name.endswith("_op")
            if known and name not in self.names.values():
                return name
        made = [found for statement in self.lowerer.staging.ordered for found in statement.optimizers]
        own = _purpose(training) if sum(found.target is None for found in made) > 1 else ""
        return self.lowerer.fresh(f"{own}_optimizer" if own else "optimizer")

    def split(self, statement: Statement) -> None:
        """``train = tf.train.X(...).minimize(loss)``: the optimizer stays, the update moves."""
        optimizer = statement.optimizers[0]
        if len(statement.optimizers) > 1 or len(statement.trainings) > 1:
            raise Refusal("TF305", "several optimizers in one statement", statement.node)
        self.lowerer.updated[statement.node] = cst.SimpleStatementLine([cst.Pass()])

        def constructor_line(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
            target = cst.AssignTarget(cst.Name(self.names[optimizer]))
            return updated.with_changes(body=[cst.Assign([target], self.constructor(optimizer))])

        self.lowerer.edits.drop(statement.node)
        self.lowerer.removal.change(statement.node, constructor_line)


def _purpose(training: Training) -> str:
    """What a train op is for, by its name or that of its loss: ``d`` for ``d_train_op``; empty if they do not say."""
    loss = training.loss.value if isinstance(training.loss, cst.Name) else ""
    for name in (*training.statement.binds, loss):
        words = [word for word in name.split("_") if word and word.lower() not in _USUAL]
        if words and not "".join(words).isdigit():
            return "_".join(words)
    return ""
