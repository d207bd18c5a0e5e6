"""One call of a layer of tf.contrib, written as the calls of TF1 that do the same: layer, normalizer, activation."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.contrib_symbols import contrib_name, layer_key
from codemods.findings import Refusal
from codemods.rewrites.contrib_arguments import LAYER, Argument, Node, Request, Step
from codemods.rewrites.contrib_functions import DROPOUT_OF_TENSOR, FUNCTIONS, Function
from codemods.rewrites.contrib_normalizers import COLLECTIONS, NormalizerWriter
from codemods.rewrites.contrib_steps import constant
from codemods.rewrites.rules import one_minus, one_minus_number
from codemods.tree import is_none


class CallWriter(NormalizerWriter):
    """Writes requests as steps."""

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
        for parameter in COLLECTIONS:
            found = bound.pop(parameter, None)
            if found is not None and not is_none(found.last()):
                raise Refusal(LAYER, f"{name} adds to collections by {parameter}=", request.call)
        if key == "batch_norm":
            return self.batch_norm(request, function, bound)
        if key == "layer_norm":
            return self.layer_norm(request, function, bound, self.source_rank(request, bound))
        if key == "instance_norm":
            return self.instance_norm(request, function, bound)
        if key == "embed_sequence":
            return [self.embedding(request, function, bound)]
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
            around["name"] = constant(repr(f"{label.evaluated_value!s}/BatchNorm"))
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

    def embedding(self, request: Request, function: Function, bound: dict[str, Argument]) -> Step:
        """A layer of Keras that looks up the rows of a matrix."""
        for parameter in ("unique", "regularizer", "reuse"):
            found = bound.pop(parameter, None)
            if found is not None and cst.Module([]).code_for_node(found.last()) not in ("None", "False"):
                raise Refusal(LAYER, f"embed_sequence with {parameter}=", request.call)
        if not {"vocab_size", "embed_dim"} <= set(bound):
            raise Refusal(LAYER, "embed_sequence without the size of its matrix", request.call)
        if "initializer" in bound and is_none(bound["initializer"].last()):
            del bound["initializer"]
        return self.step(request, function, bound, {}, applied=True)

    def dropout(self, request: Request, function: Function, bound: dict[str, Argument]) -> Step:
        """``keep_prob`` p is ``rate`` 1 - p; a layer is made with a number, what is fed is given to a function."""
        always = "is_training" not in bound or cst.Module([]).code_for_node(bound["is_training"].last()) == "True"
        if always and "keep_prob" in bound and self.names.is_fed(bound["keep_prob"].last()):
            plain = {name: found for name, found in bound.items() if name not in ("is_training", "scope")}
            return self.step(request, DROPOUT_OF_TENSOR, plain, {})
        kept = bound.pop("keep_prob", None)

        def rate(updated: cst.Call, previous: Node | None) -> Node:
            if kept is None:
                return cst.Float("0.5")
            short = one_minus_number(kept.last())
            return cst.Float(short) if short is not None else one_minus(kept.written(updated, self.respelled))

        return self.step(request, function, bound, {"rate": rate})
