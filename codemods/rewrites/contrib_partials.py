"""The calls of names that stand for a ``partial`` of a layer are written out, and the partial goes."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.contrib_symbols import layer_key
from codemods.analysis.given import Given
from codemods.findings import Refusal
from codemods.rewrites import partials
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_arguments import Request
from codemods.rewrites.contrib_functions import FUNCTIONS
from codemods.rewrites.contrib_stage import Stage, placed
from codemods.rewrites.contrib_steps import is_passing, joined
from codemods.rewrites.wrapping import has_lines, wrapped


class Partials(Stage):
    """Writes out partials of layers."""

    def write_partials(self) -> None:
        """Write out the calls of names that stand for a ``partial`` of a layer."""
        for found in partials.partials(self.symbols, self.names):
            try:
                for read in found.reads:
                    self.partial(found, read)
            except Refusal as refusal:
                self.refusals.append(placed(refusal, found.call, found.symbol))
            self.absorb(found.line)
            self.edits.remove(found.line)
            if isinstance(found.call.func, cst.Name):
                self.leave_import(found.call.func)

    def leave_import(self, name: cst.Name) -> None:
        """``from functools import partial`` goes with the last use of the name."""
        reads = self.names.reads_of_import(name)
        bound = self.names.bindings(name)
        statement = bound[0].node if len(bound) == 1 else None
        line = self.ctx.parents.get(statement) if isinstance(statement, cst.ImportFrom) else None
        if not isinstance(statement, cst.ImportFrom) or not isinstance(line, cst.SimpleStatementLine):
            return
        if all(read in self.absorbed for read in reads) and len(statement.names) == 1 and len(line.body) == 1:  # type: ignore[arg-type]
            self.edits.remove(line)

    def partial(self, found: partials.Partial, read: cst.Name) -> None:
        """One call of a ``partial``."""
        call = self.symbols.call(read)
        assert call is not None
        if layer_key(found.symbol) in FUNCTIONS:
            self.write(call, self.writer.steps(Request(call, found.symbol, range(len(call.args)), partial=found.given)))
            self.written[read] = FUNCTIONS[layer_key(found.symbol) or ""].target
            return
        given = {name: value for name, value in found.given.items() if name not in _keywords(call)}
        for value in (Given(found.function), *given.values()):
            self.writer.check(value, call)
        function = Given(found.function)

        def complete(updated: cst.Call) -> cst.Call:
            made = [keyword(name, value.written(self.writer.respelled)) for name, value in given.items()]
            whole = updated.with_changes(func=function.written({}), args=joined([*updated.args], made))
            return wrapped(whole, is_passing) if made and not has_lines(updated) else whole

        self.edits.drop(read)
        self.edits.replace(call, complete)
        self.written[read] = found.symbol


def _keywords(call: cst.Call) -> set[str]:
    return {arg.keyword.value for arg in call.args if arg.keyword is not None}
