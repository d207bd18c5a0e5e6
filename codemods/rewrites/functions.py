"""The text of emitted functions: bodies from moved statements, gradient tapes and updates, results."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from codemods.analysis.roles import ASSIGN_METHODS
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Gradients, Kind, Optimizer, Training
from codemods.plan import Element, Function, Part
from codemods.rewrites import template

# Gives the rewritten form of an original node, a fresh copy after the first time.
Rewritten = Callable[[cst.CSTNode], cst.CSTNode]


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
        self.trainings = [training for statement in function.slice.ordered() for training in statement.trainings]
        self.gradients = [found for statement in function.slice.ordered() for found in statement.gradients]
        self.densify: dict[Optimizer, bool] = {}
        self.tapes: dict[Training | Gradients, str] = {}
        self.losses: dict[Training | Gradients, cst.BaseExpression] = {}
        self.variables: dict[Gradients, str] = {}

    def build(self) -> list[cst.BaseStatement]:
        """All statements of the body."""
        statements = [item for item in self.function.slice.ordered() if item.role is Role.GRAPH and not item.groups]
        late = self._late(statements)
        pure = [item for item in statements if item not in late]
        if self.trainings or self.gradients:
            self._with_tape(pure)
        else:
            self._emit(pure)
        saved = self._values_before_updates()
        if not self.trainings:
            for item in late:
                self._gradient_lines(item)
                self.lines += self._moved_lines(item)
        else:
            self._updates(late)
        self._results(saved)
        self.lines = _without_unread_updates(self.lines)
        return self.lines or [cst.SimpleStatementLine([cst.Pass()])]

    # Order

    def _late(self, statements: Sequence[Statement]) -> list[Statement]:
        """Statements that update variables, or use gradients of the tape, and those that depend on them."""
        late: list[Statement] = []
        for item in statements:
            depends = any(
                source in late for found in item.uses.values() for binding in found for source in binding.sources
            )
            if item.updates or item.gradients or depends:
                late.append(item)
        return late

    def _loss_statements(self, pure: Sequence[Statement]) -> set[Statement]:
        """The statements that a differentiated loss needs."""
        needed: set[Statement] = set()
        stack = [training.statement for training in self.trainings]
        stack += [found.statement for found in self.gradients]
        while stack:
            for found in stack.pop().uses.values():
                for binding in found:
                    for source in binding.sources:
                        if source is not None and source in pure and source not in needed:
                            needed.add(source)
                            stack.append(source)
        return needed

    def _with_tape(self, pure: Sequence[Statement]) -> None:
        needed = self._loss_statements(pure)
        names = [name for item in pure for name in item.binds]
        if len(names) != len(set(names)):
            needed = set(pure[: 1 + max((pure.index(item) for item in needed), default=-1)])
        parts = [part for part in self.function.parts if needed & set(part.statements)]
        needed |= {item for part in parts for item in part.statements}
        outer, self.lines = self.lines, []
        self._emit([item for item in pure if item in needed])
        differentiated = self._differentiated()
        for item in differentiated:
            self.tapes[item] = self.fresh("tape") if len(differentiated) == 1 else self.fresh(f"{_stem(item)}_tape")
            self._loss(item)
        inside, self.lines = self.lines, outer
        with_items = ", ".join(f"tf.GradientTape() as {name}" for name in self.tapes.values())
        if self.tapes:
            statement = cst.parse_statement(f"with {with_items}: pass")
            assert isinstance(statement, cst.With)
            self.lines.append(statement.with_changes(body=cst.IndentedBlock(tidy(inside) or [_pass()])))
        else:
            self.lines += inside
        self._emit([item for item in pure if item not in needed])

    def _differentiated(self) -> list[Training | Gradients]:
        trained: list[Training | Gradients] = [item for item in self.trainings if item.loss is not None]
        return trained + list(self.gradients)

    def _loss(self, item: Training | Gradients) -> None:
        loss = self.rewritten(item.loss) if item.loss is not None else None
        assert isinstance(loss, cst.BaseExpression)
        if not isinstance(loss, (cst.Name, cst.Attribute)):
            name = self.fresh("loss")
            self.lines.append(_line(cst.Assign([cst.AssignTarget(cst.Name(name))], loss)))
            loss = cst.Name(name)
        self.losses[item] = loss

    # Lines

    def _emit(self, statements: Sequence[Statement]) -> None:
        done: set[Part] = set()
        for item in statements:
            part = next((part for part in self.function.parts if item in part.statements), None)
            if part is None:
                self.lines += self._moved_lines(item)
            elif part not in done and item is part.statements[-1]:
                done.add(part)
                self.lines.append(self._call_part(part))

    def _call_part(self, part: Part) -> cst.BaseStatement:
        inside = set(part.statements)
        used = {
            name
            for item in self.function.slice.statements - inside
            for name, found in item.uses.items()
            if any(binding.sources & inside for binding in found)
        }
        for element in self.function.returns:
            used |= {
                name for name, binding in element.names.items() if binding.sources & inside and _reads(element, name)
            }
        targets = ", ".join(name if name in used else "_" for name in part.outputs)
        name = part.name if part.function is None else part.function.name
        return cst.parse_statement(f"{targets} = {name}({', '.join(part.arguments)})")

    def _moved_lines(self, item: Statement) -> list[cst.BaseStatement]:
        """A moved statement; of a ``with tf.control_dependencies`` the body, as a function keeps the order anyway."""
        node = self._moved(item)
        if not item.dependencies or not isinstance(node, cst.With):
            return [node]
        lines: list[cst.BaseStatement] = []
        for found in item.dependencies:
            if not isinstance(found, (cst.Name, cst.Attribute, cst.Subscript)):
                effect = self.rewritten(found)
                assert isinstance(effect, cst.BaseExpression)
                lines.append(_line(cst.Expr(effect)))
        body = (
            list(node.body.body)
            if isinstance(node.body, cst.IndentedBlock)
            else [_line(small) for small in node.body.body if isinstance(small, cst.BaseSmallStatement)]
        )
        lines += [line for line in body if isinstance(line, cst.BaseStatement)]
        leading = [*node.leading_lines, *getattr(lines[0], "leading_lines", ())]
        return [lines[0].with_changes(leading_lines=leading), *lines[1:]]

    def _moved(self, item: Statement) -> cst.BaseStatement:
        node = self.rewritten(item.node)
        assert isinstance(node, cst.BaseStatement)
        for found in item.gradients:
            replaced = node.visit(_Replace(pairs_marker(found), self.pairs(found)))
            assert isinstance(replaced, cst.BaseStatement)
            node = replaced
        wrapped: cst.BaseStatement = node
        container = item.container
        while container is not None:
            if isinstance(container.node, cst.With) and not container.dissolves:
                wrapped = self._rewrap(container.node, wrapped)
            container = container.container
        previous = self.lines[-1] if self.lines else None
        if isinstance(wrapped, cst.With) and isinstance(previous, cst.With) and wrapped is not node:
            merged = _merge(previous, wrapped)
            if merged is not None:
                self.lines.pop()
                return merged
        return wrapped

    def _rewrap(self, header: cst.With, inner: cst.BaseStatement) -> cst.With:
        items = [self.rewritten(item) for item in header.items]
        leading = inner.leading_lines if isinstance(inner, (cst.SimpleStatementLine, cst.BaseCompoundStatement)) else ()
        body = cst.IndentedBlock([_without_leading_blank(inner)])
        blank = [line for line in leading if line.comment is None]
        return header.with_changes(items=items, body=body, leading_lines=blank, lpar=header.lpar, rpar=header.rpar)

    # Updates

    def _gradient_lines(self, item: Statement) -> None:
        """Before a statement that holds ``compute_gradients``: the tape's gradients, as the same list of pairs."""
        for found in item.gradients:
            if found.variables is None:
                variables = "variables"
                self.lines.append(cst.parse_statement(f"variables = {self.tapes[found]}.watched_variables()"))
            else:
                expression = self.rewritten(found.variables)
                assert isinstance(expression, cst.BaseExpression)
                if isinstance(expression, cst.Name):
                    variables = expression.value
                else:
                    variables = self.fresh("variables")
                    self.lines.append(_line(cst.Assign([cst.AssignTarget(cst.Name(variables))], expression)))
            self.variables[found] = variables

    def pairs(self, found: Gradients) -> cst.BaseExpression:
        """What a ``compute_gradients`` call becomes."""
        variables = self.variables[found]
        return template.expression(
            f"list(zip({self.tapes[found]}.gradient({{loss}}, {variables}), {variables}))", loss=self.losses[found]
        )

    def _updates(self, late: Sequence[Statement]) -> None:
        several = len(self.trainings) > 1
        steps: list[tuple[Training, str, cst.BaseExpression]] = []
        for training in self.trainings:
            if training.loss is not None:
                steps.append(self._gradient_step(training, several))
        for item in late:
            self._gradient_lines(item)
            self.lines += self._moved_lines(item)
        for training in self.trainings:
            first = len(self.lines)
            self._apply(training, next((step for step in steps if step[0] is training), None))
            comment = _comments(self.rewritten(training.statement.node))
            if comment and first < len(self.lines):
                self.lines[first] = self.lines[first].with_changes(leading_lines=comment)

    def _gradient_step(self, training: Training, several: bool) -> tuple[Training, str, cst.BaseExpression]:
        tape = self.tapes[training]
        stem = f"{_stem(training)}_" if several else ""
        if training.variables is None:
            variables = self.fresh(f"{stem}variables")
            self.lines.append(cst.parse_statement(f"{variables} = {tape}.watched_variables()"))
        else:
            expression = self.rewritten(training.variables)
            assert isinstance(expression, cst.BaseExpression)
            if isinstance(expression, cst.Name):
                variables = expression.value
            else:
                variables = self.fresh(f"{stem}variables")
                self.lines.append(_line(cst.Assign([cst.AssignTarget(cst.Name(variables))], expression)))
        gradient = template.expression(f"{tape}.gradient({{loss}}, {variables})", loss=self.losses[training])
        if self.densify.get(training.optimizer):
            gradient = template.expression("[tf.convert_to_tensor(g) for g in {gradient}]", gradient=gradient)
        if several:
            name = self.fresh(f"{stem}gradients")
            self.lines.append(_line(cst.Assign([cst.AssignTarget(cst.Name(name))], gradient)))
            gradient = cst.Name(name)
        return training, variables, gradient

    def _apply(self, training: Training, step: tuple[Training, str, cst.BaseExpression] | None) -> None:
        optimizer = self.optimizers[training.optimizer]
        rate = training.optimizer.learning_rate
        if rate.dynamic and rate.kind is not Kind.SCHEDULE:
            value = self.rewritten(training.optimizer.arguments["learning_rate"].value)
            self.lines.append(template.statement(f"{optimizer}.learning_rate.assign({{rate}})", rate=value))
        if step is not None:
            self.lines.append(
                template.statement(f"{optimizer}.apply_gradients(zip({{gradient}}, {step[1]}))", gradient=step[2])
            )
        else:
            assert training.gradients is not None
            pairs = self.rewritten(training.gradients)
            self.lines.append(template.statement(f"{optimizer}.apply_gradients({{pairs}})", pairs=pairs))
        if training.global_step is not None:
            counter = self.rewritten(training.global_step)
            self.lines.append(template.statement("{counter}.assign_add(1)", counter=counter))

    # Results

    def _values_before_updates(self) -> dict[Element, str]:
        """Names for fetched variables and inline tensors that must be read before an update changes the state."""
        saved: dict[Element, str] = {}
        changes = bool(self.trainings) or any(item.updates for item in self.function.slice.statements)
        if not changes:
            return saved
        for element in self.function.returns:
            if element.value.payload == "update" or self._depends_on_update(element):
                continue
            plain = isinstance(element.node, (cst.Name, cst.Attribute, cst.Subscript))
            plain = plain and element.value.kind is not Kind.KERAS  # which is a call of its model
            if element.form == "variable" or not plain:
                name = self.fresh(_value_name(element.node))
                value = self.element_value(element)
                if element.form == "variable":
                    value = template.expression("tf.identity({value})", value=value)
                self.lines.append(_line(cst.Assign([cst.AssignTarget(cst.Name(name))], value)))
                saved[element] = name
        return saved

    def _depends_on_update(self, element: Element) -> bool:
        names = [name for name in element.names if _reads(element, name)]
        sources = [source for name in names for source in element.names[name].sources]
        late = self._late([item for item in self.function.slice.ordered() if item.role is Role.GRAPH])
        return any(source in late for source in sources)

    def _results(self, saved: dict[Element, str]) -> None:
        for element in self._effects():
            value = self.element_value(element)
            self.lines.append(_line(cst.Expr(value)))
        values: list[cst.BaseExpression] = []
        for element in self.function.returns:
            if element in saved:
                values.append(cst.Name(saved[element]))
                continue
            value = self.element_value(element)
            if element.form == "variable":
                value = template.expression("tf.identity({value})", value=value)
            values.append(value)
        if not values:
            return
        result: cst.BaseExpression
        if self.function.shape == "single" or (len(values) == 1 and self.function.shape != "dict"):
            result = values[0]
        elif self.function.shape == "dict":
            keys = [key for item in self.function.keys if isinstance(key := self.rewritten(item), cst.BaseExpression)]
            result = cst.Dict([cst.DictElement(key, value) for key, value in zip(keys, values, strict=True)])
        else:
            result = cst.Tuple([cst.Element(value) for value in values], lpar=[], rpar=[])
        self.lines.append(_line(cst.Return(result)))

    def _effects(self) -> list[Element]:
        """Fetched operations that are written in the fetch itself: ``sess.run(tf.assign(a, b))``."""
        lowering = self.function.lowerings[0]
        return [
            element
            for element in lowering.elements
            if element.form == "none" and not isinstance(element.node, (cst.Name, cst.Attribute, cst.Subscript))
        ]


def _without_unread_updates(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``count = v.assign_add(1)`` that nothing reads is ``v.assign_add(1)``; ``tf.group`` of what ran is nothing."""
    kept: list[cst.BaseStatement] = []
    read: set[str] = set()
    for line in reversed(lines):
        new = _bare_updates(line, read)
        if not new and kept and _comments(line):
            kept[-1] = kept[-1].with_changes(leading_lines=[*_comments(line), *getattr(kept[-1], "leading_lines", ())])
        for item in reversed(new):
            read |= set(free_names(item))
            kept.append(item)
    return kept[::-1]


def _bare_updates(line: cst.BaseStatement, read: set[str]) -> list[cst.BaseStatement]:
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1 or not isinstance(small.value, cst.Call):
        return [line]
    target, function = small.targets[0].target, small.value.func
    if not isinstance(target, cst.Name) or target.value in read or not isinstance(function, cst.Attribute):
        return [line]
    if function.attr.value in ASSIGN_METHODS:
        return [line.with_changes(body=[cst.Expr(small.value)])]
    if function.attr.value != "group" or any(argument.star for argument in small.value.args):
        return [line]
    parts = [item.value for item in small.value.args if item.keyword is None and not isinstance(item.value, cst.Name)]
    lines: list[cst.BaseStatement] = [_line(cst.Expr(part.with_changes(lpar=[], rpar=[]))) for part in parts]
    if lines:
        lines[0] = lines[0].with_changes(leading_lines=getattr(line, "leading_lines", ()))
    return lines


def tidy(lines: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Statements as the body of a block: no blank line at its start, one at most between, none with spaces."""
    found = []
    for position, item in enumerate(lines):
        own = list(getattr(item, "leading_lines", ()))
        kept: list[cst.EmptyLine] = []
        for line in own:
            if line.comment is not None:
                kept.append(line)
            elif (kept or position) and not (kept and kept[-1].comment is None):
                kept.append(cst.EmptyLine(indent=False))
        found.append(item.with_changes(leading_lines=kept))
    return found


def definition(
    name: str,
    parameters: Sequence[str],
    body: Sequence[cst.BaseStatement],
    decorator: cst.BaseExpression | None,
    blank: int,
) -> cst.FunctionDef:
    """A function definition, with ``blank`` empty lines before it."""
    lines = _returned_directly(tidy(body))
    return cst.FunctionDef(
        cst.Name(name),
        cst.Parameters([cst.Param(cst.Name(parameter)) for parameter in parameters]),
        cst.IndentedBlock(lines),
        decorators=[cst.Decorator(decorator)] if decorator is not None else [],
        leading_lines=[cst.EmptyLine(indent=False)] * blank,
    )


def part_definition(part: Part, rewritten: Rewritten, blank: int) -> cst.FunctionDef:
    """The helper function of a shared part."""
    lines: list[cst.BaseStatement] = []
    for item in part.statements:
        node = rewritten(item.node)
        assert isinstance(node, cst.BaseStatement)
        lines.append(node)
    lines.append(cst.parse_statement(f"return {', '.join(part.outputs)}"))
    return definition(part.name, part.inputs, lines, None, blank)


def _returned_directly(lines: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """``x = value; return x`` is ``return value``."""
    if len(lines) < 2:
        return lines
    before, last = lines[-2:]
    if not (isinstance(before, cst.SimpleStatementLine) and isinstance(last, cst.SimpleStatementLine)):
        return lines
    assign, returned = before.body[-1], last.body[0]
    if len(before.body) != 1 or not isinstance(assign, cst.Assign) or not isinstance(returned, cst.Return):
        return lines
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Name) or not isinstance(returned.value, cst.Name):
        return lines
    if target.value != returned.value.value or last.leading_lines:
        return lines
    return [*lines[:-2], before.with_changes(body=[cst.Return(assign.value)])]


def pairs_marker(found: Gradients) -> str:
    """The name that stands for a ``compute_gradients`` call until its tape has a name."""
    return f"__gradients_of_{id(found)}"


class _Replace(cst.CSTTransformer):
    def __init__(self, name: str, by: cst.BaseExpression) -> None:
        super().__init__()
        self.name = name
        self.by = by

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self.by if original_node.value == self.name else updated_node


def _stem(item: Training | Gradients) -> str:
    loss = item.loss
    name = loss.value if isinstance(loss, cst.Name) else "loss"
    for suffix in ("_loss", "_cost", "_op"):
        name = name.removesuffix(suffix)
    return name


def _reads(element: Element, name: str) -> bool:
    return name in free_names(element.node)


def _value_name(node: cst.BaseExpression) -> str:
    while isinstance(node, (cst.Subscript, cst.Call)):
        node = node.value if isinstance(node, cst.Subscript) else node.func
    if isinstance(node, cst.Attribute):
        return f"{node.attr.value}_value"
    return f"{node.value}_value" if isinstance(node, cst.Name) else "value"


def _merge(first: cst.With, second: cst.With) -> cst.With | None:
    empty = cst.Module([])
    same = [empty.code_for_node(item) for item in first.items] == [empty.code_for_node(item) for item in second.items]
    if not same:
        return None
    body = [*first.body.body, *second.body.body]
    return first.with_changes(body=first.body.with_changes(body=body))


def _comments(node: cst.CSTNode) -> list[cst.EmptyLine]:
    lines = getattr(node, "leading_lines", ())
    return [line for line in lines if line.comment is not None]


def _without_leading_blank(node: cst.BaseStatement) -> cst.BaseStatement:
    lines = list(getattr(node, "leading_lines", ()))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return node.with_changes(leading_lines=lines)


def _line(small: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([small])


def _pass() -> cst.SimpleStatementLine:
    return _line(cst.Pass())
