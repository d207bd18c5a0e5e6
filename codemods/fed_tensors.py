"""Feeds of tensors that are no placeholders: the slice ends there, and the tensor becomes a parameter.

TF1 lets a run replace any tensor. The parameter has the dtype of the tensor, which has to be known, and the shape that
TF1 knew of it, where that is certain.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis import dtypes
from codemods.analysis.slices import Slice
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Feed, Site, Statement
from codemods.analysis.values import Gradients, Kind, Placeholder, Training, Value, Variable
from codemods.fed_shapes import static_shape
from codemods.findings import Refusal


class FedTensors:
    """The parameters that stand for fed tensors; one for each tensor, whichever run feeds it."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._made: list[tuple[Binding, Placeholder]] = []

    def replace(self, site: Site) -> list[tuple[Binding, Placeholder]]:
        """Give each fed tensor of ``site`` a parameter. Raises Refusal (TF244) where that cannot be exact."""
        found: list[tuple[Binding, Placeholder]] = []
        site.feeds = self._replaced(site.feeds, site, found)
        site.others = [self._replaced(feeds, site, found) for feeds in site.others]
        site.keys = self._replaced(site.keys, site, found)
        return list(dict.fromkeys(found))

    def _replaced(self, given: list[Feed], site: Site, found: list[tuple[Binding, Placeholder]]) -> list[Feed]:
        feeds = []
        for feed in given:
            binding = site.names.get(feed.key.value) if isinstance(feed.key, cst.Name) else None
            if feed.key_value.kind is Kind.TENSOR and binding is not None:
                binding = _first_name(binding)
                placeholder = self._placeholder(binding, feed)
                found.append((binding, placeholder))
                value = Value(Kind.PLACEHOLDER, feed.key, dynamic=True, payload=placeholder)
                feed = Feed(feed.key, value, feed.value)
            feeds.append(feed)
        return feeds

    def _placeholder(self, binding: Binding, feed: Feed) -> Placeholder:
        for known, placeholder in self._made:
            if known.same(binding):
                return placeholder
        statement = next(iter(binding.sources)) if len(binding.sources) == 1 else None
        if statement is not None and not binding.value.dynamic:
            raise Refusal("TF244", f"the constant tensor {binding.name!r} is fed another value", feed.key)
        if statement is None or binding.value.kind is not Kind.TENSOR:
            raise Refusal("TF244", "it is not known which tensor is fed here", feed.key)
        dtype = dtypes.dtype_of(self._staging, feed.key)
        if dtype is None:
            raise Refusal("TF244", f"the dtype of the fed tensor {binding.name!r} is not known", feed.key)
        call = cst.Call(cst.Name(binding.name))
        made = Placeholder(
            statement, call, None, None, None, target=binding.name, order=statement.order, fed_dtype=dtype
        )
        static = static_shape(self._staging, feed.key)
        if static is not None:
            made.shape, made.names = static.text, static.names
        self._made.append((binding, made))
        return made


def take_shapes(cut: Slice, site: Site) -> None:
    """Take in the names of which the shapes of fed tensors are made. Raises Refusal (TF209) where they change."""
    for placeholder in list(cut.placeholders):
        for name, binding in placeholder.names.items() if placeholder.fed_dtype is not None else ():
            cut.need(name, binding, site.call)


def check_cut(staging: Staging, cut: Slice, site: Site) -> None:
    """Raise Refusal where the parameter for a fed tensor would not stand for it everywhere in the slice."""
    called = any(call.statement in cut.statements for call in staging.keras.layer_uses.values())
    for tensor, placeholder in cut.fed:
        if called and placeholder.shape is None:
            message = f"{tensor.name!r} is fed, and a layer needs to know the shape of what it is given"
            raise Refusal("TF244", message, site.call)
        for statement in cut.statements:
            if tensor.name in statement.binds:
                raise Refusal("TF244", f"{tensor.name!r} is fed, and names another tensor too", site.call)
            reads = any(binding.same(tensor) for binding in statement.uses.get(tensor.name, ()))
            for binding in statement.binds.values() if not reads else ():
                if any(leaf is tensor.value for leaf in binding.value.leaves()):
                    message = f"{tensor.name!r} is fed, and {binding.name!r} is another name for it"
                    raise Refusal("TF244", message, site.call)
        if placeholder in cut.placeholders and _passes_gradients(staging, tensor, cut, site):
            message = f"{tensor.name!r} is fed, and gradients pass it on their way to variables"
            raise Refusal("TF244", message, site.call)


def _first_name(binding: Binding) -> Binding:
    """The name that a tensor got where it was made: ``codings = hidden`` is another one."""
    seen: set[Statement] = set()
    while len(binding.sources) == 1:
        statement = next(iter(binding.sources))
        line = statement.node if statement is not None else None
        body = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        small = body[0] if len(body) == 1 else None
        if statement is None or statement in seen or not isinstance(small, cst.Assign):
            break
        seen.add(statement)
        found = statement.uses.get(small.value.value, []) if isinstance(small.value, cst.Name) else []
        if len(found) != 1 or found[0].value is not binding.value:
            break
        binding = found[0]
    return binding


def _passes_gradients(staging: Staging, tensor: Binding, cut: Slice, site: Site) -> bool:
    """Whether TF1 sends gradients through a fed tensor to variables that it was computed from."""
    before = {variable for variable in tensor.value.reads if variable.trainable is not False}
    if not before:
        return False
    wanted: list[Training | Gradients] = []
    for statement in cut.statements:
        wanted += [*statement.trainings, *statement.gradients]
    listed = [_listed(staging, item) for item in wanted]
    if all(found is not None and not found & before for found in listed) and not _asks_gradients(staging, cut, site):
        return False
    stops = {
        node
        for statement in cut.statements
        for call in tree.walk(statement.node)
        if isinstance(call, cst.Call) and staging.symbols.of(call.func) == "tf.stop_gradient" and call.args
        for node in [call.args[0].value]
    }
    readers = [item for item in cut.statements if any(found.same(tensor) for found in item.uses.get(tensor.name, ()))]
    places = [
        node
        for statement in readers
        for node in tree.walk(statement.node)
        if isinstance(node, cst.Name) and node.value == tensor.name
    ]
    return not places or not all(node in stops for node in places)


def _asks_gradients(staging: Staging, cut: Slice, site: Site) -> bool:
    """Whether a run computes gradients by ``tf.gradients``."""
    roots = [site.fetch, *(statement.node for statement in cut.statements)]
    nodes = (node for root in roots for node in tree.walk(root))
    return any(isinstance(node, cst.Call) and staging.symbols.of(node.func) == "tf.gradients" for node in nodes)


def _listed(staging: Staging, training: Training | Gradients) -> set[Variable] | None:
    """The variables that a train op is given; None for all that its loss depends on, or where they are not known."""
    if training.variables is None:
        return None
    value = staging.last_values.get(training.variables)
    leaves = value.leaves() if value is not None else []
    if not leaves or any(not isinstance(leaf.payload, Variable) for leaf in leaves):
        return None
    return {leaf.payload for leaf in leaves if isinstance(leaf.payload, Variable)}
