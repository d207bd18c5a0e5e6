"""The names that TensorFlow 1 gave the variables of programs with recurrent cells, for the maps of their checkpoints.

The cells were written as Keras layers before the analysis, which does not know their names then, nor those that other
variables have beside them. The inventory reads the text as it was: its names are taken where they are certain, and
where one line of the text makes exactly the variables that it has there, in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping

from codemods.analysis.staging import Staging
from codemods.analysis.values import Variable
from codemods.context import Context
from codemods.inventory import VariableRecord, inventory

#: What TF1 calls the variables of cells whose attributes have another name.
_PARTS = {
    "gate_kernel": "gates/kernel",
    "gate_bias": "gates/bias",
    "candidate_kernel": "candidate/kernel",
    "candidate_bias": "candidate/bias",
    "projection": "projection/kernel",
}


def of_text(ctx: Context, staging: Staging, text: str) -> Mapping[Variable, str]:
    """The names of those variables of which they are certain, by the legacy ``text``; empty without recurrent cells."""
    if not staging.keras.recurrent:
        return {}
    found = inventory(text, "")
    records = [record for record in found.variables if record.role != "slot"]
    variables = list(staging.state.order)
    several = len({record.graph for record in records}) > 1 or len({variable.graph for variable in variables}) > 1
    if found.failure is not None or several or not found.complete:
        return {}
    by_line: dict[int, list[VariableRecord]] = {}
    for record in records:
        by_line.setdefault(record.place.line, []).append(record)
    made: dict[int, list[Variable]] = {}
    for variable in variables:
        lines = [line for line in by_line if line in _lines(ctx, staging, variable)]
        if len(lines) == 1:
            made.setdefault(lines[0], []).append(variable)
    names: dict[Variable, str] = {}
    for line, inside in made.items():
        names.update(_paired(inside, by_line[line]))
    unique = [*names.values()]
    return {variable: name for variable, name in names.items() if unique.count(name) == 1}


def _lines(ctx: Context, staging: Staging, variable: Variable) -> range:
    """The lines of the legacy text whose call makes a variable: that of a cell is made as the cell is called."""
    layer = staging.keras.recurrent.get(variable.call)
    span = ctx.span(layer.calls[0].node if layer is not None else variable.call)
    return range(span.line, span.end_line + 1)


def _paired(variables: list[Variable], records: list[VariableRecord]) -> Mapping[Variable, str]:
    """The variables of one line with their names; none where anything about them does not agree."""
    certain = all(record.certain and record.condition is None and "?" not in record.name for record in records)
    if not certain or len(records) != len(variables) or (variables[0].weight is None and len(variables) > 1):
        return {}
    pairs = [*zip(variables, records, strict=True)]
    return {variable: record.name for variable, record in pairs} if all(map(_agrees, *zip(*pairs, strict=True))) else {}


def _agrees(variable: Variable, record: VariableRecord) -> bool:
    """Whether the name of a record ends as that of the variable of a layer has to, in the cell that it is of."""
    if variable.weight is None:
        return True
    *around, last = variable.weight.split(".")
    name = f"/{record.name}"
    cells = [part.removeprefix("cells[").removesuffix("]") for part in around if part.startswith("cells[")]
    return name.endswith(f"/{_PARTS.get(last, last)}") and all(f"/cell_{number}/" in name for number in cells)
