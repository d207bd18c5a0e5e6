"""Optimizers of Keras 2 whose namesakes in Keras 3 compute something else.

Measured over 20 epochs of a small network (``tests/codemods/test_keras_numerics.py`` runs them): RMSprop puts epsilon
elsewhere, 2e-2 apart; Nadam has another momentum schedule, 8e-2 apart; and where the rows of an embedding occur several
times in a batch, Keras 3 does not sum their gradients, 0.3 apart for Adam. SGD, Adam, Adagrad, Adadelta and Adamax with
dense gradients differ by rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.templates import Template, load

_SUMMED = frozenset({"Adam", "Adagrad", "Adadelta", "Adamax"})
_BY_NAME = {"rmsprop": "RMSprop", "nadam": "Nadam", **{name.lower(): name for name in _SUMMED}}


class Optimizers:
    """Finds the stand-ins that one file needs."""

    def __init__(self, ctx: Context, edits: Edits, uses: list[Use]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.sparse = any(use.name == "keras.layers.Embedding" for use in uses)

    def stand_in(self, name: str, call: cst.Call | None, place: cst.CSTNode) -> str | None:
        """The class to use instead of ``keras.optimizers.name``, or None. Raises Refusal where there is none."""
        if self.ctx.settings.numerics == "keras":
            return None
        if name == "Nadam":
            raise Refusal("TF602", "the Nadam of Keras 3 has another momentum schedule than that of Keras 2", place)
        if name == "RMSprop":
            momentum = _argument(call, "momentum")
            if momentum is not None and literal_value(momentum.value) not in (0, 0.0):
                if self.sparse:
                    raise Refusal("TF602", "RMSprop with momentum on the sparse gradients of an embedding", place)
                return None
            return self.emitted(load("keras_2_rmsprop"))
        if name in _SUMMED and self.sparse:
            template = load("keras_2_adam")
            return self.emitted(replace(template, name=f"Keras2{name}", source=template.source.replace("Adam", name)))
        return None

    def emitted(self, template: Template) -> str:
        """Ask for a class; return its name."""
        if self.ctx.symbols.is_bound(template.name):
            raise Refusal("TF110", f"the name {template.name!r} is needed for a class and means something else here")
        self.ctx.templates.setdefault(template.name, template)
        for module, alias, name in template.imports:
            self.edits.require_import(module, alias=alias, name=name)
        return template.name

    def use(self, use: Use, call: cst.Call | None) -> bool:
        """One use of an optimizer class; whether a stand-in takes its place."""
        home, _, name = use.name.rpartition(".")
        if home != "keras.optimizers":
            return False
        found = self.stand_in(name, call, use.node)
        if found is None:
            return False
        self.edits.substitute(use.node, cst.Name(found))
        return True

    def by_name(self) -> Iterator[Refusal]:
        """``compile(optimizer="rmsprop")``: a stand-in for the optimizer of that name, or a refusal."""
        for node in tree.walk(self.ctx.module):
            if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
                continue
            if node.func.attr.value != "compile" or self.ctx.symbols.of(node.func) is not None or not node.args:
                continue
            arg = _argument(node, "optimizer") or node.args[0]
            value = literal_value(arg.value)
            if (
                not isinstance(value, str)
                or value.lower() not in _BY_NAME
                or (arg.keyword and arg.keyword.value != "optimizer")
            ):
                continue
            try:
                found = self.stand_in(_BY_NAME[value.lower()], None, arg)
            except Refusal as refusal:
                yield refusal
                continue
            if found is not None:
                self.edits.substitute(arg.value, cst.Call(cst.Name(found)))


def _argument(call: cst.Call | None, keyword: str) -> cst.Arg | None:
    return next((arg for arg in (call.args if call else ()) if arg.keyword and arg.keyword.value == keyword), None)
