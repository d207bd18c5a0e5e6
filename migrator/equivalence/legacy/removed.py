"""TensorFlow names from before 1.0, and argument orders from then that TensorFlow 1 no longer took."""

from __future__ import annotations

from typing import Any

_RENAMED = {
    "mul": "multiply",
    "sub": "subtract",
    "neg": "negative",
    "inv": "reciprocal",
    "pack": "stack",
    "unpack": "unstack",
    "select": "where",
    "listdiff": "setdiff1d",
    "complex_abs": "abs",
    "batch_matmul": "matmul",
    "batch_cholesky": "cholesky",
    "batch_matrix_inverse": "matrix_inverse",
    "batch_matrix_diag": "matrix_diag",
    "batch_matrix_transpose": "matrix_transpose",
    "initialize_all_variables": "global_variables_initializer",
    "initialize_variables": "variables_initializer",
    "initialize_local_variables": "local_variables_initializer",
    "initialize_all_tables": "tables_initializer",
    "all_variables": "global_variables",
    "audio_summary": "summary.audio",
    "merge_summary": "summary.merge",
    "merge_all_summaries": "summary.merge_all",
    "VERSION": "__version__",
}


def root_names(v1: Any) -> dict[str, Any]:
    """Pre-1.0 names of the module ``tensorflow`` itself."""
    names = {old: _resolve(v1, new) for old, new in _RENAMED.items() if old != "VERSION"}

    def concat(values: Any, axis: Any, name: str = "concat", **old: Any) -> Any:
        """TF1's ``concat``; before 1.0 the axis came first, as ``concat(concat_dim, values)``."""
        if isinstance(values, int) and not isinstance(axis, int):
            values, axis = axis, values
        return v1.concat(values, axis, name=name)

    def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str = "split") -> Any:
        """TF1's ``split``; before 1.0 ``split(split_dim, num_split, value)``."""
        if isinstance(value, int) and isinstance(num_or_size_splits, int):
            value, axis = axis, value
        return v1.split(value, num_or_size_splits, axis=axis, num=num, name=name)

    # These took the tag as it is, without the name scopes, and did not make it unique.
    def scalar_summary(tags: Any, values: Any, collections: Any = None, name: Any = None) -> Any:
        return collected(v1.raw_ops.ScalarSummary(tags=tags, values=values, name=name), collections)

    def histogram_summary(tag: Any, values: Any, collections: Any = None, name: Any = None) -> Any:
        return collected(v1.raw_ops.HistogramSummary(tag=tag, values=values, name=name), collections)

    def image_summary(tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: Any = None) -> Any:
        made = v1.raw_ops.ImageSummary(tag=tag, tensor=tensor, max_images=max_images, name=name)
        return collected(made, collections)

    def collected(made: Any, collections: Any) -> Any:
        v1.add_to_collections([v1.GraphKeys.SUMMARIES] if collections is None else collections, made)
        return made

    return names | {
        "concat": concat,
        "split": split,
        "scalar_summary": scalar_summary,
        "histogram_summary": histogram_summary,
        "image_summary": image_summary,
    }


def train_names(v1: Any) -> dict[str, Any]:
    """Pre-1.0 names of ``tf.train``."""
    return {"SummaryWriter": v1.summary.FileWriter}


def nn_names(v1: Any) -> dict[str, Any]:
    """Pre-1.0 names of ``tf.nn``, and the positional losses of then."""

    def loss(current: Any) -> Any:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if args and args[0] is not None:  # TF1 put a sentinel there; before 1.0 logits came first
                kwargs.update(zip(("logits", "labels", "name"), args, strict=False))
                args = ()
            if "targets" in kwargs:
                kwargs["labels"] = kwargs.pop("targets")
            return current(*args, **kwargs)

        return wrapper

    losses = (
        "softmax_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits_v2",
        "sparse_softmax_cross_entropy_with_logits",
        "sigmoid_cross_entropy_with_logits",
    )
    return {name: loss(getattr(v1.nn, name)) for name in losses} | {
        "rnn": v1.nn.static_rnn,
        "bidirectional_rnn": v1.nn.static_bidirectional_rnn,
        "state_saving_rnn": v1.nn.static_state_saving_rnn,
        "deconv2d": v1.nn.conv2d_transpose,
    }


def _resolve(root: Any, path: str) -> Any:
    for name in path.split("."):
        root = getattr(root, name)
    return root
