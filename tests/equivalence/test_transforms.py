"""Weights of recurrent cells: every transform has its inverse, and the cells compute the same."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from migrator.equivalence.transforms import TRANSFORMS, Array, TransformError, forward, inverse

_SHAPES: dict[str, list[tuple[int, ...]]] = {
    "identity": [(2, 3)],
    "lstm_kernel": [(7, 16)],
    "lstm_bias": [(16,)],
    "rnn_kernel": [(7, 4)],
    "gru": [(7, 8), (8,), (7, 4), (4,)],
}


def _arrays(name: str) -> list[Array]:
    rng = np.random.RandomState(3)
    return [rng.normal(size=shape).astype(np.float32) for shape in _SHAPES[name]]


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_inverse_leads_back(name: str) -> None:
    arrays = _arrays(name)
    made = forward(name, arrays)
    assert len(made) == TRANSFORMS[name].gives
    back = inverse(name, made)
    for old, new in zip(arrays, back, strict=True):
        assert new.dtype == old.dtype
        if TRANSFORMS[name].exact:
            assert new.tobytes() == old.tobytes()
        else:
            np.testing.assert_allclose(new, old, rtol=0, atol=1.2e-7)


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name != "identity"])
def test_what_does_not_fit_is_an_error(name: str) -> None:
    with pytest.raises(TransformError):
        forward(name, [np.zeros((3, 5, 2), np.float32)] * TRANSFORMS[name].takes)
    with pytest.raises(TransformError):
        forward(name, [])


def _sigmoid(x: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-x))
    return result


def _lstm(x: Array, kernel: Array, bias: Array) -> Array:
    """``BasicLSTMCell`` of TF1 over a batch of sequences, with its forget bias of 1."""
    c = h = np.zeros((len(x), kernel.shape[1] // 4))
    for step in range(x.shape[1]):
        i, j, f, o = np.split(np.concatenate([x[:, step], h], 1) @ kernel + bias, 4, axis=1)
        c = c * _sigmoid(f + 1.0) + _sigmoid(i) * np.tanh(j)
        h = np.tanh(c) * _sigmoid(o)
    return h


def _gru(x: Array, gates: Array, gate_bias: Array, candidate: Array, bias: Array) -> Array:
    """``GRUCell`` of TF1."""
    h = np.zeros((len(x), candidate.shape[1]))
    for step in range(x.shape[1]):
        r, u = np.split(_sigmoid(np.concatenate([x[:, step], h], 1) @ gates + gate_bias), 2, axis=1)
        c = np.tanh(np.concatenate([x[:, step], r * h], 1) @ candidate + bias)
        h = u * h + (1 - u) * c
    return h


def _rnn(x: Array, kernel: Array, bias: Array) -> Array:
    """``BasicRNNCell`` of TF1."""
    h = np.zeros((len(x), kernel.shape[1]))
    for step in range(x.shape[1]):
        h = np.tanh(np.concatenate([x[:, step], h], 1) @ kernel + bias)
    return h


_KERAS = """
import json, sys
import keras, numpy as np
given = json.load(sys.stdin)
x = np.array(given["x"], "float32")
layers = {"lstm": keras.layers.LSTM(4), "gru": keras.layers.GRU(4, reset_after=False), "rnn": keras.layers.SimpleRNN(4)}
out = {}
for name, layer in layers.items():
    layer.build(x.shape)
    layer.set_weights([np.array(item, "float32") for item in given[name]])
    out[name] = np.asarray(layer(x)).tolist()
json.dump(out, sys.stdout)
"""


def test_keras_computes_the_same() -> None:
    rng = np.random.RandomState(5)
    x = rng.normal(size=(2, 6, 3)).astype(np.float32)
    kernel, bias = _arrays("lstm_kernel")[0], _arrays("lstm_bias")[0]
    gru, simple, simple_bias = _arrays("gru"), _arrays("rnn_kernel")[0], rng.normal(size=4).astype(np.float32)
    weights = {
        "x": x,
        "lstm": [*forward("lstm_kernel", [kernel]), *forward("lstm_bias", [bias], {"forget_bias": 1.0})],
        "gru": forward("gru", gru),
        "rnn": [*forward("rnn_kernel", [simple]), simple_bias],
    }
    text = json.dumps(weights, default=lambda item: item.tolist())
    done = subprocess.run([sys.executable, "-c", _KERAS], input=text, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-1000:]
    found = json.loads(done.stdout)
    np.testing.assert_allclose(found["lstm"], _lstm(x, kernel, bias), atol=2e-6)
    np.testing.assert_allclose(found["gru"], _gru(x, *gru), atol=2e-6)
    np.testing.assert_allclose(found["rnn"], _rnn(x, simple, simple_bias), atol=2e-6)
