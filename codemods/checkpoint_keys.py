"""The keys of checkpoints, and the names that TensorFlow 1 gave the variables in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

from codemods.analysis.containers import join
from codemods.analysis.saver_items import Item, subscripted
from codemods.analysis.savers import Saver
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.analysis.values import Variable
from codemods.checkpoint_paths import Split
from codemods.findings import Refusal


@dataclass(eq=False)
class Form:
    """What one saver becomes. ``split`` and ``anchor`` are of its manager: the files, and after which statement.

    ``stated``: its one file is looked up in the state file of its directory.
    """

    saver: Saver
    items: list[Item]
    split: Split | None = None
    anchor: Statement | None = None
    stated: bool = False


def agree(staging: Staging, forms: Sequence[Form]) -> None:
    """Give what has one name in TF1 one key in all checkpoints of the file, and only that."""
    if len(forms) > 1 and not _consistent(staging, forms):
        for form in forms:
            form.items = _by_name(staging, form)
        if not _consistent(staging, forms):
            raise Refusal("TF431", "savers of one file would need different keys", forms[-1].saver.call)
    for form in forms:
        keys = [item.key for item in form.items]
        taken = {"optimizer", "save_counter", "root", "self", "write", "read", "save", "restore", "sync"}
        clash = len(set(keys)) < len(keys) or any(key in taken or key.startswith("_") for key in keys)
        if clash:
            raise Refusal(
                "TF431", "the keys of the checkpoint are not certain, or are names of its own", form.saver.call
            )


def _consistent(staging: Staging, forms: Sequence[Form]) -> bool:
    keys: dict[object, str] = {}
    names: dict[str, object] = {}
    for form in forms:
        for item in form.items:
            for path, variable in item.variables:
                name = item.key if item.given else legacy_name(staging, variable) or variable
                key = join(item.key, path) if path else item.key
                if keys.setdefault(name, key or "") != key or names.setdefault(key or "", name) != name:
                    return False
    several = len({form.saver.graph for form in forms}) > 1
    return not (several and any(isinstance(name, Variable) for name in keys))


def _by_name(staging: Staging, form: Form) -> list[Item]:
    """Each variable by itself, under the name that TF1 gave it."""
    items: list[Item] = []
    for item in form.items:
        scope = item.layers[0][1].scope if len(item.layers) == 1 and not item.layers[0][0] else None
        if scope is not None and not item.single:
            items.append(replace(item, key=_key(scope)))
            continue
        names = [legacy_name(staging, variable) for _, variable in item.variables]
        if item.given or None in names or (item.layers and not item.single):
            items.append(item)
            continue
        for name, (path, variable) in zip(names, item.variables, strict=True):
            text = subscripted(item, path)
            parts = ((text, (variable,)),) if variable.trainable is not False else ()
            items.append(Item(_key(name or ""), text, (("", variable),), layers=item.layers, parts=parts))
    return items


def _key(name: str) -> str:
    """A key made of a name of TF1."""
    key = re.sub(r"\W+", "_", name)
    return key[:1].lower() + key[1:]


def legacy_name(staging: Staging, variable: Variable) -> str | None:
    """The name that TF1 gave a variable, where it is known: its own, or the one made up for ``tf.Variable``."""
    state = staging.state
    known = state.full_names.get(variable)
    if known is not None:
        return known
    if _label(staging, variable) is not None:
        return None
    same = [
        item
        for item in state.listed(variable.graph)
        if state.paths_of.get(item) == state.paths_of.get(variable) and _label(staging, item) is None
    ]
    plain = all(not state.order[item] for item in same) and state.paths_of.get(variable) is not None
    explicit = [name for item, name in state.full_names.items() if name is not None and item.graph == variable.graph]
    if not plain or any(name.rpartition("/")[2].startswith("Variable") for name in explicit):
        return None
    number = same.index(variable)
    return join(state.paths_of[variable], "Variable" if number == 0 else f"Variable_{number}")


def _label(staging: Staging, variable: Variable) -> cst.BaseExpression | None:
    """The name that the program gives a variable; something else than None also for calls that always have one."""
    if staging.symbols.of(variable.call.func) != "tf.Variable":
        return variable.call
    for position, argument in enumerate(variable.call.args):
        keyword = argument.keyword.value if argument.keyword is not None else None
        if argument.star or keyword == "name" or (keyword is None and position == 4):
            return argument.value
    return None


def hides_old_names(staging: Staging, form: Form) -> bool:
    """Whether a file of TensorFlow 1, which TF2 reads by the names of the variables, might be read wrongly.

    That needs a variable that TF2 calls otherwise than TF1 did: one made without a name takes the value of any other.
    Variables of layers and optimizers never match by name, so that such a file is refused as a whole.
    """
    if form.saver.optimizers or any(item.layers for item in form.items):
        return False
    if not any(use.saver is form.saver for use in staging.savers.restores()):
        return False
    return any(
        variable not in staging.state.named or (item.given and item.key != staging.state.full_names.get(variable))
        for item in form.items
        for _, variable in item.variables
    )
