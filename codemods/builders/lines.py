"""Simple statements of a builder: each makes state, or computes, or is needed where its values are."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods.builders.functions import (
    assignments,
    is_state,
    target_names,
)
from codemods.builders.making import Making
from codemods.builders.needs import Block
from codemods.builders.parts import (
    bound_names,
    has_blank,
    is_reuse_variables,
)
from codemods.builders.summaries import summarises
from codemods.findings import Refusal


class Lines(Making):
    """Divides blocks and their simple statements."""

    def _compound(self, node: cst.BaseCompoundStatement) -> Block:
        """Supplied by the subclass."""
        raise NotImplementedError(type(self).__name__)

    def _statements(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> Block:
        init: list[cst.BaseStatement] = []
        call: list[cst.BaseStatement] = []
        for position, node in enumerate(body):
            if isinstance(node, cst.SimpleStatementLine):
                made, computed = self._line(node, first=position == 0 and self.docstring is None)
            elif isinstance(node, cst.BaseCompoundStatement):
                made, computed = self._compound(node)
            else:
                raise Refusal("TF440", "a block on the line of its header", self.builder.definition)
            init += made
            call += computed
        return init, call

    def _line(self, node: cst.SimpleStatementLine, first: bool) -> Block:
        init: list[cst.BaseStatement] = []
        call: list[cst.BaseStatement] = []
        small = node.body[0]
        if (
            first
            and isinstance(small, cst.Expr)
            and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
        ):
            self.docstring = node
            return [], []
        for position, item in enumerate(node.body):
            if position < len(node.body) - 1:
                item = self.origins.note(item.with_changes(semicolon=cst.MaybeSentinel.DEFAULT), item)
            made, computed = self._small(item, node.body[position])
            init += [self._as_line(new, node) for new in made]
            call += [self._as_line(new, node) for new in computed]
        holder = call or init
        if holder:
            holder[0] = holder[0].with_changes(leading_lines=node.leading_lines)
            last = holder[-1]
            assert isinstance(last, cst.SimpleStatementLine)
            holder[-1] = self.origins.made_for(last.with_changes(trailing_whitespace=node.trailing_whitespace), node)
            holder[0] = self.origins.made_for(holder[0], node)
        if call and init and has_blank(node):
            init[0] = self.origins.made_for(init[0].with_changes(leading_lines=[]), node)
        return init, call

    def _as_line(self, small: cst.BaseSmallStatement, node: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        return self.origins.made_for(cst.SimpleStatementLine([small]), node)

    def _small(
        self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """One small statement, as statements of ``__init__`` and of the call."""
        if isinstance(original, cst.Pass):
            return [], []
        if isinstance(original, (cst.Global, cst.Nonlocal, cst.Del, cst.Import, cst.ImportFrom)):
            raise Refusal("TF440", "a statement that cannot be divided between state and computation", original)
        if isinstance(original, cst.Expr) and is_reuse_variables(original.value):
            return [], []
        if isinstance(original, cst.Assign) and is_state(self.functions, original.value):
            return [self._state(original)], []
        if isinstance(original, (cst.Assign, cst.AugAssign, cst.AnnAssign, cst.Expr, cst.Return)):
            value = original.value
            if value is None:
                return [], [small]
            target = None
            if isinstance(original, cst.Assign) and len(original.targets) == 1:
                names = target_names(original.targets[0].target)
                target = names[0] if len(names) == 1 else None
            made = self.functions.made_in(value)
            if made:
                return self._with_state(small, original, made, target)
        read = self.functions.reads_of_tensors(self.builder, original)
        names = bound_names(original)
        if read & (self.late | self.states) or set(names) & self.late or isinstance(original, cst.Return):
            self._check_effect(original)
            new = self._in_call(small, original)
            for name in names:
                self.bound.pop(name, None)
            return [], [new]
        return self._static(small, original, names)

    def _check_effect(self, node: cst.BaseSmallStatement) -> None:
        """A statement that only has an effect: TF1 ran it once, when the graph was built."""
        if not isinstance(node, cst.Expr) or not isinstance(node.value, cst.Call):
            return
        func = node.value.func
        filled = isinstance(func, cst.Attribute) and func.attr.value in ("append", "extend", "insert", "update")
        if self.symbols.of(func) is None and not filled and not summarises(self.functions, node.value):
            raise Refusal("TF440", "a call whose effect TF1 saw once, when the graph was built", node)

    def _static(
        self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement, names: list[str]
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """A statement about Python values: it stands where its values are needed."""
        to_init, to_call = bool(set(names) & self.in_init), bool(set(names) & self.in_call)
        if isinstance(original, cst.Assign) and not names:
            raise Refusal("TF440", "an object is changed in place", original)
        if isinstance(original, cst.Expr):
            self._check_effect(original)
        if to_init and to_call:
            counted = [name for bound, _, _ in assignments(self.builder.definition.body) for name in bound]
            single = isinstance(original, cst.Assign) and len(names) == 1 and counted.count(names[0]) == 1
            drawn = isinstance(original, cst.Assign) and self._is_drawn(original.value)
            if not single or drawn or self._is_nested(original):
                raise Refusal("TF440", f"{names[0]!r} is needed by the variables and by the computation", original)
            assert isinstance(original, cst.Assign)
            return [self._own(original, names)], []
        if to_call:
            return [], [self._in_call(small, original)]
        return [self._in_init(small, original)], []

    def _is_drawn(self, node: cst.BaseExpression) -> bool:
        """Whether an expression has another value at each run, as one with random ops has."""
        value = self.functions.staging.last_values.get(node)
        return value is None or value.any_dynamic()

    def _is_nested(self, node: cst.CSTNode) -> bool:
        line = self.parents.get(node)
        block = self.parents.get(line) if line is not None else None
        return block is not self.builder.definition.body

    def _state(self, node: cst.Assign) -> cst.BaseSmallStatement:
        """``W = tf.Variable(...)``: an attribute of the object."""
        self.has_variables = True
        names = bound_names(node)
        if len(node.targets) != 1 or not names:
            raise Refusal("TF440", "a variable that is not held by one name", node)
        return self._own(node, names)

    def _own(self, node: cst.Assign, names: list[str]) -> cst.BaseSmallStatement:
        """An assignment to names that become attributes."""
        if self._loop is not None:
            if len(names) != 1 or names[0] in self.in_init or names[0] in [name for _, name in self._loop]:
                raise Refusal("TF444", "a loop that makes variables which its next ones depend on", node)
            return self._appended(self._list(names[0], names[0]), self.init_expression(node.value), node)
        value = self.init_expression(node.value)
        replaced: dict[cst.CSTNode, cst.CSTNode] = {node.value: value}
        fresh: dict[str, str] = {}
        target = node.targets[0].target
        elements = (
            [target] if isinstance(target, cst.Name) else [item.value for item in getattr(target, "elements", ())]
        )
        if not all(isinstance(item, cst.Name) for item in elements):
            raise Refusal("TF440", "a variable that is not held by one name", node)
        for item, name in zip(elements, names, strict=True):
            fresh[name] = self._attribute(name)
            self.attributes.append(fresh[name])
            replaced[item] = self._self(fresh[name], item)
        self.bound |= fresh
        new = self.origins.rebuilt(node, replaced)
        return new.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
