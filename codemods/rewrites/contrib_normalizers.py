"""The normalizers of tf.contrib: batch and layer normalization, as layers of their own or after another layer."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods.analysis.contrib_symbols import layer_key
from codemods.analysis.given import Given
from codemods.findings import Refusal
from codemods.rewrites.contrib_arguments import LAYER, Argument, Request, Step
from codemods.rewrites.contrib_functions import FUNCTIONS, LAYER_NORM_OF_ALL, Function
from codemods.rewrites.contrib_steps import StepWriter, constant, some
from codemods.tree import is_none

COLLECTIONS = ("variables_collections", "outputs_collections")
_PARAMS = ("beta", "gamma", "moving_mean", "moving_variance")
_UPDATE_OPS = "tf.GraphKeys.UPDATE_OPS"


class NormalizerWriter(StepWriter):
    """Writes normalizers and what follows them."""

    def activation(self, request: Request, given: Argument | None) -> Step:
        """The activation after a normalizer."""
        if given is None:
            relu = self.spell("tf.nn.relu", request.call)
            return lambda updated, previous: cst.Call(relu.deep_clone(), [cst.Arg(some(previous))])
        if self.symbols.of(given.last()) is None:
            message = "what the activation is after a normalizer is not known; write it as a function of TensorFlow"
            raise Refusal(LAYER, message, request.call)
        function = self.writer(given, request.clones)
        return lambda updated, previous: cst.Call(function(updated, previous), [cst.Arg(some(previous))])

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
        if function is None or key not in ("batch_norm", "layer_norm", "instance_norm"):
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
        for parameter in (*COLLECTIONS, "reuse", "scope"):
            found = bound.pop(parameter, None)
            if found is not None and not is_none(found.last()):
                raise Refusal(LAYER, f"a normalizer with {parameter}=", request.call)
        inner = Request(request.call, f"tf.contrib.layers.{key}", (), follows=True, normalizes=True, clones=True)
        if key == "layer_norm":
            return self.layer_norm(inner, function, bound, rank)
        if key == "instance_norm":
            return self.instance_norm(inner, function, bound)
        return self.batch_norm(inner, function, bound, around)

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
        number = "1" if axis is None else cst.Module([]).code_for_node(axis.last())
        places = {"-1": -1, "1": 1, "2": 2, "3": 3, "4": 4}
        if number not in places or (number != "-1" and rank is None):
            raise Refusal(LAYER, "layer_norm over more than the last axis, or over an unknown number", request.call)
        first_axis = places[number] if number != "-1" or rank is None else rank - 1
        whole = rank is not None and first_axis == 1 and rank > 2
        if rank is not None and not whole and first_axis != rank - 1:
            raise Refusal(LAYER, "layer_norm over some of several axes", request.call)
        self.without_sharing(request, bound, "layer_norm")
        extra: dict[str, Step] = {"epsilon": lambda updated, previous: cst.Float("1e-12")}
        if whole:
            extra["groups"] = lambda updated, previous: cst.Integer("1")
        target = LAYER_NORM_OF_ALL if whole else function
        return self.followed(request, self.step(request, target, bound, extra, applied=True), activation)

    def instance_norm(self, request: Request, function: Function, bound: dict[str, Argument]) -> list[Step]:
        """Normalization of each channel of each image: as many groups as there are channels."""
        activation = bound.pop("activation_fn", None)
        self.data_format(request, bound)
        found = bound.pop("param_initializers", None)
        if found is not None and not is_none(found.last()):
            raise Refusal(LAYER, "instance_norm with param_initializers=", request.call)
        self.without_sharing(request, bound, "instance_norm")
        groups = {"groups": constant("-1")}
        return self.followed(request, self.step(request, function, bound, groups, applied=True), activation)

    def without_sharing(self, request: Request, bound: dict[str, Argument], name: str) -> None:
        """Refuse a layer of Keras that would have to share the weights of another."""
        if "reuse" in bound and not self.is_implied(FUNCTIONS["conv2d"], "reuse", bound["reuse"]):
            raise Refusal(LAYER, f"{name} with reuse=", request.call)
        bound.pop("reuse", None)

    def followed(self, request: Request, first: Step, activation: Argument | None) -> list[Step]:
        """A step, and the activation after it."""
        steps = [first]
        if activation is not None and not is_none(activation.last()):
            steps.append(self.activation(request, activation))
        return steps

    def data_format(self, request: Request, bound: dict[str, Argument]) -> None:
        """Channels come last, and that is the default."""
        found = bound.pop("data_format", None)
        if found is None or is_none(found.last()):
            return
        node = found.last()
        if not isinstance(node, cst.SimpleString) or str(node.evaluated_value).startswith("NC"):
            raise Refusal(LAYER, "channels that do not surely come last", request.call)


def _is(node: cst.CSTNode, text: str) -> bool:
    return cst.Module([]).code_for_node(node) == text
