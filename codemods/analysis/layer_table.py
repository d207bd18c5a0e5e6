"""The layers of ``tf.layers``: their Keras 3 namesakes, with the same weights, defaults and results.

The names of the weights are those of TF1, in the order in which a layer makes them. With equal weights the results are
equal to the bit, batch normalization of images excepted (see ``templates/batch_normalization.py.txt``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerKind:
    """One class of layers: ``name`` in ``tf.layers`` and ``keras.layers``, ``function`` in ``tf.layers``.

    ``weights`` are trained, ``statistics`` are not. ``leading`` is the number of parameters that both sides take first
    and in the same order.
    """

    name: str
    function: str
    weights: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    leading: int = 2
    trains: bool = False  # whether it does something else in training

    @property
    def is_pooling(self) -> bool:
        """Whether this is one of the pooling layers."""
        return "Pooling" in self.name


_PLAIN = ("kernel", "bias")
_SEPARABLE = ("depthwise_kernel", "pointwise_kernel", "bias")
_KINDS = (
    LayerKind("Dense", "dense", _PLAIN),
    *(LayerKind(f"Conv{rank}D", f"conv{rank}d", _PLAIN) for rank in (1, 2, 3)),
    *(LayerKind(f"Conv{rank}DTranspose", f"conv{rank}d_transpose", _PLAIN) for rank in (2, 3)),
    *(LayerKind(f"SeparableConv{rank}D", f"separable_conv{rank}d", _SEPARABLE) for rank in (1, 2)),
    *(LayerKind(f"MaxPooling{rank}D", f"max_pooling{rank}d") for rank in (1, 2, 3)),
    *(LayerKind(f"AveragePooling{rank}D", f"average_pooling{rank}d") for rank in (1, 2, 3)),
    LayerKind("Flatten", "flatten", leading=0),
    LayerKind("Dropout", "dropout", leading=3, trains=True),
    LayerKind(
        "BatchNormalization", "batch_normalization", ("gamma", "beta"), ("moving_mean", "moving_variance"), trains=True
    ),
)
CLASSES = {f"tf.layers.{kind.name}": kind for kind in _KINDS}
FUNCTIONS = {f"tf.layers.{kind.function}": kind for kind in _KINDS}
FUNCTIONS["tf.contrib.layers.flatten"] = CLASSES["tf.layers.Flatten"]


def kind_of(symbol: str) -> LayerKind | None:
    """The layer that a symbol makes, by its class or by its function."""
    return CLASSES.get(symbol) or FUNCTIONS.get(symbol)


# Where tf.contrib made a layer (``contrib=`` says which of its functions): the scope of an unnamed one, and what it
# called its weights. The scope of a normalizer is inside of that of its layer, which may have no name.
CONTRIB_SCOPES = {
    "fully_connected": "fully_connected",
    "conv1d": "Conv",
    "conv2d": "Conv",
    "conv3d": "Conv",
    "conv2d_transpose": "Conv2d_transpose",
    "conv3d_transpose": "Conv3d_transpose",
    "separable_conv2d": "SeparableConv2d",
    "batch_norm": "BatchNorm",
}
CONTRIB_NORMALIZER = "normalizer"
CONTRIB_WEIGHTS = {
    "kernel": "weights",
    "bias": "biases",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
}
