"""Feed dicts that are not written in the run: kept under a name, returned by a function, chosen by a condition.

Each entry is followed to the run. In the output the keys are the names of parameters, and the run becomes
``step(**feed)``; so every dict that may get to one run must feed the same placeholders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods.analysis.statements import Feed
from codemods.analysis.values import Entry, Kind, Value

_UNKNOWN = "it is not known which placeholders this feed dict has"
_DIFFERENT = "feed dicts with different placeholders get to this run"
_PERHAPS = "an entry of the feed dict is put in under a condition or in a loop"


@dataclass(frozen=True)
class Feeds:
    """What a run is fed by one dict that is not written in it.

    ``feeds`` are the entries that count, ``others`` those of other dicts that may be there instead, ``keys`` all
    entries, also those that later ones replace.
    """

    feeds: list[Feed]
    others: list[list[Feed]]
    keys: list[Feed]


@dataclass
class FeedDicts:
    """Where dicts were made: under which branches and loops."""

    under: dict[Value, tuple[cst.CSTNode, ...]] = field(default_factory=dict)

    def made(self, node: cst.Call, given: list[Value], branches: Iterable[cst.CSTNode]) -> Value:
        """``dict()``, or ``dict(feed)``: a copy; what else is in a dict made by a call is not known."""
        plain = len(given) == 1 and node.args[0].keyword is None and not node.args[0].star
        if plain and given[0].kind is Kind.MAPPING:
            made = replace(given[0], node=node)
        else:
            made = Value(Kind.MAPPING, node, fields={}, open=bool(given))
        self.under[made] = tuple(branches)
        return made

    def entry(
        self, owner: Value, key: cst.BaseExpression, key_value: Value, value: cst.BaseExpression,
        branches: Iterable[cst.CSTNode],
    ) -> None:  # fmt: skip
        """``feed[key] = value``: an entry is put into a dict that exists."""
        known = self.under.get(owner, ())
        late = tuple(node for node in branches if node not in known)
        owner.entries = [*owner.entries, Entry(key, key_value, value, late)]

    def update(self, owner: Value, added: list[Value], branches: Iterable[cst.CSTNode]) -> None:
        """``feed.update({...})``."""
        known = self.under.get(owner, ())
        late = tuple(node for node in branches if node not in known)
        for value in added:
            if value.kind is not Kind.MAPPING or value.open or value.either:
                owner.open = True
            owner.entries = [*owner.entries, *(replace(item, under=(*item.under, *late)) for item in value.entries)]


def has_placeholders(value: Value) -> bool:
    """Whether a dict has graph objects for keys, which become strings."""
    return value.kind is Kind.MAPPING and (
        any(entry.key_value.symbolic for entry in value.entries) or any(map(has_placeholders, value.either))
    )


def looked_into(value: Value) -> None:
    """Python code reads the keys of a dict: where these are graph objects it can feed no run any more."""
    if has_placeholders(value):
        value.open = True
        for item in value.either:
            looked_into(item)


def is_open(value: Value) -> bool:
    """Whether a dict may have other keys than those known, or Python code reads the keys."""
    return value.open or any(map(is_open, value.either))


def find(value: Value, branches: Iterable[cst.CSTNode]) -> Feeds | str:
    """What a run under ``branches`` is fed by ``value``; a message where that is not certain."""
    options = _options(value)
    if options is None:
        return _UNKNOWN
    around = set(branches)
    distinct = {tuple((entry.key, _target(entry)) for entry in option): option for option in options}
    effective = [{_target(entry): entry for entry in option} for option in distinct.values()]
    if any(set(option) != set(effective[0]) for option in effective):
        return _DIFFERENT
    if any(set(entry.under) - around for option in distinct.values() for entry in option):
        return _PERHAPS
    lists = [[_feed(entry) for entry in option.values()] for option in effective]
    keys = {entry.key: _feed(entry) for option in distinct.values() for entry in option}
    return Feeds(lists[0], lists[1:], list(keys.values()))


def _options(value: Value) -> list[list[Entry]] | None:
    """The entries of each dict that a value may be."""
    if value.kind is not Kind.MAPPING or value.open or value.fields:
        return None
    if not value.either:
        return [value.entries]
    found: list[list[Entry]] = []
    for item in value.either:
        options = _options(item)
        if options is None:
            return None
        found += [[*option, *value.entries] for option in options]
    return found


def _feed(entry: Entry) -> Feed:
    return Feed(entry.key, entry.key_value, entry.value)


def _target(entry: Entry) -> object:
    """What a key stands for: the placeholder, or the tensor that it is."""
    return entry.key_value.payload if entry.key_value.payload is not None else entry.key_value
