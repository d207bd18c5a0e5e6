"""``dense = partial(tf.layers.dense, activation=tf.nn.elu)``: a layer with some of its arguments, under a name.

It gives arguments to every call of the name, as an arg scope does, and they are written into these calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.contrib_symbols import layer_key
from codemods.analysis.given import Given
from codemods.analysis.symbols import Symbols
from codemods.rewrites.contrib_functions import FUNCTIONS
from codemods.rewrites.contrib_names import Names


@dataclass(eq=False)
class Partial:
    """One such name: its line, the call of ``partial``, what it calls, and where the name is called."""

    line: cst.SimpleStatementLine
    call: cst.Call
    symbol: str
    reads: list[cst.Name]

    @property
    def given(self) -> dict[str, Given]:
        """The arguments that it gives."""
        return {arg.keyword.value: Given(arg.value) for arg in self.call.args if arg.keyword is not None}

    @property
    def function(self) -> cst.BaseExpression:
        """The function that it calls."""
        return self.call.args[0].value


def partials(symbols: Symbols, names: Names) -> Iterator[Partial]:
    """The layers with some of their arguments that are bound to names which are bound to nothing else, and called."""
    for targets in names.targets():
        found: dict[cst.BaseExpression, Partial] = {}
        for line, assign in targets:
            call = assign.value
            symbol = _layer_of(symbols, call)
            if isinstance(call, cst.Call) and symbol is not None:
                found[call] = Partial(line, call, symbol, [])
        if len(found) != len(targets):
            continue
        for read in names.reads(cst.ensure_type(targets[0][1].targets[0].target, cst.Name)):
            meant = names.before(read)
            if meant not in found or symbols.call(read) is None:
                break
            found[meant].reads.append(read)
        else:
            yield from found.values()


def _layer_of(symbols: Symbols, call: cst.BaseExpression) -> str | None:
    """The layer that ``partial(layer, name=value, ...)`` gives arguments to."""
    if not isinstance(call, cst.Call) or symbols.path(call.func) != "functools.partial" or not call.args:
        return None
    first, *others = call.args
    symbol = symbols.of(first.value)
    if first.star or first.keyword is not None or any(arg.keyword is None for arg in others):
        return None
    return symbol if symbol is not None and _is_layer(symbol) else None


def _is_layer(symbol: str) -> bool:
    home, _, name = symbol.rpartition(".")
    return layer_key(symbol) in FUNCTIONS or (home == "tf.layers" and name[:1].islower())
