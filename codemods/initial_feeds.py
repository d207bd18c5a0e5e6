"""What runs of initialisers are fed: initial values.

``sess.run(init, feed_dict={start: data})`` gives a variable another initial value than its expression has. Where the
fed tensor is the initial value of one variable that was looked up by name (``assign.inputs[1]``), the variable is
assigned what is fed.
"""

from __future__ import annotations

from codemods.analysis.lookups import InitialValue
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Feed
from codemods.analysis.values import Kind, Value
from codemods.findings import Refusal
from codemods.plan import Lowering, Plan


def check(staging: Staging, lowering: Lowering) -> None:
    """Note the variables that the run of an initialiser gives fed values; refuse what else is fed to it."""
    everything = any(None in (item.value.payload or ()) for item in lowering.elements)  # type: ignore[operator]
    for feed in lowering.site.feeds:
        fed = feed.key_value.payload
        if isinstance(fed, InitialValue) and everything and lowering.site.feed_variable is None:
            _check_plain(staging, feed)
            lowering.loaded.append((fed, feed.value))
        elif feed.key_value.kind is not Kind.PLACEHOLDER or _takes_feeds(staging):
            raise Refusal("TF244", "the run of an initialiser is fed what a variable may start from", feed.key)
    looked_up = {item.variable for item, _ in lowering.loaded}
    if len(looked_up) < len(lowering.loaded):
        raise Refusal("TF244", "one initial value is fed twice", lowering.site.call)
    if looked_up and staging.initialized_values:
        raise Refusal("TF244", "a fed initial value may be that of another variable, too", lowering.site.call)


def check_runs(plan: Plan) -> list[Refusal]:
    """Initialisers that run several times, once with a fed initial value."""
    runs = [item for item in plan.lowerings if item.mode == "init"]
    fed = [item for item in runs if item.loaded]
    if not fed or len(runs) == 1:
        return []
    return [Refusal("TF244", "variables are initialised with and without a fed value", fed[0].site.call)]


def _check_plain(staging: Staging, feed: Feed) -> None:
    value = staging.last_values.get(feed.value)
    if value is None or value.symbolic:
        raise Refusal("TF244", "it is not known what is fed to the initialiser", feed.value)


def _takes_feeds(staging: Staging) -> bool:
    """Whether some variable starts from what depends on a feed."""
    for variable in staging.state.order:
        given = [staging.last_values.get(argument.value) for argument in variable.call.args]
        if any(_is_fed(leaf) for value in given if value is not None for leaf in value.leaves()):
            return True
    return False


def _is_fed(value: Value) -> bool:
    return value.kind is Kind.PLACEHOLDER or (value.dynamic and not value.drawn)
