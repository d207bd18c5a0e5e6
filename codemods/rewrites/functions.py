"""The text of emitted functions: bodies from moved statements, gradient tapes and updates, results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Gradients, Optimizer, Training
from codemods.plan import Element, Function, Part
from codemods.rewrites.bare_updates import without_unread_updates
from codemods.rewrites.function_results import Results, reads
from codemods.rewrites.function_text import (
    Blocks,
    Rewritten,
    as_line,
    in_blocks,
    metric_update,
    only_groups,
    pass_,
    tidy,
    without_leading_blank,
)
from codemods.rewrites.function_updates import Updates, pairs_marker, stem
from codemods.rewrites.unzipped import without_zipping
from codemods.training_order import differentiated, late_statements


class Body:
    """Builds the body of one emitted function, statement by statement, in an order that is exact.

    Values and gradients are computed from the state before any update: pure statements come first, those that a loss
    needs inside the tape; then gradients and what is made of them; then assignments and optimizer updates.
    """

    def __init__(
        self,
        function: Function,
        rewritten: Rewritten,
        element_value: Callable[[Element], cst.BaseExpression],
        optimizers: dict[Optimizer, str],
        fresh: Callable[[str], str],
    ) -> None:
        self.function = function
        self.rewritten = rewritten
        self.element_value = element_value
        self.optimizers = optimizers
        self.fresh = fresh
        self.lines: list[cst.BaseStatement] = []
        self.blocks: Blocks = {}
        self.trainings = [training for statement in function.slice.ordered() for training in statement.trainings]
        self.gradients = [found for statement in function.slice.ordered() for found in statement.gradients]
        self.densify: dict[Optimizer, bool] = {}
        self.assigned_rates: set[Optimizer] = set()  # whose learning rate each step assigns
        self.waits: list[cst.BaseExpression] = []  # losses that optimizers must wait for
        self.tensorflow = "tf"  # what the file calls it
        self.tapes: dict[Training | Gradients, str] = {}
        self.losses: dict[Training | Gradients, cst.BaseExpression] = {}
        self.outputs: list[tuple[list[str], cst.BaseExpression]] = []  # Keras tensors and the calls that compute them
        self.computed: set[str] = set()  # the names of those that the lines so far have computed
        self.summaries: Callable[[], list[cst.BaseStatement]] = list  # lines that write summaries
        self.updates = Updates(self)
        self.results = Results(self)

    def build(self) -> list[cst.BaseStatement]:
        """All statements of the body."""
        statements = [item for item in self.function.slice.ordered() if item.role is Role.GRAPH and not item.groups]
        late = late_statements(statements)
        pure = [item for item in statements if item not in late]
        early = [item for item in late if item in differentiated(self.function.slice.ordered())]
        late = [item for item in late if item not in early]
        if self.trainings or self.gradients:
            self._with_tape(pure, early)
        else:
            self._emit(pure)
        for item in late:
            self.compute(item.uses)
        saved = self.results.values_before_updates()
        if not self.trainings:
            for item in late:
                self.updates.gradient_lines(item)
                self.lines += self.moved_lines(item)
        else:
            self.updates.updates(late)
        self.results.results(saved)
        self.lines = without_zipping(without_unread_updates(self.lines))
        return self.lines or [cst.SimpleStatementLine([cst.Pass()])]

    # Order

    def _with_tape(self, pure: Sequence[Statement], early: Sequence[Statement]) -> None:
        """The tape's block and what comes after it; ``early`` are updates that a loss waits for."""
        needed = differentiated(self.function.slice.ordered()) & set(pure)
        if early:
            needed, pure = {*pure, *early}, [*pure, *early]
        if self.function.inside is not None:
            needed = {*needed, *pure}  # in the order of the program, so that no name scope is opened twice
        names = [name for item in pure for name in item.binds]
        if len(names) != len(set(names)):
            needed = set(pure[: 1 + max((pure.index(item) for item in needed), default=-1)])
        parts = [part for part in self.function.parts if needed & set(part.statements)]
        needed |= {item for part in parts for item in part.statements}
        outer, self.lines = self.lines, []
        self._emit([item for item in pure if item in needed])
        taped = self._differentiated()
        for item in taped:
            self.tapes[item] = self.fresh("tape") if len(taped) == 1 else self.fresh(f"{stem(item)}_tape")
            self._loss(item)
        inside, self.lines = self.lines, outer
        with_items = ", ".join(f"{self.tensorflow}.GradientTape() as {name}" for name in self.tapes.values())
        if self.tapes:
            statement = cst.parse_statement(f"with {with_items}: pass")
            assert isinstance(statement, cst.With)
            self.lines.append(statement.with_changes(body=cst.IndentedBlock(tidy(inside) or [pass_()])))
        else:
            self.lines += inside
        self._emit([item for item in pure if item not in needed])

    def _differentiated(self) -> list[Training | Gradients]:
        trained: list[Training | Gradients] = [item for item in self.trainings if item.loss is not None]
        return trained + list(self.gradients)

    def _loss(self, item: Training | Gradients) -> None:
        self.compute(item.statement.uses)
        loss = self.rewritten(item.loss) if item.loss is not None else None
        assert isinstance(loss, cst.BaseExpression)
        if not isinstance(loss, (cst.Name, cst.Attribute)):
            name = self.fresh("loss")
            self.lines.append(as_line(cst.Assign([cst.AssignTarget(cst.Name(name))], loss)))
            loss = cst.Name(name)
        self.losses[item] = loss

    # Lines

    def _emit(self, statements: Sequence[Statement]) -> None:
        done: set[Part] = set()
        for item in statements:
            part = next((part for part in self.function.parts if item in part.statements), None)
            if part is None:
                before = len(self.lines)
                self.compute(item.uses)
                lines = self.moved_lines(item)
                if len(self.lines) > before:
                    lines[0] = without_leading_blank(lines[0])
                self.lines += lines
            elif part not in done and item is part.statements[-1]:
                done.add(part)
                self.compute(part.arguments)
                self.lines.append(self._call_part(part))

    def compute(self, names: Iterable[str]) -> None:
        """Write the lines that compute the Keras tensors among names, unless they were written before."""
        wanted = set(names)
        for found in [item for item in self.outputs if wanted & set(item[0])]:
            self.outputs.remove(found)
            self.computed.update(found[0])
            line = cst.parse_statement(f"{', '.join(found[0])} = value")
            assert isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Assign)
            self.lines.append(line.with_changes(body=[line.body[0].with_changes(value=found[1].deep_clone())]))

    def _call_part(self, part: Part) -> cst.BaseStatement:
        inside = set(part.statements)
        used = {
            name
            for item in self.function.slice.statements - inside
            for name, found in item.uses.items()
            if any(binding.sources & inside for binding in found)
        }
        for element in self.function.read:
            used |= {
                name for name, binding in element.names.items() if binding.sources & inside and reads(element, name)
            }
        targets = ", ".join(name if name in used else "_" for name in part.outputs)
        name = part.name if part.function is None else part.function.name
        return cst.parse_statement(f"{targets} = {name}({', '.join(part.arguments)})")

    def moved_lines(self, item: Statement) -> list[cst.BaseStatement]:
        """A moved statement; of a ``with tf.control_dependencies`` the body, as a function keeps the order anyway."""
        node = self._moved(item)
        if not item.dependencies or not isinstance(node, cst.With):
            return [node]
        lines: list[cst.BaseStatement] = []
        for found in item.dependencies:
            if not isinstance(found, (cst.Name, cst.Attribute, cst.Subscript)):
                effect = self.rewritten(found)
                assert isinstance(effect, cst.BaseExpression)
                lines.append(as_line(cst.Expr(effect)))
        body = (
            list(node.body.body)
            if isinstance(node.body, cst.IndentedBlock)
            else [as_line(small) for small in node.body.body if isinstance(small, cst.BaseSmallStatement)]
        )
        lines += [line for line in body if isinstance(line, cst.BaseStatement)]
        leading = [*node.leading_lines, *getattr(lines[0], "leading_lines", ())]
        return [lines[0].with_changes(leading_lines=leading), *lines[1:]]

    def is_read(self, item: Statement, name: str | None) -> bool:
        """Whether the function reads what a statement gives to a name."""
        others = {other for other in self.function.slice.statements if other is not item and not only_groups(other)}
        bindings = [found for other in others for found in other.uses.get(name or "", ())]
        bindings += [element.names[name] for element in self.function.read if name and reads(element, name)]
        return any(item in binding.sources for binding in bindings)

    def _moved(self, item: Statement) -> cst.BaseStatement:
        node = self.rewritten(item.node)
        assert isinstance(node, cst.BaseStatement)
        if item.metrics:
            node = metric_update(node, item, self.is_read(item, item.metrics[0].update_name))
        node = self.with_gradients(item, node)
        assert isinstance(node, cst.BaseStatement)
        return in_blocks(item, node, self.lines, self.blocks, self.rewritten)

    def with_gradients(self, item: Statement, node: cst.CSTNode) -> cst.CSTNode:
        """A part of a statement, with the gradients of its tapes in the place of ``compute_gradients``."""
        for found in item.gradients:
            replaced = node.visit(_Replace(pairs_marker(found), self.updates.pairs(found), node))
            assert isinstance(replaced, cst.CSTNode)
            node = replaced
        return node


class _Replace(cst.CSTTransformer):
    """Puts an expression in the place of a name in ``node``; what is not around the name keeps its identity."""

    def __init__(self, name: str, by: cst.BaseExpression, node: cst.CSTNode) -> None:
        super().__init__()
        self.name = name
        self.by = by
        self.around: set[cst.CSTNode] = set()
        parents = tree.parents(node)
        for found in tree.walk(node):
            current: cst.CSTNode | None = found if isinstance(found, cst.Name) and found.value == name else None
            while current is not None:
                self.around.add(current)
                current = parents.get(current)

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.around

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self.by if original_node.value == self.name else updated_node
