"""What the planner asks about Keras: where its tensors enter TensorFlow, and what runs do to its weights and phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.keras_records import LEARNING_PHASE, Symbolic, Use
from codemods.analysis.values import Kind, Value, Variable
from codemods.findings import Refusal

if TYPE_CHECKING:
    from codemods.analysis.slices import Slice
    from codemods.analysis.staging import Staging
    from codemods.analysis.statements import Feed, Site


_MOVING = frozenset({"keras.layers.BatchNormalization"})


def uses(values: Mapping[cst.CSTNode, Value], node: cst.CSTNode) -> Iterator[Use]:
    """The places under ``node`` where a Keras tensor enters TensorFlow: the largest expressions that are one."""
    value = values.get(node)
    if value is not None and value.kind is Kind.KERAS and isinstance(value.payload, Symbolic) and _is_end(values, node):
        assert isinstance(node, cst.BaseExpression)
        yield Use(node, value.payload)
        return
    if isinstance(node, cst.Lambda | cst.FunctionDef):
        return
    for child in tree.children(node):
        yield from uses(values, child)


def _is_end(values: Mapping[cst.CSTNode, Value], node: cst.CSTNode) -> bool:
    """Whether a symbolic expression is a whole: arithmetic and functions of Keras tensors can be computed in place."""
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Call)
    if isinstance(node, cst.Subscript):
        owner = values.get(node.value)
        return owner is None or owner.kind is not Kind.KERAS
    return not isinstance(node, cst.BinaryOperation | cst.UnaryOperation)


def containers(values: Mapping[cst.CSTNode, Value], node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The names under ``node`` that stand for lists or dicts of Keras tensors, and not for an element of one."""
    value = values.get(node)
    if isinstance(node, cst.Subscript) and value is not None and value.kind is Kind.KERAS:
        return
    if isinstance(node, cst.Name) and value is not None and value.kind in (Kind.SEQUENCE, Kind.MAPPING):
        if any(leaf.kind is Kind.KERAS for leaf in value.leaves()):
            yield node
        return
    for child in tree.children(node):
        yield from containers(values, child)


def making_calls(staging: Staging, node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls under ``node`` of functions of the program that make Keras layers."""
    for call in tree.walk(node):
        known = staging.user_calls.get(call) if isinstance(call, cst.Call) else None
        if known is not None and _makes_layers(staging, known.definition, set()):
            yield known.node


def _makes_layers(staging: Staging, definition: cst.FunctionDef, entered: set[cst.FunctionDef]) -> bool:
    made = frozenset(staging.keras.layers)
    entered.add(definition)
    for call in tree.walk(definition.body):
        if isinstance(call, cst.Call):
            inner = staging.user_calls.get(call)
            if call in made or (
                inner is not None
                and inner.definition not in entered
                and _makes_layers(staging, inner.definition, entered)
            ):
                return True
    return False


def check_sessions(staging: Staging) -> list[Refusal]:
    """What sessions did to the weights of Keras layers and cannot be kept."""
    refusals = []
    sites = staging.sites
    inits = [site for site in sites if all(leaf.kind is Kind.INIT for leaf in site.fetch_value.leaves())]
    inits = [site for site in inits if not _is_of_metrics(site)]
    trained = [site.order for site in sites if any(leaf.kind is Kind.TRAIN for leaf in site.fetch_value.leaves())]
    changed = trained + [order for _, order in staging.keras.weight_changes]
    for site in inits:
        # A reset of the default graph starts over with layers of its own.
        here = [order for order in changed if staging.savers.graph_at(order) == staging.savers.graph_at(site.order)]
        looped = bool(here) and bool(site.statement.loops())
        if staging.keras.layers and (looped or any(order < site.order for order in here)):
            message = "initialisers run after the weights of Keras layers were trained or loaded, and reset them"
            refusals.append(Refusal("TF606", message, site.call))
    refusals += _check_training(staging)
    own = [site for site in sites if site.session is not None and _is_private(site.session)]
    for node, shared in staging.keras.runs:
        if own and not shared:
            message = "Keras ran this in a session of its own, with other weights; give it the session by set_session"
            refusals.append(Refusal("TF607", message, node))
    return refusals


def _is_of_metrics(site: Site) -> bool:
    """Whether an initialiser only starts metrics again: ``tf.local_variables_initializer()``."""
    payloads = [leaf.payload for leaf in site.fetch_value.leaves()]
    listed = [item for payload in payloads for item in (payload if isinstance(payload, list) else [None])]
    return all(isinstance(item, Variable) and item.metric is not None for item in listed)


def _check_training(staging: Staging) -> list[Refusal]:
    """What Keras 3 does in training mode, or for frozen layers, that a session did not do."""
    refusals = []
    moving = [call for call in staging.keras.layers if staging.symbols.of(call.func) in _MOVING]
    phased = [feed.key for site in staging.sites for feed in site.feeds if is_phase(feed) and phase_of(feed)]
    for place in [*staging.keras.training, *phased] if moving else ():
        message = "batch normalization moves its statistics in training mode; a session did so only when told to"
        refusals.append(Refusal("TF603", message, place))
    trainings = [found for statement in staging.ordered for found in statement.trainings]
    if any(found.variables is None and found.gradients is None for found in trainings):
        message = "TF1's minimize trains these variables nevertheless; give it var_list=model.trainable_weights"
        refusals += [Refusal("TF608", message, place) for place in staging.keras.frozen]
    return refusals


def _is_private(session: Value) -> bool:
    """Whether a session was made by the program, and not by Keras."""
    call = session.payload
    return isinstance(call, cst.Call) and not (
        isinstance(call.func, cst.Attribute | cst.Name)
        and cst.Module([]).code_for_node(call.func).endswith("get_session")
    )


def check_names(needed: Slice) -> None:
    """Raise Refusal where a parameter for a Keras input hides a name that the function reads."""
    for placeholder, name in needed.placeholders.items():
        binding = needed.free.get(name)
        if placeholder.keras and binding is not None and binding.value.kind not in (Kind.KERAS, Kind.PLACEHOLDER):
            raise Refusal("TF604", f"the name {name!r} of a Keras input is used for something else", placeholder.call)


def is_phase(feed: Feed) -> bool:
    """Whether a feed sets the learning phase."""
    return feed.key_value.name == LEARNING_PHASE


def phase(site: Site) -> bool:
    """The learning phase of a run: 0 unless it is fed. Raises Refusal when what is fed is not a literal."""
    for feed in site.feeds:
        if is_phase(feed):
            known = phase_of(feed)
            if known is None:
                raise Refusal("TF605", "the learning phase that is fed is not a literal", feed.value, LEARNING_PHASE)
            return known
    return False


def phase_of(feed: Feed) -> bool | None:
    """The learning phase that a feed spells out, or None."""
    return {"0": False, "1": True, "False": False, "True": True}.get(cst.Module([]).code_for_node(feed.value))
