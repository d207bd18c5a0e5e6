"""What the checkpoints of a migrated program hold, by the names that TF1 gave the variables: for `migrator checkpoint`.

The names are those of the text; where TF1 made one up that the text does not tell, the key is listed as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.saver_items import Item
from codemods.analysis.values import Optimizer, Schedule, Variable
from codemods.checkpoint_keys import Form, legacy_name
from codemods.checkpoint_names import of_text
from codemods.context import Context
from codemods.result import CheckpointMap, OptimizerMap

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer


def build(ctx: Context, lowerer: Lowerer, text: str) -> tuple[CheckpointMap, ...]:
    """One map for each saver of the file, whose legacy text is ``text``."""
    if not lowerer.plan.savers:
        return ()
    read = of_text(ctx, lowerer.staging, text)
    return tuple(_checkpoint(ctx, lowerer, form, read) for form in lowerer.plan.savers)


def _checkpoint(ctx: Context, lowerer: Lowerer, form: Form, read: Mapping[Variable, str]) -> CheckpointMap:
    names: dict[Variable, str] = {}
    variables: dict[str, str] = {}
    unknown: list[str] = []
    for item in form.items:
        for path, variable in item.variables:
            name = item.key if item.given else legacy_name(lowerer.staging, variable)
            if name is None and "*" not in path:
                name = read.get(variable)
            key = f"{item.key}/{path}" if path else item.key
            if name is None:
                unknown.append(key)
            else:
                variables[name] = key
            names[variable] = name or f"?{key}"
    return CheckpointMap(
        line=ctx.span(form.saver.call).line,
        variables=variables,
        unknown=tuple(unknown),
        optimizers=tuple(_optimizer(lowerer, form, optimizer, names) for optimizer in form.saver.optimizers),
        layers=tuple(f"{item.key}/{path}" if path else item.key for item, path in _layers(form)),
    )


def _layers(form: Form) -> list[tuple[Item, str]]:
    """The layers in the checkpoint: the items that hold them, and where."""
    return [(item, path) for item in form.items if not item.single for path, _ in item.layers]


def _optimizer(lowerer: Lowerer, form: Form, optimizer: Optimizer, names: dict[Variable, str]) -> OptimizerMap:
    values = {name: lowerer.staging.last_values.get(argument.value) for name, argument in optimizer.arguments.items()}
    numbers = {
        name: float(found.constant)
        for name, found in values.items()
        if found is not None and isinstance(found.constant, (int, float)) and not isinstance(found.constant, bool)
    }
    label = values.get("name")
    own = optimizer.symbol.rpartition(".")[2].removesuffix("Optimizer")
    target = lowerer.optimizers.forms[optimizer].constructor
    assert isinstance(target, cst.Call)
    return OptimizerMap(
        key=lowerer.savers.key(form, optimizer),
        symbol=optimizer.symbol,
        name=label.constant if label is not None and isinstance(label.constant, str) else own,
        target=cst.Module([]).code_for_node(target.func),
        variables=tuple(names[variable] for variable in form.saver.trained[optimizer]),
        arguments=numbers,
        schedule=isinstance(optimizer.learning_rate.payload, Schedule),
    )
