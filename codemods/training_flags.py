"""Placeholders that only say whether layers train: Keras takes a Python truth value, so each run's own is written out.

A run that feeds True and one that feeds False become two functions, or two calls of a shared one.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Site
from codemods.analysis.values import Kind, Placeholder
from codemods.findings import Refusal
from codemods.plan import Function, Lowering


def decide(staging: Staging) -> list[Refusal]:
    """Mark the placeholders that stand for a Python truth value; refuse those that layers need as tensors."""
    found = []
    for placeholder, places in staging.keras.flag_uses.items():
        problem = _problem(staging, placeholder)
        if problem is None:
            placeholder.flag = True
            continue
        found += [Refusal("TF605", problem, place) for place in sorted(places, key=_text)]
    return found


def _problem(staging: Staging, placeholder: Placeholder) -> str | None:
    """Why a placeholder is no Python truth value."""
    body = getattr(placeholder.statement.node, "body", ())
    if len(body) != 1 or placeholder.target is None:
        return "the placeholder that decides whether layers train has no statement of its own"
    for site in staging.sites:
        everything = [*site.feeds, *(feed for feeds in site.others for feed in feeds)]
        truths = {_truth(staging, feed.value, site) for feed in everything if feed.placeholder is placeholder}
        if len(truths) > 1 or None in truths:
            return "a tensor decides whether layers train: what is fed is no literal at every run"
        if any(leaf.kind is Kind.PLACEHOLDER and leaf.payload is placeholder for leaf in site.fetch_value.leaves()):
            return "a tensor decides whether layers train: it is fetched, too"
    if placeholder.default is not None and _truth(staging, placeholder.default) is None:
        return "a tensor decides whether layers train: its default is no literal"
    return None


def _is_open_parameter(staging: Staging, site: Site | None, node: cst.BaseExpression) -> bool:
    """Whether a name is a parameter of a function that may be called from elsewhere, too."""
    scope = site.statement.scope.node if site is not None else None
    binding = site.names.get(node.value) if site is not None and isinstance(node, cst.Name) else None
    if binding is None or binding.sources != {None} or not isinstance(scope, cst.FunctionDef):
        return False
    return tree.plain_calls(staging.module, scope) is None


def _truth(staging: Staging, node: cst.BaseExpression, site: Site | None = None) -> bool | None:
    """The truth value that an expression surely has, in a run or where a placeholder is made."""
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        return node.value == "True"
    value = staging.last_values.get(node)
    if node in staging.varying or _is_open_parameter(staging, site, node):
        return None
    constant = value.constant if value is not None else None
    return bool(constant) if isinstance(constant, bool) or constant in (0, 1) else None


def of_run(staging: Staging, lowering: Lowering) -> dict[str, bool]:
    """The truth values of one run, by the names of their placeholders."""
    found = {}
    for placeholder, name in lowering.slice.placeholders.items():
        if placeholder.flag:
            truth = _truth(staging, _given(lowering.site, placeholder), lowering.site)
            assert truth is not None
            found[name] = truth
    return found


def _given(site: Site, placeholder: Placeholder) -> cst.BaseExpression:
    fed = next((feed.value for feed in site.feeds if feed.placeholder is placeholder), placeholder.default)
    assert fed is not None  # a run that needs it and does not feed it was refused
    return fed


def agree(function: Function, other: Function) -> bool:
    """Whether ``function`` may call ``other``: what ``other`` says of training holds for it, too."""
    return all(function.flags.get(name) == value for name, value in other.flags.items())


def _text(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
