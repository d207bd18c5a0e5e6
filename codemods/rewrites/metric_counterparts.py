"""What becomes of each function of `tf.metrics`: a class of `keras.metrics`, or one that is written into the file.

A class is written where Keras computes something else: other thresholds, another smoothing, or nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counterpart:
    """The class of the object, and the arguments of its update; holes are TF1's arguments, {tf} is TensorFlow.

    ``settings`` are the arguments of TF1's call that the object is made with, and what its class calls them.
    ``templates`` are the classes to write into the file, the object's own last. ``samples``: Keras takes the mean of
    each row first, so values that are not surely in equal rows have to be flattened.
    """

    target: str
    update: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    templates: tuple[str, ...] = ()
    samples: bool = True


def _at_thresholds(target: str, template: str) -> Counterpart:
    pair = ("{labels}", "{predictions}")
    return Counterpart(target, pair, (("thresholds", "thresholds"),), ("threshold_counts", template), samples=False)


def _curve(target: str, template: str, *settings: str) -> Counterpart:
    given = tuple((name, name) for name in (*settings, "num_thresholds"))
    return Counterpart(target, ("{labels}", "{predictions}"), given, ("threshold_counts", template), samples=False)


def _of_classes(target: str, template: str) -> Counterpart:
    pair = ("{labels}", "{predictions}")
    return Counterpart(target, pair, (("num_classes", "num_classes"),), (template,), samples=False)


_AS_BOOL = ("{tf}.cast({labels}, {tf}.bool)", "{tf}.cast({predictions}, {tf}.bool)")
_BEST = ("{labels}", "{tf}.math.top_k({predictions}, {k}).indices")
_IN_TOP_K = "{tf}.cast({tf}.math.in_top_k({labels}, {predictions}, {k}), {tf}.float32)"
COUNTERPARTS = {
    "accuracy": Counterpart("keras.metrics.Accuracy", ("{labels}", "{predictions}")),
    "mean": Counterpart("keras.metrics.Mean", ("{values}",)),
    "mean_squared_error": Counterpart("keras.metrics.Mean", ("{tf}.math.squared_difference({predictions}, {labels})",)),
    "mean_absolute_error": Counterpart("keras.metrics.Mean", ("{tf}.abs({predictions} - {labels})",)),
    "mean_relative_error": Counterpart(
        "keras.metrics.Mean", ("{tf}.math.divide_no_nan({tf}.abs({labels} - {predictions}), {normalizer})",)
    ),
    "root_mean_squared_error": Counterpart("keras.metrics.RootMeanSquaredError", ("{labels}", "{predictions}")),
    "percentage_below": Counterpart(
        "keras.metrics.Mean", ("{tf}.cast({tf}.less({values}, {threshold}), {tf}.float32)",)
    ),
    "in_top_k": Counterpart("keras.metrics.Mean", (_IN_TOP_K,), samples=False),
    "precision": Counterpart("keras.metrics.Precision", _AS_BOOL),
    "recall": Counterpart("keras.metrics.Recall", _AS_BOOL),
    "true_positives": Counterpart("keras.metrics.TruePositives", _AS_BOOL),
    "false_positives": Counterpart("keras.metrics.FalsePositives", _AS_BOOL),
    "true_negatives": Counterpart("keras.metrics.TrueNegatives", _AS_BOOL),
    "false_negatives": Counterpart("keras.metrics.FalseNegatives", _AS_BOOL),
    "auc": Counterpart(
        "StreamingAUC",
        ("{labels}", "{predictions}"),
        (("num_thresholds", "num_thresholds"), ("curve", "curve")),
        ("threshold_counts", "streaming_auc"),
        samples=False,
    ),
    "interpolated_auc": _curve("InterpolatedPRAUC", "interpolated_pr_auc"),
    "sensitivity_at_specificity": _curve("SensitivityAtSpecificity", "sensitivity_at_specificity", "specificity"),
    "specificity_at_sensitivity": _curve("SpecificityAtSensitivity", "specificity_at_sensitivity", "sensitivity"),
    "precision_at_thresholds": _at_thresholds("PrecisionAtThresholds", "precision_at_thresholds"),
    "recall_at_thresholds": _at_thresholds("RecallAtThresholds", "recall_at_thresholds"),
    "true_positives_at_thresholds": _at_thresholds("TruePositivesAtThresholds", "true_positives_at_thresholds"),
    "false_positives_at_thresholds": _at_thresholds("FalsePositivesAtThresholds", "false_positives_at_thresholds"),
    "true_negatives_at_thresholds": _at_thresholds("TrueNegativesAtThresholds", "true_negatives_at_thresholds"),
    "false_negatives_at_thresholds": _at_thresholds("FalseNegativesAtThresholds", "false_negatives_at_thresholds"),
    "mean_cosine_distance": Counterpart(
        "MeanCosineDistance",
        ("{labels}", "{predictions}"),
        (("dim", "axis"),),
        ("mean_cosine_distance",),
        samples=False,
    ),
    "mean_tensor": Counterpart("MeanTensor", ("{values}",), (), ("mean_tensor",), samples=False),
    "mean_iou": _of_classes("MeanIoU", "mean_iou"),
    "mean_per_class_accuracy": _of_classes("MeanPerClassAccuracy", "mean_per_class_accuracy"),
    "precision_at_k": Counterpart("PrecisionAtK", _BEST, (), ("top_k_counts", "precision_at_k"), samples=False),
    "recall_at_k": Counterpart("RecallAtK", _BEST, (), ("top_k_counts", "recall_at_k"), samples=False),
    "precision_at_top_k": Counterpart(
        "PrecisionAtK", ("{labels}", "{predictions_idx}"), (), ("top_k_counts", "precision_at_k"), samples=False
    ),
    "recall_at_top_k": Counterpart(
        "RecallAtK", ("{labels}", "{predictions_idx}"), (), ("top_k_counts", "recall_at_k"), samples=False
    ),
    "average_precision_at_k": Counterpart(
        "AveragePrecisionAtK",
        ("{labels}", "{predictions}"),
        (("k", "k"),),
        ("average_precision_at_k",),
        samples=False,
    ),
}
COUNTERPARTS["sparse_precision_at_k"] = COUNTERPARTS["precision_at_k"]
COUNTERPARTS["sparse_average_precision_at_k"] = COUNTERPARTS["average_precision_at_k"]
