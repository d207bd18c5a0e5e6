"""What an emitted function returns, and what must be read before its updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.batch_norm import only_updates
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Role
from codemods.analysis.values import Kind, Metric
from codemods.findings import Refusal
from codemods.plan import Element
from codemods.rewrites import template
from codemods.rewrites.function_text import as_line
from codemods.summary_plan import SummaryElement, dict_of, value_name
from codemods.training_order import late_statements

if TYPE_CHECKING:
    from codemods.rewrites.functions import Body


class Results:
    """Writes the lines of one body that keep and return fetched values."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def values_before_updates(self) -> dict[Element, str]:
        """Names for fetched variables and inline tensors that must be read before an update changes the state."""
        saved: dict[Element, str] = {}
        inside = self.body.function.inside
        for summary, element in inside.outside if inside is not None else ():
            if self._depends_on_update(element):
                raise Refusal("TF462", "a summary shows what an update gives", summary.call)
        self.body.lines += self.body.summaries()
        changes = bool(self.body.trainings) or any(item.updates for item in self.body.function.slice.statements)
        if not changes:
            return saved
        for returned in self.body.function.returns:
            if isinstance(returned, SummaryElement) and len(returned.entries) > 1:
                for summary, entry in zip(returned.summaries, returned.entries, strict=True):
                    self._save(entry, saved, value_name(summary))
            else:
                self._save(returned, saved, _value_name(returned.node))
        return saved

    def _save(self, element: Element, saved: dict[Element, str], wanted: str) -> None:
        """Keep the value of ``element`` under a name, unless what it will be read from does not change."""
        metric = isinstance(element.value.payload, Metric)
        if element.value.payload == "update" or (self._depends_on_update(element) and not metric):
            return
        plain = isinstance(element.node, (cst.Name, cst.Attribute, cst.Subscript))
        named = {name for names, _ in self.body.outputs for name in names} | self.body.computed
        self.body.compute(free_names(element.node))
        by_name = isinstance(element.node, cst.Name) and element.node.value in named
        plain = plain and (element.value.kind is not Kind.KERAS or by_name)  # else it is a call of its model
        if element.form in ("variable", "schedule") or metric or not plain:
            name = self.body.fresh(wanted)
            value = self.body.element_value(element)
            if element.form == "variable":
                value = self._copy(value)
            self.body.lines.append(as_line(cst.Assign([cst.AssignTarget(cst.Name(name))], value)))
            saved[element] = name

    def _value(self, element: Element, saved: dict[Element, str]) -> cst.BaseExpression:
        """The expression for a fetched element at the end of the body."""
        if element in saved:
            return cst.Name(saved[element])
        if isinstance(element, SummaryElement) and len(element.entries) > 1:
            return dict_of(element, [self._value(entry, saved) for entry in element.entries])
        value = self.body.element_value(element)
        return self._copy(value) if element.form == "variable" else value

    def _copy(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """The value that a variable has now."""
        return template.expression(f"{self.body.tensorflow}.identity({{value}})", value=value)

    def _depends_on_update(self, element: Element) -> bool:
        names = [name for name in element.names if reads(element, name)]
        sources = [source for name in names for source in element.names[name].sources]
        late = late_statements([item for item in self.body.function.slice.ordered() if item.role is Role.GRAPH])
        return any(source in late for source in sources)

    def results(self, saved: dict[Element, str]) -> None:
        """What the run fetched: effects of operations, then the values."""
        for element in self._effects():
            value = self.body.element_value(element)
            self.body.lines.append(as_line(cst.Expr(value)))
        for element in self.body.function.returns:
            self.body.compute(free_names(element.node))
        values = [self._value(element, saved) for element in self.body.function.returns]
        if not values:
            return
        result: cst.BaseExpression
        if self.body.function.shape == "single" or (len(values) == 1 and self.body.function.shape != "dict"):
            result = values[0]
        elif self.body.function.shape == "dict":
            keys = [
                key
                for item in self.body.function.keys
                if isinstance(key := self.body.rewritten(item), cst.BaseExpression)
            ]
            result = cst.Dict([cst.DictElement(key, value) for key, value in zip(keys, values, strict=True)])
        else:
            result = cst.Tuple([cst.Element(value) for value in values], lpar=[], rpar=[])
        self.body.lines.append(as_line(cst.Return(result)))

    def _effects(self) -> list[Element]:
        """Fetched operations that are written in the fetch itself: ``sess.run(tf.assign(a, b))``."""
        lowering = self.body.function.lowerings[0]
        return [
            element
            for element in lowering.elements
            if element.form == "none"
            and not isinstance(element.node, (cst.Name, cst.Attribute, cst.Subscript))
            and not only_updates(element.value)
        ]


def reads(element: Element, name: str) -> bool:
    """Whether a fetched expression names ``name``."""
    return name in free_names(element.node)


def _value_name(node: cst.BaseExpression) -> str:
    while isinstance(node, (cst.Subscript, cst.Call)):
        node = node.value if isinstance(node, cst.Subscript) else node.func
    if isinstance(node, cst.Attribute):
        return f"{node.attr.value}_value"
    return f"{node.value}_value" if isinstance(node, cst.Name) else "value"
