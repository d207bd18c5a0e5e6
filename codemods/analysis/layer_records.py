"""What the analysis records about layers of ``tf.layers``: which are made, under which names, where they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.layer_table import LayerKind

if TYPE_CHECKING:
    from codemods.analysis.statements import Statement
    from codemods.analysis.symbols import Symbols
    from codemods.analysis.values import Placeholder, Variable

# Arguments that do not decide what a layer computes.
OF_CALLS = frozenset(
    {"inputs", "training", "name", "reuse", "_reuse", "_scope", "scope", "updates_collections", "contrib"}
)


@dataclass(eq=False)
class MadeLayer:
    """One layer: the call of ``tf.layers`` that makes it.

    ``scope`` is the name of its variables' scope (None when that is not known), ``variables`` are in TF1's order.
    ``name`` is the Python name that holds it in the output, ``place`` the statement before which it is made, where the
    text has no such statement itself. ``arguments`` are those that decide what the layer computes.
    """

    kind: LayerKind
    call: cst.Call
    statement: Statement | None
    scope: str | None
    arguments: dict[str, cst.Arg] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    certain: bool = True  # whether ``variables`` are surely all, and surely made
    name: str | None = None
    place: Statement | None = None
    calls: list[LayerCall] = field(default_factory=list)
    frozen: bool = False  # statistics that no run ever updates
    dtype: str | None = "float32"  # of the input, and so of the weights
    rank: int | None = None  # of the input
    called_from: tuple[cst.Call, ...] = ()  # the calls of the program's functions, in which it is made
    repeated: bool = False  # the same text makes several layers


@dataclass(eq=False)
class LayerCall:
    """One call of a layer. ``training`` is None where it is not known before the program runs."""

    node: cst.Call
    made: MadeLayer
    statement: Statement | None
    inputs: cst.BaseExpression | None
    training: bool | Placeholder | None = False
    path: str | None = None  # of the name scope that it is in
    inline: bool = False  # its statistics are updated whenever the output is computed


@dataclass(frozen=True, eq=False)
class StatisticsUpdate:
    """One entry of ``UPDATE_OPS``: what a layer in training does to its moving statistics."""

    call: LayerCall


def layer_name(symbols: Symbols, taken: set[str], label: object, stem: str | None, kind: LayerKind) -> str:
    """A free Python name for a layer: the user's own label, or one made of ``stem``."""
    wanted = []
    plain = python_label(label)
    if plain is not None:
        wanted += [plain, f"{plain}_layer"]
    if stem is not None:
        wanted.append(stem)
    if not wanted:
        wanted.append(snake(kind.function))
    for name in wanted:
        if name not in symbols.names and name not in taken:
            return name
    count = 2
    while f"{wanted[-1]}_{count}" in symbols.names or f"{wanted[-1]}_{count}" in taken:
        count += 1
    return f"{wanted[-1]}_{count}"


def python_label(label: object) -> str | None:
    """The Python name that a layer's label gives, if it gives one: the last part of ``conv1/conv1_2``."""
    if not isinstance(label, str):
        return None
    *outer, last = label.split("/")
    if last == "BatchNorm" and outer:  # the normalizer of a layer of tf.contrib
        last = f"{outer[-1]}_batch_norm"
    return last if last.isidentifier() else None


def snake(name: str) -> str:
    """``MaxPooling2D`` as ``max_pooling2d``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
