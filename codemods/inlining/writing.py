"""The pass: one helper after the other, innermost first, is written out where it is called."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import libcst as cst

from codemods import tree
from codemods.analysis.era import Era, era
from codemods.analysis.symbols import symbols_of
from codemods.edits import Edits
from codemods.findings import Finding
from codemods.inlining import conveniences, step_names
from codemods.inlining.arguments import Impossible
from codemods.inlining.candidates import Candidates, Helper
from codemods.inlining.expansion import Expansion
from codemods.origins import Origins

_TELLING = (
    "placeholder",
    "minimize",
    "apply_gradients",
    "compute_gradients",
    "sparse_placeholder",
    "metrics",
    "ExponentialMovingAverage",
)
_COUNTERS = ("global_step", "create_global_step", "get_or_create_global_step")
_EAGER = ("tf.enable_eager_execution", "tf.enable_v2_behavior")  # there a function of updates runs at each call


@dataclass(frozen=True)
class Inlined:
    """The module without such helpers, and where its nodes stood in the text; None where nothing was changed."""

    module: cst.Module
    origins: Origins | None = None
    findings: list[Finding] = field(default_factory=list)


def write_out(module: cst.Module) -> Inlined:
    """Write out every helper that makes placeholders, metrics or train ops and whose calls are all plain statements."""
    result = Inlined(module)
    if not any(_is_telling(node) for node in tree.walk(module)):
        return result
    left: set[str] = set()
    symbols = symbols_of(module)
    if era(symbols) is not Era.TF1 or any(use.name in _EAGER for use in symbols.tf_uses()):
        return result
    result = Inlined(*conveniences.write_out(module, symbols, None))
    while True:
        symbols = symbols_of(result.module)
        candidates = Candidates(result.module, symbols)
        helper = candidates.first(left)
        if helper is None:
            named = step_names.write_out(result.module, symbols, result.origins)
            return replace(result, module=named[0], origins=named[1])
        after = _without(candidates, helper, result)
        if after is None:
            left.add(helper.definition.name.value)
        else:
            result = after


def _is_telling(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Attribute) and node.attr.value in _COUNTERS:
        return True
    if not isinstance(node, cst.FunctionDef):
        return False
    return any(isinstance(found, cst.Attribute) and found.attr.value in _TELLING for found in tree.walk(node))


def _without(candidates: Candidates, helper: Helper, before: Inlined) -> Inlined | None:
    """The module without one helper; None where a call cannot be written out."""
    edits = Edits()
    known: dict[cst.CSTNode, cst.CSTNode] = {}
    taken: set[str] = set()
    for number, call in enumerate(helper.calls):
        try:
            expansion = Expansion(candidates, helper, call, taken)
            lines = expansion.lines()
        except Impossible:
            return None
        taken |= set(expansion.renamed.values())
        known |= expansion.known
        if number:
            lines = [_copied(line, known) for line in lines]
        edits.drop(call.line)
        edits.replace(call.line, lambda _, lines=lines: cst.FlattenSentinel(lines))
        for node, new in expansion.elsewhere.items():
            edits.substitute(node, new)
    edits.remove(helper.definition)
    after = edits.apply(before.module, candidates.parents)
    return replace(before, module=after, origins=Origins(before.module, after, edits, before.origins, known))


def _copied(line: cst.BaseStatement, known: dict[cst.CSTNode, cst.CSTNode]) -> cst.BaseStatement:
    """A copy, as a tree must not hold one node twice."""
    new = line.deep_clone()
    for one, other in zip(tree.walk(new), tree.walk(line), strict=True):
        known[one] = known.get(other, other)
    return new
