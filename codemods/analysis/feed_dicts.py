"""Feed dicts that are not written in the run: kept under a name, returned by a function, chosen by a condition.

Each entry is followed to the run. In the output the keys are the names of parameters, and the run becomes
``step(**feed)``; so every dict that may get to one run must feed the same placeholders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods.analysis.statements import Feed, Site
from codemods.analysis.values import Entry, Kind, Placeholder, Value

_UNKNOWN = "it is not known which placeholders this feed dict has"
_DIFFERENT = "feed dicts with different placeholders get to this run"
_PERHAPS = "an entry of the feed dict is put in under a condition or in a loop"


@dataclass(frozen=True)
class Feeds:
    """What a run is fed by one dict that is not written in it.

    ``feeds`` are the entries that count, ``others`` those of other dicts that may be there instead, ``keys`` all
    entries, also those that later ones replace. ``added`` are the dicts that do not always have an entry for a
    placeholder with a default, ``places`` where the dicts are made.
    """

    feeds: list[Feed]
    others: list[list[Feed]]
    keys: list[Feed]
    added: list[tuple[cst.Dict, Placeholder]]
    places: list[cst.CSTNode | None]


@dataclass
class FeedDicts:
    """Where dicts were made: under which branches and loops."""

    under: dict[Value, tuple[cst.CSTNode, ...]] = field(default_factory=dict)
    counted: set[Value] = field(default_factory=set)  # those whose length decides something

    def is_counted(self, value: Value) -> bool:
        """Whether Python code asks how many entries a dict has."""
        return value in self.counted or any(map(self.is_counted, value.either))

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
    distinct = {tuple((entry.key, _target(entry)) for entry in option): (node, option) for node, option in options}
    wanted = {_target(entry): entry for _, option in distinct.values() for entry in option}
    lists: list[list[Feed]] = []
    added: list[tuple[cst.Dict, Placeholder]] = []
    for node, option in distinct.values():
        sure = {_target(entry) for entry in option if not set(entry.under) - around}
        feeds = {_target(entry): _feed(entry) for entry in option}
        without = dict(feeds)
        for target, entry in wanted.items():
            if target in sure:
                continue
            default = _literal_default(target)
            if default is None or not isinstance(target, Placeholder) or not isinstance(node, cst.Dict):
                return _PERHAPS if target in feeds else _DIFFERENT
            added.append((node, target))
            without[target] = Feed(entry.key, entry.key_value, default)
        lists += [list(without.values()), *([list(feeds.values())] if set(feeds) == set(without) else [])]
    keys = {entry.key: _feed(entry) for _, option in distinct.values() for entry in option}
    return Feeds(lists[0], lists[1:], list(keys.values()), added, [node for node, _ in options])


def merge(site: Site, earlier: Site) -> bool:
    """Whether ``earlier``, the same run reached another way, feeds the same placeholders; its dicts are taken in."""
    if {_fed(feed) for feed in site.feeds} != {_fed(feed) for feed in earlier.feeds}:
        return False
    site.others += [earlier.feeds, *earlier.others]
    known = {feed.key for feed in site.keys}
    site.keys += [feed for feed in earlier.keys if feed.key not in known]
    site.added = list(dict.fromkeys([*site.added, *earlier.added]))
    site.feed_places += earlier.feed_places
    return True


def _fed(feed: Feed) -> object:
    return feed.key_value.payload if feed.key_value.payload is not None else feed.key_value.node


def _options(value: Value) -> list[tuple[cst.CSTNode | None, list[Entry]]] | None:
    """Where each dict that a value may be was made, and its entries."""
    if value.kind is not Kind.MAPPING or value.open or value.fields:
        return None
    if not value.either:
        return [(value.node, value.entries)]
    found: list[tuple[cst.CSTNode | None, list[Entry]]] = []
    for item in value.either:
        options = _options(item)
        if options is None:
            return None
        found += [(node, [*option, *value.entries]) for node, option in options]
    return found


def _literal_default(target: object) -> cst.BaseExpression | None:
    """The default of a placeholder, where it is a number or truth value that a dict can hold as well."""
    default = target.default if isinstance(target, Placeholder) else None
    number = default.expression if isinstance(default, cst.UnaryOperation) else default
    truth = isinstance(number, cst.Name) and number.value in ("True", "False")
    return default if truth or isinstance(number, (cst.Integer, cst.Float)) else None


def _feed(entry: Entry) -> Feed:
    return Feed(entry.key, entry.key_value, entry.value)


def _target(entry: Entry) -> object:
    """What a key stands for: the placeholder, or the tensor that it is."""
    return entry.key_value.payload if entry.key_value.payload is not None else entry.key_value
