"""`tf.metrics.*` in TF2: which object counts the same, and what its update is given.

Measured in TF 2.21 and Keras 3.15 over batches of several sizes, one of them empty: bit-identical, but for means of
absolute differences (2.4e-7), and of rows with one weight each (1.2e-7). Keras takes the mean of each row first, and
counts rows; so what has more than one dimension is flattened, and the variables are those of TF1, too.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.dtypes import dtype_of, is_float32
from codemods.analysis.staging import Staging
from codemods.analysis.static_shapes import UNSURE, Shape, shape_of
from codemods.analysis.values import Kind, Metric, Placeholder
from codemods.findings import Refusal
from codemods.rewrites.metric_counterparts import COUNTERPARTS, Counterpart
from codemods.tree import is_none

CODE = "TF423"
_TENSORS = ("labels", "predictions", "values", "normalizer", "predictions_idx")
_INTEGERS = frozenset({"tf.int8", "tf.int16", "tf.int32", "tf.int64", "tf.uint8", "tf.uint16"})
_SAME_DTYPE = frozenset(
    {
        "tf.squeeze", "tf.reshape", "tf.identity", "tf.round", "tf.nn.sigmoid", "tf.sigmoid", "tf.zeros_like",
        "tf.ones_like",
    }
)  # fmt: skip
_COMPARISONS = frozenset({"tf.equal", "tf.not_equal", "tf.greater", "tf.greater_equal", "tf.less", "tf.less_equal"})
_CASTS = {"tf.to_int32": "tf.int32", "tf.to_int64": "tf.int64", "tf.to_float": "tf.float32"}
# What only one value may be said of: the one that TF1 has anyway.
_ONLY_NONE = ("class_id", "thresholds")


class Check:
    """Whether one metric can be replaced, and with which arguments."""

    def __init__(self, staging: Staging, metric: Metric) -> None:
        self.staging = staging
        self.metric = metric
        self.given = {name: argument.value for name, argument in metric.arguments.items()}
        self.counterpart = self.chosen()

    def chosen(self) -> Counterpart:
        """What takes the place of the metric."""
        careful = self.constant("summation_method") == "careful_interpolation" and self.constant("curve") == "PR"
        return COUNTERPARTS["interpolated_auc" if careful else self.metric.name]

    def constant(self, name: str) -> object:
        """The value of an argument that is known."""
        return self.staging.last_values[self.given[name]].constant if name in self.given else None

    def settings(self) -> list[tuple[str, cst.BaseExpression]]:
        """The arguments that the object is made with, by their new names."""
        found = [(new, self.given[old]) for old, new in self.counterpart.settings if old in self.given]
        if self.metric.name == "mean_tensor":
            shape = shape_of(self.staging, self.given["values"]) if "values" in self.given else None
            if shape is None or any(size is None or size == UNSURE for size in shape):
                raise Refusal(CODE, "the shape of the values of mean_tensor is not known here", self.metric.call)
            found.append(("shape", cst.parse_expression(repr(shape))))
        return found

    def update(self, tf: str) -> list[str]:
        """The texts of the update's arguments, with holes for those of the call; refused where it is not the same."""
        texts = [text.replace("{tf}", tf) for text in self.counterpart.update]
        needed = sorted(_holes(texts) | {name for name, _ in self.counterpart.settings if name not in _OPTIONAL})
        for name in needed:
            if name not in self.given:
                raise Refusal("TF103", f"{self.metric.symbol} needs {name}", self.metric.call)
        self.check()
        if self.metric.name == "accuracy":
            texts[1] = self.predictions(tf)
        for name in ("labels", "predictions"):
            if f"{tf}.cast({{{name}}}, {tf}.bool)" in texts and self.dtype(name) == "tf.bool":
                texts[texts.index(f"{tf}.cast({{{name}}}, {tf}.bool)")] = f"{{{name}}}"
        flat = self.counterpart.samples and not self.is_plain()
        if flat:
            for name in _TENSORS:
                texts = [text.replace(f"{{{name}}}", f"{tf}.reshape({{{name}}}, [-1])") for text in texts]
                texts = [text.replace(f"{tf}.reshape({{{name}}}, [-1]).dtype", f"{{{name}}}.dtype") for text in texts]
        weights = self.weights(tf, flat)
        if weights is not None:
            texts.append(weights if len(texts) > 1 else f"sample_weight={weights}" if self.keras() else weights)
        return texts

    def keras(self) -> bool:
        """Whether the object is of a class of Keras."""
        return not self.counterpart.templates

    # Refusals

    def check(self) -> None:
        """Refuse arguments that the object does not know, and values that it counts in another way."""
        name = self.metric.name
        for parameter in _ONLY_NONE:
            taken = any(old == parameter for old, _ in self.counterpart.settings)
            if parameter in self.given and not taken and not is_none(self.given[parameter]):
                raise Refusal(CODE, f"{self.metric.symbol} with {parameter}=", self.given[parameter])
        if name == "auc":
            known = {"curve": ("ROC", "PR"), "summation_method": ("trapezoidal", "careful_interpolation")}
            for parameter, values in known.items():
                if parameter in self.given and self.constant(parameter) not in values:
                    raise Refusal(CODE, f"{self.metric.symbol} with this {parameter}", self.given[parameter])
        if self.counterpart.templates[:1] == ("threshold_counts",) and self.dtype("predictions") != "tf.float32":
            message = "the predictions of a curve are not surely float32, which TensorFlow 1 made of them"
            raise Refusal(CODE, message, self.given["predictions"])
        if name == "mean_cosine_distance" or "top_k_counts" in self.counterpart.templates or "_at_k" in name:
            self.check_ranks(name == "mean_cosine_distance")

    def check_ranks(self, equal: bool) -> None:
        """Refuse labels and predictions whose numbers of dimensions are not known, or may not go together."""
        names = [name for name in ("labels", "predictions", "predictions_idx") if name in self.given]
        ranks = [self.rank(name) for name in names]
        for name, rank in zip(names, ranks, strict=True):
            if rank is None or (equal and rank != ranks[0]):
                message = f"the shape of {name} is not known here, and TensorFlow 1 may take a dimension away"
                raise Refusal(CODE, message, self.given[name])

    # Shapes

    def shape(self, name: str) -> Shape | None:
        """What TF1 knew of the shape of an argument."""
        return shape_of(self.staging, self.given[name])

    def rank(self, name: str) -> int | None:
        """The number of dimensions of an argument."""
        shape = self.shape(name)
        return len(shape) if shape is not None else None

    def is_plain(self) -> bool:
        """Whether values are counted one by one as they are: vectors, and rows that have one weight each."""
        shapes = [self.shape(name) for name in _TENSORS if name in self.given]
        if all(shape is not None and len(shape) == len(shapes[0] or ()) < 2 for shape in shapes):
            return True
        node = self.given.get("weights")
        weighted = self.shape("weights") if node is not None and not is_none(node) else None
        alike = len(weighted or ()) == len(shapes[0] or ()) and all(map(_alike, weighted or (), shapes[0] or ()))
        return bool(weighted) and self.in_rows() and not alike

    def in_rows(self) -> bool:
        """Whether all values are in rows of one length, in tensors of one rank: then the mean of means is the mean."""
        shapes = [self.shape(name) for name in _TENSORS if name in self.given]
        first = shapes[0] if shapes else None
        if first is None or any(shape is None or len(shape) != len(first) for shape in shapes):
            return False
        return all(size is not None and size != UNSURE for shape in shapes if shape is not None for size in shape[1:])

    def weights(self, tf: str, flat: bool) -> str | None:
        """The text of the weights; refused where it is not known how they go with the values."""
        node = self.given.get("weights")
        if node is None or is_none(node) or self.constant("weights") in (1, 1.0):
            return None
        first = next(name for name in _TENSORS if name in self.given)
        shape, weighted = self.shape(first), self.shape("weights")
        if weighted == () and isinstance(self.given[first], cst.Name) and self.counterpart.samples:
            ones = f"{tf}.ones_like({{{first}}}, {tf}.float32)"
            return f"{{weights}} * {tf}.reshape({ones}, [-1])" if flat else f"{{weights}} * {ones}"
        if weighted is None or weighted == ():
            message = "the weights may be a scalar, which Keras counts once for each batch"
            raise Refusal(CODE, message, node)
        alike = shape is not None and len(shape) == len(weighted) and all(map(_alike, shape, weighted))
        if not self.keras():
            ranks = {self.rank(name) for name in _TENSORS if name in self.given}
            if self.metric.name.endswith(("_at_k", "_at_top_k")):  # one weight for each row of predictions
                rank = self.rank("predictions" if "predictions" in self.given else "predictions_idx")
                ranks = {rank - 1 if rank is not None else None}
            if ranks == {len(weighted)}:
                return "{weights}"
        elif not flat and (alike or self.counterpart.target in _MEANS):
            return "{weights}"
        if flat and alike:
            return f"{tf}.reshape({{weights}}, [-1])"
        raise Refusal(CODE, "it is not known how these weights go with the values", node)

    # Dtypes

    def predictions(self, tf: str) -> str:
        """Accuracy compares in the dtype of the labels in TF1, in that of the predictions in Keras."""
        labels, predictions = self.dtype("labels"), self.dtype("predictions")
        if labels is not None and (labels == predictions or {labels, predictions} <= _INTEGERS):
            return "{predictions}"
        if labels is not None:
            return f"{tf}.cast({{predictions}}, {tf}.{labels.removeprefix('tf.')})"
        if isinstance(self.given["labels"], cst.Name):
            return f"{tf}.cast({{predictions}}, {{labels}}.dtype)"
        message = "the dtype of the labels is not known, and TensorFlow 1 casts the predictions to it"
        raise Refusal(CODE, message, self.given["labels"])

    def dtype(self, name: str) -> str | None:
        """The dtype of an argument as a TF symbol, where it is known."""
        return self.dtype_of(self.given[name])

    def dtype_of(self, node: cst.BaseExpression) -> str | None:
        """The dtype of an expression as a TF symbol, where it is known."""
        if is_float32(self.staging, node):
            return "tf.float32"
        value = self.staging.last_values.get(node)
        if value is None:
            return None
        if isinstance(value.payload, Placeholder) and value.kind is Kind.PLACEHOLDER:
            return self.named(value.payload.dtype)
        made = value.node
        if not isinstance(made, cst.Call) or value.kind is not Kind.TENSOR:
            found = dtype_of(self.staging, node)
            return f"tf.{found}" if found is not None else None
        symbol = self.staging.symbols.of(made.func) or ""
        given = {argument.keyword.value: argument.value for argument in made.args if argument.keyword is not None}
        if symbol in ("tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min"):
            return self.named(given["output_type"]) if "output_type" in given or len(made.args) > 3 else "tf.int64"
        if symbol == "tf.cast":
            return self.named(given.get("dtype") or made.args[-1].value)
        if symbol in _COMPARISONS:
            return "tf.bool"
        if symbol in _SAME_DTYPE and made.args:
            return self.dtype_of(made.args[0].value)
        known = _CASTS.get(symbol) or dtype_of(self.staging, node)
        return known if known is None or known.startswith("tf.") else f"tf.{known}"

    def named(self, node: cst.BaseExpression | None) -> str | None:
        """A dtype that is written out."""
        if isinstance(node, cst.SimpleString):
            return f"tf.{node.evaluated_value!s}"
        return self.staging.symbols.of(node) if node is not None else None


# Classes that take the mean of each row, and weigh the rows where there is one weight for each.
_MEANS = ("keras.metrics.Mean", "keras.metrics.Accuracy", "keras.metrics.RootMeanSquaredError")
_OPTIONAL = ("num_thresholds", "curve")


def _alike(first: int | None, second: int | None) -> bool:
    """Whether two dimensions are surely the same: the dimension of a batch is taken for that of the other."""
    return first == second and first != UNSURE


def _holes(texts: list[str]) -> set[str]:
    return {part.partition("}")[0] for text in texts for part in text.split("{")[1:]}
