"""Run sites: what a session's run, a tensor's eval or an operation's run fetches and feeds."""

from __future__ import annotations

import libcst as cst

from codemods.analysis import feed_dicts, lookups, summary_records
from codemods.analysis.evaluate import arguments_of
from codemods.analysis.graph_calls import GraphCalls
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding, Feed, Site
from codemods.analysis.values import (
    Kind,
    Value,
    host,
    unknown,
)
from codemods.tree import is_none

# Those of session.run, of the eval of a tensor or the run of an operation, and of the eval of a variable.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "run": ("fetches", "feed_dict", "options", "run_metadata"),
    "eval": ("feed_dict", "session"),
    "variable": ("session",),
}


class RunSites(GraphCalls):
    """Recording of run sites."""

    def site(self, node: cst.Call, method: str, receiver: Value | None, session: Value | None) -> Value:
        positional, keyword, starred = arguments_of(node)
        names = _PARAMETERS["run" if method == "run" else "eval"]
        if receiver is not None and receiver.kind is Kind.VARIABLE:
            names = _PARAMETERS["variable"]
        bound = dict(zip(names, positional, strict=False)) | dict(keyword)
        if starred or any(name in bound for name in ("options", "run_metadata")):
            self.refuse("TF224", "a run with options, metadata or starred arguments", node)
        if self.current is None or not self.frame.recorded:
            self.refuse("TF225", "a run site inside a helper function that is called while building", node)
            return unknown(node)
        fetch = (
            bound.get("fetches")
            if method == "run"
            else node.func.value
            if isinstance(node.func, cst.Attribute)
            else None
        )
        if fetch is None:
            self.refuse("TF224", "a run without fetches", node)
            return unknown(node)
        self.in_fetch = True
        if receiver is None:
            self.fetch_assigned = []
        fetched = self.value(fetch) if receiver is None else receiver
        fetched = lookups.fetched(self, fetch, fetched, session)
        self.fetch_updates[node] = self.fetch_assigned
        self.in_fetch = False
        if "session" in bound:
            self.in_fetch = True  # the argument goes with the run site
            session = self.value(bound["session"])
            self.in_fetch = False
        elif session is None and self.default_sessions:
            session = self.default_sessions[-1]
        self.order += 1
        feeds, variable, kept = self.feeds(bound.get("feed_dict"), session)
        for key in (feed.key_value for feed in feeds):
            if key.kind is Kind.TENSOR and not key.dynamic and not key.either and key.node is not None:
                self.fed_constants.add(key.node)
        made = Site(
            node, self.current, method, fetch, fetched, feeds, variable, self.frame.visible(), session, self.order
        )
        if kept is not None:
            made.feed_node = bound["feed_dict"]
            made.feed_value = self.last_values[made.feed_node]
            made.others, made.keys, made.added, made.feed_places = kept.others, kept.keys, kept.added, kept.places
        earlier = self.site_records.get(node)
        if earlier is not None and kept is not None and not feed_dicts.merge(made, earlier):
            self.refuse("TF227", "feed dicts with different placeholders get to this run", bound["feed_dict"])
        if earlier is not None and self.calling and not _same_names(earlier, made):
            self.refuse("TF226", "a run site is reached with different graphs", node)
        self.site_records[node] = made
        if not any(site.call is node for site in self.current.sites):
            self.current.sites.append(made)
        return _fetched(fetched, node)

    def feeds(
        self, node: cst.BaseExpression | None, session: Value | None
    ) -> tuple[list[Feed], Binding | None, feed_dicts.Feeds | None]:
        """The entries of a feed dict: of the literal itself, or of the dicts that an expression may give."""
        if node is None or is_none(node):
            return [], None, None
        if isinstance(node, cst.Dict) and all(isinstance(entry, cst.DictElement) for entry in node.elements):
            return self.literal_feeds(node, session), None, None
        value = self.value(node)
        found = self.frame.find(node.value) if isinstance(node, cst.Name) else None
        kept = feed_dicts.find(value, self.state.branches)
        if isinstance(kept, str):
            self.refuse("TF227", kept, node)
            return [], None, None
        return kept.feeds, found[0] if found is not None else None, kept

    def literal_feeds(self, node: cst.Dict, session: Value | None) -> list[Feed]:
        """The entries of a feed dict written in the run itself."""
        found = []
        for entry in node.elements:
            assert isinstance(entry, cst.DictElement)
            outer, self.in_fetch = self.in_fetch, True
            key = self.value(entry.key)
            lookups.named(self, entry.key, session)
            self.in_fetch = outer
            self.value(entry.value)
            found.append(Feed(entry.key, key, entry.value))
        return found

    def unknown_run(self, node: cst.Call, name: str) -> Value:
        """``x.run(...)`` or ``x.eval(...)`` on something unknown: a run site only if it looks like one."""
        values = self.argument_values(node)
        _, keyword, _ = arguments_of(node)
        runs = "feed_dict" in keyword or any(leaf.symbolic for value in values for leaf in value.leaves())
        if runs and not self.lookups.imported:  # then it is said already
            self.refuse("TF228", "a run on a session or tensor that the analysis does not know", node)
        return unknown(node)


def _fetched(value: Value, node: cst.CSTNode) -> Value:
    """The host value that a run gives for a fetch."""
    if value.kind is Kind.SUMMARY:
        return summary_records.fetched(value, node)
    if value.kind is Kind.SEQUENCE:
        if value.items is not None:
            return Value(Kind.SEQUENCE, node, items=[_fetched(item, node) for item in value.items])
        return Value(Kind.SEQUENCE, node, element=host(node))
    return host(node)


def _same_names(first: Site, second: Site) -> bool:
    """Whether what is fetched means the same in both visits."""
    names = [name for name in free_names(second.fetch) if name in first.names and name in second.names]
    return all(first.names[name].same(second.names[name]) for name in names)
