"""`tf.metrics.*` in TF2: which `keras.metrics` object counts the same, and what its update is given.

Measured in TF 2.21 and Keras 3.15 over batches of several sizes, one of them empty: bit-identical, but for means over
values of two dimensions (1.5e-8, Keras takes the mean of each row first) and of absolute differences (2.4e-7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.dtypes import is_float32
from codemods.analysis.staging import Staging
from codemods.analysis.values import Kind, Metric, Placeholder
from codemods.findings import Refusal
from codemods.tree import is_none

CODE = "TF423"


@dataclass(frozen=True)
class Counterpart:
    """The class of the object, and the arguments of its update; holes are TF1's arguments."""

    target: str
    update: tuple[str, ...]
    settings: tuple[str, ...] = ()  # arguments of TF1's call that the object is made with
    template: str | None = None  # of a class that the rewrite writes into the file


_AS_BOOL = ("{tf}.cast({labels}, {tf}.bool)", "{tf}.cast({predictions}, {tf}.bool)")
COUNTERPARTS = {
    "accuracy": Counterpart("keras.metrics.Accuracy", ("{labels}", "{predictions}")),
    "mean": Counterpart("keras.metrics.Mean", ("{values}",)),
    "mean_squared_error": Counterpart("keras.metrics.Mean", ("{tf}.math.squared_difference({predictions}, {labels})",)),
    "mean_absolute_error": Counterpart("keras.metrics.Mean", ("{tf}.abs({predictions} - {labels})",)),
    "root_mean_squared_error": Counterpart("keras.metrics.RootMeanSquaredError", ("{labels}", "{predictions}")),
    "percentage_below": Counterpart(
        "keras.metrics.Mean", ("{tf}.cast({tf}.less({values}, {threshold}), {tf}.float32)",)
    ),
    "precision": Counterpart("keras.metrics.Precision", _AS_BOOL),
    "recall": Counterpart("keras.metrics.Recall", _AS_BOOL),
    "true_positives": Counterpart("keras.metrics.TruePositives", _AS_BOOL),
    "false_positives": Counterpart("keras.metrics.FalsePositives", _AS_BOOL),
    "true_negatives": Counterpart("keras.metrics.TrueNegatives", _AS_BOOL),
    "false_negatives": Counterpart("keras.metrics.FalseNegatives", _AS_BOOL),
    "auc": Counterpart(
        "StreamingAUC", ("{labels}", "{predictions}"), ("num_thresholds", "curve"), template="streaming_auc"
    ),
}
_INTEGERS = frozenset({"tf.int8", "tf.int16", "tf.int32", "tf.int64", "tf.uint8", "tf.uint16"})
_SAME_DTYPE = frozenset(
    {
        "tf.squeeze", "tf.reshape", "tf.identity", "tf.round", "tf.nn.sigmoid", "tf.sigmoid", "tf.zeros_like",
        "tf.ones_like",
    }
)  # fmt: skip
_COMPARISONS = frozenset({"tf.equal", "tf.not_equal", "tf.greater", "tf.greater_equal", "tf.less", "tf.less_equal"})
_CASTS = {"tf.to_int32": "tf.int32", "tf.to_int64": "tf.int64", "tf.to_float": "tf.float32"}
# Functions whose result has the shape of what they are given.
_SAME_SHAPE = frozenset({"tf.cast", "tf.identity", "tf.round", "tf.nn.sigmoid", "tf.sigmoid", *_COMPARISONS, *_CASTS})


class Check:
    """Whether one metric can be replaced, and with which arguments."""

    def __init__(self, staging: Staging, metric: Metric) -> None:
        self.staging = staging
        self.metric = metric
        self.given = {name: argument.value for name, argument in metric.arguments.items()}
        self.counterpart = COUNTERPARTS[metric.symbol.rpartition(".")[2]]

    def update(self, tf: str) -> list[str]:
        """The texts of the update's arguments, with holes for those of the call; refused where it is not the same."""
        texts = [text.replace("{tf}", tf) for text in self.counterpart.update]
        for name in sorted({"labels", "predictions", "values", "threshold"} & _holes(texts)):
            if name not in self.given:
                raise Refusal("TF103", f"{self.metric.symbol} needs {name}", self.metric.call)
            self.check_shape(name)
        if self.metric.symbol == "tf.metrics.accuracy":
            texts[1] = self.predictions(tf)
        elif self.metric.symbol == "tf.metrics.auc":
            self.check_auc()
        if self.weighted():
            texts.append("sample_weight={weights}" if len(texts) < 2 else "{weights}")
        return texts

    def predictions(self, tf: str) -> str:
        """Accuracy compares in the dtype of the labels in TF1, in that of the predictions in Keras."""
        labels, predictions = self.dtype(self.given["labels"]), self.dtype(self.given["predictions"])
        if labels is not None and (labels == predictions or {labels, predictions} <= _INTEGERS):
            return "{predictions}"
        if labels is not None:
            return f"{tf}.cast({{predictions}}, {tf}.{labels.removeprefix('tf.')})"
        if isinstance(self.given["labels"], cst.Name):
            return f"{tf}.cast({{predictions}}, {{labels}}.dtype)"
        message = "the dtype of the labels is not known, and TensorFlow 1 casts the predictions to it"
        raise Refusal(CODE, message, self.given["labels"])

    def check_auc(self) -> None:
        """Refuse what the class for the area under a curve does not do, and predictions that are no floats."""
        for name in ("weights", "thresholds"):
            if name in self.given and not is_none(self.given[name]):
                raise Refusal(CODE, f"{self.metric.symbol} with {name}=", self.given[name])
        for name, known in (("curve", ("ROC", "PR")), ("summation_method", ("trapezoidal",))):
            if name in self.given and self.staging.last_values[self.given[name]].constant not in known:
                raise Refusal(CODE, f"{self.metric.symbol} with this {name}", self.given[name])
        if self.dtype(self.given["predictions"]) != "tf.float32":
            message = "the predictions of a curve are not surely float32, which TensorFlow 1 made of them"
            raise Refusal(CODE, message, self.given["predictions"])

    def weighted(self) -> bool:
        """Whether there are weights; refused where they may be a scalar, which Keras counts once for each batch."""
        node = self.given.get("weights")
        if node is None or is_none(node) or self.staging.last_values[node].constant in (1, 1.0):
            return False
        value = self.staging.last_values[node]
        shape = value.payload.shape if isinstance(value.payload, Placeholder) else None
        if not isinstance(shape, (cst.List, cst.Tuple)) or not shape.elements:
            message = "the weights may be a scalar, which Keras counts once for each batch"
            raise Refusal(CODE, message, node)
        return True

    def check_shape(self, name: str) -> None:
        """Refuse values of which the rank is not known before the run: Keras needs it."""
        for made in self.makers(self.given[name]):
            value = self.staging.last_values[made]
            if isinstance(value.payload, Placeholder) and value.kind is Kind.PLACEHOLDER:
                shape = value.payload.shape
                listed = shape.elements if isinstance(shape, cst.List | cst.Tuple) else ()
                if shape is None or is_none(shape) or (len(listed) > 1 and is_none(listed[-1].value)):
                    message = f"the shape of {name} is not known here, and Keras takes another one away than TF1"
                    raise Refusal(CODE, message, self.given[name])
            symbol = self.staging.symbols.of(made.func) if isinstance(made, cst.Call) else None
            if symbol == "tf.squeeze" and isinstance(made, cst.Call) and len(made.args) == 1:
                self.check_squeezed(made.args[0].value)

    def check_squeezed(self, node: cst.BaseExpression) -> None:
        """``tf.squeeze(x)`` has a known rank only if all of x's dimensions are known."""
        payload = self.staging.last_values[node].payload
        shape = payload.shape if isinstance(payload, Placeholder) else None
        known = shape is not None and not isinstance(shape, (cst.List, cst.Tuple)) and not is_none(shape)
        if isinstance(shape, (cst.List, cst.Tuple)):
            known = not any(is_none(element.value) for element in shape.elements)
        if not known:
            message = "tf.squeeze without axis of a shape that is not known; name the axis"
            raise Refusal(CODE, message, node)

    def makers(self, node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
        """The expression, and those that it has its shape from, through names."""
        value = self.staging.last_values.get(node)
        if value is None:
            return
        made = value.node if isinstance(value.node, cst.BaseExpression) else node
        if made not in self.staging.last_values:
            made = node
        yield made
        if isinstance(made, cst.Call) and self.staging.symbols.of(made.func) in _SAME_SHAPE and made.args:
            yield from self.makers(made.args[0].value)

    def dtype(self, node: cst.BaseExpression) -> str | None:
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
            return None
        symbol = self.staging.symbols.of(made.func) or ""
        given = {argument.keyword.value: argument.value for argument in made.args if argument.keyword is not None}
        if symbol in ("tf.argmax", "tf.argmin", "tf.arg_max", "tf.arg_min"):
            return self.named(given["output_type"]) if "output_type" in given or len(made.args) > 3 else "tf.int64"
        if symbol == "tf.cast":
            return self.named(given.get("dtype") or made.args[-1].value)
        if symbol in _COMPARISONS:
            return "tf.bool"
        if symbol in _SAME_DTYPE and made.args:
            return self.dtype(made.args[0].value)
        return _CASTS.get(symbol)

    def named(self, node: cst.BaseExpression | None) -> str | None:
        """A dtype that is written out."""
        if isinstance(node, cst.SimpleString):
            return f"tf.{node.evaluated_value!s}"
        return self.staging.symbols.of(node) if node is not None else None


def _holes(texts: list[str]) -> set[str]:
    return {part.partition("}")[0] for text in texts for part in text.split("{")[1:]}
