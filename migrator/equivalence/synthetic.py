"""Small made-up data sets in place of the well-known ones, for runs on machines that do not have them.

The same numbers on the legacy and on the migrated side, of the right shapes and types. Only used when the user asks
for it (``--synthetic-data``): a program that trains on them proves equality, and nothing about accuracy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Split: TypeAlias = tuple[tuple[Array, Array], tuple[Array, Array]]

_SEED = 1998
#: MNIST's tutorials loader takes 5,000 of the training images for validation, so there must be more.
_MNIST_SIZES = (6000, 500)
_OTHER_SIZES = (500, 100)


def images(sizes: tuple[int, int], shape: tuple[int, ...], classes: int) -> Split:
    """Noisy class patterns as uint8 of ``shape`` per image, labels as uint8 from 0 to ``classes`` - 1."""
    rng = np.random.RandomState(_SEED + classes)
    side = shape[0] // 4
    patterns = rng.randint(0, 4, size=(classes, side, side, *shape[2:])) * (
        rng.rand(classes, side, side, *shape[2:]) < 0.4
    )
    patterns = patterns.repeat(4, axis=1).repeat(4, axis=2) * 64
    labels = rng.randint(0, classes, size=sum(sizes)).astype(np.uint8)
    noise = rng.randint(-1, 2, size=(sum(sizes), *shape)) * 32
    pixels = np.where(patterns[labels] > 0, patterns[labels] + noise, 0)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    cut = sizes[0]
    return (pixels[:cut], labels[:cut]), (pixels[cut:], labels[cut:])


def mnist() -> Split:
    """Like ``keras.datasets.mnist.load_data()``: uint8 images of [n, 28, 28], uint8 labels."""
    return images(_MNIST_SIZES, (28, 28), 10)


def cifar(classes: int) -> Split:
    """Like ``keras.datasets.cifar10.load_data()``: uint8 images of [n, 32, 32, 3], uint8 labels of [n, 1]."""
    (x_train, y_train), (x_test, y_test) = images(_OTHER_SIZES, (32, 32, 3), classes)
    return (x_train, y_train[:, None]), (x_test, y_test[:, None])


def housing() -> Split:
    """Like ``keras.datasets.boston_housing.load_data()``: float64 of [n, 13] and [n]."""
    rng = np.random.RandomState(_SEED)
    x = rng.gamma(2.0, 3.0, size=(506, 13))
    y = 20.0 + x @ rng.normal(size=13) * 0.3 + rng.normal(size=506)
    return (x[:404], y[:404]), (x[404:], y[404:])


def sequences(words: int = 1000) -> Split:
    """Like ``keras.datasets.imdb.load_data()``: lists of word numbers as an object array, labels 0 and 1."""
    rng = np.random.RandomState(_SEED)
    labels = rng.randint(0, 2, size=sum(_OTHER_SIZES)).astype(np.int64)
    texts = np.empty(len(labels), dtype=object)
    for index, label in enumerate(labels):
        length = rng.randint(10, 80)
        texts[index] = [
            1,
            *(int(word) for word in 4 + (rng.randint(0, words // 2, size=length) * 2 + label) % (words - 4)),
        ]
    cut = _OTHER_SIZES[0]
    return (texts[:cut], labels[:cut]), (texts[cut:], labels[cut:])


#: data set of ``keras.datasets`` -> its ``load_data``
LOADERS: dict[str, Callable[..., Split]] = {
    "mnist": lambda *args, **kwargs: mnist(),
    "fashion_mnist": lambda *args, **kwargs: mnist(),
    "cifar10": lambda *args, **kwargs: cifar(10),
    "cifar100": lambda *args, **kwargs: cifar(100),
    "boston_housing": lambda *args, **kwargs: housing(),
    "imdb": lambda *args, **kwargs: sequences(),
    "reuters": lambda *args, **kwargs: sequences(),
}


def install(datasets: Any) -> None:
    """Make every ``load_data`` of a ``keras.datasets`` package return made-up data."""
    for name, load_data in LOADERS.items():
        module = getattr(datasets, name, None)
        if module is not None:
            module.load_data = load_data
