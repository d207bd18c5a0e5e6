"""Arg scopes go: their ``with`` statements dissolve, and the functions that make them or take from them change."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.given import Given
from codemods.edits import EditFunction
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_stage import Stage, separated


class Scopes(Stage):
    """Takes the arg scopes out of a module."""

    def inside_scopes(self, node: cst.CSTNode) -> bool:
        """Whether a call only makes or enters scopes."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.WithItem) and current in self.scopes.entered:
                return True
            if isinstance(current, cst.FunctionDef) and current in self.scopes.makers:
                return True
            current = self.ctx.parents.get(current)
        return False

    def functions_of_the_program(self) -> None:
        """Functions that take arguments from scopes: the arguments are written into their calls."""
        for decorator, definition in self.scopes.decorated.items():
            key = f"def {definition.name.value}"
            for place in self.scopes.references(definition):
                call = self.symbols.call(place)
                if call is None:
                    if not self.inside_scopes(place):
                        raise Refusal(
                            "TF450", f"{definition.name.value}() takes arguments of scopes, and is passed on", place
                        )
                    continue
                self.complete(call, definition, self.scopes.defaults(call, key))
            self.absorbed.update(dict.fromkeys(tree.walk(decorator.decorator)))
            self.edits.remove(decorator)

    def complete(self, call: cst.Call, definition: cst.FunctionDef, given: dict[str, Given]) -> None:
        """Write what the scopes give into a call of a function of the program."""
        parameters = [param.name.value for param in definition.params.params]
        present = {arg.keyword.value for arg in call.args if arg.keyword is not None}
        present |= set(parameters[: sum(arg.keyword is None for arg in call.args)])
        if any(arg.star for arg in call.args):
            raise Refusal("TF450", "the arguments of this call cannot be told apart", call)
        added = {name: found for name, found in given.items() if name not in present}
        for found in added.values():
            self.writer.check(found, call)
        if added:
            made = [keyword(name, found.written(self.writer.respelled)) for name, found in added.items()]
            self.edits.replace(call, lambda updated: updated.with_changes(args=separated([*updated.args, *made])))

    def leave_scopes(self) -> None:
        """The ``with`` statements of scopes dissolve, and the functions that make scopes go."""
        for item in self.scopes.entered:
            if not self.inside_scopes(self.ctx.parents[item]):
                self.scopes.enter(item.item, self.scopes.at(item), {})
        statements = {self.ctx.parents[item]: None for item in self.scopes.entered}
        for statement in statements:
            assert isinstance(statement, cst.With)
            self.absorb(*(item for item in statement.items if item in self.scopes.entered))
            if any(maker in self.around(statement) for maker in self.scopes.makers):
                continue
            kept = [place for place, item in enumerate(statement.items) if item not in self.scopes.entered]
            if kept:
                self.edits.replace(statement, _only(kept))
            else:
                self.edits.replace(statement, self.dissolved)
        for maker in self.scopes.makers:
            places = [place for place in self.scopes.references(maker) if not self.inside_scopes(place)]
            if any(self.holder(place) is None for place in places):
                raise Refusal("TF450", f"{maker.name.value}() is used for something else than to enter a scope", maker)
            for place in places:
                holder = self.holder(place)
                assert holder is not None
                self.absorb(holder)
                self.edits.remove(holder)
            self.absorb(maker)
            self.edits.remove(maker)

    def dissolved(self, updated: cst.With) -> cst.FlattenSentinel[cst.BaseStatement]:
        """The body of a ``with`` in the place of the statement."""
        block = updated.body
        if not isinstance(block, cst.IndentedBlock):
            assert isinstance(block, cst.SimpleStatementSuite)
            return cst.FlattenSentinel([cst.SimpleStatementLine(block.body, leading_lines=updated.leading_lines)])
        first, *others = block.body
        head = [*updated.leading_lines]
        if block.header.comment is not None:
            head.append(cst.EmptyLine(comment=block.header.comment))
        moved = first.with_changes(leading_lines=[*head, *getattr(first, "leading_lines", ())])
        self.edits.carry(first, moved)
        return cst.FlattenSentinel([moved, *others])

    def holder(self, place: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """``sc = my_arg_scope()``: the line goes when nothing but scopes read the name."""
        call = self.ctx.parents.get(place)
        assign = self.ctx.parents.get(call) if isinstance(call, cst.Call) and call.func is place else None
        line = self.ctx.parents.get(assign) if isinstance(assign, cst.Assign) else None
        if not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        target = assign.targets[0].target
        if len(assign.targets) != 1 or not isinstance(target, cst.Name):
            return None
        return line if all(self.inside_scopes(read) for read in self.names.reads(target)) else None

    def around(self, node: cst.CSTNode) -> set[cst.CSTNode]:
        """What ``node`` stands in."""
        found = set()
        current = self.ctx.parents.get(node)
        while current is not None:
            found.add(current)
            current = self.ctx.parents.get(current)
        return found


def _only(kept: list[int]) -> EditFunction:
    def build(updated: cst.With) -> cst.With:
        items = [updated.items[place] for place in kept]
        items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(items=items)

    return build
