"""How weights of TF1 cells become those of Keras layers: pure NumPy, each with its inverse.

Gate orders and formulas: ``BasicLSTMCell`` and ``LSTMCell`` of TF1 compute ``[x, h] @ kernel + bias`` in the order
i, j, f, o and add ``forget_bias`` to f before the sigmoid; ``keras.layers.LSTM`` has i, f, c, o, two kernels, and the
shift in its bias. ``GRUCell`` has the gates r, u and the candidate apart; ``keras.layers.GRU(reset_after=False)`` has
z (which is u), r, h in one kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Options = Mapping[str, float]


class TransformError(ValueError):
    """Arrays that a transform cannot take; the message says why, in one line."""


@dataclass(frozen=True)
class Transform:
    """``takes`` arrays of TF1 give ``gives`` arrays of Keras. ``exact``: the inverse gives back every bit."""

    takes: int
    gives: int
    forward: Callable[[Sequence[Array], Options], list[Array]]
    inverse: Callable[[Sequence[Array], Options], list[Array]]
    exact: bool = True


def _units(array: Array, gates: int) -> int:
    if (
        array.ndim not in (1, 2)
        or array.shape[-1] % gates
        or (array.ndim == 2 and array.shape[0] <= _last(array, gates))
    ):
        raise TransformError(f"the shape {list(array.shape)} is not that of a cell with {gates} gates")
    return _last(array, gates)


def _last(array: Array, gates: int) -> int:
    return int(array.shape[-1]) // gates


def _split(array: Array, units: int) -> list[Array]:
    return [array[: len(array) - units], array[len(array) - units :]]


def _reordered(array: Array, order: Sequence[int]) -> Array:
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[index] for index in order], axis=-1)


_IFCO = (0, 2, 1, 3)  # i, j, f, o to i, f, c (j), o; the same order leads back


def _lstm_kernel(arrays: Sequence[Array], _: Options) -> list[Array]:
    units = _units(arrays[0], 4)
    return _split(_reordered(arrays[0], _IFCO), units)


def _lstm_kernel_back(arrays: Sequence[Array], _: Options) -> list[Array]:
    return [_reordered(np.concatenate(arrays), _IFCO)]


def _lstm_bias(arrays: Sequence[Array], options: Options) -> list[Array]:
    units = _units(arrays[0], 4)
    result = _reordered(arrays[0], _IFCO)
    result[units : 2 * units] += np.asarray(options.get("forget_bias", 1.0), result.dtype)
    return [result]


def _lstm_bias_back(arrays: Sequence[Array], options: Options) -> list[Array]:
    result = np.array(arrays[0])
    units = _units(result, 4)
    result[units : 2 * units] -= np.asarray(options.get("forget_bias", 1.0), result.dtype)
    return [_reordered(result, _IFCO)]


def _rnn_kernel(arrays: Sequence[Array], _: Options) -> list[Array]:
    return _split(arrays[0], _units(arrays[0], 1))


def _rnn_kernel_back(arrays: Sequence[Array], _: Options) -> list[Array]:
    return [np.concatenate(arrays)]


def _gru(arrays: Sequence[Array], _: Options) -> list[Array]:
    """Gate kernel, gate bias, candidate kernel, candidate bias to kernel, recurrent kernel, bias."""
    gates, gate_bias, candidate, candidate_bias = arrays
    units = _units(candidate, 1)
    if gates.shape != (candidate.shape[0], 2 * units):
        raise TransformError(
            f"the gate kernel {list(gates.shape)} does not fit the candidate's {list(candidate.shape)}"
        )
    kernel = np.concatenate([_reordered(gates, (1, 0)), candidate], axis=1)
    bias = np.concatenate([_reordered(gate_bias, (1, 0)), candidate_bias])
    return [*_split(kernel, units), bias]


def _gru_back(arrays: Sequence[Array], _: Options) -> list[Array]:
    kernel, bias = np.concatenate(arrays[:2]), arrays[2]
    units = _last(bias, 3)
    return [
        _reordered(kernel[:, : 2 * units], (1, 0)),
        _reordered(bias[: 2 * units], (1, 0)),
        kernel[:, 2 * units :],
        bias[2 * units :],
    ]


def _same(arrays: Sequence[Array], _: Options) -> list[Array]:
    return [np.array(arrays[0])]


TRANSFORMS: Mapping[str, Transform] = {
    "identity": Transform(1, 1, _same, _same),
    "lstm_kernel": Transform(1, 2, _lstm_kernel, _lstm_kernel_back),
    "lstm_bias": Transform(1, 1, _lstm_bias, _lstm_bias_back, exact=False),
    "rnn_kernel": Transform(1, 2, _rnn_kernel, _rnn_kernel_back),
    "gru": Transform(4, 3, _gru, _gru_back),
}


def forward(name: str, arrays: Sequence[Array], options: Options | None = None) -> list[Array]:
    """The Keras weights for ``arrays`` of TF1; the dtype stays. Raises TransformError for what does not fit."""
    return _run(name, arrays, options or {}, TRANSFORMS[name].takes, TRANSFORMS[name].forward)


def inverse(name: str, arrays: Sequence[Array], options: Options | None = None) -> list[Array]:
    """The TF1 weights for ``arrays`` of Keras. Raises TransformError for what does not fit."""
    return _run(name, arrays, options or {}, TRANSFORMS[name].gives, TRANSFORMS[name].inverse)


def _run(
    name: str,
    arrays: Sequence[Array],
    options: Options,
    count: int,
    function: Callable[[Sequence[Array], Options], list[Array]],
) -> list[Array]:
    if len(arrays) != count:
        raise TransformError(f"{name} takes {count} arrays, and was given {len(arrays)}")
    try:
        return function(arrays, options)
    except TransformError:
        raise
    except (IndexError, ValueError) as error:
        shapes = ", ".join(str(list(array.shape)) for array in arrays)
        raise TransformError(f"{name} does not fit the shapes {shapes}: {error}") from error
