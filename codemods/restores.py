"""What restores set again: variables and optimizers, between an initialiser and the runs around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods import tree
from codemods.analysis.containers import containers
from codemods.analysis.savers import SAVE
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Site, Statement
from codemods.analysis.values import Optimizer, Variable
from codemods.plan import Lowering
from codemods.repeats import may_repeat


@dataclass(frozen=True)
class Restored:
    """What is surely restored between an initialiser and the next run."""

    variables: frozenset[Variable] = frozenset()
    optimizers: frozenset[Optimizer] = frozenset()


def surely_after(staging: Staging, lowering: Lowering, runs: Sequence[Lowering]) -> Restored:
    """What a restore that surely follows the initialiser run ``lowering`` sets again before anything is run."""
    site = lowering.site
    around = containers(site.statement)
    saves = [use.order for use in staging.savers.uses.values() if use.method == SAVE]
    following = [order for order in [*(item.site.order for item in runs), *saves] if order > site.order]
    end = min(following, default=None)
    found = Restored()
    for use in staging.savers.restores():
        inside = containers(use.statement)
        certain = all(item in around and not isinstance(item.node, cst.Try) for item in inside)
        same = use.session is not None and site.session is not None and use.session.payload is site.session.payload
        here = (
            use.statement.scope is site.statement.scope and site.order < use.order and (end is None or use.order < end)
        )
        if certain and same and here:
            found = Restored(
                found.variables | frozenset(use.saver.variables), found.optimizers | frozenset(use.saver.optimizers)
            )
    return found


def perhaps_before(staging: Staging, site: Site) -> Restored:
    """What some restore may have changed before a run site, or in a loop around both."""
    loops = set(site.statement.loops())
    uses = [
        use
        for use in staging.savers.restores()
        if loops & set(use.statement.loops())
        or (use.statement.scope is not site.statement.scope and may_repeat(staging, use.statement.scope))
        or (use.order < site.order and not _exclusive(use.statement, site.statement))
    ]
    return Restored(
        frozenset(variable for use in uses for variable in use.saver.variables),
        frozenset(optimizer for use in uses for optimizer in use.saver.optimizers),
    )


def saved_after(staging: Staging, site: Site) -> Restored:
    """What may be saved after a run site, or in a loop around both."""
    loops = set(site.statement.loops())
    scope = site.statement.scope
    uses = [
        use
        for use in staging.savers.uses.values()
        if use.method == SAVE
        and (
            use.order > site.order
            or loops & set(use.statement.loops())
            or (use.statement.scope is not scope and may_repeat(staging, use.statement.scope))
        )
    ]
    return Restored(
        frozenset(variable for use in uses for variable in use.saver.variables),
        frozenset(optimizer for use in uses for optimizer in use.saver.optimizers),
    )


def _exclusive(first: Statement, second: Statement) -> bool:
    """Whether two statements are in different branches of one ``if``."""
    shared = [item.node for item in containers(first) if item in containers(second)]
    for node in shared:
        if isinstance(node, cst.If):
            body = set(tree.walk(node.body))
            if (first.node in body) != (second.node in body):
                return True
    return False
