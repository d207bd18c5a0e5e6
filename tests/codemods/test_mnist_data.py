"""The data loader that is written beside migrated programs, run as they run it: without TensorFlow."""

from __future__ import annotations

import gzip
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codemods.rewrites import mnist
from migrator.equivalence.legacy.datasets import Datasets

TRAIN, TEST = 60, 12


@pytest.fixture(scope="module")
def loader() -> types.ModuleType:
    module = types.ModuleType("mnist_data")
    exec(compile(mnist.template(), "mnist_data.py", "exec"), module.__dict__)
    return module


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


@pytest.fixture(scope="module")
def digits() -> dict[str, np.ndarray]:
    rng = np.random.RandomState(0)
    return {
        "train-images-idx3-ubyte.gz": rng.randint(0, 256, (TRAIN, 28, 28)).astype(np.uint8),
        "train-labels-idx1-ubyte.gz": rng.randint(0, 10, TRAIN).astype(np.uint8),
        "t10k-images-idx3-ubyte.gz": rng.randint(0, 256, (TEST, 28, 28)).astype(np.uint8),
        "t10k-labels-idx1-ubyte.gz": rng.randint(0, 10, TEST).astype(np.uint8),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, digits: dict[str, np.ndarray]) -> Path:
    path = tmp_path_factory.mktemp("mnist")
    for name, array in digits.items():
        (path / name).write_bytes(idx(array))
    return path


def read(loader: types.ModuleType, folder: Path, **options: Any) -> Any:
    return loader.read_data_sets(str(folder), **{"validation_size": 10, **options})


def test_splits_shapes_and_types(loader: types.ModuleType, folder: Path, digits: dict[str, np.ndarray]) -> None:
    data = read(loader, folder)
    assert [part.num_examples for part in data] == [TRAIN - 10, 10, TEST]
    assert data.train.images.dtype == np.float32 and data.train.images.shape == (TRAIN - 10, 784)
    assert data.train.labels.dtype == np.uint8
    pixels = digits["train-images-idx3-ubyte.gz"]
    # The first images are those to validate with; values are scaled in float32.
    scaled = pixels[:10].reshape(10, 784).astype(np.float32) * np.float32(1 / 255)
    np.testing.assert_array_equal(data.validation.images, scaled)
    np.testing.assert_array_equal(data.train.labels, digits["train-labels-idx1-ubyte.gz"][10:])
    assert data.train.epochs_completed == 0


def test_options(loader: types.ModuleType, folder: Path, digits: dict[str, np.ndarray]) -> None:
    data = read(loader, folder, one_hot=True, reshape=False, dtype=np.uint8)
    np.testing.assert_array_equal(data.test.images[..., 0], digits["t10k-images-idx3-ubyte.gz"])
    assert data.test.images.shape == (TEST, 28, 28, 1) and data.test.images.dtype == np.uint8
    assert data.test.labels.dtype == np.float64 and data.test.labels.shape == (TEST, 10)
    np.testing.assert_array_equal(data.test.labels.argmax(1), digits["t10k-labels-idx1-ubyte.gz"])
    with pytest.raises(ValueError, match="validation_size"):
        read(loader, folder, validation_size=TRAIN + 1)
    with pytest.raises(TypeError, match="float64"):
        read(loader, folder, dtype=np.float64)


def test_a_tensorflow_dtype_will_do(loader: types.ModuleType, folder: Path) -> None:
    dtype = types.SimpleNamespace(as_numpy_dtype=np.uint8)
    assert read(loader, folder, dtype=dtype).train.images.dtype == np.uint8


def by_hand(count: int, sizes: list[int], shuffle: bool = True) -> list[list[int]]:
    """The images in each batch: a permutation per epoch, a batch across the end taking from both."""
    order, position, batches = np.arange(count), 0, []
    if shuffle:
        order = order[np.random.permutation(count)]
    for size in sizes:
        if position + size <= count:
            batches.append(list(order[position : position + size]))
            position += size
            continue
        rest, position = list(order[position:]), position + size - count
        if shuffle:
            order = order[np.random.permutation(count)]
        batches.append(rest + list(order[:position]))
    return batches


@pytest.mark.parametrize("sizes", [[20, 20, 20, 20], [25, 25, 25, 25], [50, 50], [7] * 20, [49, 3, 50, 1]])
def test_batches_are_drawn_in_the_old_order(loader: types.ModuleType, folder: Path, sizes: list[int]) -> None:
    data = read(loader, folder, one_hot=True).train
    images, labels = data.images.copy(), data.labels.copy()
    np.random.seed(3)
    expected = by_hand(len(images), sizes)
    np.random.seed(3)
    for rows in expected:
        batch = data.next_batch(len(rows))
        np.testing.assert_array_equal(batch[0], images[rows])
        np.testing.assert_array_equal(batch[1], labels[rows])


def test_epochs_are_counted_and_data_may_stay_in_order(loader: types.ModuleType, folder: Path) -> None:
    data = read(loader, folder).train
    images = data.images.copy()
    state = np.random.get_state()[1].copy()
    batches = [data.next_batch(20, shuffle=False)[0] for _ in range(5)]
    assert data.epochs_completed == 1
    np.testing.assert_array_equal(np.concatenate(batches), np.concatenate([images, images]))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_the_end_of_an_epoch_without_a_rest(loader: types.ModuleType, folder: Path) -> None:
    data = read(loader, folder).train
    data.next_batch(50)
    assert data.epochs_completed == 0
    data.next_batch(1)
    assert data.epochs_completed == 1


def test_images_show_the_shuffled_order(loader: types.ModuleType, folder: Path) -> None:
    data = read(loader, folder).train
    batch, _ = data.next_batch(10)
    np.testing.assert_array_equal(data.images[:10], batch)


def test_a_seed_seeds_numpy_and_none_leaves_it_alone(loader: types.ModuleType, folder: Path) -> None:
    np.random.seed(5)
    expected = np.random.rand()
    read(loader, folder, seed=5)
    assert np.random.rand() == expected
    np.random.seed(5)
    read(loader, folder)
    assert np.random.rand() == expected


def test_fake_data(loader: types.ModuleType) -> None:
    data = loader.read_data_sets("nowhere", fake_data=True, one_hot=True)
    images, labels = data.train.next_batch(2, fake_data=True)
    assert images == [[1] * 784] * 2 and labels == [[1] + [0] * 9] * 2
    assert loader.read_data_sets("nowhere", True).test.next_batch(1, True)[1] == [0]
    assert data.train.num_examples == 10000


def test_keras_has_the_digits_when_the_folder_has_not(
    loader: types.ModuleType, tmp_path: Path, digits: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    train_images, train_labels, test_images, test_labels = digits.values()
    keras, datasets, module = (types.ModuleType(name) for name in ("keras", "keras.datasets", "keras.datasets.mnist"))
    module.load_data = lambda: ((train_images, train_labels), (test_images, test_labels))  # type: ignore[attr-defined]
    datasets.mnist = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setitem(sys.modules, "keras.datasets", datasets)
    data = read(loader, tmp_path, reshape=False)
    assert data.train.images.shape == (TRAIN - 10, 28, 28, 1)
    np.testing.assert_array_equal(data.test.labels, test_labels)


def test_a_folder_with_some_of_the_files_is_an_error(loader: types.ModuleType, folder: Path, tmp_path: Path) -> None:
    name = "train-images-idx3-ubyte.gz"
    (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(FileNotFoundError, match="t10k"):
        read(loader, tmp_path)


def test_missing_files_come_from_the_address_given(loader: types.ModuleType, folder: Path, tmp_path: Path) -> None:
    data = read(loader, tmp_path / "new", source_url=f"{folder.as_uri()}/")
    np.testing.assert_array_equal(data.test.images, read(loader, folder).test.images)


def test_another_file_is_refused(loader: types.ModuleType, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(gzip.compress(b"something else"))
    with pytest.raises(ValueError, match="not a file of MNIST"):
        read(loader, tmp_path)


@pytest.mark.parametrize("seed", [None, 4])
def test_the_stand_in_that_is_recorded_hands_out_the_same(
    loader: types.ModuleType, folder: Path, seed: int | None
) -> None:
    """The legacy runtime's loader, and this one with the graph's seed where the rewrite passes it on."""
    v1 = types.SimpleNamespace(
        keras=types.SimpleNamespace(datasets=None), get_default_graph=lambda: types.SimpleNamespace(seed=seed)
    )
    np.random.seed(1)
    old = Datasets(v1, False, []).read_data_sets(str(folder), one_hot=True, validation_size=10)
    recorded = [old.train.next_batch(size) for size in (20, 20, 20, 45, 50)]
    np.random.seed(1)
    new = read(loader, folder, one_hot=True, seed=seed)
    for images, labels in recorded:
        batch = new.train.next_batch(len(images))
        assert batch[0].dtype == images.dtype and batch[1].dtype == labels.dtype
        np.testing.assert_array_equal(batch[0], images)
        np.testing.assert_array_equal(batch[1], labels)
    assert new.train.epochs_completed == old.train.epochs_completed
    np.testing.assert_array_equal(new.test.images, old.test.images)
    np.testing.assert_array_equal(new.validation.labels, old.validation.labels)
