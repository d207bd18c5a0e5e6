"""Metrics that a dict holds, before everything else: each pair gets names of its own, and the dict goes.

``metrics = {"loss": tf.metrics.mean(loss)}`` is ``loss_value, loss_update = tf.metrics.mean(loss)``, and what reads the
dict reads these names: ``tf.group(*[op for _, op in metrics.values()])`` is ``tf.group(loss_update)``. What comes out
is TF1 still. Dicts that are read in other ways are left; the analysis refuses them when it sees them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis import metric_functions
from codemods.analysis.symbols import Symbols, symbols_of
from codemods.edits import EditFunction, EditResult, Edits
from codemods.findings import Finding, Status
from codemods.origins import Origins
from codemods.positions import Positions
from codemods.rewrites.contrib_names import Names

_AGGREGATE = ("tf.contrib.metrics.aggregate_metric_map", "tf.contrib.slim.metrics.aggregate_metric_map")
_SHORT = 60  # letters of a dict that stands on one line
_ITERATIONS = {"values": 1, "itervalues": 1, "items": 2, "iteritems": 2}

Pairs = dict[str, tuple[str, str]]  # the key, and the names of value and update


@dataclass
class Written:
    """The module without dicts of pairs, and what was said about them."""

    module: cst.Module
    origins: Origins | None
    findings: list[Finding] = field(default_factory=list)


def write_out(module: cst.Module, origins: Origins | None) -> Written:
    """Take apart every dict of metrics of which all uses are known."""
    symbols = symbols_of(module)
    if not any(use.name in metric_functions.SYMBOLS for use in symbols.tf_uses()):
        return Written(module, origins)
    stage = _Stage(module, symbols)
    for node in tree.walk(module):
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
            stage.line(node)
        elif isinstance(node, cst.Call) and symbols.of(node.func) == "tf.group":
            stage.group(node)
    if not stage.edits:
        return Written(module, origins)
    places = Positions(module) if origins is None else origins
    findings = [
        Finding("TF100", places[use.node], f"{use.name} is written out", Status.NATIVE, use.name)
        for use in symbols.tf_uses()
        if use.name in _AGGREGATE and use.node in stage.gone
    ]
    after = stage.edits.apply(module, stage.parents)
    return Written(after, Origins(module, after, stage.edits, origins, stage.moved), findings)


class _Stage:
    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.symbols = symbols
        self.parents = tree.parents(module)
        self.names = Names(symbols, self.parents)
        self.edits = Edits()
        self.taken: set[str] = set()
        self.gone: set[cst.CSTNode] = set()
        self.moved: dict[cst.CSTNode, cst.CSTNode] = {}  # new statements, with what they stand for

    def line(self, line: cst.SimpleStatementLine) -> None:
        """One statement: ``metrics = {...}``, or two dicts that ``aggregate_metric_map`` makes of one."""
        small = line.body[0]
        if not isinstance(small, cst.Assign) or len(small.targets) != 1 or self.in_loop(line):
            return
        target, value = small.targets[0].target, small.value
        if isinstance(target, cst.Name) and isinstance(value, cst.Dict):
            calls = self.metrics(value)
            if calls and len(self.names.bound(target)) == 1:
                self.taken_apart(line, target, calls)
        elif isinstance(target, cst.Name) and self.is_metric(value) and len(self.names.bound(target)) == 1:
            self.named(line, target, cst.ensure_type(value, cst.Call))
        elif isinstance(value, cst.Call) and self.symbols.of(value.func) in _AGGREGATE and len(value.args) == 1:
            calls = self.metrics(value.args[0].value)
            elements = target.elements if isinstance(target, (cst.Tuple, cst.List)) else ()
            named = [element.value for element in elements if isinstance(element.value, cst.Name)]
            if calls and len(named) == len(elements) == 2:
                self.aggregated(line, small, named, calls)

    def group(self, call: cst.Call) -> None:
        """``tf.group(*[first, second])`` without the list."""
        for arg in call.args:
            if arg.star == "*" and isinstance(arg.value, (cst.List, cst.Tuple)):
                self.edits.replace(arg, _spread)

    def in_loop(self, node: cst.CSTNode) -> bool:
        """Whether a statement may run more than once where it stands."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (cst.For, cst.While)):
            current = self.parents.get(current)
        return current is not None

    def is_metric(self, node: cst.CSTNode) -> bool:
        """Whether a call makes a metric."""
        return isinstance(node, cst.Call) and self.symbols.of(node.func) in metric_functions.SYMBOLS

    def in_metric(self, node: cst.CSTNode) -> bool:
        """Whether something is part of what a metric is given."""
        current: cst.CSTNode | None = node
        while current is not None:
            if self.is_metric(current):
                return True
            current = self.parents.get(current)
        return False

    def metrics(self, node: cst.BaseExpression) -> dict[str, cst.Call]:
        """The metrics of a dict that holds nothing else, by their keys."""
        found: dict[str, cst.Call] = {}
        for element in node.elements if isinstance(node, cst.Dict) else ():
            value, key = element.value, element.key if isinstance(element, cst.DictElement) else None
            if not isinstance(key, cst.SimpleString) or not self.is_metric(value):
                return {}
            assert isinstance(value, cst.Call)
            found[str(key.evaluated_value)] = value
        return found

    def pairs(self, calls: Mapping[str, cst.Call]) -> Pairs:
        """Names for the values and the updates."""
        found: Pairs = {}
        for key, call in calls.items():
            last = (self.symbols.of(call.func) or "").rpartition(".")[2].removeprefix("streaming_")
            stem = key.rpartition("/")[2].lower().replace("-", "_").replace(" ", "_")
            stem = stem if stem.isidentifier() else last
            found[key] = self.fresh(stem, f"{stem}_value"), self.fresh(f"{stem}_update", f"{stem}_update_op")
        return found

    def fresh(self, *wanted: str) -> str:
        """A name that nothing has: one of those, or the last with a number."""
        count = 2
        for name in wanted:
            if name not in self.symbols.names and name not in self.taken:
                self.taken.add(name)
                return name
        while f"{wanted[-1]}_{count}" in self.symbols.names or f"{wanted[-1]}_{count}" in self.taken:
            count += 1
        self.taken.add(f"{wanted[-1]}_{count}")
        return f"{wanted[-1]}_{count}"

    # Edits

    def taken_apart(self, line: cst.SimpleStatementLine, target: cst.Name, calls: Mapping[str, cst.Call]) -> None:
        """A dict of pairs goes, if every use of it can do without."""
        reads = self.names.reads(target)
        pairs = dict.fromkeys(calls, ("", ""))
        if not reads or not all(self.replacement(read, pairs) for read in reads):
            return
        if any(self.in_metric(read) for read in reads):
            return
        pairs = self.pairs(calls)
        for read in reads:
            found = self.replacement(read, pairs)
            assert found is not None
            self.edits.replace(found[0], _always(found[1]))
            self.edits.drop(found[0])
        self.written(line, calls, pairs, [])

    def named(self, line: cst.SimpleStatementLine, target: cst.Name, call: cst.Call) -> None:
        """``pair = tf.metrics.mean(loss)`` of which only the parts are read: the name is that of the value."""
        reads = self.names.reads(target)
        parts = [self.parents[read] for read in reads]
        sides = [_index(part) if isinstance(part, cst.Subscript) and part.value in reads else None for part in parts]
        if not reads or any(side not in (0, 1) for side in sides) or any(self.in_metric(read) for read in reads):
            return
        names = (target.value, self.fresh(f"{target.value}_update", f"{target.value}_update_op"))
        for part, side in zip(parts, sides, strict=True):
            self.edits.replace(part, _always(cst.Name(names[int(str(side))])))
            self.edits.drop(part)

        def build(updated: cst.Assign) -> cst.Assign:
            both = cst.Tuple([cst.Element(cst.Name(name)) for name in names], lpar=(), rpar=())
            return updated.with_changes(targets=[cst.AssignTarget(both)])

        self.edits.replace(line.body[0], build)

    def aggregated(
        self,
        line: cst.SimpleStatementLine,
        small: cst.Assign,
        targets: list[cst.Name],
        calls: Mapping[str, cst.Call],
    ) -> None:
        """``values, updates = aggregate_metric_map({...})``: a dict of the values, and one of the updates."""
        pairs = self.pairs(calls)
        self.gone.update(tree.walk(small.value))
        dicts = [_dict([(key, pair[side]) for key, pair in pairs.items()]) for side in (0, 1)]
        lines = [
            cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], made)])
            for target, made in zip(targets, dicts, strict=True)
            if target.value != "_"
        ]
        self.written(line, calls, pairs, lines)

    def written(
        self,
        line: cst.SimpleStatementLine,
        calls: Mapping[str, cst.Call],
        pairs: Pairs,
        after: list[cst.SimpleStatementLine],
    ) -> None:
        """Put one assignment for each pair in the place of a line."""
        lines: list[cst.SimpleStatementLine] = []
        for key, call in calls.items():
            names = [cst.Element(cst.Name(name)) for name in pairs[key]]
            target = cst.AssignTarget(cst.Tuple(names, lpar=(), rpar=()))
            above, beside = _comments(self.parents, call)
            trailing = cst.TrailingWhitespace(cst.SimpleWhitespace("  " if beside is not None else ""), beside)
            lines.append(cst.SimpleStatementLine([cst.Assign([target], call)], above, trailing))
            self.moved[lines[-1]] = call

        def build(updated: cst.SimpleStatementLine) -> cst.FlattenSentinel[cst.BaseStatement]:
            first = lines[0].with_changes(leading_lines=[*updated.leading_lines, *lines[0].leading_lines])
            self.moved[first] = self.moved[lines[0]]
            return cst.FlattenSentinel([first, *lines[1:], *after])

        self.edits.replace(line, build)
        self.edits.drop(line)

    # Reads

    def replacement(self, read: cst.Name, pairs: Pairs) -> tuple[cst.CSTNode, EditResult] | None:
        """What stands for a use of the dict: the node to replace, and its replacement; None where that is unknown."""
        parent = self.parents.get(read)
        if isinstance(parent, cst.Subscript) and parent.value is read:
            key = _index(parent)
            outer = self.parents.get(parent)
            number = _index(outer) if isinstance(outer, cst.Subscript) and outer.value is parent else None
            if isinstance(key, str) and key in pairs and isinstance(outer, cst.Subscript) and number in (0, 1):
                return outer, cst.Name(pairs[key][int(str(number))] or "_")
            return None
        call = self.parents.get(parent) if isinstance(parent, cst.Attribute) else None
        if not isinstance(parent, cst.Attribute) or not isinstance(call, cst.Call) or call.args:
            return None
        loop = self.parents.get(call)
        comprehension = self.parents.get(loop) if isinstance(loop, cst.CompFor) and loop.iter is call else None
        count = _ITERATIONS.get(parent.attr.value)
        if not isinstance(loop, cst.CompFor) or loop.ifs or loop.inner_for_in is not None or count is None:
            return None
        if not isinstance(comprehension, (cst.ListComp, cst.GeneratorExp, cst.DictComp)):
            return None
        key_name, holder, parts = _bound(loop.target, count)
        if isinstance(comprehension, cst.DictComp):
            side = _side(comprehension.value, holder, parts)
            kept = isinstance(comprehension.key, cst.Name) and comprehension.key.value == key_name
            if side is None or not kept:
                return None
            return comprehension, _dict([(key, pair[side] or "_") for key, pair in pairs.items()])
        side = _side(comprehension.elt, holder, parts)
        if side is None:
            return None
        listed = [pair[side] or "_" for pair in pairs.values()]
        arg = self.parents.get(comprehension)
        if isinstance(arg, cst.Arg) and arg.star == "*":
            return arg, cst.FlattenSentinel([cst.Arg(cst.Name(name)) for name in listed])
        return comprehension, cst.List([cst.Element(cst.Name(name)) for name in listed])


def _bound(
    target: cst.BaseExpression, count: int
) -> tuple[str | None, str | None, tuple[str | None, str | None] | None]:
    """The names that a loop over a dict binds: that of the key, that of the pair, and those of its parts."""
    elements = [element.value for element in target.elements] if isinstance(target, (cst.Tuple, cst.List)) else []
    key = None
    if count == 2:
        if len(elements) != 2 or not isinstance(elements[0], cst.Name):
            return None, None, None
        key, target = elements[0].value, elements[1]
    if isinstance(target, cst.Name):
        return key, target.value, None
    inner = [element.value for element in target.elements] if isinstance(target, (cst.Tuple, cst.List)) else []
    named = [node.value for node in inner if isinstance(node, cst.Name)]
    return key, None, (named[0], named[1]) if len(named) == len(inner) == 2 else None


def _side(node: cst.BaseExpression, holder: str | None, parts: tuple[str | None, str | None] | None) -> int | None:
    """Which part of a pair an expression of a loop's names is."""
    if isinstance(node, cst.Name) and parts is not None and node.value in parts and parts[0] != parts[1]:
        return parts.index(node.value)
    if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name) and node.value.value == holder:
        number = _index(node)
        return int(str(number)) if number in (0, 1) and not isinstance(number, str) else None
    return None


def _index(node: cst.CSTNode) -> str | int | None:
    """The text or number that a subscript is written with."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        return None
    value = node.slice[0].slice.value
    if isinstance(value, cst.SimpleString):
        return str(value.evaluated_value)
    return int(value.value) if isinstance(value, cst.Integer) else None


def _comments(
    parents: Mapping[cst.CSTNode, cst.CSTNode], call: cst.Call
) -> tuple[list[cst.EmptyLine], cst.Comment | None]:
    """The comments above an entry of a dict, and the one beside it."""
    element = parents[call]
    around = parents[element]
    assert isinstance(element, cst.DictElement) and isinstance(around, cst.Dict)
    place = next(index for index, found in enumerate(around.elements) if found is element)
    before = around.elements[place - 1].comma if place else around.lbrace
    above = before.whitespace_after if isinstance(before, (cst.Comma, cst.LeftCurlyBrace)) else None
    lines = above.empty_lines if isinstance(above, cst.ParenthesizedWhitespace) else ()
    end = element.comma if isinstance(element.comma, cst.Comma) else None
    space = end.whitespace_after if end is not None else around.rbrace.whitespace_before
    beside = space.first_line.comment if isinstance(space, cst.ParenthesizedWhitespace) else None
    return [cst.EmptyLine(comment=line.comment) for line in lines if line.comment is not None], beside


def _dict(entries: list[tuple[str, str]]) -> cst.Dict:
    """A dict of names; one line for each entry where there are many."""
    elements = [cst.DictElement(cst.SimpleString(repr(key)), cst.Name(name)) for key, name in entries]
    if sum(len(key) + len(name) for key, name in entries) < _SHORT:
        return cst.Dict(elements)
    line = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    end = cst.ParenthesizedWhitespace(indent=True)
    *first, last = elements
    elements = [item.with_changes(comma=cst.Comma(whitespace_after=line)) for item in first]
    elements.append(last.with_changes(comma=cst.Comma(whitespace_after=end)))
    return cst.Dict(elements, lbrace=cst.LeftCurlyBrace(whitespace_after=line))


def _spread(updated: cst.Arg) -> cst.FlattenSentinel[cst.Arg]:
    """The elements of a list in the place of the list."""
    assert isinstance(updated.value, (cst.List, cst.Tuple))
    return cst.FlattenSentinel([cst.Arg(item.value) for item in updated.value.elements])


def _always(node: EditResult) -> EditFunction:
    return lambda updated: node
