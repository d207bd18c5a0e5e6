"""Data sets that TensorFlow 1 programs load by themselves: the tutorials' MNIST, and ``keras.datasets``."""

from __future__ import annotations

import gzip
import os
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np

from migrator.equivalence import synthetic
from migrator.equivalence.legacy.shim import Lazy, Shim

_Datasets = namedtuple("_Datasets", ["train", "validation", "test"])

_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


class DataSet:
    """The tutorials' data set: images, labels, and ``next_batch`` in shuffled order.

    Draws with NumPy's global generator as the original did.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = np.float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        if seed is not None:
            np.random.seed(seed)
        dtype = np.dtype(getattr(dtype, "as_numpy_dtype", dtype))
        if dtype not in (np.uint8, np.float32):
            raise TypeError(f"Invalid image dtype {dtype}, expected uint8 or float32")
        self._fake = fake_data
        self._one_hot = one_hot
        if not fake_data:
            if reshape:
                images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
            if dtype == np.float32:
                images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._images = images
        self._labels = labels
        self._num_examples = 10000 if fake_data else len(images)
        self._epochs_completed = 0
        self._index_in_epoch = 0

    images = property(lambda self: self._images)
    labels = property(lambda self: self._labels)
    num_examples = property(lambda self: self._num_examples)
    epochs_completed = property(lambda self: self._epochs_completed)

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next images and labels; a batch may end one epoch and begin the next."""
        if fake_data or self._fake:
            label = [1] + [0] * 9 if self._one_hot else 0
            return [[1] * 784 for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        end = start + batch_size
        self._index_in_epoch = end
        if end <= self._num_examples:
            return self._images[start:end], self._labels[start:end]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = end = end - self._num_examples
        return np.concatenate([images, self._images[:end]]), np.concatenate([labels, self._labels[:end]])

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images = self._images[order]
        self._labels = self._labels[order]


class Datasets:
    """Makes ``tensorflow.examples.tutorials.mnist`` and ``keras.datasets``; ``notes`` gets what was made up."""

    def __init__(self, v1: Any, synthetic_data: bool, notes: list[str]) -> None:
        self._v1 = v1
        self._real = v1.keras.datasets
        self._synthetic = synthetic_data
        self._notes = notes
        self.keras = Shim(
            "keras.datasets", {name: self._keras_dataset(name) for name in synthetic.LOADERS}, (self._real,)
        )
        self.input_data = Shim(
            "tensorflow.examples.tutorials.mnist.input_data",
            {
                "read_data_sets": self.read_data_sets,
                "DataSet": DataSet,
                "Datasets": _Datasets,
                "extract_images": lambda stream: _read_idx(stream.read())[..., None],
                "extract_labels": lambda stream, one_hot=False, num_classes=10: _labels(
                    _read_idx(stream.read()), one_hot, num_classes
                ),
                "dense_to_one_hot": lambda labels, num_classes: _labels(labels, True, num_classes),
                "np": np,
                "numpy": np,
            },
        )
        mnist = Shim(
            "tensorflow.examples.tutorials.mnist",
            {"input_data": self.input_data},
            gone={"mnist": "the tutorial's model was removed from TensorFlow"},
        )
        self.examples = Shim(
            "tensorflow.examples", {"tutorials": Shim("tensorflow.examples.tutorials", {"mnist": mnist})}
        )

    def read_data_sets(
        self,
        train_dir: str,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = np.float32,
        reshape: bool = True,
        validation_size: int = 5000,
        seed: int | None = None,
        source_url: str | None = None,
    ) -> tuple[DataSet, DataSet, DataSet]:
        """The tutorials' loader. Never downloads: see `_load` for where the digits come from.

        Without a ``seed`` it seeds NumPy with that of the graph, as TensorFlow 1.5 and later did.
        """
        if seed is None:
            seed = self._v1.get_default_graph().seed
        if fake_data:
            return _Datasets(*(DataSet([], [], True, one_hot, dtype, seed=seed) for _ in range(3)))
        (train_images, train_labels), (test_images, test_labels) = self._load(Path(train_dir))
        if not 0 <= validation_size <= len(train_images):
            raise ValueError(
                f"Validation size should be between 0 and {len(train_images)}. Received: {validation_size}."
            )

        def dataset(images: Any, labels: Any) -> DataSet:
            return DataSet(images[..., None], _labels(labels, one_hot), False, one_hot, dtype, reshape, seed)

        return _Datasets(
            train=dataset(train_images[validation_size:], train_labels[validation_size:]),
            validation=dataset(train_images[:validation_size], train_labels[:validation_size]),
            test=dataset(test_images, test_labels),
        )

    def _load(self, directory: Path) -> synthetic.Split:
        """MNIST from the original files in ``directory``, from Keras' cache, or made up if that was asked for."""
        paths = [directory / name for name in _FILES]
        if all(path.exists() for path in paths):
            parts = [_read_idx(gzip.decompress(path.read_bytes())) for path in paths]
            return (parts[0], parts[1]), (parts[2], parts[3])
        return self.keras.mnist.load_data()  # type: ignore[no-any-return]

    def _keras_dataset(self, name: str) -> Lazy:
        def load_data(*args: Any, **kwargs: Any) -> synthetic.Split:
            cached = any(_keras_cache().glob(f"{_CACHE_NAMES.get(name, name)}*"))
            if cached:
                return getattr(self._real, name).load_data(*args, **kwargs)  # type: ignore[no-any-return]
            if not self._synthetic:
                raise FileNotFoundError(
                    f"the data set {name} is not on this machine (looked in {_keras_cache()} and in the program's own "
                    "folder); put it there, or record with --synthetic-data"
                )
            note = f"the data set {name} is synthetic"
            if note not in self._notes:
                self._notes.append(note)
            return synthetic.LOADERS[name]()

        return Lazy(lambda: Shim(f"keras.datasets.{name}", {"load_data": load_data}, (getattr(self._real, name),)))


_CACHE_NAMES = {"cifar10": "cifar-10", "cifar100": "cifar-100", "fashion_mnist": "fashion-mnist"}


def _keras_cache() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def _labels(labels: Any, one_hot: bool, classes: int = 10) -> Any:
    return np.eye(classes)[labels] if one_hot else labels


def _read_idx(data: bytes) -> Any:
    """The array in one idx file of bytes: images [n, rows, columns] or labels [n]."""
    if data[:3] != b"\0\0\x08" or len(data) < 4:
        raise ValueError("this is not a file of MNIST images or labels")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, 4).astype(int)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)
