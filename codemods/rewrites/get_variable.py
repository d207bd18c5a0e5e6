"""`tf.get_variable` becomes `tf.Variable` with its initial value; `tf.variable_scope` becomes `tf.name_scope`.

A call that shares a variable made before becomes the name that holds it (see `analysis.state_model`). Initializers are
written as the operation that draws the value, `tf.zeros([3])`, where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods import tables, tree
from codemods.analysis.staging import Staging
from codemods.analysis.state_model import Initial
from codemods.analysis.symbols import Use
from codemods.analysis.variable_scopes import VariableScope
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import scope_texts, spelling, template
from codemods.rewrites.call_parts import keyword, loss_reader, taken
from codemods.tree import is_none

_Parts = Callable[[dict[str, cst.BaseExpression]], cst.BaseExpression]
_Typed = Callable[[dict[str, cst.BaseExpression]], list[cst.Arg]]


@dataclass(frozen=True)
class Drawn:
    """The operation that computes what an initializer gives: ``op(shape, *parameters)``, TF1's parameters in order."""

    op: str
    parameters: tuple[str, ...] = ()


_ZEROS, _ONES = Drawn("tf.zeros"), Drawn("tf.ones")
_CONSTANT = Drawn("tf.constant", ("value",))
_NORMAL = Drawn("tf.random.normal", ("mean", "stddev", "seed"))
_TRUNCATED = Drawn("tf.random.truncated_normal", ("mean", "stddev", "seed"))
_UNIFORM = Drawn("tf.random.uniform", ("minval", "maxval", "seed"))
_DRAWN = {
    "tf.zeros_initializer": _ZEROS,
    "tf.initializers.zeros": _ZEROS,
    "tf.ones_initializer": _ONES,
    "tf.initializers.ones": _ONES,
    "tf.constant_initializer": _CONSTANT,
    "tf.initializers.constant": _CONSTANT,
    "tf.random_normal_initializer": _NORMAL,
    "tf.initializers.random_normal": _NORMAL,
    "tf.truncated_normal_initializer": _TRUNCATED,
    "tf.initializers.truncated_normal": _TRUNCATED,
    "tf.random_uniform_initializer": _UNIFORM,
    "tf.initializers.random_uniform": _UNIFORM,
}
_FLOATS = tables.group("float_dtypes")
_WHOLE = tables.group("integer_dtypes") | {"tf.bool"}
_KEPT = ("name", "trainable", "caching_device")


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every call that the analysis understood; one finding for each."""
    for use in ctx.symbols.tf_uses():
        call = ctx.symbols.call(use.node)
        state = staging.state
        try:
            if use.name == "tf.get_variable" and call in state.shared:
                message = f"the variable is shared: {state.shared[call]}"
                for argument in call.args:
                    edits.drop(argument)
                edits.substitute(call, cst.parse_expression(state.shared[call]))
            elif use.name == "tf.get_variable" and call in state.made:
                message = "tf.get_variable makes a tf.Variable"
                _Maker(ctx, edits, use, call, state.inherited.get(call)).propose(state.made[call])
            elif use.name == "tf.variable_scope" and call in state.entered and call not in state.dissolved:
                message = "tf.variable_scope is tf.name_scope; the variables are objects of their own"
                _scope(ctx, edits, use, call, staging)
            else:
                continue
        except Refusal as refusal:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else use.node
            findings.append(Finding(refusal.code, ctx.span(place), refusal.message, Status.REFUSED, use.name))
        else:
            findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
            findings += taken(ctx, edits, use, call)
    scope_texts.propose(edits, staging)


def _scope(ctx: Context, edits: Edits, use: Use, call: cst.Call, staging: Staging) -> None:
    entry = tables.lookup(use.name)
    assert entry is not None
    bound = tables.bind(call, entry)
    if "regularizer" in bound and not is_none(bound["regularizer"].value):
        _check_regularizer(ctx, bound["regularizer"])
    if "dtype" in bound and not _is_float32(ctx, bound["dtype"].value):
        raise Refusal("TF411", "a variable scope with dtype= changes the variables made in it", call)
    item = ctx.parents.get(call)
    if not isinstance(item, cst.WithItem):
        raise Refusal("TF411", "a variable scope outside of a with statement", call)
    if isinstance(item.asname, cst.AsName):
        target = item.asname.name
        if not isinstance(target, cst.Name):
            raise Refusal("TF411", "the variable scope is not bound to a name", call)
        _check_object(ctx, target, staging)
        edits.replace(item, lambda updated: updated.with_changes(asname=None))
    scope = staging.state.entered[call]
    position = {name: index for index, name in enumerate(bound)}
    named = "name_or_scope" in bound and not is_none(bound["name_or_scope"].value)
    given = "name_or_scope" if named else "default_name"
    again = bound[given].value in staging.state.released
    for name, argument in bound.items():
        if name != given or again:
            edits.drop(argument)
    edits.drop(call.func)
    function = spelling.spell(ctx, edits, use.node, use.scope, "tf.name_scope")

    default = bound["default_name"].value if named and "default_name" in bound else None
    if default is not None and (is_none(default) or not _may_be_missing(ctx, bound[given].value, staging)):
        default = None
    if default is not None and not isinstance(default, cst.SimpleString):
        raise Refusal("TF411", "a variable scope whose default name is computed", call)

    unique = not named and scope.name is not None and staging.last_values[bound[given].value].constant != scope.name

    def rebuild(updated: cst.Call) -> cst.Call:
        name = cst.SimpleString(f'"{scope.name}/"') if again else updated.args[position[given]].value
        if unique and scope.name is not None:
            name = cst.SimpleString(f'"{scope.name.rpartition("/")[2]}"')
        elif default is not None and not again:  # TF2 takes no None for a name
            name = template.expression("{name} or {default}", name=name, default=default.deep_clone())
        return updated.with_changes(func=function, args=[cst.Arg(name)])

    edits.replace(call, rebuild)


def _may_be_missing(ctx: Context, node: cst.BaseExpression, staging: Staging) -> bool:
    """Whether a name may be None: it is not known to be a text, or the parameter that it is has None as its default."""
    value = staging.last_values.get(node)
    if value is None or not isinstance(value.constant, str):
        return not isinstance(node, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString))
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(current, cst.FunctionDef):
        current = ctx.parents.get(current)
    params = current.params if current is not None else cst.Parameters()
    every = [*params.posonly_params, *params.params, *params.kwonly_params]
    name = node.value if isinstance(node, cst.Name) else None
    default = next((item.default for item in every if item.name.value == name), None)
    return default is not None and is_none(default)


def _check_object(ctx: Context, target: cst.Name, staging: Staging) -> None:
    """The scope object is gone: every use of it must be one that goes, too."""
    for node in tree.walk(ctx.module):
        if not isinstance(node, cst.Name) or node.value != target.value or node is target:
            continue
        value = staging.last_values.get(node)
        if value is not None:
            used = isinstance(value.payload, VariableScope) and node not in staging.state.released
        else:  # in code that the analysis did not reach, unless it binds or only spells the name
            parent = ctx.parents.get(node)
            spelt = isinstance(parent, (cst.Attribute, cst.Arg)) and parent.value is not node
            used = not spelt and not isinstance(parent, (cst.AsName, cst.Param, cst.AssignTarget))
        if used:
            message = f"the variable scope {target.value!r} is used for something else than to enter or reuse it"
            raise Refusal("TF411", message, node)


class _Maker:
    """One `get_variable` that makes a variable."""

    def __init__(
        self, ctx: Context, edits: Edits, use: Use, call: cst.Call, inherited: cst.BaseExpression | None
    ) -> None:
        self.inherited = inherited  # the initializer of the scope
        self.ctx = ctx
        self.edits = edits
        self.use = use
        self.call = call
        entry = tables.lookup(use.name)
        assert entry is not None
        self.bound = tables.bind(call, entry)
        self.position = {name: index for index, name in enumerate(self.bound)}

    def symbol(self, name: str) -> cst.BaseExpression:
        return spelling.symbol(self.ctx, self.edits, self.use.scope, name)

    def given(self, name: str) -> cst.BaseExpression | None:
        """The original expression of an argument, where it is given and not None."""
        found = self.bound.get(name)
        return None if found is None or is_none(found.value) else found.value

    def propose(self, kind: Initial) -> None:
        """Propose the edit of the call."""
        regularizer = self.bound.get("regularizer")
        if regularizer is not None and not is_none(regularizer.value):
            _check_regularizer(self.ctx, regularizer)
        if self.given("name") is None:
            raise Refusal("TF412", "get_variable without a name", self.call)
        dtype = self.given("dtype")
        if dtype is not None and (kind is Initial.VALUE or _is_float32(self.ctx, dtype)):
            dtype = None
        used = {name for name in _KEPT if self.given(name) is not None}
        parts = self.maker(kind, dtype, used)
        for name, argument in self.bound.items():
            if name not in used:
                self.edits.drop(argument)
        self.edits.drop(self.call.func)
        function = spelling.spell(self.ctx, self.edits, self.use.node, self.use.scope, "tf.Variable")

        def rebuild(updated: cst.Call) -> cst.Call:
            now = {name: updated.args[index].value for name, index in self.position.items()}
            if self.inherited is not None:
                now["initializer"] = self.inherited.deep_clone()
            arguments = [cst.Arg(parts(now))]
            arguments += [keyword(name, now[name]) for name in _KEPT if name in used]
            return updated.with_changes(func=function, args=arguments, whitespace_before_args=cst.SimpleWhitespace(""))

        self.edits.replace(self.call, rebuild)

    def maker(self, kind: Initial, dtype: cst.BaseExpression | None, used: set[str]) -> _Parts:
        """How the initial value is put together from the rewritten arguments; ``used`` are the arguments it takes."""
        if kind is Initial.VALUE:
            used.add("initializer")
            return lambda now: now["initializer"]
        shape = self.given("shape")
        if shape is None:
            raise Refusal("TF412", "get_variable without shape and initializer", self.call)
        used.add("shape")
        extra = ["dtype"] if dtype is not None else []
        used.update(extra)
        listed = isinstance(shape, cst.Integer)

        def dimensions(now: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
            return cst.List([cst.Element(now["shape"])]) if listed else now["shape"]

        def typed(now: dict[str, cst.BaseExpression]) -> list[cst.Arg]:
            return [keyword(name, now[name]) for name in extra]

        if kind is Initial.DEFAULT:
            function = self.default(dtype)
            return lambda now: cst.Call(function, [cst.Arg(dimensions(now)), *typed(now)])
        given = self.inherited if self.inherited is not None else self.bound["initializer"].value
        used.update(["initializer"] if self.inherited is None else [])
        made = given if isinstance(given, cst.Call) else None
        symbol = self.ctx.symbols.of(made.func if made is not None else given)
        drawn = _DRAWN.get(symbol or "")
        if drawn is not None:
            return self.drawn(drawn, symbol or "", made, dimensions, typed)
        if symbol is not None and made is None:
            raise Refusal("TF412", "an initializer class that is not called", given)
        if made is not None and symbol is not None:
            return lambda now: cst.Call(now["initializer"], [cst.Arg(dimensions(now)), *typed(now)])
        # Some initializers of TF2 take the dtype of their value where none is asked for.
        float32 = self.symbol("tf.float32")
        return lambda now: cst.Call(
            now["initializer"], [cst.Arg(dimensions(now)), *(typed(now) or [keyword("dtype", float32)])]
        )

    def default(self, dtype: cst.BaseExpression | None) -> cst.BaseExpression:
        """What TF1 takes where no initializer is given."""
        symbol = "tf.float32" if dtype is None else self.ctx.symbols.of(dtype) or ""
        if symbol in _FLOATS:
            return cst.Call(self.symbol("keras.initializers.GlorotUniform"))
        if symbol in _WHOLE:
            return self.symbol("tf.zeros")
        raise Refusal("TF412", "the default initializer depends on the dtype, which is not known here", self.call)

    def drawn(self, drawn: Drawn, symbol: str, made: cst.Call | None, dimensions: _Parts, typed: _Typed) -> _Parts:
        """``op(shape, ...)`` with the initializer's own arguments."""
        function = self.symbol(drawn.op)
        entry = tables.lookup(symbol)
        assert entry is not None
        bound = tables.bind(made, entry) if made is not None else {}
        if "seed" in bound and not is_none(bound["seed"].value) and drawn.op == "tf.constant":
            raise Refusal("TF412", "a constant has no seed", made)
        positions = {name: index for index, name in enumerate(bound)}
        if self.inherited is None:
            self.edits.drop(made.func if made is not None else self.bound["initializer"].value)
        for name, argument in bound.items() if self.inherited is None else ():
            if name not in drawn.parameters:
                self.edits.drop(argument)
        if drawn is _UNIFORM and "maxval" not in bound and self.given("dtype") is not None:
            raise Refusal("TF412", "a uniform initializer without maxval, and with a dtype", self.call)
        whole = drawn is _CONSTANT and not isinstance(bound["value"].value if bound else None, cst.Float)
        float32 = self.symbol("tf.float32")

        def build(now: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
            updated = now["initializer"]
            given = {name: updated.args[index] for name, index in positions.items()} if positions else {}  # type: ignore[attr-defined]
            own = {name: given[name].value for name in drawn.parameters if name in given}
            if drawn is _CONSTANT:
                value = own.get("value", cst.Integer("0"))
                dtype = typed(now) or ([keyword("dtype", float32)] if whole else [])
                return cst.Call(function, [cst.Arg(value), *dtype, keyword("shape", dimensions(now))])
            arguments = [cst.Arg(dimensions(now))]
            in_order = True
            for name in drawn.parameters:
                in_order = in_order and name in own and given[name].keyword is None and name != "seed"
                if name in own:
                    arguments.append(cst.Arg(own[name]) if in_order else keyword(name, own[name]))
            return cst.Call(function, [*arguments, *typed(now)])

        return build


def _check_regularizer(ctx: Context, argument: cst.Arg) -> None:
    """A regularizer only fills a collection: it goes where nothing reads that."""
    reader = loss_reader(ctx)
    if reader is not None:
        raise Refusal("TF412", f"the regularization losses may be read by {reader.name}", argument)


def _is_float32(ctx: Context, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.SimpleString):
        return node.evaluated_value == "float32"
    return is_none(node) or ctx.symbols.of(node) == "tf.float32"
