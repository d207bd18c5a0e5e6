"""Edits of single calls: backend functions to their twins, arguments of layers and optimizers."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.symbols import Scope, Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites import keras_backend, spelling
from codemods.rewrites.keras_arguments import changes
from codemods.rewrites.keras_backend import TWINS, Twin
from codemods.rewrites.keras_classes import Report, tidy
from codemods.rewrites.literals import literal_value
from codemods.rewrites.names import append_argument
from codemods.templates import load

_SPECIAL = frozenset({"argmax", "argmin", "pool2d", "image_dim_ordering", "set_image_dim_ordering"})
# Around an arg-maximum these make no difference between the int32 of Keras 3 and the int64 of Keras 2.
_ANY_INTEGER = frozenset(
    {"keras.backend.equal", "keras.backend.not_equal", "keras.backend.cast", "keras.backend.one_hot"}
)


def is_backend_function(name: str) -> bool:
    """Whether ``keras.backend.name`` is a tensor function of Keras 2 for which a twin is known."""
    return name in TWINS or name in _SPECIAL


class Calls:
    """Proposes the edits of calls for one file."""

    def __init__(self, ctx: Context, edits: Edits, report: Report) -> None:
        self.ctx = ctx
        self.edits = edits
        self.report = report
        self.helpers: set[str] = set()

    # Backend functions

    def backend(self, use: Use, name: str, call: cst.Call | None) -> None:
        """One use of the backend function ``name``. Raises Refusal."""
        if call is None:
            self.passed_on(use, name)
        elif name in _SPECIAL:
            self.special(use, name, call)
        else:
            twin = TWINS[name]
            bound = keras_backend.bind(call, name, twin.names)
            if name == "sqrt" and keras_backend.is_not_negative(call.args[0].value, self.function):
                twin = Twin("x", "keras.ops.sqrt")
            if twin.template:
                self.fill(use, name, call, twin, bound)
            else:
                self.renamed(use, call, twin, bound)

    def function(self, call: cst.Call) -> str | None:
        """The backend function that ``call`` calls."""
        symbol = self.ctx.symbols.of(call.func)
        return symbol.rpartition(".")[2] if symbol is not None and symbol.startswith("keras.backend.") else None

    def passed_on(self, use: Use, name: str) -> None:
        twin = TWINS.get(name)
        if twin is None or not twin.is_plain:
            raise Refusal("TF105", f"{use.name} is passed on, and its twin takes other arguments", use.node, use.name)
        self.respell(use, twin.target)

    def respell(self, use: Use, target: str) -> None:
        new = spelling.spell(self.ctx, self.edits, use.node, use.scope, target)
        self.edits.replace(use.node, _constant(new))

    def renamed(self, use: Use, call: cst.Call, twin: Twin, bound: dict[str, cst.Arg]) -> None:
        self.respell(use, twin.target)
        for name, arg in bound.items():
            if name in twin.drop or (name == "dtype" and _is_none(arg)):
                self.edits.remove(arg)
                self.edits.replace(call, tidy)
            elif arg.keyword is not None and name in twin.rename:
                self.edits.replace(arg.keyword, _renamed(twin.rename[name]))
        for name, text in twin.defaults.items():
            if name not in bound:
                self.edits.replace(call, self.appended(use, f"{twin.rename.get(name, name)}={text}"))

    def appended(self, use: Use, text: str) -> Callable[[cst.Call], cst.Call]:
        spelled = self.spelled(use, text)
        return lambda updated: append_argument(updated, spelled)

    def spelled(self, use: Use, text: str) -> str:
        """``text`` with the file's names for ``keras`` and ``tf``."""
        for root in ("keras", "tf"):
            if f"{root}." in text:
                text = text.replace(f"{root}.", f"{spelling.root_name(self.ctx, self.edits, use.scope, root)}.")
        return text

    def fill(self, use: Use, name: str, call: cst.Call, twin: Twin, bound: dict[str, cst.Arg]) -> None:
        missing = [key for key in twin.names if key not in bound]
        if missing:
            raise Refusal("TF602", f"{use.name} without {', '.join(missing)} has no twin in Keras 3", call, use.name)
        twice = [key for key in twin.names if twin.template.count("{" + key + "}") > 1]
        if any(not isinstance(bound[key].value, cst.Name) for key in twice):
            raise Refusal("TF602", f"{use.name} of an expression that would be computed twice", call, use.name)
        template = self.spelled(use, twin.template)
        indices = {key: call.args.index(arg) for key, arg in bound.items()}

        def filled(updated: cst.Call) -> cst.BaseExpression:
            values = {key: updated.args[index].value for key, index in indices.items()}
            return _with_parentheses(keras_backend.fill(template, values), updated)

        self.edits.replace(call, filled)

    def special(self, use: Use, name: str, call: cst.Call) -> None:
        if name in ("argmax", "argmin"):
            self.arg_extreme(use, name, call)
        elif name == "pool2d":
            self.pool(use, call)
        elif name == "image_dim_ordering":
            self.respell(use, "keras.backend.image_data_format")
            self.data_format_names(call)
        else:
            self.respell(use, "keras.backend.set_image_data_format")
            self.data_format_names(call)

    def arg_extreme(self, use: Use, name: str, call: cst.Call) -> None:
        """Keras 2 returns int64 and works on the last axis, Keras 3 returns int32 and works on all."""
        bound = keras_backend.bind(call, name, ("x", "axis"))
        self.respell(use, f"keras.ops.{name}")
        if "axis" not in bound:
            self.edits.replace(call, lambda updated: append_argument(updated, "axis=-1"))
        parent = self.ctx.parents.get(call)
        outer = self.ctx.parents.get(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(outer, cst.Call) and self.ctx.symbols.of(outer.func) in _ANY_INTEGER:
            return
        template = self.spelled(use, 'keras.ops.cast({x}, "int64")')
        self.edits.replace(call, lambda updated: keras_backend.fill(template, {"x": updated}))

    def pool(self, use: Use, call: cst.Call) -> None:
        bound = keras_backend.bind(call, "pool2d", ("x", "pool_size", "strides", "padding", "data_format", "pool_mode"))
        mode = literal_value(bound["pool_mode"].value) if "pool_mode" in bound else "max"
        if mode not in ("max", "avg") or "strides" not in bound:
            raise Refusal("TF602", f"{use.name} with these arguments has no twin in Keras 3", call, use.name)
        self.respell(use, "keras.ops.max_pool" if mode == "max" else "keras.ops.average_pool")
        if "pool_mode" in bound:
            self.edits.remove(bound["pool_mode"])
            self.edits.replace(call, tidy)
        if bound["x"].keyword is not None:
            self.edits.replace(bound["x"].keyword, _renamed("inputs"))

    def data_format_names(self, call: cst.Call) -> None:
        """Keras 1's ``"tf"`` and ``"th"`` beside the call or in it."""
        parent = self.ctx.parents.get(call)
        candidates = [arg.value for arg in call.args]
        if isinstance(parent, cst.Comparison):
            candidates += [item.comparator for item in parent.comparisons]
        elif isinstance(parent, cst.ComparisonTarget):
            comparison = self.ctx.parents[parent]
            assert isinstance(comparison, cst.Comparison)
            candidates.append(comparison.left)
        names = {"tf": "channels_last", "th": "channels_first"}
        known = [node for node in candidates if literal_value(node) in names]
        if len(known) != 1 or not isinstance(known[0], cst.SimpleString):
            raise Refusal("TF602", "the value of image_dim_ordering goes where it cannot be followed", call)
        old = literal_value(known[0])
        assert isinstance(old, str)
        self.edits.replace(known[0], lambda updated: updated.with_changes(value=updated.value.replace(old, names[old])))

    # Arguments

    def arguments(self, symbol: str, call: cst.Call, *, tf1_defaults: bool) -> None:
        """The arguments of a call of the layer, optimizer, ... ``symbol``. Raises Refusal."""
        found = changes(symbol, call, tf1_defaults=tf1_defaults)
        self.helpers |= found.helpers
        scope = self.ctx.symbols.scope(call.func)
        for arg in found.remove:
            self.edits.remove(arg)
        if found.remove:
            self.edits.replace(call, tidy)
        for arg, name in found.rename.items():
            if arg.keyword is not None and arg not in found.remove:
                self.edits.replace(arg.keyword, _renamed(name))
        for arg, text in found.values.items():
            new = cst.parse_expression(self.with_keras(text, scope))
            self.edits.substitute(arg.value, new)
        for name, text in found.add.items():
            spelled = f"{name}={self.with_keras(text, scope)}"
            self.edits.replace(call, _appender(spelled))

    def with_keras(self, text: str, scope: Scope) -> str:
        if "{keras}" not in text:
            return text
        return text.replace("{keras}", spelling.root_name(self.ctx, self.edits, scope, "keras"))

    def finish(self) -> None:
        """Ask for the helper functions that the calls need."""
        for name in sorted(self.helpers):
            if self.ctx.symbols.is_bound(name):
                raise Refusal("TF110", f"the name {name!r} is needed for a function and means something else here")
            template = self.ctx.templates.setdefault(name, load(name))
            for module, alias, member in template.imports:
                self.edits.require_import(module, alias=alias, name=member)


def _is_none(arg: cst.Arg) -> bool:
    return isinstance(arg.value, cst.Name) and arg.value.value == "None"


def _renamed(value: str) -> Callable[[cst.Name], cst.Name]:
    return lambda updated: updated.with_changes(value=value)


def _appender(text: str) -> Callable[[cst.Call], cst.Call]:
    return lambda updated: append_argument(updated, text)


def _constant(node: cst.BaseExpression) -> Callable[[cst.CSTNode], cst.CSTNode]:
    return lambda _: node


def _with_parentheses(node: cst.BaseExpression, like: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` with the parentheses that ``like`` had."""
    return node.with_changes(lpar=[*like.lpar, *node.lpar], rpar=[*node.rpar, *like.rpar]) if like.lpar else node
