"""Emitted functions: where they stand, and their definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.statements import Statement
from codemods.plan import Function, Part
from codemods.planner import containers
from codemods.rewrites import scope_numbers, template
from codemods.rewrites.function_text import definition, part_definition
from codemods.rewrites.functions import Body
from codemods.rewrites.repeated_lists import written_once
from codemods.rewrites.training_arguments import with_flags

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

#: Why a function is traced before it is called.
TRACED = "makes the variables of the layers"


class FunctionParts:
    """Places the functions of a plan in one file."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self._local: set[str] = set()

    def place(self) -> None:
        """Put each function where the last statement of its slice was."""
        for part in self.lowerer.names.own_parts():
            self._insert(part.statements[-1], part)
        for function in self.lowerer.plan.functions:
            statements = function.slice.ordered()
            if statements:
                # The specs of its parameters must have been made, too.
                needed = [*statements, *(found.statement for _, found in function.parameters)]
                self._insert(max(needed, key=lambda item: item.order), function)
            else:
                self._insert_before(function.lowerings[0].site.statement.outermost(), function)

    def _insert(self, last: Statement, item: Function | Part) -> None:
        anchor = last
        while anchor.container is not None and not anchor.container.dissolves:
            if isinstance(anchor.container.node, (cst.If, cst.Try)):
                break
            anchor = anchor.container
        functions = item.users if isinstance(item, Part) else [item, *self._callers(item)]
        sites = [lowering.site.statement for function in functions for lowering in function.lowerings]
        if any(anchor in containers(site) for site in sites):
            self._insert_before(anchor, item)  # built and run in one loop
        else:
            self.lowerer.removal.after(anchor.node, lambda: [self._hole(item), *self._trace(item)])

    def _trace(self, item: Function | Part) -> list[cst.BaseStatement]:
        """The line that traces a function, so that the layers that it calls have their weights."""
        if item not in self.lowerer.plan.traced:
            return []
        line = template.statement(f"{item.name}.get_concrete_function()  # {TRACED}")
        space = cst.EmptyLine(indent=False)
        return [line.with_changes(leading_lines=[space] * (2 if item.scope.is_module else 1))]

    def _callers(self, function: Function) -> list[Function]:
        """The functions that call ``function`` for the statements that they share."""
        parts = [part for part in self.lowerer.plan.parts if part.function is function]
        return [user for part in parts for user in part.users]

    def _insert_before(self, statement: Statement, item: Function | Part) -> None:
        self.lowerer.removal.before(statement.node, lambda: [self._hole(item)])

    def _hole(self, item: Function | Part) -> cst.SimpleStatementLine:
        """The place of a function: a fetch that it holds may come later in the file, and is not rewritten yet."""
        return self.lowerer.holes.hole(lambda: self._define(item), 2 if item.scope.is_module else 1)

    def _define(self, item: Function | Part) -> cst.FunctionDef:
        blank = 2 if item.scope.is_module else 1
        if isinstance(item, Part):
            return self.lowerer.keras.with_phase(
                part_definition(item, self.lowerer.rewritten, blank), item.users[0].phase
            )
        body = Body(
            item, self.lowerer.rewritten, self.lowerer.element_value, self.lowerer.optimizers.names, self._local_fresh
        )
        body.assigned_rates = {found for found in body.optimizers if self.lowerer.optimizers.rate(found) == "tensor"}
        body.tensorflow = self.lowerer.tensorflow
        body.waits = item.waits
        body.densify = {optimizer: form.densify for optimizer, form in self.lowerer.optimizers.forms.items()}
        body.outputs = self.lowerer.keras.bindings.get(item, [])
        self._local = set()
        inside = item.inside
        if inside is not None:
            body.summaries = lambda: self.lowerer.summaries.lines_inside(inside)
        lines = written_once(body.build(), self.lowerer.staging.state.lists.values(), self._local_fresh)
        if inside is not None:
            scope_numbers.check(self.lowerer.staging, item, lines)
            lines = self.lowerer.summaries.written_inside(inside, lines)
        names = [name for name, _ in item.parameters]
        tf = self.lowerer.tensorflow
        always_fed = self.lowerer.plan.always_fed()
        specs = [
            self.lowerer.inputs.fed_spec(placeholder)
            if placeholder.fed_dtype is not None and placeholder not in always_fed
            else self.lowerer.keras.specification(item, name, placeholder)
            for name, placeholder in item.parameters
        ]
        if inside is not None:
            names, specs = [*names, inside.step], [*specs, f"{tf}.TensorSpec([], {tf}.int64)"]
        decorator = f"{tf}.function(input_signature=[{', '.join(specs)}])" if names else f"{tf}.function"
        made = definition(item.name, names, lines, cst.parse_expression(decorator), blank)
        made = self.lowerer.keras.with_phase(made, item.phase)
        made = with_flags(made, item.flags, {part.name for part in item.parts}, self.lowerer.edits.carry)
        self.lowerer.definitions[item] = made
        return made

    def _local_fresh(self, wanted: str) -> str:
        """A name for a local variable of an emitted function."""
        name, count = wanted, 2
        while name in self._local or name in self.lowerer.names.taken:
            name, count = f"{wanted}_{count}", count + 1
        self._local.add(name)
        return name
