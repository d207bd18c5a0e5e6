"""Summaries that graph code itself has to write, because it makes them in helper functions or loops.

The function of the run then gets the step as a parameter and writes under ``with writer.as_default(step):``. TF2 keeps
the writer that a function was traced with, so each such function has a writer of its own. The summary must be added
right after the run, whatever happens: the function cannot know what the program decides later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis.containers import containers
from codemods.analysis.frames import assigned_names
from codemods.analysis.slices import Slice, free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Site, Statement
from codemods.analysis.summary_records import Addition, Fetched, Summary
from codemods.findings import Refusal
from codemods.plan import Element, Function, Plan, is_pure


@dataclass(eq=False)
class Inside:
    """What one run writes by itself: ``outside`` are the summaries of statements of their own, with their tensors."""

    addition: Addition
    line: cst.SimpleStatementLine
    summaries: tuple[Summary, ...]
    writer: str
    outside: list[tuple[Summary, Element]]
    step: str = "step"  # the name of the parameter


def plan_site(staging: Staging, site: Site, summaries: tuple[Summary, ...], needed: Slice) -> Inside:
    """How the run writes the summaries, whose statements are added to ``needed``; Refusal where it cannot."""
    additions = [
        addition
        for addition in staging.summaries.additions.values()
        if any(isinstance(given, Fetched) and site.call in given.runs for given in addition.given)
    ]
    addition = additions[0]
    runs = {run for given in addition.given if isinstance(given, Fetched) for run in given.runs}
    if len(additions) > 1 or runs != {site.call} or len(addition.writers) != 1:
        message = "a helper function or loop makes a summary that is not added once, after this run"
        raise Refusal("TF462", message, site.call)
    writer = addition.call.func.value if isinstance(addition.call.func, cst.Attribute) else None
    if not isinstance(writer, cst.Name) or writer.value not in site.names:
        raise Refusal("TF462", "no name holds the writer of a summary made in a helper function or loop", addition.call)
    line = _following(staging, site, addition, writer.value)
    needed.need(writer.value, site.names[writer.value], addition.call)
    outside = []
    for summary in summaries:
        if summary.problem is not None:
            message = f"a summary that a run fetches cannot be followed: {summary.problem}"
            raise Refusal("TF462", message, summary.call)
        if summary.inside:
            needed.take(_home(staging, summary))
            continue
        if summary.tag is None:
            raise Refusal("TF461", "the tag that TensorFlow 1 gives this summary is not certain", summary.call)
        names = {name: summary.names[name] for name in free_names(summary.data) if name in summary.names}
        needed.expression(summary.data, names)
        outside.append((summary, Element(summary.data, summary.value, names)))
    taken = {*needed.free, *needed.placeholders.values()}
    taken |= {name for statement in needed.statements for name in (*statement.binds, *statement.uses)}
    schedules = (schedule for statement in staging.ordered for schedule in statement.schedules)
    taken |= {name for schedule in schedules for name in free_names(schedule.step)}  # they are called with it
    step = next(name for name in ("step", "summary_step", "summary_step_2") if name not in taken)
    return Inside(addition, line, summaries, writer.value, outside, step)


def _home(staging: Staging, summary: Summary) -> Statement:
    """The statement that builds a summary: the call of the helper function, or the whole loop."""
    statement = summary.statement
    while statement is not None and staging.statements.get(statement.node) is not statement:
        statement = statement.container
    if statement is None or statement.role is not Role.GRAPH:
        raise Refusal("TF462", "a summary is made among statements that do not move as a whole", summary.call)
    return statement


def _following(staging: Staging, site: Site, addition: Addition, writer: str) -> cst.SimpleStatementLine:
    """The line that adds the summary: it must follow the run for certain, and its step be known at the run."""
    parents = tree.parents(staging.module)
    small = parents[addition.call]
    line = parents[small]
    run = site.statement.node
    message = "a summary made in a helper function or loop must be added right after its run, in a line of its own"
    problem = Refusal("TF462", message, addition.call)
    if not isinstance(small, cst.Expr) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        raise problem
    step = addition.step
    if addition.summary is site.call and (step is None or is_pure(step)):
        return line  # the run stands in add_summary itself
    if not isinstance(run, cst.SimpleStatementLine) or parents[line] is not parents[run] or line is run:
        raise problem
    body = list(getattr(parents[line], "body", ()))
    between = body[body.index(run) : body.index(line)]
    stops = (cst.Return, cst.Break, cst.Continue, cst.Raise)
    for node in between:
        if not isinstance(node, cst.SimpleStatementLine) or any(isinstance(item, stops) for item in node.body):
            raise problem
    read = {writer, *(free_names(step) if step is not None else ())}
    held = step is not None and any(isinstance(node, (cst.Attribute, cst.Subscript)) for node in tree.walk(step))
    unsure = step is not None and (not is_pure(step) or (held and len(between) > 1))
    if not between or unsure or read & assigned_names(between):
        raise Refusal("TF462", "the step of a summary made in a helper function or loop is known after the run", line)
    statement = staging.statements.get(line)
    if statement is not None:  # nothing reads what the run gave for the summary any more
        for name in free_names(addition.summary):
            statement.uses.pop(name, None)
    return line


def check(staging: Staging, plan: Plan) -> Iterator[Refusal]:
    """Functions that would write other summaries than TF1 did, or under other tags."""
    for function in plan.functions:
        if function.inside is None:
            continue
        yield from _check_writer(function)
        wanted = {summary for summary in function.inside.summaries if summary.inside}
        homes = {summary: _home(staging, summary) for summary in staging.summaries.made.values() if summary.inside}
        for summary, home in homes.items():
            if home in function.slice.statements and summary not in wanted:
                yield Refusal("TF462", "a summary is made beside those that the run fetches", summary.call)
        for summary in wanted:
            yield from _check_tag(summary)


def _check_writer(function: Function) -> Iterator[Refusal]:
    """The writer must be in sight of the function, and the same one at each call of it."""
    assert function.inside is not None
    site = function.lowerings[0].site
    for source in site.names[function.inside.writer].sources:
        if source is not None and (source.scope is function.scope or source.scope.is_module):
            moved = function.slice.statements
            if all(loop in containers(item) for loop in source.loops() for item in moved):
                continue
        message = "a helper function or loop makes summaries for a writer that its function cannot hold on to"
        yield Refusal("TF462", message, function.inside.addition.call)


def new_label(summary: Summary) -> str | None:
    """The literal that gives a summary TF1's tag; None where the label is computed."""
    if summary.tag is None or summary.written is None or not isinstance(summary.label, cst.SimpleString):
        return None
    scopes = summary.written.removesuffix(str(summary.label.evaluated_value))
    return summary.tag.removeprefix(scopes) if summary.tag.startswith(scopes) else None


def _check_tag(summary: Summary) -> Iterator[Refusal]:
    """TF2 puts the open scopes in front of the tag."""
    uncertain = Refusal("TF461", "the tag that TensorFlow 1 gives this summary is not certain", summary.call)
    if summary.tag is None:
        if not is_variable_name(summary.label) or summary.scoped:
            yield uncertain
        return
    if summary.tag != summary.written and new_label(summary) is None:
        yield uncertain
        return


def is_variable_name(label: cst.BaseExpression) -> bool:
    """Whether a label is a variable's own name, or that with a literal after it: ``v.name + "/gradient"``."""
    if isinstance(label, cst.BinaryOperation) and isinstance(label.operator, cst.Add):
        return is_variable_name(label.left) and isinstance(label.right, cst.SimpleString)
    return isinstance(label, cst.Attribute) and label.attr.value == "name" and isinstance(label.value, cst.Name)
