"""TF1 symbols and their arguments: every use that is the same, renamed or changed in TF2, or gone.

Sessions, state, layers and the like are decided by the rewrites of those families (`decided_elsewhere`).
"""

from __future__ import annotations

import libcst as cst

from codemods import tables
from codemods.analysis.era import Era, era
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import arguments, imports, place, rules, spelling
from codemods.tables import Decision, Entry

# Switches between TF1 and TF2 behaviour: TF2 behaviour is all there is.
_SWITCHES = frozenset({"tf.contrib.eager.enable_eager_execution"}) | frozenset(
    f"tf.{verb}_{what}"
    for verb in ("enable", "disable")
    for what in (
        "v2_behavior",
        "eager_execution",
        "resource_variables",
        "v2_tensorshape",
        "tensor_equality",
        "control_flow_v2",
    )
)
# Functions that take any object and do not look at what is in it.
_HARMLESS = frozenset({"print", "type", "id", "repr", "help", "dir", "str"})


def decided_elsewhere(name: str) -> bool:
    """Whether the uses of a symbol are for another rewrite than this one."""
    if name.partition(".")[0] == "keras":
        return True
    if name in _SWITCHES:
        return False
    entry = tables.lookup(name)
    return entry is not None and entry.decision is Decision.LOWERED


def propose(
    ctx: Context, edits: Edits, findings: list[Finding], is_constant: place.IsConstant = lambda node: False
) -> None:
    """Propose the edits of all uses that are decided here, and give each of them one finding with a status.

    ``is_constant`` says that an expression surely has no gradient (a placeholder, a host value). In a file that is not
    TF1 nothing is edited; calls that would mean something else in TF1 are reported where nothing tells the two apart.
    """
    uses = [use for use in ctx.symbols.tf_uses() if use.name.partition(".")[0] != "keras"]
    when = era(ctx.symbols)
    rewriter = _Rewriter(ctx, edits, is_constant)
    for use in uses:
        if edits.is_dropped(use.node, ctx.parents):
            continue
        if when is not Era.TF1:
            findings += rewriter.look(use, when)
        elif not decided_elsewhere(use.name):
            findings.append(rewriter.rewrite(use))
    for statement, path in imports.stale(ctx, edits) if when is Era.TF1 else ():
        edits.replace(statement, lambda updated: updated)  # imports are put in order after all edits, if there are any
        message = "TensorFlow 2 itself takes its place" if "compat.v1" in path else "TensorFlow 2 has no such module"
        findings.append(Finding("TF100", ctx.span(statement), f"the import of {path}: {message}", Status.NATIVE))
    for suspect in ctx.symbols.suspects():
        message = f"{suspect.name!r} comes from a star import, and it is not known what it means"
        findings.append(Finding("TF107", ctx.span(suspect.node), message, Status.REFUSED))


class _Rewriter:
    def __init__(self, ctx: Context, edits: Edits, is_constant: place.IsConstant) -> None:
        self.ctx = ctx
        self.edits = edits
        self.is_constant = is_constant

    def rewrite(self, use: Use) -> Finding:
        """Propose the edits of one use; its finding."""
        try:
            message = self._propose(use)
        except Refusal as refusal:
            return Finding(refusal.code, self.ctx.span(use.node), refusal.message, Status.REFUSED, use.name)
        return Finding("TF100", self.ctx.span(use.node), message, Status.NATIVE, use.name)

    def look(self, use: Use, when: Era) -> list[Finding]:
        """The finding of one use in a file that is not TF1."""
        span = self.ctx.span(use.node)
        entry = tables.lookup(use.name)
        call = self.ctx.symbols.call(use.node)
        native = Finding("TF100", span, f"{use.name} is TensorFlow 2 as it is", Status.NATIVE, use.name)
        if when is not Era.EITHER or entry is None or entry.change is None or call is None:
            return [native]
        if self._is_unchanged(use, entry, call, self.is_constant):
            return [native]
        message = f"{use.name} with these arguments means one thing in TensorFlow 1 and another in TensorFlow 2"
        if self._is_unchanged(use, entry, call, lambda node: True):
            return [native, Finding("TF108", span, f"{message}, if its labels have a gradient", None, use.name)]
        return [Finding("TF108", span, message, Status.REFUSED, use.name)]

    def _is_unchanged(self, use: Use, entry: Entry, call: cst.Call, is_constant: place.IsConstant) -> bool:
        """Whether a TF1 call would stay as it is written."""
        try:
            return _Rewriter(self.ctx, Edits(), is_constant)._plan(use, entry, call).is_unchanged()
        except Refusal:
            return False

    def _propose(self, use: Use) -> str:
        if use.name in _SWITCHES:
            return self._remove_switch(use)
        entry = tables.lookup(use.name)
        if entry is None:
            raise self._unknown(use)
        if entry.decision is Decision.REFUSED:
            code = "TF109" if use.name.startswith("tf.python.") else "TF101"
            raise Refusal(code, f"{use.name}: {entry.reason}", use.node, use.name)
        if entry.kind == "module":
            return self._module(use, entry)
        assert entry.target is not None
        call = self.ctx.symbols.call(use.node)
        if entry.change is None:
            self._rename(use, entry.target)
        elif call is None:
            self._reference(use, entry)
        else:
            self._call(use, entry, call)
        return _message(entry)

    def _rename(self, use: Use, target: str) -> None:
        if not spelling.is_spelled(self.ctx.symbols, use.node, target):
            new = spelling.spell(self.ctx, self.edits, use.node, use.scope, target)
            self.edits.replace(use.node, lambda updated: new.with_changes(lpar=updated.lpar, rpar=updated.rpar))

    def _reference(self, use: Use, entry: Entry) -> None:
        """A function that is passed on: right if whoever calls it by position calls the same parameters."""
        assert entry.target is not None
        if not _takes_the_same(entry) and not self._is_alias(use):
            message = f"{use.name} is used without a call, and {entry.target} takes other arguments"
            raise Refusal("TF105", message, use.node, use.name)
        self._rename(use, entry.target)

    def _is_alias(self, use: Use) -> bool:
        """Whether the use gives the function another name, whose calls are all known and rewritten themselves."""
        parent = self.ctx.parents.get(use.node)
        if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
            return False
        target = parent.targets[0].target
        bindings = self.ctx.symbols.bindings(target.value, use.scope) if isinstance(target, cst.Name) else []
        return len(bindings) == 1 and bindings[0].value is use.node and use.scope.kind != "class"

    def _call(self, use: Use, entry: Entry, call: cst.Call) -> None:
        if any(argument.star for argument in call.args) and _takes_the_same(entry) and not _renames(entry, call):
            assert entry.target is not None
            self._rename(use, entry.target)
            return
        plan = self._plan(use, entry, call)
        spelled = spelling.is_spelled(self.ctx.symbols, use.node, plan.target)
        func = None if spelled else spelling.spell(self.ctx, self.edits, use.node, use.scope, plan.target)
        if func is not None or not plan.is_unchanged():
            self.edits.replace(call, lambda updated: arguments.carry_out(plan, func, updated))

    def _plan(self, use: Use, entry: Entry, call: cst.Call) -> arguments.CallPlan:
        assert entry.target is not None
        plan = arguments.plan(call, entry, entry.target)
        rules.apply(plan, place.Place(self.ctx, self.edits, use.scope, self.is_constant))
        return plan

    def _module(self, use: Use, entry: Entry) -> str:
        """A module as a value: known only where it gets another name, or where nobody looks into it."""
        parent = self.ctx.parents.get(use.node)
        if isinstance(parent, cst.Arg):
            call = self.ctx.parents.get(parent)
            harmless = isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value in _HARMLESS
        else:
            harmless = isinstance(parent, (cst.Assign, cst.Expr))
        if not harmless:
            raise Refusal("TF105", f"the module {use.name} is passed on, and what is used of it is not known", use.node)
        assert entry.target is not None
        self._rename(use, entry.target)
        return _message(entry)

    def _remove_switch(self, use: Use) -> str:
        call = self.ctx.symbols.call(use.node)
        statement = self.ctx.parents.get(call) if call is not None else None
        if not isinstance(statement, cst.Expr):
            raise Refusal("TF101", f"{use.name}: TensorFlow 2 behaviour cannot be switched off", use.node, use.name)
        imports.remove_statement(self.edits, self.ctx.parents, statement)
        return f"{use.name} is gone: TensorFlow 2 behaviour is all there is"

    def _unknown(self, use: Use) -> Refusal:
        return Refusal("TF106", f"{use.name} is no symbol of TensorFlow 1.15", use.node, use.name)


def _takes_the_same(entry: Entry) -> bool:
    """Whether positional arguments mean the same in both versions (but for names of ops, which nobody passes so)."""
    change = entry.change
    if change is None:
        return True
    new = [change.rename.get(name, name) for name in entry.parameters]
    shared = new[: new.index("name")] if "name" in new else new
    shared = shared[: len(change.parameters)]
    special = change.special if change.special != "initializer" else None  # that is about calls of what it makes
    return not (special or change.add or change.keyword_only) and shared == [*change.parameters[: len(shared)]]


def _renames(entry: Entry, call: cst.Call) -> bool:
    """Whether keywords may need another name: some do, and the call has keywords or ``**``."""
    assert entry.change is not None
    named = any(argument.keyword is not None or argument.star == "**" for argument in call.args)
    return named and bool(entry.change.rename or entry.change.drop)


def _message(entry: Entry) -> str:
    if entry.decision is Decision.SAME:
        return f"{entry.name} is the same in TensorFlow 2"
    if entry.decision is Decision.RENAMED or entry.target != entry.name:
        return f"{entry.name} is {entry.target} now"
    return f"{entry.name}: the arguments are those of TensorFlow 2"
