"""What restores set again: variables and optimizers, between an initialiser and the runs around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.containers import containers
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.analysis.values import Optimizer, Variable
from codemods.plan import Lowering


@dataclass(frozen=True)
class Restored:
    """What is surely restored between an initialiser and the next run."""

    variables: frozenset[Variable] = frozenset()
    optimizers: frozenset[Optimizer] = frozenset()


def surely_after(staging: Staging, lowering: Lowering, runs: Sequence[Lowering]) -> Restored:
    """What a restore that surely follows the initialiser run ``lowering`` sets again before anything is run."""
    site = lowering.site
    around = containers(site.statement)
    following = sorted(item.site.order for item in runs if item.site.order > site.order)
    end = following[0] if following else None
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


def perhaps_before(staging: Staging, order: int, loops: set[Statement]) -> Restored:
    """What some restore may have changed before ``order``, or in one of the loops."""
    uses = [item for item in staging.savers.restores() if item.order < order or loops & set(item.statement.loops())]
    return Restored(
        frozenset(variable for item in uses for variable in item.saver.variables),
        frozenset(optimizer for item in uses for optimizer in item.saver.optimizers),
    )
