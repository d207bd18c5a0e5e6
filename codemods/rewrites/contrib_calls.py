"""One call of a layer of tf.contrib, written as the calls of TF1 that do the same: layer, normalizer, activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.arg_scopes import ArgScopes, Given, contrib_name, layer_key, read_names
from codemods.analysis.layer_table import CONTRIB_NORMALIZER, CONTRIB_SCOPES
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_functions import FUNCTIONS, SHORT, Function
from codemods.rewrites.contrib_names import Names
from codemods.rewrites.rules import one_minus, one_minus_number
from codemods.rewrites.wrapping import has_lines, wrapped
from codemods.tree import is_none

LAYER = "TF451"
SCOPED = "TF450"
_COLLECTIONS = ("variables_collections", "outputs_collections")
_ORDER = (
    "units", "filters", "kernel_size", "pool_size", "strides", "padding", "dilation_rate", "rate", "depth_multiplier",
    "activation", "use_bias", "kernel_initializer", "depthwise_initializer", "pointwise_initializer",
    "bias_initializer", "kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer", "bias_regularizer",
    "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "moving_mean_initializer",
    "moving_variance_initializer", "updates_collections", "fused", "training", "trainable", "noise_shape", "seed",
    "contrib", "name", "reuse",
)  # fmt: skip
_PARAMS = ("beta", "gamma", "moving_mean", "moving_variance")
_UPDATE_OPS = "tf.GraphKeys.UPDATE_OPS"

Node = cst.BaseExpression
Step = Callable[[cst.Call, Node | None], Node]


@dataclass(eq=False)
class Argument:
    """What a parameter is given: an argument of the call by its place, or an expression of a scope or a table."""

    node: Node  # as it is written now, for questions
    place: int | None = None
    given: Given | None = None

    def written(self, updated: cst.Call, respelled: Mapping[cst.CSTNode, Node]) -> Node:
        """The expression in the new call; ``respelled`` has what symbols are called there."""
        if self.place is not None:
            return updated.args[self.place].value
        assert self.given is not None
        return self.given.written(respelled)

    def last(self) -> Node:
        """The expression behind names that a scope's function gave to its parameters."""
        found = self.given
        while found is not None and isinstance(found.node, cst.Name) and found.node.value in found.names:
            found = found.names[found.node.value]
        return found.node if found is not None else self.node


@dataclass(eq=False)
class Request:
    """One layer to write: ``places`` are its arguments among those of ``call``; ``fixed`` says what they are not."""

    call: cst.Call
    symbol: str
    places: Sequence[int]
    fixed: Mapping[str, Node] = field(default_factory=dict)
    follows: bool = False  # its input is what the step before gave
    partial: Mapping[str, Given] = field(default_factory=dict)  # what a ``partial`` gives
    normalizes: bool = False  # it is the normalizer of another layer
    clones: bool = False  # its arguments are written more than once


class CallWriter:
    """Writes requests as steps; ``spell`` gives the expression for a symbol of TF1 or Keras at a place."""

    def __init__(
        self,
        symbols: Symbols,
        scopes: ArgScopes,
        spell: Callable[[str, cst.Call], Node],
        names: Names,
    ) -> None:
        self.symbols = symbols
        self.scopes = scopes
        self.spell = spell
        self.names = names
        self.respelled: dict[cst.CSTNode, Node] = {}  # symbols in what scopes give, as they are written from now on

    # Arguments

    def bind(self, request: Request, function: Function, name: str) -> dict[str, Argument]:
        """The arguments by parameter: those of the call before those of the scopes around it."""
        call, key = request.call, layer_key(request.symbol)
        assert key is not None
        bound = {
            parameter: Argument(given.node, given=given) for parameter, given in self.scopes.defaults(call, key).items()
        }
        for parameter, text in SHORT.get(name, {}).items():
            node = cst.Name("None") if text == "None" else self.spell(text, call)
            bound[parameter] = Argument(node, given=Given(node))
        bound |= {parameter: Argument(given.node, given=given) for parameter, given in request.partial.items()}
        explicit: set[str] = set()
        positional = 1 if request.follows else 0
        for place in request.places:
            arg = call.args[place]
            if arg.star:
                raise Refusal("TF102", f"{name}: arguments passed with {arg.star} cannot be told apart", arg)
            if arg.keyword is None:
                parameter = function.parameters[positional] if positional < len(function.parameters) else ""
                positional += 1
            else:
                parameter = arg.keyword.value
            if parameter not in function.parameters or parameter in explicit:
                raise Refusal("TF103", f"{name} has no place for this argument", arg)
            explicit.add(parameter)
            bound[parameter] = Argument(arg.value, place)
        for parameter, node in request.fixed.items():
            bound[parameter] = Argument(node, given=Given(node))
        for parameter, found in bound.items():
            if parameter not in function.parameters:
                raise Refusal(SCOPED, f"the arg scope gives {name} an argument {parameter!r} that it has not", call)
            if found.given is not None and parameter not in request.fixed and name not in SHORT:
                self.check(found.given, call)
        return bound

    def check(self, given: Given, call: cst.Call) -> None:
        """An expression is written at ``call`` that stood elsewhere: it must mean the same there."""
        check_pure(self.symbols, given.node)
        here = self.symbols.scope(_root(call.func))
        for name in read_names(given.node):
            if name.value in given.names:
                self.check(given.names[name.value], call)
                continue
            there = self.symbols.bindings(name.value, self.symbols.scope(name))
            same = self.symbols.bindings(name.value, here) is there
            several = len(there) > 1 and self.symbols.of(name) is None and not self.names.is_stable(there, name, call)
            if there and (not same or several):
                message = f"{name.value!r} of an arg scope may mean something else where the layer is made"
                raise Refusal(SCOPED, message, call)
            if there and isinstance(there[0].node, cst.For):
                raise Refusal(SCOPED, f"{name.value!r} of an arg scope changes in a loop", call)

    # Steps

    def steps(self, request: Request) -> list[Step]:
        """The calls in order; each takes what the one before it gave."""
        name = contrib_name(request.symbol) or ""
        key = layer_key(request.symbol) or ""
        function = FUNCTIONS.get(key)
        if function is None:
            raise Refusal(LAYER, f"{request.symbol} has no layer of Keras like it", request.call)
        bound = self.bind(request, function, name)
        source = function.parameters[0]
        if source not in bound and not request.follows:
            raise Refusal("TF103", f"{name} is not given its input", request.call)
        for parameter in _COLLECTIONS:
            found = bound.pop(parameter, None)
            if found is not None and not is_none(found.last()):
                raise Refusal(LAYER, f"{name} adds to collections by {parameter}=", request.call)
        if key == "batch_norm":
            return self.batch_norm(request, function, bound)
        if key == "layer_norm":
            return self.layer_norm(request, function, bound, self.source_rank(request, bound))
        if key == "dropout":
            return [self.dropout(request, function, bound)]
        self.data_format(request, bound)
        if "activation_fn" not in function.parameters:
            if "scope" in bound and "scope" not in function.renamed:
                del bound["scope"]
            return [self.step(request, function, bound, {})]
        return self.normalized(request, function, bound)

    def normalized(self, request: Request, function: Function, bound: dict[str, Argument]) -> list[Step]:
        """Layer, normalizer and activation."""
        activation, normalizer = bound.pop("activation_fn", None), bound.pop("normalizer_fn", None)
        params = bound.pop("normalizer_params", None)
        biases = bound.get("biases_initializer")
        extra: dict[str, Step] = {}
        name = contrib_name(request.symbol) or ""
        normal = normalizer is not None and not is_none(normalizer.last())
        if normal or (biases is not None and is_none(biases.last())):
            extra["use_bias"] = lambda updated, previous: cst.Name("False")
            for gone in ("biases_initializer", "biases_regularizer"):
                bound.pop(gone, None)
        elif biases is not None and isinstance(biases.last(), cst.Name) and not self.is_made(biases.last()):
            raise Refusal(LAYER, "whether there are biases is not known: biases_initializer= may be None", request.call)
        for parameter in ("weights_initializer", "weights_regularizer", "biases_regularizer", "pointwise_initializer"):
            found = bound.get(parameter)
            if found is not None and is_none(found.last()):
                del bound[parameter]
        if layer_key(request.symbol) == "separable_conv2d":
            self.separable(request, bound, extra)
        follow: list[Step] = []
        if not normal:
            if activation is None:
                extra["activation"] = lambda updated, previous: cst.SimpleString('"relu"')
            elif not is_none(activation.last()):
                extra["activation"] = self.writer(activation, request.clones)
            return [self.step(request, function, bound, extra)]
        assert normalizer is not None
        scope, reuse = bound.get("scope"), bound.get("reuse")
        label = scope.last() if scope is not None else None
        around: dict[str, Step] = {}
        if isinstance(label, cst.SimpleString):
            around["name"] = _constant(repr(f"{label.evaluated_value!s}/BatchNorm"))
        if reuse is not None and not self.is_implied(function, "reuse", reuse):
            if not around:
                raise Refusal(LAYER, f"{name} with reuse= shares a normalizer, too", request.call)
            around["reuse"] = self.writer(reuse, clones=True)
        rank = function.rank or self.source_rank(request, bound)
        follow += self.normalizer(request, normalizer, params, rank, around)
        if activation is None or not is_none(activation.last()):
            follow.append(self.activation(request, activation))
        return [self.step(request, function, bound, extra), *follow]

    def is_made(self, node: Node) -> bool:
        """Whether a name surely holds what a call returned, or a symbol of TensorFlow."""
        assigned = self.names.assigned(node) if isinstance(node, cst.Name) else None
        return isinstance(assigned, cst.Call) or self.symbols.of(node) is not None

    def separable(self, request: Request, bound: dict[str, Argument], extra: dict[str, Step]) -> None:
        """One initializer and one regularizer serve both kernels."""
        if "num_outputs" in bound and is_none(bound["num_outputs"].last()):
            raise Refusal(LAYER, "a depthwise convolution without num_outputs", request.call)
        weights = bound.get("weights_initializer")
        if weights is not None and "pointwise_initializer" not in bound:
            extra["pointwise_initializer"] = self.writer(weights, clones=True)
        if "weights_regularizer" in bound:
            extra["pointwise_regularizer"] = self.writer(bound["weights_regularizer"], clones=True)

    def activation(self, request: Request, given: Argument | None) -> Step:
        """The activation after a normalizer."""
        if given is None:
            relu = self.spell("tf.nn.relu", request.call)
            return lambda updated, previous: cst.Call(relu.deep_clone(), [cst.Arg(_some(previous))])
        if self.symbols.of(given.last()) is None:
            message = "what the activation is after a normalizer is not known; write it as a function of TensorFlow"
            raise Refusal(LAYER, message, request.call)
        function = self.writer(given, request.clones)
        return lambda updated, previous: cst.Call(function(updated, previous), [cst.Arg(_some(previous))])

    def source_rank(self, request: Request, bound: Mapping[str, Argument]) -> int | None:
        """The rank of what a layer is given; layers that follow one another here are all of one kind."""
        source = bound.get("inputs")
        return self.names.rank(source.last() if source is not None else request.call.args[0].value)

    def normalizer(
        self,
        request: Request,
        given: Argument,
        params: Argument | None,
        rank: int | None,
        around: Mapping[str, Step],
    ) -> list[Step]:
        """The layer that ``normalizer_fn`` names, with ``normalizer_params``; ``around`` has its name and sharing."""
        key = layer_key(self.symbols.of(given.last()))
        function = FUNCTIONS.get(key or "")
        if function is None or key not in ("batch_norm", "layer_norm"):
            raise Refusal(LAYER, "a normalizer that is no batch_norm of tf.contrib", request.call)
        bound = {
            parameter: Argument(found.node, given=found)
            for parameter, found in self.scopes.defaults(request.call, key).items()
        }
        if params is not None and not is_none(params.last()):
            for parameter, node in self.entries(params, request.call).items():
                names = params.given.names if params.given is not None else {}
                bound[parameter] = Argument(node, given=Given(node, names))
        for parameter, argument in bound.items():
            if parameter not in function.parameters:
                raise Refusal("TF103", f"{key} has no parameter {parameter!r}", request.call)
            assert argument.given is not None
            self.check(argument.given, request.call)
        for parameter in (*_COLLECTIONS, "reuse", "scope"):
            found = bound.pop(parameter, None)
            if found is not None and not is_none(found.last()):
                raise Refusal(LAYER, f"a normalizer with {parameter}=", request.call)
        inner = Request(request.call, f"tf.contrib.layers.{key}", (), follows=True, normalizes=True, clones=True)
        if key == "layer_norm":
            return self.layer_norm(inner, function, bound, rank)
        return self.batch_norm(inner, function, bound, around)

    def entries(self, params: Argument, call: cst.Call) -> dict[str, Node]:
        """The entries of a dict that is written out, here or where the only assignment of its name is."""
        node = params.last()
        written = self.names.dictionary(node)
        found: dict[str, Node] = {}
        if isinstance(written, cst.Dict):
            for element in written.elements:
                if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
                    raise Refusal(LAYER, "normalizer_params that are not written out", call)
                found[str(element.key.evaluated_value)] = element.value
            return found
        if isinstance(written, cst.Call):
            for arg in written.args:
                if arg.keyword is None:
                    raise Refusal(LAYER, "normalizer_params that are not written out", call)
                found[arg.keyword.value] = arg.value
            return found
        raise Refusal(LAYER, "normalizer_params that are not written out as a dict that nothing changes", call)

    def batch_norm(
        self,
        request: Request,
        function: Function,
        bound: dict[str, Argument],
        around: Mapping[str, Step] | None = None,
    ) -> list[Step]:
        """Batch normalization of tf.layers; the activation comes after it."""
        activation = bound.pop("activation_fn", None)
        self.data_format(request, bound)
        for parameter in (
            "param_regularizers", "batch_weights", "renorm", "renorm_clipping", "renorm_decay", "adjustment",
            "zero_debias_moving_mean",
        ):  # fmt: skip
            found = bound.pop(parameter, None)
            if found is not None and not (is_none(found.last()) or _is(found.last(), "False")):
                raise Refusal(LAYER, f"batch_norm with {parameter}=", request.call)
        updates = bound.get("updates_collections")
        if updates is not None and self.symbols.of(updates.last()) == _UPDATE_OPS:
            del bound["updates_collections"]
        elif updates is not None and not is_none(updates.last()):
            raise Refusal(LAYER, "batch_norm with a collection of its own for its updates", request.call)
        extra: dict[str, Step] = dict(around or {})
        starts = bound.pop("param_initializers", None)
        if starts is not None and not is_none(starts.last()):
            for name, node in self.entries(starts, request.call).items():
                if name not in _PARAMS:
                    raise Refusal("TF103", f"batch_norm has no parameter {name!r} to initialize", request.call)
                start = Given(node, starts.given.names if starts.given is not None else {})
                self.check(start, request.call)
                extra[f"{name}_initializer"] = lambda updated, previous, start=start: start.written(self.respelled)  # type: ignore[misc]
        steps = [self.step(request, function, bound, extra)]
        if activation is not None and not is_none(activation.last()):
            steps.append(self.activation(request, activation))
        return steps

    def layer_norm(
        self, request: Request, function: Function, bound: dict[str, Argument], rank: int | None
    ) -> list[Step]:
        """Layer normalization over the last axis only: TF1's epsilon is 1e-12."""
        activation = bound.pop("activation_fn", None)
        axis, params = bound.pop("begin_norm_axis", None), bound.pop("begin_params_axis", None)
        if params is not None and not _is(params.last(), "-1"):
            raise Refusal(LAYER, "layer_norm with begin_params_axis=", request.call)
        last = axis is not None and _is(axis.last(), "-1")
        if not last and not (axis is None or _is(axis.last(), "1")):
            raise Refusal(LAYER, "layer_norm over several axes", request.call)
        if not last and rank != 2:
            raise Refusal(LAYER, "layer_norm over more than the last axis, or over an unknown number", request.call)
        if "reuse" in bound and not self.is_implied(FUNCTIONS["conv2d"], "reuse", bound["reuse"]):
            raise Refusal(LAYER, "layer_norm with reuse=", request.call)
        bound.pop("reuse", None)
        first = self.step(
            request, function, bound, {"epsilon": lambda updated, previous: cst.Float("1e-12")}, applied=True
        )
        steps = [first]
        if activation is not None and not is_none(activation.last()):
            steps.append(self.activation(request, activation))
        return steps

    def dropout(self, request: Request, function: Function, bound: dict[str, Argument]) -> Step:
        """``keep_prob`` p is ``rate`` 1 - p."""
        kept = bound.pop("keep_prob", None)

        def rate(updated: cst.Call, previous: Node | None) -> Node:
            if kept is None:
                return cst.Float("0.5")
            short = one_minus_number(kept.last())
            return cst.Float(short) if short is not None else one_minus(kept.written(updated, self.respelled))

        return self.step(request, function, bound, {"rate": rate})

    def data_format(self, request: Request, bound: dict[str, Argument]) -> None:
        """Channels come last, and that is the default."""
        found = bound.pop("data_format", None)
        if found is None or is_none(found.last()):
            return
        node = found.last()
        if not isinstance(node, cst.SimpleString) or str(node.evaluated_value).startswith("NC"):
            raise Refusal(LAYER, "channels that do not surely come last", request.call)

    def writer(self, found: Argument, clones: bool) -> Step:
        """How an argument is written."""

        def write(updated: cst.Call, previous: Node | None) -> Node:
            value = found.written(updated, self.respelled)
            return _clone(value) if clones else value

        return write

    def is_implied(self, function: Function, parameter: str, found: Argument) -> bool:
        """Whether the target means the same when the argument is left out."""
        code = cst.Module([]).code_for_node(found.last())
        return code.replace('"', "'").lower() in [item.lower() for item in function.implied.get(parameter, ())]

    # Writing

    def step(
        self,
        request: Request,
        function: Function,
        bound: Mapping[str, Argument],
        extra: Mapping[str, Step],
        *,
        applied: bool = False,
    ) -> Step:
        """The call of ``function.target``; ``applied``: of a layer object that is called on its input."""
        for parameter in bound:
            if parameter not in function.renamed:
                raise Refusal(LAYER, f"{contrib_name(request.symbol)} with {parameter}=", request.call)
        target = self.spell(function.target, request.call)
        source = function.parameters[0]
        key = layer_key(request.symbol) or ""
        if key in CONTRIB_SCOPES:
            extra = {**extra, "contrib": _constant(repr(CONTRIB_NORMALIZER if request.normalizes else key))}
        places = {found.place: name for name, found in bound.items() if found.place is not None}

        def write(updated: cst.Call, previous: Node | None) -> Node:
            kept: list[cst.Arg] = []
            renamed = [function.renamed.get(parameter) for parameter in function.parameters]
            new: dict[str, Step] = dict(extra)
            for parameter, found in bound.items():
                if found.place is None and not self.is_implied(function, parameter, found):
                    new[function.renamed[parameter]] = self.writer(found, clones=True)
            for parameter, text in function.defaults.items():
                if parameter not in bound and function.renamed[parameter] not in new:
                    new[function.renamed[parameter]] = _constant(text)
            if request.follows:
                kept.append(cst.Arg(_some(previous)))
            given = _some(previous) if request.follows else None
            for place in request.places:
                parameter = places.get(place, "")
                if not parameter:
                    continue
                arg = updated.args[place]
                if parameter == source and applied:
                    given = arg.value
                    continue
                if parameter != source and self.is_implied(function, parameter, bound[parameter]):
                    continue
                value = _clone(arg.value) if request.clones else arg.value
                if parameter == "padding" and isinstance(value, cst.SimpleString):
                    value = value.with_changes(value=value.value.lower())
                name = None if arg.keyword is None and len(kept) < function.leading else function.renamed[parameter]
                if applied:
                    name = function.renamed[parameter]
                new_arg = cst.Arg(value, comma=arg.comma) if name is None else _named(arg, name, value)
                if request.clones or place == len(updated.args) - 1:
                    blank = cst.SimpleWhitespace("")
                    new_arg = new_arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=blank)
                kept.append(new_arg)
            if applied and request.follows:
                kept = kept[1:]
            made = [keyword(name, new[name](updated, previous)) for name in sorted(new, key=_ORDER.index)]
            while made and len(kept) < function.leading and not any(arg.keyword for arg in kept) and not applied:
                if made[0].keyword is None or made[0].keyword.value != renamed[len(kept)]:
                    break
                kept.append(cst.Arg(made.pop(0).value))
            call = cst.Call(target.deep_clone(), _laid_out(kept, made, None if request.clones else updated.args[-1]))
            if made and not has_lines(updated):
                call = wrapped(call, is_passing)
            if not request.clones:
                before = call.whitespace_before_args if has_lines(call) else updated.whitespace_before_args
                call = call.with_changes(whitespace_before_args=before, lpar=updated.lpar, rpar=updated.rpar)
            return cst.Call(call, [cst.Arg(_some(given))]) if applied else call

        return write


def joined(args: list[cst.Arg], made: list[cst.Arg]) -> list[cst.Arg]:
    """The arguments of a call with new ones, before the name where that is the last; the layout stays."""
    if not args or not made:
        return [*args, *made]
    end = args[-1]
    blank = cst.SimpleWhitespace("")
    args = [*args[:-1], end.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=blank)]
    return _laid_out(args, made, end)


def _laid_out(kept: list[cst.Arg], made: list[cst.Arg], end: cst.Arg | None) -> list[cst.Arg]:
    """The arguments that were there with the new ones, before the name where that is the last.

    ``end`` is the argument after which the call was closed: its comma and white space close the new one.
    """
    named = len(kept) > 1 and kept[-1].keyword is not None and kept[-1].keyword.value == "name"
    last = [kept[-1]] if named and made else []
    between = next((arg.comma for arg in kept if isinstance(arg.comma, cst.Comma)), None)
    result = []
    for arg in [*kept[: len(kept) - len(last)], *made, *last]:
        if not isinstance(arg.comma, cst.Comma) and between is not None:
            arg = arg.with_changes(comma=between.deep_clone())
        result.append(arg)
    if result:
        closing = end.comma if end is not None else cst.MaybeSentinel.DEFAULT
        after = end.whitespace_after_arg if end is not None else cst.SimpleWhitespace("")
        result[-1] = result[-1].with_changes(comma=closing, whitespace_after_arg=after)
    return result


def is_passing(arg: cst.Arg) -> bool:
    """Whether an argument does not stay with the layer."""
    return arg.keyword is not None and arg.keyword.value in ("contrib", "training", "updates_collections")


def _named(arg: cst.Arg, name: str, value: Node) -> cst.Arg:
    equal = arg.equal if isinstance(arg.equal, cst.AssignEqual) else keyword(name, value).equal
    return arg.with_changes(keyword=cst.Name(name), equal=equal, value=value)


def _clone(node: Node) -> Node:
    copy = node.deep_clone()
    assert isinstance(copy, cst.BaseExpression)
    return copy


def _constant(text: str) -> Step:
    return lambda updated, previous: cst.parse_expression(text)


def _some(node: Node | None) -> Node:
    assert node is not None
    return node


def _is(node: cst.CSTNode, text: str) -> bool:
    return cst.Module([]).code_for_node(node) == text


def _root(node: cst.CSTNode) -> cst.CSTNode:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node


def check_pure(symbols: Symbols, node: Node) -> None:
    """Refuse an expression that may not be evaluated once for each layer."""
    if isinstance(node, cst.Call):
        last = (symbols.of(node.func) or "").rpartition(".")[2]
        home = (symbols.of(node.func) or "").rpartition(".")[0]
        if not last.lower().endswith(("initializer", "regularizer")) and home not in _MAKERS:
            plain = isinstance(node.func, cst.Name) and node.func.value == "dict"
            if not plain:
                raise Refusal(SCOPED, "an arg scope is given the result of a call", node)
    if isinstance(node, (cst.ListComp, cst.GeneratorExp, cst.Await, cst.Yield, cst.NamedExpr)):
        raise Refusal(SCOPED, "an arg scope is given something that is computed", node)
    if isinstance(node, cst.Lambda):
        return
    for child in node.children:
        if isinstance(child, cst.BaseExpression):
            check_pure(symbols, child)
        elif isinstance(child, (cst.Arg, cst.Element, cst.DictElement)):
            check_pure(symbols, child.value)


_MAKERS = frozenset({"tf.initializers", "keras.initializers", "keras.regularizers"})
