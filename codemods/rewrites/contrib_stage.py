"""What the parts of the writing out of tf.contrib share: the edits, what went and where, and lines for new calls."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.arg_scopes import ArgScopes
from codemods.analysis.symbols import Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.rewrites import spelling
from codemods.rewrites.contrib_arguments import Step
from codemods.rewrites.contrib_calls import CallWriter
from codemods.rewrites.contrib_names import Names


class Stage:
    """One module on its way from tf.contrib to the rest of TF1."""

    def __init__(self, module: cst.Module, symbols: Symbols, origins: Origins | None = None) -> None:
        self.ctx = Context(module, symbols, origins=origins)
        self.symbols = symbols
        self.edits = Edits()
        self.refusals: list[Refusal] = []
        self.scopes = ArgScopes(module, symbols, self.ctx.parents)
        self.names = Names(symbols, self.ctx.parents)
        self.writer = CallWriter(symbols, self.scopes, self.spell, self.names)
        self.written: dict[cst.CSTNode, str] = {}  # uses that became another symbol
        self.absorbed: dict[cst.CSTNode, None] = {}  # uses that went
        self.first: dict[cst.CSTNode, cst.CSTNode] = {}  # the first of the calls that a call became
        self.lines: dict[cst.CSTNode, list[cst.BaseStatement]] = {}

    def refused(self) -> list[Finding]:
        """The findings of the refusals."""
        found = []
        for refusal in self.refusals:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else self.ctx.module
            found.append(Finding(refusal.code, self.ctx.span(place), refusal.message, Status.REFUSED, refusal.symbol))
        return found

    def spell(self, symbol: str, call: cst.Call) -> cst.BaseExpression:
        """An expression for a symbol of TF1 or Keras, to be put where ``call`` is."""
        node: cst.CSTNode = call.func
        while isinstance(node, cst.Attribute):
            node = node.value
        return spelling.symbol(self.ctx, self.edits, self.symbols.scope(node), symbol)

    def absorb(self, *nodes: cst.CSTNode) -> None:
        """Note the uses of TensorFlow in what goes."""
        for node in nodes:
            self.edits.drop(node)
            self.absorbed.update(dict.fromkeys(tree.walk(node)))

    def write(self, call: cst.Call, steps: list[Step]) -> None:
        """Put the steps in the place of a call: on lines of their own where it is all that a statement computes."""
        self.edits.drop(call)
        line = self.line_of(call)
        small = line.body[0] if line is not None else None
        if len(steps) == 1 and line is not None and isinstance(small, cst.Assign) and len(small.targets) > 1:
            self.edits.replace(line, _one_target_each)
        if len(steps) == 1 or line is None:

            def nested(updated: cst.Call) -> cst.BaseExpression:
                value: cst.BaseExpression | None = None
                for step in steps:
                    value = step(updated, value)
                assert value is not None
                return value

            self.edits.replace(call, nested)
            return
        name = self.target(line)

        def last(updated: cst.Call) -> cst.BaseExpression:
            value = steps[0](updated, None)
            self.first[value] = call
            self.lines[line] = []
            for step in steps[1:]:
                target = cst.AssignTarget(cst.Name(name))
                self.lines[line].append(cst.SimpleStatementLine([cst.Assign([target], value)]))
                value = step(updated, cst.Name(name))
            return value

        def all_lines(updated: cst.SimpleStatementLine) -> cst.FlattenSentinel[cst.BaseStatement]:
            first, *others = self.lines[line]
            first = first.with_changes(leading_lines=updated.leading_lines)
            last_line = updated.with_changes(leading_lines=[])
            several = isinstance(last_line.body[0], cst.Assign) and len(last_line.body[0].targets) > 1
            rest = _one_target_each(last_line) if several else last_line
            lines = list(rest) if isinstance(rest, cst.FlattenSentinel) else [rest]
            return cst.FlattenSentinel([first, *others, *lines])

        self.edits.replace(call, last)
        self.edits.replace(line, all_lines)

    def line_of(self, call: cst.Call) -> cst.SimpleStatementLine | None:
        """The line that computes nothing but ``call``."""
        small = self.ctx.parents.get(call)
        if not isinstance(small, (cst.Assign, cst.Return)) or small.value is not call:
            return None
        line = self.ctx.parents.get(small)
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        plain = isinstance(self.ctx.parents.get(line), (cst.Module, cst.IndentedBlock))
        return line if plain else None

    def target(self, line: cst.SimpleStatementLine) -> str:
        """The name that holds what the first steps give."""
        small = line.body[0]
        for item in small.targets if isinstance(small, cst.Assign) else ():
            if isinstance(item.target, cst.Name):
                return item.target.value
        name, count = "net", 2
        while self.symbols.is_bound(name):
            name, count = f"net_{count}", count + 1
        return name


def _one_target_each(updated: cst.SimpleStatementLine) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
    """``net = end_points["a"] = value`` as one assignment after the other, where the first is of a name."""
    assign = updated.body[0]
    assert isinstance(assign, cst.Assign)
    named = [item for item in assign.targets if isinstance(item.target, cst.Name)]
    others = [item for item in assign.targets if isinstance(item.target, cst.Subscript)]
    if len(named) != 1 or len(others) + 1 != len(assign.targets):
        return updated
    name = cst.ensure_type(named[0].target, cst.Name)
    lines = [updated.with_changes(body=[assign.with_changes(targets=named)])]
    lines += [cst.SimpleStatementLine([cst.Assign([item], name.deep_clone())]) for item in others]
    return cst.FlattenSentinel(lines)


def separated(args: list[cst.Arg]) -> list[cst.Arg]:
    """The arguments of one call, with what closes it after the last one."""
    return [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in args]


def placed(refusal: Refusal, node: cst.CSTNode, symbol: str | None) -> Refusal:
    if not isinstance(refusal.node, cst.CSTNode):
        refusal.node = node
    refusal.symbol = refusal.symbol or symbol
    return refusal
