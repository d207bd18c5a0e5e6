"""The functions of `tf.metrics`, and those of tf.contrib that are the same with another order of parameters."""

from __future__ import annotations

import libcst as cst

from codemods import tables

# What TF1 called the scope of a metric's variables where the call gives no name.
LABELS = {
    **dict.fromkeys(("accuracy", "auc", "mean", "mean_absolute_error", "mean_cosine_distance", "mean_iou")),
    **dict.fromkeys(("mean_relative_error", "mean_squared_error", "precision", "recall", "root_mean_squared_error")),
    **dict.fromkeys(("true_positives", "false_positives", "true_negatives", "false_negatives")),
    **{f"{name}_at_thresholds": name for name in ("true_positives", "false_positives")},
    **{f"{name}_at_thresholds": name for name in ("true_negatives", "false_negatives")},
    **dict.fromkeys(("precision_at_thresholds", "recall_at_thresholds")),
    **dict.fromkeys(("sensitivity_at_specificity", "specificity_at_sensitivity")),
    **dict.fromkeys(("precision_at_k", "precision_at_top_k", "sparse_precision_at_k"), "precision_at_"),
    **dict.fromkeys(("recall_at_k", "recall_at_top_k"), "recall_at_"),
    **dict.fromkeys(("average_precision_at_k", "sparse_average_precision_at_k"), "average_precision_at_"),
    "mean_per_class_accuracy": "mean_accuracy",
    "mean_tensor": "mean",
    "percentage_below": "percentage_below_threshold",
    "in_top_k": "recall_at_",
}
_TAIL = "weights metrics_collections updates_collections name"
_PAIR = f"predictions labels {_TAIL}"
# Those of tf.contrib.metrics and slim.metrics: the function of tf.metrics, and their own parameters.
_STREAMING = {
    **{
        name: (name, _PAIR)
        for name in (
            "accuracy", "precision", "recall", "true_positives", "false_positives", "true_negatives",
            "false_negatives", "mean_squared_error", "mean_absolute_error", "root_mean_squared_error",
        )
    },
    **{
        f"{name}_at_thresholds": (f"{name}_at_thresholds", f"predictions labels thresholds {_TAIL}")
        for name in ("precision", "recall", "true_positives", "false_positives", "true_negatives", "false_negatives")
    },
    "mean": ("mean", f"values {_TAIL}"),
    "mean_tensor": ("mean_tensor", f"values {_TAIL}"),
    "percentage_less": ("percentage_below", f"values threshold {_TAIL}"),
    "mean_relative_error": ("mean_relative_error", f"predictions labels normalizer {_TAIL}"),
    "mean_cosine_distance": ("mean_cosine_distance", f"predictions labels dim {_TAIL}"),
    "mean_iou": ("mean_iou", f"predictions labels num_classes {_TAIL}"),
    "auc": (
        "auc", "predictions labels weights num_thresholds metrics_collections updates_collections curve name"
    ),
    "sensitivity_at_specificity": (
        "sensitivity_at_specificity",
        "predictions labels specificity weights num_thresholds metrics_collections updates_collections name",
    ),
    "specificity_at_sensitivity": (
        "specificity_at_sensitivity",
        "predictions labels sensitivity weights num_thresholds metrics_collections updates_collections name",
    ),
    "recall_at_k": ("in_top_k", f"predictions labels k {_TAIL}"),
    "sparse_recall_at_k": ("recall_at_k", f"predictions labels k class_id {_TAIL}"),
    "sparse_precision_at_k": ("precision_at_k", f"predictions labels k class_id {_TAIL}"),
    "sparse_average_precision_at_k": ("average_precision_at_k", f"predictions labels k {_TAIL}"),
}  # fmt: skip
_STREAMING_HOMES = ("tf.contrib.metrics.streaming_", "tf.contrib.slim.metrics.streaming_")
SYMBOLS = frozenset(
    [
        *(f"tf.metrics.{name}" for name in LABELS if name != "in_top_k"),
        *(f"{home}{name}" for home in _STREAMING_HOMES for name in _STREAMING),
    ]
)


def bound(node: cst.Call, symbol: str) -> tuple[str, dict[str, cst.Arg]]:
    """The function of ``tf.metrics`` that a call stands for, without its home, and the arguments by parameter."""
    home = next((home for home in _STREAMING_HOMES if symbol.startswith(home)), None)
    if home is None:
        entry = tables.lookup(symbol)
        return symbol.rpartition(".")[2], dict(tables.bind(node, entry)) if entry is not None else {}
    name, parameters = _STREAMING[symbol.removeprefix(home)]
    plain = [item for item in node.args if item.keyword is None and not item.star]
    arguments = dict(zip(parameters.split(), plain, strict=False))
    return name, arguments | {item.keyword.value: item for item in node.args if item.keyword is not None}


def label(name: str) -> str:
    """The start of the name that a metric has in a graph unless its call gives one."""
    return LABELS[name] or name
