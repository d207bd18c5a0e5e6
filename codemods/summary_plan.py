"""Planning of summaries: what a run returns for a writer to write, and every use of them that has no counterpart."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Site
from codemods.analysis.summary_calls import OBJECTS
from codemods.analysis.summary_records import Addition, Fetched, Summary, operations
from codemods.analysis.values import Kind, Value
from codemods.findings import Refusal
from codemods.inside_summaries import Inside, plan_site
from codemods.plan import Element, Lowering

_LONG = 80  # characters of a dict that is written in one line


@dataclass(eq=False)
class SummaryElement(Element):
    """Fetched summaries: the tensors that a writer is going to write, by tag where there are several.

    ``node`` is the tensor's expression, or a dict of them that is not in the source.
    """

    entries: list[Element] = field(default_factory=list)
    summaries: tuple[Summary, ...] = ()


def element(staging: Staging, site: Site, node: cst.BaseExpression, value: Value) -> Element:
    """What a run site returns for the summary operations that ``node`` stands for."""
    summaries = operations(value)
    if is_written(staging, site) and any(summary.inside for summary in summaries):
        return Element(node, Value(Kind.OP, node, payload=summaries), {})  # the function of the run writes them
    if not is_written(staging, site):
        if isinstance(node, cst.Call):
            raise Refusal("TF460", "a summary is made in a run, and nothing writes it", node)
        return Element(node, Value(Kind.OP, node), {})
    for summary in summaries:
        if summary.problem is not None:
            raise Refusal("TF462", f"a summary that a run fetches cannot be followed: {summary.problem}", summary.call)
        if summary.tag is None:
            raise Refusal("TF461", "the tag that TensorFlow 1 gives this summary is not certain", summary.call)
    entries = [Element(item.data, item.value, _names(item)) for item in summaries]
    if len(entries) == 1:
        only = entries[0]
        return SummaryElement(only.node, only.value, only.names, entries, summaries)
    names: dict[str, Binding] = {}
    for summary, entry in zip(summaries, entries, strict=True):
        for name, binding in entry.names.items():
            if not names.setdefault(name, binding).same(binding):
                raise Refusal("TF462", f"{name!r} is bound again between summaries of one run", summary.call)
    fields: dict[object, Value] = {item.tag: item.value for item in summaries}
    made = SummaryElement(summaries[0].data, Value(Kind.MAPPING, fields=fields), names, entries, summaries)
    made.node = dict_of(made, [entry.node for entry in entries])
    return made


def inside(staging: Staging, lowering: Lowering) -> Inside | None:
    """How the function of a run writes the summaries that only it can write; None where there are none."""
    for element in lowering.elements:
        summaries = element.value.payload
        if element.value.kind is Kind.OP and isinstance(summaries, tuple):
            return plan_site(staging, lowering.site, summaries, lowering.slice)
    return None


def dict_of(element: SummaryElement, values: list[cst.BaseExpression]) -> cst.Dict:
    """The dict that a function returns for several summaries: their values by tag, in lines of their own if long."""
    keys = [literal(summary) for summary in element.summaries]
    items = [cst.DictElement(key, value) for key, value in zip(keys, values, strict=True)]
    made = cst.Dict(items)
    if len(cst.Module([]).code_for_node(made)) < _LONG:
        return made
    last = cst.ParenthesizedWhitespace(cst.TrailingWhitespace(), indent=True)
    new_line = last.with_changes(last_line=cst.SimpleWhitespace("    "))
    commas = [cst.Comma(whitespace_after=new_line)] * (len(items) - 1) + [cst.Comma(whitespace_after=last)]
    lines = [item.with_changes(comma=comma) for item, comma in zip(items, commas, strict=True)]
    return cst.Dict(lines, lbrace=cst.LeftCurlyBrace(whitespace_after=new_line))


def literal(summary: Summary) -> cst.BaseExpression:
    """The tag of a summary as a literal: as it is written where that is the tag."""
    label = summary.label
    if isinstance(label, cst.SimpleString) and label.evaluated_value == summary.tag:
        return label.deep_clone()
    quote = label.quote if isinstance(label, cst.SimpleString) and len(label.quote) == 1 else '"'
    return cst.SimpleString(f"{quote}{summary.tag}{quote}")


def value_name(summary: Summary) -> str:
    """A name for the value of a summary, from the last part of its tag."""
    last = re.sub(r"\W+", "_", (summary.tag or "").rpartition("/")[2]).strip("_").lower()
    return last if last.isidentifier() and not keyword.iskeyword(last) else "value"


def is_written(staging: Staging, site: Site) -> bool:
    """Whether a writer is given the summaries that a run fetches."""
    return any(
        isinstance(given, Fetched) and site.call in given.runs
        for addition in staging.summaries.additions.values()
        for given in addition.given
    )


def _names(summary: Summary) -> dict[str, Binding]:
    return {name: summary.names[name] for name in free_names(summary.data) if name in summary.names}


def check(staging: Staging) -> list[Refusal]:
    """Why the summaries of the program cannot be written with TF2."""
    found = staging.summaries
    refusals = [refusal for addition in found.additions.values() for refusal in _check_addition(addition)]
    if any(value.kind in OBJECTS for node in staging.last_values.values() for value in node.leaves()):
        refusals += _Uses(staging).check()
    return refusals


def _check_addition(addition: Addition) -> Iterator[Refusal]:
    first = addition.given[0]
    for other in addition.given[1:]:
        together = isinstance(first, Fetched) and isinstance(other, Fetched) and first.summaries == other.summaries
        if not together and other is not first:
            yield Refusal("TF465", "different summaries are added here", addition.call)
            return


class _Uses:
    """Looks for uses of summaries, writers and what runs gave for them that nothing here follows."""

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.parents: Mapping[cst.CSTNode, cst.CSTNode] = tree.parents(staging.module)

    def check(self) -> list[Refusal]:
        """One refusal for each."""
        refusals = []
        for node, value in list(self.staging.last_values.items()):
            kinds = {leaf.kind for leaf in value.leaves()} & set(OBJECTS)
            if kinds and node in self.parents and not self._allowed(node, kinds):
                what = "writer" if kinds == {Kind.WRITER} else "summary"
                code = "TF463" if kinds == {Kind.WRITER} else "TF460"
                refusals.append(Refusal(code, f"the {what} is used in a way that has no counterpart", node))
        return refusals

    def _allowed(self, node: cst.CSTNode, kinds: set[Kind]) -> bool:
        parent = self.parents[node]
        if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.AssignTarget, cst.Expr, cst.BaseElement)):
            return True
        if isinstance(parent, (cst.DictElement, cst.Index, cst.SubscriptElement)):
            return True
        if isinstance(parent, cst.Subscript):
            return parent.value is node
        if isinstance(parent, cst.Return):
            return kinds <= {Kind.WRITER, Kind.EVENTS}
        if isinstance(parent, cst.WithItem):
            return kinds == {Kind.WRITER}
        if isinstance(parent, cst.AsName):
            return True
        if isinstance(parent, cst.Attribute):
            return self._called(parent)
        if isinstance(parent, cst.Arg):
            return self._taken(self.parents[parent])
        tests = (cst.If, cst.BooleanOperation, cst.UnaryOperation, cst.Comparison, cst.ComparisonTarget)
        return kinds == {Kind.WRITER} and isinstance(parent, tests)

    def _called(self, attribute: cst.Attribute) -> bool:
        """Whether a method of the object is called that the analysis knows; ``proto.value.add`` too."""
        outer = self.parents[attribute]
        if isinstance(outer, cst.Attribute):
            return self._called(outer)
        return isinstance(outer, cst.Call) and outer.func is attribute and outer in self.staging.summaries.known

    def _taken(self, call: cst.CSTNode) -> bool:
        """Whether a call takes such objects: an addition, a merge, a run, a function of the program."""
        if not isinstance(call, cst.Call):
            return False
        if call in self.staging.summaries.known or call in self.staging.site_records:
            return True
        callee = self.staging.last_values.get(call.func)
        return callee is not None and callee.kind is Kind.FUNCTION
