"""Entries of the API table and how they are found."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any


class Decision(enum.StrEnum):
    """What becomes of a symbol."""

    SAME = "same"  # the same name, parameters and meaning in TF2
    RENAMED = "renamed"  # another name, the same parameters and meaning
    CHANGED = "changed"  # the call changes: `Change` says how
    LOWERED = "lowered"  # sessions, state, layers ...: a codemod looks at the whole program
    REFUSED = "refused"  # nothing equal exists; `reason` says why and what to do


@dataclass(frozen=True)
class Change:
    """How a call changes; parameter names on the left are TF1's, on the right the target's.

    ``parameters`` are the target's, in order. ``rename`` maps parameters that have another name. ``drop`` maps
    parameters that are gone to the values (source text) with which they may be dropped, or to ``None`` when any value
    may. ``add`` maps target parameters to the value (source text) that TF1 used when the argument was not given.
    ``special`` names a rule of `rewrites.rules` for what data cannot say; it may handle parameters that are neither
    renamed nor dropped. ``keyword_only`` says that the target takes no positional arguments.
    """

    parameters: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    drop: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    add: Mapping[str, str] = field(default_factory=dict)
    special: str | None = None
    keyword_only: bool = False


@dataclass(frozen=True)
class Entry:
    """One symbol. ``kind`` is ``function``, ``class``, ``module`` or ``value`` (dtypes and other constants).

    ``parameters`` are TF1's parameter names in order; empty also when they are not known. ``target`` is the canonical
    name of the TF2 or Keras 3 symbol, or None. ``in_tf2`` says whether TF2 has something by this very name, the same or
    not; ``in_tf1`` is false for names that only TF2 has.
    """

    name: str
    decision: Decision
    kind: str
    target: str | None = None
    parameters: tuple[str, ...] = ()
    reason: str | None = None
    change: Change | None = None
    in_tf2: bool = False
    in_tf1: bool = True


@cache
def _load(name: str) -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


def _table(name: str) -> dict[str, dict[str, Any]]:
    return _load("keras" if name.partition(".")[0] == "keras" else "tf1")


@cache
def _new_names() -> dict[str, str]:
    """The public names that only TF2 has, with their kind."""
    groups: Mapping[str, Any] = _load("tf2")
    return {name: kind for kind, names in groups.items() for name in names.split()}


@cache
def lookup(name: str) -> Entry | None:
    """The entry of a canonical name, or None if it is no known symbol.

    A member of a class (``tf.data.Dataset.range``) has the decision of its class. What is not listed by name may belong
    to a family that is decided as a whole (``tf.contrib.learn``).
    """
    raw = _table(name).get(name)
    if raw is not None:
        return _entry(name, raw)
    if name in _new_names():
        return Entry(name, Decision.SAME, _new_names()[name], name, in_tf2=True, in_tf1=False)
    base, _, member = name.rpartition(".")
    owner = lookup(base) if base else None
    if owner is not None and owner.kind == "class":
        target = f"{owner.target}.{member}" if owner.target else None
        # What a constructor changes is no matter of a class method: only the class's name is.
        renamed = Decision.SAME if owner.target == base else Decision.RENAMED
        decision = renamed if owner.decision is Decision.CHANGED else owner.decision
        return Entry(name, decision, "function", target, (), owner.reason, None, owner.in_tf2, owner.in_tf1)
    return _of_family(name)


def _of_family(name: str) -> Entry | None:
    families = _load("families")
    family = name
    while family and family not in families:
        family = family.rpartition(".")[0]
    return _entry(name, families[family]) if family else None


def known(name: str) -> bool:
    """Whether ``name`` itself is in the table."""
    return name in _table(name) or name in _new_names()


def names() -> tuple[str, ...]:
    """All names of TF1's table."""
    return tuple(_load("tf1"))


def is_value(name: str) -> bool:
    """Whether ``name`` is a value, whose attributes are not symbols: ``tf.float32`` in ``tf.float32.name``."""
    raw = _table(name).get(name)
    return raw is not None and raw.get("kind", "function") in ("value", "function")


@cache
def group(name: str) -> frozenset[str]:
    """A named set of symbols that share a property (``float_result``, ``elementwise_unary`` ...)."""
    return frozenset(_load("groups")[name])


def homes(path: str) -> tuple[str, ...]:
    """The public modules that export the members of a private one: ``ops.array_ops`` gives ``("tf", ...)``."""
    found = _load("private_paths").get(path, ())
    return tuple(found)


def _entry(name: str, raw: Mapping[str, Any]) -> Entry:
    change = raw.get("change")
    return Entry(
        name=name,
        decision=Decision(raw["is"]),
        kind=raw.get("kind", "function"),
        target=raw.get("to"),
        parameters=tuple(raw.get("args", "").split()),
        reason=raw.get("why"),
        change=None
        if change is None
        else Change(
            parameters=tuple(change.get("parameters", "").split()),
            rename=change.get("rename", {}),
            drop={key: None if value is None else tuple(value) for key, value in change.get("drop", {}).items()},
            add=change.get("add", {}),
            special=change.get("special"),
            keyword_only=change.get("keyword_only", False),
        ),
        in_tf2=raw.get("v2", raw.get("to") == name),
    )
