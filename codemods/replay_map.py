"""The map from the legacy text to the migrated text that `check` replays by."""

from __future__ import annotations

import libcst as cst

from codemods import checkpoint_maps, tree
from codemods.context import Context
from codemods.edits import Edits
from codemods.positions import Positions
from codemods.result import ReplayMap, SiteMap
from codemods.rewrites.sessions import Lowerer


def build_map(ctx: Context, edits: Edits, positions: Positions, lowerer: Lowerer | None, text: str) -> ReplayMap:
    """Where each run site and each statement of the input, ``text``, is in the output, by its ``positions``.

    A file without graphs has no run sites.
    """
    if lowerer is None:
        return ReplayMap(lines=_lines(ctx, edits, positions))
    sites = []
    for lowering in lowerer.plan.lowerings:
        function = lowering.function
        node = lowerer.calls.get(lowering)
        names = {placeholder: name for name, placeholder in function.parameters} if function is not None else {}
        sites.append(
            SiteMap(
                legacy=ctx.span(lowering.site.call),
                migrated=positions[edits.final(node)] if node is not None else None,
                kind="init" if lowering.mode == "init" else "run",
                function=function.name if function is not None else None,
                outputs=lowerer.outputs.get(lowering, ()),
                feeds={
                    names[feed.placeholder]: names[feed.placeholder]
                    for feed in lowering.site.feeds
                    if feed.placeholder in names
                },
            )
        )
    functions = {function.name: tuple(name for name, _ in function.parameters) for function in lowerer.plan.functions}
    checkpoints = checkpoint_maps.build(ctx, lowerer, text)
    return ReplayMap(tuple(sites), _lines(ctx, edits, positions), functions, checkpoints)


def _lines(ctx: Context, edits: Edits, positions: Positions) -> dict[int, int]:
    """Migrated line to legacy line, for every line of a statement that was kept or moved."""
    lines: dict[int, int] = {}
    for node in tree.walk(ctx.module):
        if not isinstance(node, cst.BaseSmallStatement):
            continue
        old = ctx.span(node)
        for result in edits.results(node):
            new = positions.get(edits.final(result))
            if new is None and isinstance(result, cst.Assign):  # `x = value; return x` became `return value`
                new = positions.get(edits.final(result.value))
            if new is None:
                continue
            for offset in range(new.end_line - new.line + 1):
                lines.setdefault(new.line + offset, min(old.line + offset, old.end_line))
    for added, original in ctx.added_lines.items():
        new = positions.get(edits.final(added))
        if new is not None:
            lines.setdefault(new.line, ctx.span(original).line)
    for assign, made in ctx.layer_lines.items():  # layers that are made before the statement that called them
        new = positions.get(edits.final(assign))
        if new is not None:
            line = ctx.span(made.call).line
            lines.update(dict.fromkeys(range(new.line, new.end_line + 1), line))
    return lines
