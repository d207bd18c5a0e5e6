"""Lookups by name, before everything else: written as the Python names that hold what is looked up.

``x = graph.get_tensor_by_name("x:0")`` and ``sess.run("loss:0", {"x:0": 1.0})`` become ``x`` and ``sess.run(loss,
{x: 1.0})`` where the name surely belongs to what the Python name holds. What comes out is TF1 still. Lookups that
cannot be answered are left; the analysis refuses them with a reason when it sees them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis import lookups
from codemods.analysis.era import Era, era
from codemods.analysis.staging import Staging
from codemods.analysis.symbols import symbols_of
from codemods.edits import EditFunction, Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.positions import Positions
from codemods.rewrites.variable_lists import spread
from codemods.templates import Template

_RUNS = frozenset({"run", "eval"})
_TENSOR_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/-]*:\d+")


@dataclass
class Written:
    """The module with the Python names in place of the lookups, and what was said about them."""

    module: cst.Module
    origins: Origins | None
    findings: list[Finding] = field(default_factory=list)


def write_out(module: cst.Module, origins: Origins | None, templates: Mapping[str, Template]) -> Written:
    """Write every lookup that has one answer as the name that holds it."""
    if not any(_looks_up(node) for node in tree.walk(module)):
        return Written(module, origins)
    symbols = symbols_of(module, templates)
    if era(symbols) is not Era.TF1:
        return Written(module, origins)
    try:
        staging = Staging(module, symbols)
        if staging.keras.prefers_functions:  # as later
            staging = Staging(module, symbols, functional=True)
    except Refusal:
        return Written(module, origins)  # it comes up again, and is reported then
    stage = _Stage(module, staging.lookups)
    stage.propose()
    if not stage.edits:
        return Written(module, origins)
    places = Positions(module) if origins is None else origins
    message = "{} went with the lookup of a tensor by its name"
    findings = [
        Finding("TF100", places[use.node], message.format(use.name), Status.NATIVE, use.name)
        for use in symbols.tf_uses()
        if use.node in stage.gone
    ]
    after = stage.edits.apply(module, stage.parents)
    return Written(after, Origins(module, after, stage.edits, origins), findings)


def _looks_up(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Attribute):
        return node.attr.value in lookups.METHODS or node.attr.value in ("name", "get_collection")
    if isinstance(node, cst.SimpleString):
        return isinstance(node.evaluated_value, str) and _TENSOR_NAME.fullmatch(node.evaluated_value) is not None
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or node.func.attr.value not in _RUNS:
        return False
    return any(isinstance(item, cst.SimpleString) for argument in node.args for item in tree.walk(argument))


class _Stage:
    def __init__(self, module: cst.Module, found: lookups.Lookups) -> None:
        self.module = module
        self.found = found
        self.parents = tree.parents(module)
        self.edits = Edits()
        self.gone: set[cst.CSTNode] = set()  # what is not in the text any more

    def propose(self) -> None:
        """Propose every edit."""
        for node, text in self.found.written.items():
            if not text:  # it is refused
                continue
            self.gone.update(tree.walk(node))
            line = self.parents.get(self.parents[node])
            if _binds(self.parents[node], text) and isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
                self.edits.remove(line)
            else:
                self.edits.substitute(node, spread(cst.parse_expression(text)))
        for call, name in self.found.bound.items():
            self.edits.replace(self.parents[call], _kept(name))
        for call in self.found.operations:
            self._operation(call)

    def _operation(self, call: cst.Call) -> None:
        """An operation that was kept under a name, of which only the first output was used, goes."""
        statement = self.parents[call]
        line = self.parents.get(statement)
        if not isinstance(statement, cst.Assign) or not isinstance(line, cst.SimpleStatementLine):
            return
        target = statement.targets[0].target
        if len(statement.targets) > 1 or len(line.body) > 1 or not isinstance(target, cst.Name):
            return
        uses = [item for item in tree.walk(self.module) if isinstance(item, cst.Name) and item.value == target.value]
        if all(item is target or item in self.gone for item in uses):
            self.gone.update(tree.walk(call))
            self.edits.remove(line)


def _binds(node: cst.CSTNode, name: str) -> bool:
    """Whether a statement gives something to just the name that holds it already."""
    targets = node.targets if isinstance(node, cst.Assign) else ()
    return len(targets) == 1 and isinstance(targets[0].target, cst.Name) and targets[0].target.value == name


def _kept(name: str) -> EditFunction:
    """A statement that keeps what it makes under ``name``."""

    def keep(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Expr)
        return cst.Assign([cst.AssignTarget(cst.Name(name))], updated.value)

    return keep
