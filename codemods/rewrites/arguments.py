"""Calls whose arguments change: renamed, reordered, dropped, added, or computed.

A `CallPlan` starts as the written arguments under their TF1 names and is turned, step by step, into the arguments of
the target. It is carried out on the updated call, argument by argument, so layout, comments and inner edits stay.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods import tables
from codemods.findings import Refusal

Wrap = Callable[[cst.BaseExpression], cst.BaseExpression]

_SPACE = cst.SimpleWhitespace(" ")
_NO_SPACE = cst.SimpleWhitespace("")
_PLAIN_EQUAL = cst.AssignEqual(whitespace_before=_NO_SPACE, whitespace_after=_NO_SPACE)


@dataclass(frozen=True)
class Slot:
    """One argument of the new call.

    ``index`` is the place of the argument in the written call, None for a new one, whose value is ``value``.
    ``wrap`` makes the new value of a written one. ``plain`` asks for no keyword if the position allows it.
    """

    parameter: str
    index: int | None
    value: cst.BaseExpression | None = None
    wrap: Wrap | None = None
    plain: bool = False


@dataclass
class CallPlan:
    """What becomes of one call.

    ``parameters`` are the target's in order; those after ``*`` and all of a keyword-only target must be named.
    ``around`` makes the final expression from the rewritten call (``[0]`` behind it, for example).
    """

    call: cst.Call
    entry: tables.Entry
    bound: dict[str, cst.Arg]
    target: str
    parameters: tuple[str, ...]
    slots: list[Slot] = field(default_factory=list)
    around: Wrap | None = None
    keyword_only: bool = False

    def slot(self, parameter: str) -> Slot | None:
        """The slot of a target parameter, or None if it is not given."""
        return next((slot for slot in self.slots if slot.parameter == parameter), None)

    def value(self, parameter: str) -> cst.BaseExpression | None:
        """The written value of a TF1 parameter, or None if it is not given."""
        argument = self.bound.get(parameter)
        return argument.value if argument is not None else None

    def put(self, parameter: str, value: cst.BaseExpression) -> None:
        """Add an argument, or give a new value to one."""
        existing = self.slot(parameter)
        new = Slot(parameter, None, value)
        if existing is None:
            self.slots.append(new)
        else:
            self.slots[self.slots.index(existing)] = new

    def wrap(self, parameter: str, wrap: Wrap) -> None:
        """Compute the value of a given argument from the written one."""
        self.change(parameter, wrap=wrap)

    def change(
        self, parameter: str, *, name: str | None = None, wrap: Wrap | None = None, plain: bool | None = None
    ) -> None:
        """Rename an argument, wrap its value, or say whether it may do without its keyword."""
        for place, slot in enumerate(self.slots):
            if slot.parameter == parameter:
                free = slot.plain if plain is None else plain
                self.slots[place] = replace(slot, parameter=name or parameter, wrap=wrap or slot.wrap, plain=free)

    def drop(self, parameter: str) -> None:
        """Leave an argument out."""
        self.slots = [slot for slot in self.slots if slot.parameter != parameter]

    def order(self, *parameters: str) -> None:
        """Put these arguments first, in this order, without keywords where they were written without."""
        by_name = {slot.parameter: slot for slot in self.slots}
        first = [replace(by_name[name], plain=True) for name in parameters if name in by_name]
        self.slots = [*first, *(slot for slot in self.slots if slot.parameter not in parameters)]

    def is_unchanged(self) -> bool:
        """Whether the call can stay as it is written (its function aside)."""
        arguments = self.call.args
        return (
            self.around is None
            and len(self.slots) == len(arguments)
            and all(slot.index == place and slot.wrap is None for place, slot in enumerate(self.slots))
            and all(
                _is_positional(self, slot, place, self.slots)
                if argument.keyword is None
                else argument.keyword.value == slot.parameter
                for place, (slot, argument) in enumerate(zip(self.slots, arguments, strict=True))
            )
        )

    def refuse(self, code: str, message: str, parameter: str | None = None) -> Refusal:
        """A refusal of this call, at an argument if one is named."""
        return Refusal(
            code, f"{self.entry.name}: {message}", self.bound.get(parameter or "", self.call), self.entry.name
        )


def plan(call: cst.Call, entry: tables.Entry, target: str) -> CallPlan:
    """The plan that the table's data gives; raises Refusal where it gives none."""
    change = entry.change
    assert change is not None
    bound = tables.bind(call, _before_1_0(call, entry))
    made = CallPlan(call, entry, bound, target, change.parameters, keyword_only=change.keyword_only)
    positions = {argument: index for index, argument in enumerate(call.args)}
    for name, argument in bound.items():
        if name in change.drop:
            _check_droppable(made, name, argument.value, change.drop[name])
            continue
        new = change.rename.get(name, name)
        if made.slot(new) is not None:
            raise made.refuse("TF103", f"{name!r} and another name for it are both given", name)
        made.slots.append(Slot(new, positions[argument], plain=argument.keyword is None))
    for name, text in change.add.items():
        if made.slot(name) is None:
            made.slots.append(Slot(name, None, cst.parse_expression(text)))
    return made


def _before_1_0(call: cst.Call, entry: tables.Entry) -> tables.Entry:
    """TF 1.x refuses positional arguments of the cross entropies; before 1.0 they were logits, then labels."""
    if entry.parameters[:1] == ("_sentinel",) and call.args and call.args[0].keyword is None:
        return replace(entry, parameters=("logits", "labels", *entry.parameters[3:]))
    return entry


def _check_droppable(plan: CallPlan, name: str, value: cst.BaseExpression, allowed: tuple[str, ...] | None) -> None:
    if allowed is None:
        return
    found = literal(value)
    if found is None or not any(found[0] == ast.literal_eval(text) for text in allowed):
        raise plan.refuse("TF104", f"the argument {name!r} has no counterpart in {plan.target}", name)


def literal(node: cst.BaseExpression) -> tuple[object] | None:
    """The value of a literal expression, in a tuple so that None can be told from no literal."""
    try:
        return (ast.literal_eval(cst.Module(body=[]).code_for_node(node).strip()),)
    except (ValueError, SyntaxError):
        return None


def carry_out(plan: CallPlan, func: cst.BaseExpression | None, updated: cst.Call) -> cst.BaseExpression:
    """The new expression for ``updated``, the call after inner edits; ``func`` replaces the function unless None."""
    written = updated.args
    if len(written) != len(plan.call.args):
        raise RuntimeError(f"{plan.entry.name}: another edit changed the number of arguments")
    slots = plan.slots
    unmoved = [slot.index for slot in slots] == list(range(len(written)))
    arguments = [_argument(plan, slot, place, slots, written) for place, slot in enumerate(slots)]
    if not unmoved:
        arguments = _laid_out(arguments, slots, written)
    result: cst.BaseExpression = updated.with_changes(args=arguments)
    if func is not None:
        result = result.with_changes(func=func)
    return plan.around(result) if plan.around is not None else result


def _is_positional(plan: CallPlan, slot: Slot, place: int, slots: list[Slot]) -> bool:
    return not plan.keyword_only and all(
        index < len(plan.parameters) and plan.parameters[index] == one.parameter and one.plain
        for index, one in enumerate(slots[: place + 1])
    )


def _argument(plan: CallPlan, slot: Slot, place: int, slots: list[Slot], written: Sequence[cst.Arg]) -> cst.Arg:
    positional = _is_positional(plan, slot, place, slots)
    if slot.index is None:
        assert slot.value is not None
        argument = cst.Arg(slot.value)
    else:
        argument = written[slot.index]
        if slot.wrap is not None:
            argument = argument.with_changes(value=slot.wrap(argument.value))
    if positional:
        return argument.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT) if argument.keyword else argument
    if argument.keyword is not None:
        if argument.keyword.value == slot.parameter:
            return argument
        return argument.with_changes(keyword=argument.keyword.with_changes(value=slot.parameter))
    return argument.with_changes(keyword=cst.Name(slot.parameter), equal=_PLAIN_EQUAL)


def _laid_out(arguments: list[cst.Arg], slots: list[Slot], written: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Commas and line breaks for arguments that moved: those of the places; comments go with their arguments."""
    if not written:
        return arguments
    result = []
    for place, argument in enumerate(arguments):
        own = slots[place].index
        comment = _comment(written[own].comma) if own is not None else None
        if place == len(arguments) - 1:
            result.append(_last(argument, written, comment, own))
            continue
        # A place that was not there before looks like the one before the last.
        model = written[min(place, len(written) - 2)].comma if len(written) > 1 else cst.MaybeSentinel.DEFAULT
        if own is not None and own < len(written) - 1 and own >= place:
            model = written[own].comma
        comma = model if isinstance(model, cst.Comma) else cst.Comma(whitespace_after=_SPACE)
        if own is not None and comment is not None and not isinstance(comma.whitespace_after, _LINES):
            comma = cst.ensure_type(written[own].comma, cst.Comma)
        result.append(argument.with_changes(comma=_commented(comma, comment), whitespace_after_arg=_NO_SPACE))
    return result


def _last(argument: cst.Arg, written: Sequence[cst.Arg], comment: cst.Comment | None, own: int | None) -> cst.Arg:
    """The last argument: what follows it is what followed the last one before."""
    comma, after = written[-1].comma, written[-1].whitespace_after_arg
    if own == len(written) - 1 or (comment is None and _comment(comma) is None):
        return argument.with_changes(comma=comma, whitespace_after_arg=after)
    if isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, _LINES):
        return argument.with_changes(comma=_commented(comma, comment), whitespace_after_arg=after)
    assert own is not None
    own_comma = cst.ensure_type(written[own].comma, cst.Comma)  # it has the comment, and a line break behind it
    return argument.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=own_comma.whitespace_after)


_LINES = cst.ParenthesizedWhitespace


def _comment(comma: cst.Comma | cst.MaybeSentinel) -> cst.Comment | None:
    """The comment behind a comma, on the same line."""
    if isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, _LINES):
        return comma.whitespace_after.first_line.comment
    return None


def _commented(comma: cst.Comma, comment: cst.Comment | None) -> cst.Comma:
    """``comma`` with another comment behind it, or with none."""
    space = comma.whitespace_after
    if not isinstance(space, _LINES) or (space.first_line.comment is None and comment is None):
        return comma
    gap = cst.SimpleWhitespace("  " if comment is not None else "")
    line = space.first_line.with_changes(comment=comment, whitespace=gap)
    return comma.with_changes(whitespace_after=space.with_changes(first_line=line))
