"""The list of passes: from a TF1 source text to TF2 / Keras 3 text, findings and the replay map."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from codemods import prepasses, summary_tags
from codemods.analysis import layer_facts, object_facts
from codemods.analysis.era import Era, era
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import symbols_of
from codemods.analysis.values import Kind
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Span, Status
from codemods.follow_ups import fold
from codemods.plan import Plan
from codemods.planner import Planner
from codemods.positions import Positions
from codemods.replay_map import build_map
from codemods.result import Result, Settings
from codemods.rewrites import (
    builder_classes,
    collections,
    config,
    dimensions,
    flags,
    get_variable,
    host,
    imports,
    keras,
    leftovers,
    logs,
    losses,
    mnist,
    parameter_names,
    regularizers,
    scope_texts,
    seeds,
    state,
    symbols,
    variable_lists,
)
from codemods.rewrites.emitted import insert_templates
from codemods.rewrites.sessions import Lowerer
from codemods.source import SourceError, mentions_tf, parse
from codemods.verify import verify

if TYPE_CHECKING:
    from codemods.rewrites.contrib_written import Written


def rewrite_source(text: str, settings: Settings | None = None, path: str = "<string>") -> Result:
    """Rewrite one source text. Nothing is written or printed.

    The text comes back changed only if every TF1 use in it could be rewritten exactly; otherwise it is returned as it
    was, and the findings say why.
    """
    if not mentions_tf(text):
        return Result(text, changed=False)
    try:
        module = parse(text)
    except SourceError as error:
        return Result(text, changed=False, findings=(error.finding,))
    try:
        plainer = prepasses.write_out(module, text)
        module = plainer.module
        symbols = symbols_of(module, plainer.templates)
        ctx = Context(module, symbols, settings or Settings(), plainer.origins, templates=plainer.templates)
        try:
            result = rewrite_module(ctx, text, path)
            if not result.changed:
                result = with_classes(ctx, text, path, result)
            if not result.changed and any(finding.code == "TF229" for finding in result.findings):
                result = with_names(ctx, text, path, result)
            if not result.changed and ctx.keras.promoted and not ctx.keras.functional:
                # What no keras.Input leads to may still be written as functions.
                again = Context(module, ctx.symbols, ctx.settings, ctx.origins, templates=ctx.templates)
                other = rewrite_module(again, text, path, functional=True)
                result = other if other.changed else result
            return _settled(result, plainer.written, text)
        except Refusal as refusal:  # of a stage that has no findings of its own
            uses = [
                Finding("TF901", ctx.span(use.node), f"{use.name} is left as it was", Status.REFUSED, use.name)
                for use in ctx.symbols.tf_uses()
            ]
            return Result(text, changed=False, findings=in_order([_refused(ctx, refusal), *uses]))
    except Exception as error:  # noqa: BLE001  (a bug of ours must not end the rewriting of the other files)
        return Result(text, changed=False, findings=(_bug(error),), traceback=tuple(traceback.format_exception(error)))


def with_classes(ctx: Context, text: str, path: str, result: Result) -> Result:
    """What comes of the module with classes for its builder functions; ``result`` is what comes of it without."""
    from codemods.builders.separation import has_builders, separate  # few files need it

    if era(ctx.symbols) is not Era.TF1 or not has_builders(ctx):
        return result
    try:
        before = Staging(ctx.module, ctx.symbols, functional=True)
        texts = scope_texts.write_out(ctx, before)
        if texts is not None:
            symbols = symbols_of(texts.module, ctx.symbols.emitted)
            ctx = Context(texts.module, symbols, ctx.settings, texts.origins, templates=ctx.templates)
            before = Staging(ctx.module, ctx.symbols, functional=True)
        separated = separate(ctx, before)
    except Refusal as refusal:
        # That the functions cannot stay as they are is why they were to become classes.
        others = [finding for finding in result.findings if finding.code not in ("TF401", "TF410", "TF604")]
        return Result(text, changed=False, findings=left_alone([*others, _refused(ctx, refusal)]))
    if separated is None:
        return result
    symbols = symbols_of(separated.module, ctx.symbols.emitted)
    again = Context(
        separated.module, symbols, ctx.settings, separated.origins, separated.classes, separated.transparent,
        templates=ctx.templates, summary_tags=summary_tags.of(ctx, before),
    )  # fmt: skip
    return rewrite_module(again, text, path, functional=True)


def with_names(ctx: Context, text: str, path: str, result: Result) -> Result:
    """What comes of the module with other names for parameters; ``result`` is what comes of it as it is."""
    renamed = parameter_names.write_out(ctx, Staging(ctx.module, ctx.symbols))
    if renamed is None:
        return result
    symbols = symbols_of(renamed.module, ctx.symbols.emitted)
    again = Context(renamed.module, symbols, ctx.settings, renamed.origins, templates=ctx.templates)
    other = rewrite_module(again, text, path)
    if not other.changed:
        other = with_classes(again, text, path, other)
    return other if other.changed else result


def _settled(result: Result, written: Written | None, text: str) -> Result:
    """``result`` with what was found when the text was written as plainer TF1."""
    if written is None or (not written.findings and not written.symbols):
        return result
    findings = written.settle(result.findings)
    if any(finding.status is Status.REFUSED for finding in findings):
        return Result(text, changed=False, findings=left_alone(findings))
    return replace(result, findings=in_order(findings))


def rewrite_module(ctx: Context, text: str, path: str, functional: bool = False) -> Result:
    """The passes on a parsed text; ``functional``: layers are called in functions only, never on a ``keras.Input``."""
    module = ctx.module
    edits = Edits()
    for template in ctx.templates.values():
        for required in template.imports:
            edits.require_import(*required)
    findings: list[Finding] = []
    staging = Staging(module, ctx.symbols, functional, ctx.builder_classes)
    if staging.keras.prefers_functions and not functional:
        functional = True
        staging = Staging(module, ctx.symbols, functional, ctx.builder_classes)
    if staging.fed_constants:
        staging = Staging(module, ctx.symbols, functional, ctx.builder_classes, frozenset(staging.fed_constants))
    ctx.keras = staging.keras
    ctx.fed = {node for node, value in staging.last_values.items() if value.kind is Kind.PLACEHOLDER}
    ctx.read_lists = staging.state.lists
    layer_facts.settle(staging)
    object_facts.settle(staging)
    summary_tags.settle(ctx, staging)
    # Only TF1 builds graphs: in other files nothing has to be lowered, though old Keras code may have to be converted.
    graph = era(ctx.symbols) is Era.TF1
    if graph:
        get_variable.propose(ctx, edits, findings, staging)
        losses.propose(ctx, edits, findings, staging)
        variable_lists.propose(ctx, edits, findings, staging)
        collections.propose(ctx, edits, findings, staging)
    lowerer = lower_sessions(ctx, edits, findings, staging) if graph else None
    for family in (flags, logs, config, seeds, mnist, host, dimensions, keras):
        family.propose(ctx, edits, findings)
    builder_classes.propose(ctx, edits, staging)
    if graph:
        regularizers.propose(ctx, edits, findings, staging)
        state.propose(ctx, edits, findings, staging)
        leftovers.propose(ctx, edits)
    symbols.propose(ctx, edits, findings, staging.is_constant)
    if graph:
        findings = account(ctx, edits, findings, lowerer)
    if any(finding.status is Status.REFUSED for finding in findings):
        return Result(text, changed=False, findings=left_alone(findings))
    if not edits:
        return Result(text, changed=False, findings=in_order(findings))
    try:
        output = insert_templates(imports.fix(ctx, edits, edits.apply(module)), ctx.templates.values())
        if lowerer is not None:
            lowerer.keras.check_draws(output)
    except Refusal as refusal:  # what is in the way shows only when the new text is put together
        return Result(text, changed=False, findings=left_alone([*findings, _refused(ctx, refusal)]))
    places = Positions(output)
    problem = verify(output, places.text, text, path)
    if problem is not None:
        return Result(text, changed=False, findings=left_alone([*findings, problem]))
    replay_map = build_map(ctx, edits, places, lowerer, text)
    return Result(places.text, places.text != text, in_order(findings), replay_map, ctx.extra_files)


def lower_sessions(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> Lowerer | None:
    """Plan the run sites and propose their edits; None where the program cannot be lowered."""
    planner = Planner(staging)
    plan = planner.make() if not staging.refusals else Plan()
    refusals = [*staging.refusals.values(), *planner.refusals]
    lowerer = Lowerer(ctx, edits, staging, plan)
    if not refusals:
        try:
            lowerer.propose()
        except Refusal as refused:
            refusals.append(refused)
    findings += [_refused(ctx, refusal) for refusal in refusals]
    if refusals:
        return None
    for code, message, node in lowerer.notes:
        findings.append(Finding(code, ctx.span(node), message))
    return lowerer


def _refused(ctx: Context, refusal: Refusal) -> Finding:
    place = refusal.node if isinstance(refusal.node, cst.CSTNode) else ctx.module
    return Finding(refusal.code, ctx.span(place), refusal.message, Status.REFUSED, refusal.symbol)


def _bug(error: Exception) -> Finding:
    """The finding for an exception that no stage expected: its innermost place in this package."""
    root = Path(__file__).resolve().parent
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if root in Path(frame.filename).parents]
    last = frames[-1]
    place = Path(last.filename).relative_to(root.parent).as_posix()
    detail = str(error).partition("\n")[0]
    message = f"{type(error).__name__}: {detail} at {place}:{last.lineno} (stage {last.name})"
    return Finding("TF900", Span(1, 0, 1, 0), message, Status.REFUSED)


def account(ctx: Context, edits: Edits, findings: list[Finding], lowerer: Lowerer | None) -> list[Finding]:
    """One status for every TF1 use: those that no rewrite spoke of were lowered, or they are refused."""
    spoken = {(finding.span.line, finding.span.column) for finding in findings if finding.status is not None}
    result = list(findings)
    for use in ctx.symbols.tf_uses():
        span = ctx.span(use.node)
        if (span.line, span.column) in spoken:
            continue
        if lowerer is not None and (lowerer.lowered(use.node, use.name) or edits.is_dropped(use.node, ctx.parents)):
            result.append(Finding("TF200", span, f"{use.name} became part of a function", Status.NATIVE, use.name))
        elif lowerer is not None or not (
            symbols.decided_elsewhere(use.name) or edits.is_dropped(use.node, ctx.parents)
        ):
            message = f"no rewrite exists for {use.name} in this place"
            result.append(Finding("TF404", span, message, Status.REFUSED, use.name))
        else:
            result.append(Finding("TF901", span, f"{use.name} is left as it was", Status.REFUSED, use.name))
    return result


def left_alone(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings of a file that stays as it was: what could have been rewritten was not."""
    folded = fold(findings)
    reasons = [item for item in folded if item.status is Status.REFUSED]
    first = min(reasons, key=lambda item: (item.code == "TF901", item.span))
    result = []
    for before, finding in zip(findings, folded, strict=True):
        if finding.status is Status.NATIVE or (finding is before and finding.code == "TF901"):
            message = f"left as it was, because of line {first.span.line}: {first.message}"
            finding = Finding("TF901", finding.span, message, Status.REFUSED, finding.symbol)
        result.append(finding)
    return in_order(result)


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings by place, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda item: (item.span, item.code, item.message)))
