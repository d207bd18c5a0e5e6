"""Functions of tf.contrib.framework and slim about variables and steps: those of TensorFlow 1 that do the same."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.tree import is_none


@dataclass(frozen=True)
class Alias:
    """A function of TF1: its parameters by those of tf.contrib's, in the order of the latter.

    ``refused`` are parameters that only None may be given for; ``first`` is an argument (source text) that comes first
    unless it is given.
    """

    target: str
    parameters: tuple[str, ...]
    renamed: dict[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    first: tuple[str, str] | None = None
    numbers: frozenset[str] = frozenset()  # parameters that only None or a number may be given for


_VARIABLE = Alias(
    "tf.get_variable",
    (
        "name", "shape", "dtype", "initializer", "regularizer", "trainable", "collections", "caching_device", "device",
        "partitioner", "custom_getter", "use_resource",
    ),
    refused=frozenset({"collections", "caching_device", "device", "partitioner", "custom_getter", "use_resource"}),
)  # fmt: skip
_WEIGHTS = frozenset({"weights"})


def _loss(name: str, parameters: str, numbers: frozenset[str] = _WEIGHTS) -> Alias:
    """A loss of tf.contrib, which takes the predictions first; other weights than a number it sums up its own way."""
    return Alias(f"tf.losses.{name}", tuple(parameters.split()), numbers=numbers)


ALIASES = {
    "losses.absolute_difference": _loss("absolute_difference", "predictions labels weights scope"),
    "losses.mean_squared_error": _loss("mean_squared_error", "predictions labels weights scope"),
    "losses.log_loss": _loss("log_loss", "predictions labels weights epsilon scope"),
    "losses.cosine_distance": _loss("cosine_distance", "predictions labels axis weights scope dim"),
    "losses.sigmoid_cross_entropy": _loss(
        "sigmoid_cross_entropy", "logits multi_class_labels weights label_smoothing scope"
    ),
    "losses.softmax_cross_entropy": _loss(
        "softmax_cross_entropy", "logits onehot_labels weights label_smoothing scope"
    ),
    "losses.sparse_softmax_cross_entropy": _loss("sparse_softmax_cross_entropy", "logits labels weights scope"),
    "losses.compute_weighted_loss": _loss("compute_weighted_loss", "losses weights scope"),
    "losses.add_loss": _loss("add_loss", "loss loss_collection", frozenset()),
    "losses.get_losses": _loss("get_losses", "scope loss_collection", frozenset()),
    "losses.get_regularization_losses": _loss("get_regularization_losses", "scope", frozenset()),
    "losses.get_total_loss": _loss("get_total_loss", "add_regularization_losses name", frozenset()),
    "variable": _VARIABLE,
    "model_variable": _VARIABLE,
    "get_variables": Alias(
        "tf.get_collection",
        ("scope", "suffix", "collection"),
        {"collection": "key"},
        frozenset({"suffix"}),
        ("key", "tf.GraphKeys.GLOBAL_VARIABLES"),
    ),
    "get_trainable_variables": Alias(
        "tf.get_collection",
        ("scope", "suffix"),
        {},
        frozenset({"suffix"}),
        ("key", "tf.GraphKeys.TRAINABLE_VARIABLES"),
    ),
    "get_global_step": Alias("tf.train.get_global_step", ("graph",)),
    "get_or_create_global_step": Alias("tf.train.get_or_create_global_step", ("graph",)),
    "create_global_step": Alias("tf.train.create_global_step", ("graph",)),
}


def arguments(symbols: Symbols, alias: Alias, call: cst.Call, name: str) -> list[tuple[str, int]]:
    """The target's parameter for each argument that stays, with its place in the call. Raises Refusal."""
    kept = []
    for place, arg in enumerate(call.args):
        if arg.star:
            raise Refusal("TF102", f"{name}: arguments passed with {arg.star} cannot be told apart", arg)
        if arg.keyword is None and place >= len(alias.parameters):
            raise Refusal("TF103", f"{name} has no place for this argument", arg)
        parameter = arg.keyword.value if arg.keyword is not None else alias.parameters[place]
        if parameter not in alias.parameters:
            raise Refusal("TF103", f"{name} has no parameter {parameter!r}", arg)
        if parameter in alias.refused and not is_none(arg.value):
            raise Refusal("TF451", f"{name} with {parameter}=", arg)
        number = isinstance(arg.value, (cst.Integer, cst.Float)) or is_none(arg.value)
        if parameter in alias.numbers and not number:
            raise Refusal("TF451", f"{name} with {parameter}= that is no number", arg)
        if parameter not in alias.refused:
            kept.append((alias.renamed.get(parameter, parameter), place))
    return kept
