"""The names of one graph: which are taken, and which may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from codemods.analysis import operation_names
from codemods.analysis.values import Value

_NUMBERED = re.compile(r"(_\d+)+$")


class Unsure(NamedTuple):
    """What may have taken some names: in which scope (None: any), and which."""

    where: str | None
    names: frozenset[str]
    pattern: re.Pattern[str] | None = None
    other: bool = False  # or any that operations have by themselves
    layer: bool = False  # operations of a layer, in a scope of its own, none of them called like a variable


@dataclass(eq=False)
class NamesOfGraph:
    """The names of one graph: how often each was asked for, and what may have asked for others."""

    taken: dict[str, int] = field(default_factory=dict)
    made: dict[str, Value] = field(default_factory=dict)  # the operations whose names are certain
    unsure: dict[Unsure, None] = field(default_factory=dict)  # each once
    slots: bool = False  # optimizers make slots, called after them in the scopes of variables

    def unique(self, name: str) -> str:
        """``Graph.unique_name`` of TensorFlow 1.15."""
        taken = self.taken
        key = name.lower()
        count = taken.get(key, 0)
        taken[key] = count + 1
        if not count:
            return name
        numbered = key
        while numbered in taken:
            numbered = f"{key}_{count}"
            count += 1
        taken[numbered] = 1
        return f"{name}_{count - 1}"

    def contested(self, prefix: str, name: str, variable: bool = False) -> bool:
        """Whether something whose name is not certain may have taken ``name`` in this scope."""
        wanted = f"{prefix}{name}".lower()
        taken_aside = operation_names.kinds() | operation_names.ASIDE
        for where, names, pattern, other, layer in self.unsure:
            if (layer and variable) or (where is not None and not wanted.startswith(where.lower())):
                continue
            # In a scope that is not known something may have taken any end of the name.
            parts = (wanted[len(where) :] if where is not None else wanted).split("/")
            for index in range(1 if where is not None else len(parts)):
                first = base(parts[index])
                if first in names or first.replace("_", "") in names or (other and first in taken_aside):
                    return True
                if pattern is not None and pattern.fullmatch("/".join(parts[index:])):
                    return True
        return False


def base(name: str) -> str:
    """A name in small letters, without the numbers that make it unique."""
    return _NUMBERED.sub("", name.lower())
