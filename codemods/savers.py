"""What each saver becomes: a ``tf.train.Checkpoint``, with a ``tf.train.CheckpointManager`` where it numbers its files.

``check`` decides and refuses; ``codemods/rewrites/savers.py`` writes it down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from codemods import checkpoint_keys, tree
from codemods.analysis import savers
from codemods.analysis.containers import containers
from codemods.analysis.savers import Saver, Use
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Optimizer, Schedule
from codemods.checkpoint_keys import Form
from codemods.checkpoint_paths import Split, assigned, resolve, split, varies
from codemods.findings import Refusal
from codemods.plan import Lowering
from codemods.tree import is_none

_DROPPED = frozenset(
    {"var_list", "name", "restore_sequentially", "write_version", "save_relative_paths", "max_to_keep"}
    | {"keep_checkpoint_every_n_hours"}
)
_DROPPED_OF_SAVE = frozenset(
    {"sess", "save_path", "global_step", "write_meta_graph", "meta_graph_suffix", "strip_default_attrs"}
    | {"save_debug_info"}
)


def check(staging: Staging, lowerings: Sequence[Lowering]) -> tuple[list[Form], list[Refusal]]:
    """The form of each saver, and what cannot be kept exact."""
    forms: list[Form] = []
    refusals = _dicts(staging, lowerings)
    made = sorted(staging.savers.made.values(), key=lambda item: item.statement.order)
    if not made:
        return forms, refusals
    refusals += _files_by_name(staging)
    refusals += _sessions(staging, lowerings)
    for saver in made:
        try:
            forms.append(_form(staging, saver))
        except Refusal as refusal:
            refusals.append(refusal)
    if not refusals:
        try:
            checkpoint_keys.agree(staging, forms)
        except Refusal as refusal:
            refusals.append(refusal)
    return forms, refusals


def _form(staging: Staging, saver: Saver) -> Form:
    _check_arguments(staging, saver)
    if saver.target is None or assigned(saver.statement) is not saver.call:
        raise Refusal("TF430", "a saver that is not made under one name, on a line of its own", saver.call)
    for optimizer in saver.optimizers:
        _check_optimizer(saver, optimizer)
    uses = sorted((use for use in staging.savers.uses.values() if use.saver is saver), key=lambda use: use.order)
    for use in uses:
        _check_use(staging, use)
    _check_containers(staging, saver)
    saves = [use for use in uses if use.method == savers.SAVE]
    numbered = [use for use in saves if _is_numbered(use)]
    if numbered and len(numbered) < len(saves):
        raise Refusal("TF434", "one saver writes numbered files and others", saves[0].node)
    form = Form(saver, saver.items)
    if numbered:
        form.split, form.anchor = _managed(saver, numbered)
        return form
    for use in uses:
        if use.method == savers.LAST:
            raise Refusal("TF433", "last_checkpoints of a saver that does not number its files", use.node)
    for use in saves:
        if varies(staging, use):
            raise Refusal(
                "TF434", "the saver writes files of changing names, and TF1 kept only the last ones", use.node
            )
    if len({_text(use.arguments["save_path"].value) for use in saves}) > 5:
        raise Refusal("TF434", "the saver writes more than five files, and TF1 kept only the last ones", saver.call)
    looked_up = next(_lookups(staging), None)
    form.stated = bool(saves) and looked_up is not None
    if form.stated and len({_text(use.arguments["save_path"].value) for use in saves}) > 1:
        raise Refusal("TF435", "one saver writes several files, and the state file is looked up here", looked_up)
    return form


def _is_numbered(use: Use) -> bool:
    return "global_step" in use.arguments and not is_none(use.arguments["global_step"].value)


def _check_arguments(staging: Staging, saver: Saver) -> None:
    for name, argument in saver.arguments.items():
        value = staging.last_values.get(argument.value)
        constant = value.constant if value is not None else None
        off = is_none(argument.value) or constant is False
        if name not in _DROPPED and not off:
            raise Refusal("TF433", f"a saver with {name}=", argument)
        if name == "keep_checkpoint_every_n_hours" and constant is None:
            raise Refusal("TF433", f"a saver with a computed {name}=", argument)


def _check_optimizer(saver: Saver, optimizer: Optimizer) -> None:
    """An optimizer goes into the checkpoint under its name, which must mean it where the saver is made."""
    scopes = [saver.statement.scope]
    while scopes[-1].parent is not None:
        scopes.append(scopes[-1].parent)
    binding = saver.names.get(optimizer.target) if optimizer.target is not None else None
    named = optimizer.target is None or (binding is not None and binding.value.payload is optimizer)
    if not named or optimizer.statement.scope not in scopes:
        raise Refusal("TF431", "an optimizer has no name of its own where the saver is made", saver.call)


def _check_use(staging: Staging, use: Use) -> None:
    for name, argument in use.arguments.items():
        value = staging.last_values.get(argument.value)
        constant = value.constant if value is not None else None
        default = is_none(argument.value) or (name == "write_state" and constant is True)
        if use.method == savers.SAVE and name not in _DROPPED_OF_SAVE and not default:
            raise Refusal("TF433", f"save() with {name}=", argument)
    binding = use.names.get(use.saver.target or "")
    if binding is None or binding.value.payload is not use.saver or len(binding.sources) != 1:
        raise Refusal("TF430", "it is not certain which saver is used here", use.node)
    owner = use.node.func if isinstance(use.node, cst.Call) else use.node
    held = owner.value if isinstance(owner, cst.Attribute) else owner
    if not isinstance(held, cst.Name) or held.value != use.saver.target:
        raise Refusal("TF430", "a saver that is used under another name than its own", use.node)
    caught = [item for item in containers(use.statement) if isinstance(item.node, cst.Try) and item.node.handlers]
    if use.method == savers.RESTORE and caught:
        message = "a restore that may fail: TensorFlow 2 raises other errors, and leaves what it has restored by then"
        raise Refusal("TF433", message, use.node)
    body = use.statement.node
    small = body.body[0] if isinstance(body, cst.SimpleStatementLine) and len(body.body) == 1 else None
    if use.method == savers.RESTORE and not (isinstance(small, cst.Expr) and small.value is use.node):
        raise Refusal("TF430", "restore() shares its line with something else", use.node)


def _check_containers(staging: Staging, saver: Saver) -> None:
    """A list or dict that changes after the saver was made holds other variables than the saver does."""
    roots = {item.text for item in saver.items if not item.single and not item.layers}
    for statement in staging.ordered:
        if statement.order > saver.statement.order and statement.rebinds & roots:
            raise Refusal("TF431", "a container of variables is changed after the saver was made", statement.node)
    schedules = [item for statement in staging.ordered for item in statement.optimizers]
    for optimizer in schedules:
        schedule = optimizer.learning_rate.payload
        if not isinstance(schedule, Schedule) or optimizer in saver.optimizers:
            continue
        counter = schedule.step_value.payload
        if counter in saver.variables and any(use.saver is saver for use in staging.savers.restores()):
            raise Refusal("TF432", "the counter of a decaying learning rate is restored alone", saver.call)


def _managed(saver: Saver, saves: list[Use]) -> tuple[Split, Statement]:
    """The directory and name of numbered files, and the statement after which both are known."""
    found: tuple[Split, Statement] | None = None
    for use in saves:
        candidates: list[tuple[Split, Statement]] = []
        for node, names in resolve(use.arguments["save_path"].value, use.names):
            anchor, parts = _anchor(saver, node, names, saves), split(node)
            if anchor is not None and parts is not None:
                candidates.append((parts, anchor))
        if not candidates:
            message = "the path of numbered checkpoints is not known where the saver is made"
            raise Refusal("TF434", message, use.node)
        here = min(candidates, key=lambda item: (item[0].needs_os, item[1].order))
        if found is not None and (found[0].text != here[0].text or found[1] is not here[1]):
            raise Refusal("TF434", "one saver numbers files of several names", use.node)
        found = here
    assert found is not None
    return found


def _anchor(saver: Saver, node: cst.BaseExpression, names: Mapping[str, Binding], uses: list[Use]) -> Statement | None:
    """The statement after which ``node`` means what it means at the save; None where there is no such place."""
    anchor = saver.statement
    for name in free_names(node):
        binding, then = names.get(name), saver.names.get(name)
        if binding is None or (then is not None and binding.same(then)):
            continue
        sources = list(binding.sources)
        if len(sources) != 1 or sources[0] is None or not isinstance(sources[0].node, cst.SimpleStatementLine):
            return None
        source = sources[0]
        aside = source.scope is not saver.statement.scope or containers(source) != containers(saver.statement)
        first = min(use.order for use in uses)
        if aside or source.order < saver.statement.order or source.order > first:
            return None
        anchor = source if source.order > anchor.order else anchor
    return anchor


def _lookups(staging: Staging) -> Iterator[cst.CSTNode]:
    """Places that read the state file of a directory, or ask for it by its name."""
    for use in staging.symbols.tf_uses():
        if use.name in savers.LOOKUPS:
            yield use.node
    for node in tree.walk(staging.module):
        if isinstance(node, cst.SimpleString) and re.fullmatch(r"(.*/)?checkpoint", str(node.evaluated_value), re.S):
            yield node


def _files_by_name(staging: Staging) -> list[Refusal]:
    found = []
    for node in tree.walk(staging.module):
        if isinstance(node, cst.SimpleString) and re.search(r"\.meta$", str(node.evaluated_value)):
            found.append(Refusal("TF435", "the program names a .meta file, which is not written any more", node))
    for use in staging.symbols.tf_uses():
        if use.name in savers.READERS:
            message = "a checkpoint is read by the names of variables, in a program whose checkpoints have other keys"
            found.append(Refusal("TF435", message, use.node, use.name))
    return found


def _dicts(staging: Staging, lowerings: Sequence[Lowering]) -> list[Refusal]:
    """Dicts by names of TensorFlow 1 are for savers, which have other keys now: nothing else may read them."""
    read = {node for item in lowerings for statement in item.slice.statements for node in statement.graph_nodes}
    message = "a dict of variables by their names in TensorFlow 1 is used for something else than a saver"
    return [Refusal("TF431", message, node) for node in staging.savers.dicts & read]


def _sessions(staging: Staging, lowerings: Sequence[Lowering]) -> list[Refusal]:
    """Each session has its own values: saving and restoring while another session is in use is refused."""
    places: dict[object, list[tuple[int, Statement]]] = {}
    for item in lowerings:
        if item.site.session is not None:
            places.setdefault(item.site.session.payload, []).append((item.site.order, item.site.statement))
    found = []
    for use in staging.savers.uses.values():
        own = use.session.payload if use.session is not None else None
        for session, others in places.items():
            if use.session is None or session is own:
                continue
            loops = set(use.statement.loops())
            orders = [order for order, _ in others]
            together = any(loops & set(statement.loops()) for _, statement in others)
            mine = [order for order, _ in places.get(own, [])] + [use.order]
            apart = max(mine) < min(orders) or max(orders) < min(mine)
            if together or not apart:
                message = "two sessions take turns, and each has its own values of what is saved or restored"
                found.append(Refusal("TF249", message, use.node))
                break
    return found


def _text(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)
