"""Keras 2 code becomes Keras 3 code; code that already runs on Keras 3 is left alone, to the byte.

A file is converted when it is TF1, or when something in it is no longer in Keras 3; then all functions of the old
``keras.backend`` are written as ``keras.ops``. Every use is exact or refused.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods import tables
from codemods.analysis.era import Era, era
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import (
    keras_arguments,
    keras_calls,
    keras_classes,
    keras_imports,
    keras_methods,
    keras_optimizers,
    keras_tf_layers,
    spelling,
)
from codemods.rewrites.names import has_comments
from codemods.tables import Decision


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Propose the edits for every Keras use of the module, and one finding with a status for each."""
    uses = ctx.symbols.tf_uses()
    keras = [use for use in uses if use.name.partition(".")[0] == "keras" or keras_tf_layers.is_layer(use.name)]
    if not keras and not any(True for _ in keras_imports.statements(ctx)):
        return
    conversion = Conversion(ctx, edits, findings)
    if not conversion.needed(uses):
        for use in keras:
            conversion.note(use.node, f"{use.name} is the same in Keras 3", use.name)
        return
    conversion.run(keras)


class Conversion:
    """The conversion of one file."""

    def __init__(self, ctx: Context, edits: Edits, findings: list[Finding]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.findings = findings
        self.settled: frozenset[tuple[cst.ImportFrom, str]] = frozenset()
        self.tf1_defaults = False
        self.calls = keras_calls.Calls(ctx, edits, self.note)

    def note(self, node: cst.CSTNode, message: str, symbol: str | None) -> None:
        """One use that is native from now on."""
        self.findings.append(Finding("TF600", self.ctx.span(node), message, Status.NATIVE, symbol))

    def refuse(self, refusal: Refusal, node: cst.CSTNode, symbol: str | None) -> None:
        """One use that cannot be converted."""
        place = refusal.node if isinstance(refusal.node, cst.CSTNode) else node
        for where in {place, node}:
            self.findings.append(
                Finding(refusal.code, self.ctx.span(where), refusal.message, Status.REFUSED, refusal.symbol or symbol)
            )

    def needed(self, uses: list[Use]) -> bool:
        """Whether the file is TF1, or holds Keras code that Keras 3 does not run or understands otherwise."""
        when = era(self.ctx.symbols)
        self.tf1_defaults = when is not Era.TF2
        if when is Era.TF1 or any(self.is_old(use) for use in uses if use.name.startswith("keras.")):
            return True
        if any(keras_classes.is_old(self.ctx, item) for item in keras_classes.classes(self.ctx)):
            return True
        return any(True for _ in keras_methods.places(self.ctx))

    def is_old(self, use: Use) -> bool:
        """Whether a use would fail, or mean something else, in Keras 3."""
        entry = tables.lookup(use.name)
        if entry is None or entry.decision in (Decision.REFUSED, Decision.LOWERED) or entry.target is None:
            return entry is None or entry.kind != "module"
        if not self.resolves(use, entry.target):
            return True
        call = self.ctx.symbols.call(use.node)
        try:
            # Defaults that changed silently are no sign of age: only arguments that Keras 3 refuses are.
            return call is not None and bool(keras_arguments.changes(use.name, call, tf1_defaults=False))
        except Refusal:
            return True

    def resolves(self, use: Use, target: str) -> bool:
        """Whether the text of the use finds ``target`` in TF 2.21 and Keras 3."""
        path = spelling.native_path(self.ctx.symbols, use.node)
        if path is None:
            return target == use.name  # from a star import, whose module is renewed
        if target.startswith("tf."):
            return path == spelling.path_of(target)
        return path in (target, f"tensorflow.{target}")

    def run(self, uses: list[Use]) -> None:
        """Propose everything."""
        self.settled = keras_imports.propose(self.ctx, self.edits)
        self.optimizers = keras_optimizers.Optimizers(self.ctx, self.edits, uses)
        for use in uses:
            try:
                self.use(use)
            except Refusal as refusal:
                self.refuse(refusal, use.node, use.name)
        for by_name in self.optimizers.by_name():
            assert isinstance(by_name.node, cst.CSTNode)
            self.refuse(by_name, by_name.node, by_name.symbol)
        for definition in keras_classes.classes(self.ctx):
            try:
                keras_classes.propose(self.ctx, self.edits, definition, self.note)
            except Refusal as refusal:
                self.refuse(refusal, definition.name, None)
        for found in keras_methods.propose(self.ctx, self.edits, self.note):
            assert isinstance(found.node, cst.CSTNode)
            self.refuse(found, found.node, found.symbol)
        self.calls.finish()
        self.remove_aliases(uses)

    def remove_aliases(self, uses: list[Use]) -> None:
        """``K = tf.keras.backend`` goes when nothing is left that says ``K``."""
        for line in self.ctx.module.body:
            if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or has_comments(line):
                continue
            assign = line.body[0]
            if not isinstance(assign, cst.Assign) or self.ctx.symbols.of(assign.value) != "keras.backend":
                continue
            target = assign.targets[0].target
            if len(assign.targets) > 1 or not isinstance(target, cst.Name):
                continue
            if all(self.is_written_anew(use) for use in uses if _root(use.node) == target.value):
                self.edits.remove(line)

    def is_written_anew(self, use: Use) -> bool:
        """Whether a use of ``keras.backend`` is not in the output under its name."""
        home, _, name = use.name.rpartition(".")
        entry = tables.lookup(use.name)
        lowered = entry is not None and entry.decision is Decision.LOWERED
        return home == "keras.backend" and (lowered or keras_calls.is_backend_function(name))

    def use(self, use: Use) -> None:
        """One use of a Keras symbol."""
        if keras_tf_layers.is_layer(use.name):
            for code, message in keras_tf_layers.propose(self.ctx, self.edits, use):
                self.findings.append(Finding(code, self.ctx.span(use.node), message, None, use.name))
            self.note(use.node, f"{use.name} is a layer of Keras", use.name)
            return
        entry = tables.lookup(use.name)
        if entry is None:
            raise Refusal("TF601", f"{use.name} is neither in Keras 2 nor in Keras 3", use.node, use.name)
        if entry.decision is Decision.LOWERED:
            return
        if entry.decision is Decision.REFUSED:
            raise Refusal("TF602", f"{use.name}: {entry.reason}", use.node, use.name)
        call = self.ctx.symbols.call(use.node)
        name = use.name.removeprefix("keras.backend.")
        if name != use.name and keras_calls.is_backend_function(name):
            self.calls.backend(use, name, call)
            self.note(use.node, f"{use.name} is written with keras.ops", use.name)
            if name == "binary_crossentropy":
                message = "at predictions within 1e-7 of 0 or 1 Keras 2 gave at most 15.42, Keras 3 gives at most 16.12"
                self.findings.append(Finding("TF730", self.ctx.span(use.node), message, None, use.name))
            return
        if entry.decision is Decision.CHANGED and use.name.startswith("keras.backend."):
            raise Refusal("TF602", f"{use.name} has no twin in Keras 3", use.node, use.name)
        if call is not None:
            # The cells of cuDNN are those of Keras 3; only the names of the layers went.
            defaults = self.tf1_defaults and ".CuDNN" not in use.name
            self.calls.arguments(entry.target or use.name, call, tf1_defaults=defaults)
        if not self.optimizers.use(use, call):
            self.respell(use, entry)
        self.note(use.node, f"{use.name} is {entry.target or use.name}", use.name)

    def respell(self, use: Use, entry: tables.Entry) -> None:
        """Write the use so that it finds its target, unless its import does that."""
        target = entry.target
        if target is None or self.resolves(use, target) or self.is_settled(use.node, target):
            return
        self.edits.replace(use.node, _constant(spelling.spell(self.ctx, self.edits, use.node, use.scope, target)))

    def is_settled(self, node: cst.BaseExpression, target: str) -> bool:
        """Whether the name at the root of ``node`` is bound by an import that was renewed, and leads to ``target``."""
        root: cst.BaseExpression = node
        rest = ""
        while isinstance(root, cst.Attribute):
            rest = f".{root.attr.value}{rest}"
            root = root.value
        if not isinstance(root, cst.Name):
            return False
        if rest and f"{self.ctx.symbols.of(root)}{rest}" != target:
            return False
        bindings = self.ctx.symbols.bindings(root.value, self.ctx.symbols.scope(root))
        return bool(bindings) and all(
            isinstance(item.node, cst.ImportFrom) and (item.node, root.value) in self.settled for item in bindings
        )


def _root(node: cst.BaseExpression) -> str | None:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _constant(node: cst.BaseExpression) -> Callable[[cst.CSTNode], cst.CSTNode]:
    return lambda _: node
