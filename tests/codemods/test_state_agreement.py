"""The two readings of a program's state agree: the model that rewrites go by, and what `migrator list --state` prints.

They were written apart: one interprets syntax trees and refuses what is not certain, the other runs the text on
abstract values and follows whatever it can. Where both say something about a variable it must be the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from codemods import prepasses
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import symbols_of
from codemods.analysis.values import Variable
from codemods.builders.separation import has_builders
from codemods.context import Context
from codemods.inventory import VariableRecord, inventory
from codemods.source import parse
from tests.codemods.program_table import PROLOGUE, programs

_GOLDEN = Path(__file__).resolve().parents[2] / "golden"
_PROGRAMS = {path.parent.name: path.read_text("utf-8") for path in sorted(_GOLDEN.glob("*/legacy.py"))} | {
    program.name: program.source for program in programs() if not program.refused
}


@dataclass
class Readings:
    """Both readings of one program; graphs are numbered by their rank, since the readings count them differently."""

    staging: Staging
    context: Context
    known: dict[tuple[int, str], Variable]  # by the rewrites, under a name
    unnamed: list[Variable]  # those that have no certain name there
    listed: dict[tuple[int, str], VariableRecord]

    @property
    def lines(self) -> set[int]:
        """Where the variables without a certain name are made."""
        return {self.line(variable) for variable in self.unnamed}

    def line(self, variable: Variable) -> int:
        return self.context.span(variable.call).line


def _readings(text: str) -> Readings | None:
    """None where the layers of a program have to become classes first, which is another text."""
    plainer = prepasses.write_out(parse(text), text)
    symbols = symbols_of(plainer.module, plainer.templates)
    context = Context(plainer.module, symbols, origins=plainer.origins, templates=plainer.templates)
    staging = Staging(plainer.module, symbols)
    if staging.refusals or has_builders(context):
        return None
    names = {item: name for item, name in staging.state.full_names.items() if item.metric is None}
    ranks = {graph: rank for rank, graph in enumerate(sorted({item.graph for item in names}))}
    known = {(ranks[item.graph], name): item for item, name in names.items() if name is not None}
    unnamed = [item for item, name in names.items() if name is None]
    records = [
        record
        for record in inventory(text, "program.py").variables
        if record.role in ("model", "statistic", "step", "average") and "." not in record.place.function
    ]
    ranks = {graph: rank for rank, graph in enumerate(sorted({record.graph for record in records}))}
    return Readings(staging, context, known, unnamed, {(ranks[item.graph], item.name): item for item in records})


def test_the_readings_agree() -> None:
    """All programs whose layers stay where they are, one after the other: what is kept of all of them is large."""
    read = 0
    for program, text in _PROGRAMS.items():
        readings = _readings(text)
        if readings is not None:
            read += 1
            for check in (_listed, _known, _same, _ordered, _shared):
                check(program, readings)
    assert read > 0.75 * len(_PROGRAMS)


def _listed(program: str, readings: Readings) -> None:
    """What the rewrites know is listed."""
    unsure = {record.place.line for record in readings.listed.values() if not record.certain}
    averages = "ExponentialMovingAverage" in _PROGRAMS[program]  # those of tensors are variables of the new text
    missing = [
        name
        for name, item in readings.known.items()
        if name not in readings.listed and readings.line(item) not in unsure
        if not averages or item.trainable is not False
    ]
    assert missing == [], program


def _known(program: str, readings: Readings) -> None:
    """What is listed the rewrites know, or they know that there are more variables than they can name."""
    missing = {
        name: record
        for name, record in readings.listed.items()
        if name not in readings.known
        and record.certain
        and record.role != "average"  # those of tensors have another name there
        and not any(place.line in readings.lines for place in (record.place, *record.calls))
    }
    weights = [item for item in readings.unnamed if item.weight is not None]  # of layers, made elsewhere
    keras = readings.staging.keras
    more = readings.staging.state.layers or not all(
        made.certain for made in [*keras.made.values(), *keras.recurrent.values()]
    )
    assert len(missing) <= len(weights) or more, (program, sorted(missing))


def _same(program: str, readings: Readings) -> None:
    """Both say the same of a variable."""
    for name, variable in readings.known.items():
        record = readings.listed.get(name)
        if record is None:
            continue
        if variable.trainable is not None and record.trainable is not None:
            assert variable.trainable == record.trainable, (program, name)
        if variable.weight is None:  # a layer object makes its weights when it is called, which is another line
            lines = [place.line for place in (record.place, *record.calls)]
            assert readings.line(variable) in lines, (program, name)


def _ordered(program: str, readings: Readings) -> None:
    """The order is the same."""
    made = readings.staging.keras.made.values()
    unsure = {weight for layer in made if not layer.certain for weight in layer.variables}
    known = [name for name, item in readings.known.items() if name in readings.listed and item not in unsure]
    assert [name for name in readings.listed if name in known] == known, program


def _shared(program: str, readings: Readings) -> None:
    """The same calls share."""
    shared = {
        readings.context.span(call).line
        for call in readings.staging.state.shared
        if readings.staging.symbols.of(call.func) == "tf.get_variable"
    }
    listed = {place.line for record in readings.listed.values() for place in record.shared}
    assert shared <= listed, program


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("x = tf.placeholder(tf.float32, [], name='w')\nw = tf.Variable(1., name='w')\n", "w_1"),
        ("x = tf.placeholder(tf.float32, [], name='W')\nw = tf.get_variable('w', [])\n", "w_1"),
        ("x = tf.placeholder(tf.float32, [None])\ny = tf.reduce_mean(x)\nw = tf.Variable(1., name='Mean')\n", "Mean_1"),
        (
            "slim = tf.contrib.slim\nx = tf.placeholder(tf.float32, [None, 3])\n"
            "y = slim.stack(x, slim.fully_connected, [4], biases_initializer=None)\n",
            "Stack/fully_connected_1/weights",
        ),
        (
            "slim = tf.contrib.slim\nx = tf.placeholder(tf.float32, [None, 4, 4, 3])\n"
            "y = slim.repeat(x, 1, slim.conv2d, 2, 2, biases_initializer=None)\n",
            "Repeat/convolution2d_1/weights",
        ),
    ],
)
def test_names_that_something_else_has(body: str, name: str) -> None:
    """Names that TF1 made unique, or of its own (each as TF1 prints it)."""
    found = _readings(PROLOGUE + body)
    assert found is not None
    assert {known for _, known in found.known} == {listed for _, listed in found.listed} == {name}
