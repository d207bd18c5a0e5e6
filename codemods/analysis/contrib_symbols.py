"""The names of the functions of tf.contrib, from whichever of its modules they were imported."""

from __future__ import annotations

_HOMES = ("tf.contrib.layers.", "tf.contrib.slim.", "tf.contrib.framework.")
# Functions of tf.contrib that are one and the same.
_SAME = {
    "convolution1d": "conv1d", "convolution2d": "conv2d", "convolution3d": "conv3d", "linear": "fully_connected",
    "relu": "fully_connected", "relu6": "fully_connected", "elu": "fully_connected",
    "convolution2d_transpose": "conv2d_transpose", "convolution3d_transpose": "conv3d_transpose",
    "separable_convolution2d": "separable_conv2d",
}  # fmt: skip


def contrib_name(symbol: str | None) -> str | None:
    """The name of a function of tf.contrib.layers, slim or framework, whichever it was imported from.

    Losses are ``losses.log_loss``, of tf.contrib.losses as of slim.losses.
    """
    if symbol is not None and symbol.startswith("tf.contrib.losses."):
        return symbol.removeprefix("tf.contrib.")
    for home in _HOMES:
        if symbol is not None and symbol.startswith(home):
            return symbol.removeprefix(home)
    return None


def layer_key(symbol: str | None) -> str | None:
    """What an arg scope knows a layer by."""
    name = contrib_name(symbol)
    return None if name is None else _SAME.get(name, name)


def real_name(name: str) -> str:
    """What a function of tf.contrib.layers calls itself: some have a second, shorter name."""
    key = _SAME.get(name, name)
    return next((real for real, short in _SAME.items() if short == key and "convolution" in real), key)
