"""Names for what a rewrite adds: functions, helpers, optimizers that had none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Binding, Role
from codemods.analysis.values import Kind
from codemods.moving_statistics import moved
from codemods.plan import Function, Part
from codemods.rewrites.function_text import only_groups
from codemods.summary_plan import SummaryElement

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer


_MOVED = (Role.GRAPH, Role.TRAIN, Role.CONTAINER)


class Names:
    """Chooses names that the file does not use yet."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.taken = {node.value for node in tree.of_type(lowerer.ctx.module, cst.Name)}

    def fresh(self, wanted: str) -> str:
        """A name that the file does not use yet."""
        name, count = wanted, 2
        while name in self.taken:
            name, count = f"{wanted}_{count}", count + 1
        self.taken.add(name)
        return name

    def _freed(self) -> set[str]:
        """Names that only train ops and updates had, which nothing in the output is called any more."""
        freed: set[str] = set()
        kept: set[str] = set()
        for statement in self.lowerer.staging.ordered:
            whole = not statement.collapsed or isinstance(statement.node, cst.With)
            update = statement.role is Role.GRAPH and (statement.updates or only_groups(statement)) and whole
            names = freed if update or statement.role is Role.TRAIN else kept
            names.update(statement.binds)
            kept.update(metric.value_name for metric in statement.metrics if metric.value_name is not None)
            for uses in (statement.uses, statement.callee_uses):
                kept.update(name for name in uses if not (statement.role in _MOVED and _only_trained(uses[name])))
        return freed - kept

    def own_parts(self) -> list[Part]:
        """The shared parts that need a function beside those of the run sites."""
        return [part for part in self.lowerer.plan.parts if part.function is None]

    def name_functions(self) -> None:
        """Name every function and helper of the plan."""
        self.taken -= self._freed() - set(self.lowerer.optimizers.names.values())
        for function in self.lowerer.plan.functions:
            function.name = self.fresh(self._function_name(function))
        for part in self.own_parts():
            part.name = self.fresh(f"{part.outputs[0]}_of" if len(part.outputs) == 1 else "forward")

    def _function_name(self, function: Function) -> str:
        trainings = [item for item in function.slice.ordered() if item.trainings]
        if trainings:
            planned = [function.slice.ordered() for function in self.lowerer.plan.functions]
            steps = [[item for item in statements if item.trainings] for statements in planned]
            others = [step for step in steps if step and step != trainings]
            names = [name for name in trainings[-1].binds if name not in self.lowerer.optimizers.names.values()]
            own = names[0] if len(trainings) == 1 and names else ""
            return _train_name(own) if others and own else "train_step"
        if function.inside is not None and not function.returns:
            return "write_summaries"
        updates = [item for item in function.slice.ordered() if item.updates]
        if updates:
            metrics = {metric for item in updates for metric in item.metrics}
            if metrics and all(item.metrics for item in updates):
                names = [self.lowerer.metrics.names[metric] for metric in metrics]
                return f"update_{names[0].removesuffix('_metric')}" if len(names) == 1 else "update_metrics"
            return self._update_name(function)
        if not function.returns and moved(self.lowerer.staging, function.lowerings[0]):
            return "update_statistics"
        several = [item for item in function.returns if isinstance(item, SummaryElement) and len(item.entries) > 1]
        if several and len(function.returns) == 1:
            return "compute_summaries"
        if len(function.returns) == 1:
            node = function.returns[0].node
            target = self.lowerer.ctx.parents[function.lowerings[0].site.call]
            if isinstance(node, (cst.Call, cst.BinaryOperation)) and isinstance(target, cst.Assign):
                node = target.targets[0].target if len(target.targets) == 1 else node
            while isinstance(node, cst.Subscript):
                node = node.value
            if isinstance(node, cst.Call):
                node = node.func
            name = node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", "")
            if not isinstance(name, str) or not name:
                return "compute"
            return "predict" if name.lower().startswith(("pred", "y_pred", "output")) else f"compute_{name}"
        return "evaluate"

    def _update_name(self, function: Function) -> str:
        """The name of the update that is run, or of what is fetched beside it."""
        fetched = function.lowerings[0].elements
        updates = [item for item in fetched if item.form == "none" or item.value.payload == "update"]
        names = [item.node.value for item in [*updates, *reversed(fetched)] if isinstance(item.node, cst.Name)]
        if not names:
            return "update"
        name = names[0].removesuffix("_op").removesuffix("_ops")
        several = len(function.returns) > 1  # which are bound to their names before they are returned
        local = {item.node.value for item in function.returns if several and isinstance(item.node, cst.Name)}
        return f"run_{name}" if name in self.taken | local else name


_TRAINERS = re.compile(r"_?(train_?op|train_?step|train|trainer|optimi[sz]er|optim|opt|solver|minimi[sz]e|op)$")


def _train_name(name: str) -> str:
    """``train_d`` for a train op that is called ``d_train_op``, ``d_solver`` or ``d``."""
    if name.startswith("train"):
        return name.removesuffix("_op")
    return f"train_{_TRAINERS.sub('', name) or name}"


def _only_trained(bindings: Iterable[Binding]) -> bool:
    """Whether a name stands for a train op: moved statements wait for it, and do not say it any more."""
    return all(binding.value.kind is Kind.TRAIN for binding in bindings)
