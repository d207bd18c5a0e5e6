"""Whether the updates of one run may be done one after the other.

TF1 ran the operations of a run in any order that data and control dependencies allow. An emitted function computes
values and gradients from the state before any update, and then does the updates in the order of the program. That is
one of the orders of TF1 unless an update (or a value computed after one) reads what an earlier one has written without
depending on it: such a run is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from codemods import linear_losses, partial_updates, races, tree
from codemods.analysis import roles, stateful
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Kind, Schedule, Training, Variable
from codemods.findings import Refusal
from codemods.plan import Function, Lowering, Plan
from codemods.training_order import differentiated, late_statements, upstream, waits_for

_CODE = "TF406"


@dataclass(frozen=True, eq=False)
class Update:
    """One assignment: its call, and the argument or receiver that is written."""

    call: cst.Call
    target: cst.BaseExpression


class UpdateOrder:
    """Checks the functions of one module."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of each node of the module."""
        return tree.parents(self.staging.module)

    def check(self, function: Function) -> list[Refusal]:
        """Why the function cannot do the updates of its run in program order; empty when it can."""
        moved = [item for item in function.slice.ordered() if item.role is Role.GRAPH and not item.groups]
        late = late_statements(moved)
        trainings = [item for item in function.slice.ordered() if item.trainings]
        trained = {found for item in trainings for training in item.trainings for found in self.trained(training)}
        refusals = []
        for index, item in enumerate(late):
            needed = waits_for(item)
            free = [found for step in trainings if step not in needed for found in step.trainings]
            if any(self.trained(found) & set(item.assigned) for found in free):
                message = "an assignment and an optimizer update the same variable in one run, in no certain order"
                refusals.append(Refusal(_CODE, message, item.node))
            reads = self.reads(item.node)
            for earlier in late[:index]:
                touched = set(earlier.assigned) & (reads | set(item.assigned))
                if touched and earlier not in needed:
                    refusals.append(self.unordered(touched, item.node))
            refusals += self.inside(item.node, item)
        refusals += self.cross(late)
        refusals += self.beside_training(late, trainings)
        refusals += self.before_losses(function, late)
        refusals += self.trained_twice(trainings)
        refusals += self.rebound(function, late + trainings)
        refusals += partial_updates.check(function, late, self.parents)
        written = {variable for item in late for variable in item.assigned} | trained
        for lowering in function.lowerings[:1]:
            refusals += self.inline(lowering, written)
        return refusals

    def rebound(self, function: Function, moving: list[Statement]) -> list[Refusal]:
        """Names that an update reads at the end of the function, where a later statement has bound them again."""
        ordered = function.slice.ordered()
        for item in moving:
            for later in ordered:
                shared = set(item.uses) & set(later.binds) if later.order > item.order else set()
                if shared:
                    name = sorted(shared)[0]
                    message = f"{name!r} is used by an update and bound again after it"
                    return [Refusal("TF205", message, later.node)]
        for element in function.read:
            for name, binding in element.names.items():
                places = [source.order for source in binding.sources if source in function.slice.statements and source]
                again = [item for item in ordered if places and name in item.binds and item.order > max(places)]
                if again and name in _names_in(element.node):
                    message = f"{name!r} is fetched, and bound again before the run"
                    return [Refusal("TF205", message, again[0].node)]
        return []

    def trained_twice(self, trainings: list[Statement]) -> list[Refusal]:
        """Optimizers that update the same variable in one run: TF1's second one may see what the first has done."""
        seen: set[Variable] = set()
        for statement in trainings:
            for training in statement.trainings:
                changed = self.trained(training)
                if seen & changed:
                    message = "two optimizers update the same variable in one run, in no certain order"
                    return [Refusal(_CODE, message, statement.node)]
                seen |= changed
        return []

    def beside_training(self, late: list[Statement], trainings: list[Statement]) -> list[Refusal]:
        """Values that a training changes, or needs, and that another update of the run reads, or changes."""
        for step in trainings:
            changed = {variable for found in step.trainings for variable in self.trained(found)}
            before = waits_for(step)
            loss = {variable for found in step.trainings for variable in self.read_by(found)}
            for item in [*late, *(other for other in trainings if other is not step)]:
                needed = waits_for(item)
                # Late ones are judged as items of their own.
                free = {source for source in needed - before - {step, *late} if source.role is Role.GRAPH}
                touched = {v for source in free if step not in waits_for(source) for v in self.reads(source.node)}
                if step not in needed and item not in before and not item.trainings:
                    touched |= self.reads(item.node)
                if item.trainings and item not in before:  # its gradients are computed from the state before
                    touched = {v for found in item.trainings for v in self.read_by(found)} if step in needed else set()
                if touched & changed:
                    return [self.unordered(touched & changed, item.node)]
                written = set(item.assigned) & loss if step not in needed else set()
                after = before - needed - {item} if written else set()
                readers = [source for source in after if written & self.reads(source.node)]
                if written & self.reads(step.node) or not all(item in waits_for(source) for source in readers):
                    return [self.unordered(written, item.node)]
        return []

    def before_losses(self, function: Function, late: list[Statement]) -> list[Refusal]:
        """Updates that a loss waits for are done under its tape, which must not see them."""
        losses = differentiated(function.slice.ordered())
        early = [item for item in late if item in losses]
        if any(item.gradients for item in early) or any(item.trainings for item in losses):
            return [Refusal("TF207", "a loss that waits for gradients or for an optimizer's update", early[0].node)]
        assigned = {variable for item in early for variable in item.assigned}
        fetched = {found for element in function.read for found in self.reads(element.node)}
        if any(variable.trainable is not False for variable in assigned) or assigned & fetched:
            return [Refusal("TF207", "a loss that waits for the update of a trained variable", early[0].node)]
        return []

    def read_by(self, training: Training) -> set[Variable]:
        """The variables that a training's gradients and learning rate are computed from."""
        values = [training.loss_value, training.optimizer.learning_rate]
        found = {variable for value in values if value is not None for variable in value.reads}
        rate = training.optimizer.learning_rate.payload
        found |= {rate} if isinstance(rate, Variable) else set()
        found |= rate.step_value.reads if isinstance(rate, Schedule) else set()
        if training.gradients is not None:
            value = self.staging.last_values.get(training.gradients)
            found |= {variable for leaf in (value.leaves() if value is not None else ()) for variable in leaf.reads}
        return found

    def cross(self, late: list[Statement]) -> list[Refusal]:
        """Two updates of which one needs a value that the other changes: TF1 reads it before or after."""
        for reader in late:
            for writer in late:
                if writer is reader or not writer.assigned or not reader.assigned:
                    continue
                before = waits_for(writer)
                if reader in before or writer in waits_for(reader):
                    continue
                for source in waits_for(reader) - before:
                    touched = self.reads(source.node) & set(writer.assigned) if source.role is Role.GRAPH else set()
                    if touched and source not in late:
                        return [self.unordered(touched, reader.node)]
        return []

    def inline(self, lowering: Lowering, written: set[Variable]) -> list[Refusal]:
        """Updates that are written in the fetch itself; ``written`` are the variables that others have changed."""
        refusals = []
        done: set[Variable] = set()
        for node in [element.node for element in lowering.elements if not _is_plain(element.node)]:
            own = {found for update in self.updates(node) for found in self.variables(update.target)}
            touched = ((done | written) & (self.reads(node) | own)) if own else set()
            if touched:
                refusals.append(self.unordered(touched, lowering.site.call))
            refusals += self.inside(node, None)
            done |= own
        return refusals

    def unordered(self, variables: set[Variable], place: cst.CSTNode) -> Refusal:
        """The refusal of a read that may come before or after a write."""
        names = sorted({variable.targets[0] for variable in variables if variable.targets})
        what = ", ".join(names) or "a variable"
        return Refusal(_CODE, f"one run updates {what} and uses it in another update, in no certain order", place)

    def trained(self, training: Training) -> set[Variable]:
        """The variables that an optimizer's update may change."""
        counter = training.step_value.payload if training.step_value is not None else None
        found = {counter} if isinstance(counter, Variable) else set()
        listed = training.variables or training.gradients
        if listed is not None:
            return found | self.variables(listed)
        reads = training.loss_value.reads if training.loss_value is not None else frozenset()
        return found | {variable for variable in reads if variable.trainable is not False}

    def check_plan(self, plan: Plan) -> list[Refusal]:
        """The same for every function, and for the fetches that need none."""
        found = [refusal for function in plan.functions for refusal in self.check(function)]
        for function in plan.functions:
            function.waits = linear_losses.waits(self.staging, function)
        for lowering in plan.lowerings:
            if lowering.mode == "eager":
                found += self.inline(lowering, set())
            elif lowering.function is not None:
                races.note(self, lowering, plan)
        return found

    # Inside one statement or expression

    def inside(self, node: cst.CSTNode, statement: Statement | None) -> list[Refusal]:
        """Updates of one statement that read each other's variables."""
        updates = list(self.updates(node))
        for index, later in enumerate(updates):
            for earlier in updates[:index]:
                written = self.variables(earlier.target)
                used = self.reads(later.call) | self.variables(later.target)
                if written & used and not self.ordered(earlier.call, later.call, node):
                    return [self.unordered(written & used, node)]
        uses = statement.uses if statement is not None else {}
        for reader in updates:
            for writer in updates:
                if (
                    reader is writer
                    or self.ordered(writer.call, reader.call, node)
                    or reader.call in tree.walk(writer.call)
                ):
                    continue
                for source in upstream(reader.call, uses) - upstream(writer.call, uses):
                    touched = self.variables(writer.target) & self.reads(source.node)
                    if touched and source.role is Role.GRAPH:
                        return [self.unordered(touched, node)]
        hidden = (
            set(statement.assigned) - {v for item in updates for v in self.variables(item.target)} if statement else ()
        )
        if statement is not None and hidden and len(set(statement.assigned)) > 1:
            bodies = [body for call in _calls(node) for body in self.bodies(call)]
            read = {found for body in [node, *bodies] for found in self.reads(body)}
            if read & set(statement.assigned):
                return [self.unordered(read & set(statement.assigned), node)]
        return []

    def ordered(self, first: cst.Call, second: cst.Call, around: cst.CSTNode) -> bool:
        """Whether ``second`` surely comes after ``first``, or only one of the two happens."""
        if first in tree.walk(second):
            return True
        functions = []
        for call in (first, second):
            current: cst.CSTNode = call
            inner: cst.CSTNode | None = None
            while current is not around and current in self.parents:
                current = self.parents[current]
                if isinstance(current, (cst.Lambda, cst.FunctionDef)) and inner is None:
                    inner = current
                header = current.items if call is second and isinstance(current, cst.With) else ()
                if any(first in tree.walk(item) for item in header):
                    return True
            functions.append(inner)
        if functions[0] is not functions[1]:
            return True
        return bool(_names_in(second) & _names_from(first, around))

    def updates(self, node: cst.CSTNode) -> Iterator[Update]:
        """The assignments written in ``node``, in the order of evaluation as far as the text shows it."""
        found = []
        for call in _calls(node):
            symbol = self.staging.symbols.of(call.func)
            if symbol is not None:
                if roles.role(symbol) is roles.ASSIGN and call.args:
                    found.append(Update(call, call.args[0].value))
                continue
            function = call.func
            if not isinstance(function, cst.Attribute) or function.attr.value not in roles.ASSIGN_METHODS:
                continue
            if self.variables(function.value):
                found.append(Update(call, function.value))
        yield from found

    def reads(self, node: cst.CSTNode) -> set[Variable]:
        """The variables whose values ``node`` itself reads (not those that it only assigns)."""
        targets = {update.target for update in self.updates(node)}
        found: set[Variable] = set()
        stack = [node]
        while stack:
            current = stack.pop()
            if current in targets:
                continue
            if isinstance(current, cst.BaseExpression) and not self.names_pairs(current):
                found |= self.variables(current)
            if isinstance(current, cst.Call):
                found |= self.called(current)
            stack += tree.children(current)
        return found

    def called(self, call: cst.Call) -> set[Variable]:
        """The variables that a layer, an object or a function of the program reads when it is called."""
        values = self.staging.last_values
        callee, result = values.get(call.func), values.get(call)
        if result is None or callee is None or callee.kind not in (Kind.LAYER, Kind.OBJECT, Kind.FUNCTION, Kind.TF):
            return set()
        given = [values[item.value] for item in call.args if item.value in values]
        return {variable for leaf in result.leaves() for variable in leaf.reads} - {
            variable for value in given for leaf in value.leaves() for variable in leaf.reads
        }

    def names_pairs(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is a list of gradients and variables, or a part: naming it reads no variable."""
        value = self.staging.last_values.get(node)
        leaves = value.leaves() if value is not None and value.kind is Kind.SEQUENCE else []
        return any(leaf.kind is Kind.VARIABLE and leaf.node in self.gradient_calls for leaf in leaves)

    @cached_property
    def gradient_calls(self) -> set[cst.CSTNode]:
        """The calls of ``compute_gradients``."""
        return {found.call for statement in self.staging.ordered for found in statement.gradients}

    def variables(self, node: cst.BaseExpression) -> set[Variable]:
        """The variables that an expression stands for."""
        value = self.staging.last_values.get(node)
        leaves = value.leaves() if value is not None else []
        found: set[Variable] = set()
        for leaf in leaves:
            if isinstance(leaf.payload, Schedule):
                found |= leaf.reads
            elif leaf.kind is Kind.VARIABLE:  # on several paths it may be one of several
                found |= {leaf.payload} if isinstance(leaf.payload, Variable) else leaf.reads
        return found

    def bodies(self, call: cst.Call) -> list[cst.CSTNode]:
        """The body of the user's function that is called."""
        value = self.staging.last_values.get(call.func)
        if value is not None and value.kind is Kind.FUNCTION and isinstance(value.payload, tuple):
            return [value.payload[0].body]
        if value is not None and value.kind is Kind.OBJECT:
            return [method.body for method in stateful.computing(value)]
        return []


def _calls(node: cst.CSTNode) -> list[cst.Call]:
    return [found for found in tree.walk(node) if isinstance(found, cst.Call)]


def _is_plain(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Name, cst.Attribute, cst.Subscript))


def _names_in(node: cst.CSTNode) -> set[str]:
    return {found.value for found in tree.walk(node) if isinstance(found, cst.Name)}


def _names_from(call: cst.Call, around: cst.CSTNode) -> set[str]:
    """The names in ``around`` that were computed from ``call``."""
    names: set[str] = set()
    for found in tree.walk(around):
        if isinstance(found, cst.Assign) and (call in tree.walk(found.value) or names & _names_in(found.value)):
            for target in found.targets:
                names |= _names_in(target.target)
    return names
