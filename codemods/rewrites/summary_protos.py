"""Summaries made by hand, ``tf.Summary(value=[...])``: written on the spot, or lists of tags and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.summary_records import Addition, Proto
from codemods.context import Context
from codemods.plan import is_pure
from codemods.rewrites import template

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer


class Protos:
    """Proposes what the summaries made by hand of one file become."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.inlined: dict[Proto, list[tuple[cst.BaseExpression, cst.BaseExpression]]] = {}
        self._loop: list[str] | None = None  # the names over summaries made by hand

    def proto(self, proto: Proto) -> None:
        """``tf.Summary(...)`` is written on the spot, or becomes a list of tags and values."""
        lowerer = self.lowerer
        values = self._directly(proto)
        if values is not None:
            self.inlined[proto] = values
            for tag, value in values:
                lowerer.capture(tag)
                lowerer.capture(value)
            return
        for tag, value in [*proto.values, *proto.additions.values()]:
            lowerer.capture(tag)
            lowerer.capture(value)
        for argument in proto.call.args:
            lowerer.edits.drop(argument)
        lowerer.edits.drop(proto.call.func)
        lowerer.edits.replace(proto.call, lambda _: cst.List([cst.Element(self._pair(pair)) for pair in proto.values]))
        for call, pair in proto.additions.items():
            assert isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Attribute)
            owner = call.func.value.value
            lowerer.capture(owner)
            lowerer.edits.drop(call.func)
            for argument in call.args:
                lowerer.edits.drop(argument)
            lowerer.edits.replace(
                call,
                lambda _, owner=owner, pair=pair: template.expression(
                    "{owner}.append({pair})", owner=lowerer.rewritten(owner), pair=self._pair(pair)
                ),
            )

    def _pair(self, pair: tuple[cst.BaseExpression, cst.BaseExpression]) -> cst.Tuple:
        return cst.Tuple([cst.Element(self.lowerer.rewritten_expression(part)) for part in pair])

    def _directly(self, proto: Proto) -> list[tuple[cst.BaseExpression, cst.BaseExpression]] | None:
        """The tags and values of a summary that is added in the same breath; None where it lives longer."""
        lowerer = self.lowerer
        additions = [item for item in lowerer.staging.summaries.additions.values() if proto in item.given]
        if len(additions) != 1:
            return None
        addition = additions[0]
        pure = addition.step is None or is_pure(addition.step)
        if addition.summary is proto.call:
            return proto.values if pure or all(is_pure(value) for _, value in proto.values) else None
        line, name = line_of(lowerer.ctx, addition.call), addition.summary
        if not pure or not isinstance(name, cst.Name) or line is None:
            return None
        values: list[tuple[cst.BaseExpression, cst.BaseExpression]] = []
        gone: list[cst.CSTNode] = []
        for node in reversed(_before(lowerer.ctx.parents[line], line)):
            small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
            gone.append(node)
            if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call) and small.value in proto.additions:
                values.insert(0, proto.additions[small.value])
                continue
            if not isinstance(small, cst.Assign) or small.value is not proto.call or len(small.targets) != 1:
                return None
            target = small.targets[0].target
            used = len(proto.additions) == len(values) and self._reads(proto) == len(values) + 1
            if not isinstance(target, cst.Name) or target.value != name.value or not used:
                return None
            for item in gone:
                lowerer.removal.remove_node(item)
                lowerer.edits.drop(item)
            return [*proto.values, *values]
        return None

    def _reads(self, proto: Proto) -> int:
        """How often a name that holds the summary is read."""
        values = self.lowerer.staging.last_values.items()
        return sum(isinstance(node, cst.Name) and value.payload is proto for node, value in values)

    def lines(self, addition: Addition, given: Proto) -> list[cst.BaseStatement]:
        """What writes the tags and values of one addition."""
        lowerer = self.lowerer
        tf = lowerer.tensorflow
        if given in self.inlined:
            pairs = [[lowerer.rewritten_expression(part) for part in pair] for pair in self.inlined[given]]
            text = f"{tf}.summary.scalar({{tag}}, {{value}})"
            return [template.statement(text, tag=tag, value=value) for tag, value in pairs]
        held = lowerer.rewritten_expression(addition.summary)
        if self._loop is None:
            bound = {name for scope in lowerer.ctx.symbols.scopes() for name in scope.bindings}
            self._loop = [name if name not in bound else lowerer.fresh(name) for name in ("tag", "value")]
        names = ", ".join(self._loop)
        loop = cst.parse_statement(f"for {names} in __held__:\n    {tf}.summary.scalar({names})\n")
        assert isinstance(loop, cst.For)
        return [loop.with_changes(iter=held)]


def line_of(ctx: Context, call: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """The line that holds nothing but ``call``."""
    small = ctx.parents[call]
    line = ctx.parents[small]
    alone = isinstance(small, cst.Expr) and isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    return line if alone and isinstance(line, cst.SimpleStatementLine) else None


def _before(block: cst.CSTNode, line: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements before ``line`` in its block."""
    body: Sequence[cst.CSTNode] = getattr(block, "body", ())
    return list(body[: next(index for index, item in enumerate(body) if item is line)])
