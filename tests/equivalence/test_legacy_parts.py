"""The stand-ins of the legacy runtime that need no TensorFlow: modules, imports, NumPy names, data sets."""

from __future__ import annotations

import gzip
import importlib
import itertools
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from migrator.equivalence import synthetic
from migrator.equivalence.legacy import datasets, imports, removed, sequences
from migrator.equivalence.legacy.contrib_parts import HParams, tensorboard
from migrator.equivalence.legacy.shim import Lazy, Shim, Unavailable


def test_a_shim_prefers_its_overrides_and_names_what_is_missing() -> None:
    made: list[int] = []

    def make() -> str:
        made.append(1)
        return "made"

    base = SimpleNamespace(a="base", b="base")
    shim = Shim("tensorflow.part", {"a": "own", "lazy": Lazy(make)}, (base,), {"old": "it went away"})
    assert (shim.a, shim.b, shim.lazy, shim.lazy) == ("own", "base", "made", "made") and made == [1]
    assert {"a", "b", "lazy"} <= set(dir(shim)) and "a" in shim.__all__
    with pytest.raises(Unavailable, match=r"tensorflow\.part\.old is not available: it went away"):
        _ = shim.old
    assert not hasattr(shim, "other")


def test_only_user_files_get_the_stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import builtins

    monkeypatch.setattr(builtins, "__import__", builtins.__import__)
    monkeypatch.setattr(importlib, "import_module", importlib.import_module)
    root, part = ModuleType("json"), ModuleType("json.part")
    part.value = 7  # type: ignore[attr-defined]
    root.part = part  # type: ignore[attr-defined]
    found = {"json": root, "json.part": part}
    user = str(tmp_path / "user.py")
    imports.install(found.get, lambda filename: filename == user)

    def run(filename: str, text: str) -> dict[str, Any]:
        scope: dict[str, Any] = {}
        exec(compile(textwrap.dedent(text), filename, "exec"), scope)
        return scope

    text = "import json\nimport importlib\nother = importlib.import_module('json')\nimport os.path\n"
    scope = run(user, text + "import json.part as p\nfrom json.part import value\nfrom json import part\n")
    assert scope["json"] is root and scope["other"] is root and scope["p"] is part and scope["value"] == 7
    assert scope["os"] is sys.modules["os"]
    scope = run("library.py", text)
    assert scope["json"] is sys.modules["json"] and scope["other"] is sys.modules["json"]


def test_old_names_of_numpy_and_python_come_back() -> None:
    program = """
        import sys
        from migrator.equivalence.legacy import hosts
        sys.modules["matplotlib"] = None  # as if it were not installed
        import importlib.util
        importlib.util.find_spec = lambda name: None
        hosts.restore_numpy_names()
        hosts.restore_builtins()
        notes = hosts.quiet_plotting()
        import numpy as np
        assert np.float is float and np.bool_(True) and np.Inf == np.inf and np.product([2, 3]) == 6
        assert np.reshape([1, 2], newshape=(2, 1)).shape == np.reshape([1, 2], (2, 1)).shape == (2, 1)
        assert list(xrange(2)) == [0, 1] and unicode is str
        import matplotlib.pyplot as plt
        from mpl_toolkits.mplot3d import Axes3D
        figure, axes = plt.subplots()
        axes[0].plot([1], label="x")
        plt.gca().lines[0].set(color="r")
        with plt.style.context("dark"):
            plt.show()
        print(notes[0])
    """
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env={"PYTHONPATH": root}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "matplotlib is not installed: plotting was skipped\n"), done.stderr


class _V1:
    """As much of ``compat.v1`` as the data sets and old names need."""

    def __init__(self, graph_seed: int | None = None) -> None:
        self.keras = SimpleNamespace(datasets=SimpleNamespace(mnist=SimpleNamespace(), cifar10=SimpleNamespace()))
        self._graph = SimpleNamespace(seed=graph_seed)

    def get_default_graph(self) -> SimpleNamespace:
        return self._graph


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


def test_data_that_is_not_there_is_made_up_only_when_asked_for(no_cache: Path) -> None:
    notes: list[str] = []
    with pytest.raises(FileNotFoundError, match="record with --synthetic-data"):
        datasets.Datasets(_V1(), False, notes).read_data_sets(str(no_cache))
    assert notes == []
    made_up = datasets.Datasets(_V1(), True, notes)
    train, validation, test = made_up.read_data_sets(str(no_cache), one_hot=True)
    assert notes == ["the data set mnist is synthetic"]
    assert (train.num_examples, validation.num_examples, test.num_examples) == (1000, 5000, 500)
    assert train.images.shape == (1000, 784) and train.images.dtype == np.float32 and train.images.max() <= 1.0
    assert test.labels.shape == (500, 10) and np.all(test.labels.sum(1) == 1)
    flat = made_up.read_data_sets(str(no_cache), dtype=np.uint8, reshape=False, validation_size=0)[0]
    assert flat.images.shape == (6000, 28, 28, 1) and flat.images.dtype == np.uint8 and flat.labels.dtype == np.uint8
    with pytest.raises(ValueError, match="Validation size"):
        made_up.read_data_sets(str(no_cache), validation_size=7000)
    with pytest.raises(TypeError, match="float64"):
        made_up.read_data_sets(str(no_cache), dtype=np.float64)
    assert made_up.keras.cifar10.load_data()[0][0].shape == (500, 32, 32, 3)


def _write_idx(path: Path, array: np.ndarray[Any, Any]) -> None:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.tobytes()))


def test_the_original_files_come_first(no_cache: Path) -> None:
    images = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2)
    for name, array in zip(datasets._FILES, (images, images[:, 0, 0], images[:2], images[:2, 0, 0]), strict=True):
        _write_idx(no_cache / name, array)
    loader = datasets.Datasets(_V1(), True, [])
    train, _, test = loader.read_data_sets(str(no_cache), dtype=np.uint8, validation_size=1)
    assert train.images.tolist() == images[1:].reshape(5, 4).tolist() and test.labels.tolist() == [0, 4]
    (no_cache / datasets._FILES[0]).write_bytes(gzip.compress(b"\x00\x00\x08"))
    with pytest.raises(ValueError, match="not a file of MNIST"):
        loader.read_data_sets(str(no_cache))


def test_batches_cover_each_epoch_once_and_run_over_its_end() -> None:
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    data = datasets.DataSet(images, np.arange(10), dtype=np.uint8, seed=3)
    seen = np.concatenate([data.next_batch(4)[1] for _ in range(5)])
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10)) and data.epochs_completed == 1
    again = datasets.DataSet(images, np.arange(10), dtype=np.uint8, seed=3)
    assert np.array_equal(seen[:4], again.next_batch(4)[1])
    ordered = datasets.DataSet(images, np.arange(10), dtype=np.uint8)
    assert ordered.next_batch(3, shuffle=False)[1].tolist() == [0, 1, 2]
    fake = datasets.DataSet([], [], fake_data=True, one_hot=True)
    assert len(fake.next_batch(2)[0][0]) == 784 and fake.next_batch(1)[1] == [[1] + [0] * 9]


def test_the_loader_seeds_numpy_with_the_seed_of_the_graph(no_cache: Path) -> None:
    orders = []
    for seed in (5, 5, 6):
        train = datasets.Datasets(_V1(seed), True, []).read_data_sets(str(no_cache))[0]
        orders.append(train.next_batch(20)[1].tolist())
    assert orders[0] == orders[1] != orders[2]


def test_synthetic_data_is_the_same_every_time() -> None:
    for name, load_data in synthetic.LOADERS.items():
        for (x, y), (x_again, y_again) in zip(load_data(), load_data(), strict=True):
            assert len(x) == len(y) > 0 and np.array_equal(y, y_again), name
            assert all(np.array_equal(one, two) for one, two in zip(x[:5], x_again[:5], strict=True))
    package = SimpleNamespace(mnist=SimpleNamespace(load_data=None))
    synthetic.install(package)
    assert package.mnist.load_data()[1][0].shape == (500, 28, 28)


def test_hyper_parameters_and_projector() -> None:
    values = HParams(rate=0.1, layers=2, deep=False)
    values.parse("rate=0.5,deep=true")
    values.add_hparam("name", "x")
    assert values.values() == {"rate": 0.5, "layers": 2, "deep": True, "name": "x"} and "rate" in values
    with pytest.raises(ValueError, match="reserved"):
        values.add_hparam("rate", 1)
    with pytest.raises(KeyError):
        values.set_hparam("other", 1)
    config = tensorboard().plugins.projector.ProjectorConfig()
    config.embeddings.add().tensor_name = "w"
    assert config.embeddings[0].tensor_name == "w"


def test_argument_orders_from_before_1_0() -> None:
    calls: list[Any] = []

    class V1:
        summary = SimpleNamespace(FileWriter="writer", image=lambda *a, **k: calls.append((a, k)))
        nn = SimpleNamespace()

        def __getattr__(self, name: str) -> Any:
            return lambda *args, **kwargs: calls.append((name, args, kwargs))

    for name in ("histogram", "scalar", "audio", "merge", "merge_all"):
        setattr(V1.summary, name, name)
    names = removed.root_names(V1())
    names["concat"](1, ["a", "b"])
    names["concat"](["a", "b"], 1)
    names["split"](1, 3, "value")
    names["split"]("value", 3, 1)
    assert [call[1] for call in calls] == [(["a", "b"], 1)] * 2 + [("value", 3)] * 2
    assert [call[2].get("axis") for call in calls[2:]] == [1, 1]


def test_viterbi_finds_the_best_path() -> None:
    rng = np.random.RandomState(0)
    score, transitions = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
    best, value = sequences.crf(SimpleNamespace())["viterbi_decode"](score, transitions)

    def total(path: tuple[int, ...]) -> float:
        steps = sum(transitions[a, b] for a, b in itertools.pairwise(path))
        return float(sum(score[time, tag] for time, tag in enumerate(path)) + steps)

    paths = [(a, b, c, d) for a in range(3) for b in range(3) for c in range(3) for d in range(3)]
    assert tuple(best) == max(paths, key=total) and value == pytest.approx(max(map(total, paths)))
