"""What was written out of tf.contrib, and how the findings of the other rewrites are told in the words of the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.contrib_symbols import contrib_name, layer_key
from codemods.findings import Finding, Span, Status
from codemods.origins import Origins
from codemods.rewrites.contrib_functions import FUNCTIONS, SHARED
from codemods.rewrites.contrib_variables import ALIASES


@dataclass(frozen=True)
class Symbol:
    """A use of tf.contrib: what it is in the module, what it was in the text, and where."""

    now: str
    before: str
    span: Span


@dataclass
class Written:
    """The module with its calls of contrib written out, and what to say about the places in the text it came from."""

    module: cst.Module
    origins: Origins | None = None
    findings: list[Finding] = field(default_factory=list)
    symbols: dict[tuple[int, int], Symbol] = field(default_factory=dict)  # of uses that were written out, by place
    places: frozenset[tuple[int, int]] = frozenset()  # of the uses of TensorFlow in the text

    def settle(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings of the other rewrites together with those of this one: in the words of the text."""
        refused = {(item.span.line, item.span.column) for item in self.findings if item.status is Status.REFUSED}
        result = list(self.findings)
        counted = {(item.span.line, item.span.column) for item in self.findings}
        for item in findings:
            place = (item.span.line, item.span.column)
            if item.status is Status.NATIVE and self.places:
                meant = self.symbols.get(place)
                if place in counted or place not in self.places or (meant is not None and meant.now != item.symbol):
                    continue  # one status for each use of the text, whatever it was written out as
                counted.add(place)
            if refused and item.code in ("TF404", "TF901", "TF105"):
                if place in refused:
                    continue
                if item.symbol is not None and _is_written_out(item.symbol):  # it would have been, but for the others
                    item = Finding("TF901", item.span, f"{item.symbol} is left as it was", Status.REFUSED, item.symbol)
            symbol = self.symbols.get(place)
            if symbol is not None and item.symbol == symbol.now:
                message = item.message.replace(symbol.now, symbol.before)
                item = Finding(item.code, item.span, message, item.status, symbol.before)
            result.append(item)
        spoken = {(item.span.line, item.span.column) for item in result if item.status is not None}
        for place, symbol in self.symbols.items():
            if place not in spoken:
                message = f"{symbol.before} is {symbol.now}"
                result.append(Finding("TF100", symbol.span, message, Status.NATIVE, symbol.before))
        return result


def _is_written_out(symbol: str) -> bool:
    name = contrib_name(symbol)
    return name is not None and (
        layer_key(symbol) in FUNCTIONS or name in (*SHARED, *ALIASES, "arg_scope", "repeat", "stack")
    )
