"""``tensorflow`` and ``keras`` as the user's files see them, and the finder that hands them out."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from migrator.equivalence.legacy import contrib, datasets, removed
from migrator.equivalence.legacy.internals import Internals
from migrator.equivalence.legacy.shim import Lazy, Shim, Unavailable

TF1_VERSION = "1.15.5"  # what a program that asks for the version is told

_GONE = {
    "estimator": "estimators were removed from TensorFlow",
    "pywrap_tensorflow": "this internal module was removed from TensorFlow",
}
#: folders of Keras 2, with what was reached through them
_KERAS_FOLDERS = {
    "layers": (
        "core",
        "convolutional",
        "pooling",
        "recurrent",
        "embeddings",
        "merge",
        "normalization",
        "noise",
        "local",
        "wrappers",
        "advanced_activations",
        "convolutional_recurrent",
    ),
    "engine": ("topology", "training", "base_layer", "input_layer", "network"),
    "utils": ("np_utils", "generic_utils", "vis_utils", "data_utils"),
    "preprocessing": ("image", "sequence", "text"),
}


class Namespace:
    """All modules that stand in for TensorFlow 1 and Keras 2. ``notes`` lists the stand-ins that were used."""

    def __init__(self, v1: Any, synthetic_data: bool) -> None:
        self.notes: list[str] = []
        self._v1 = v1
        self._datasets = datasets.Datasets(v1, synthetic_data, self.notes)
        self._keras = self._make_keras()
        self._internals = Internals(v1, self._keras)
        self._contrib = contrib.Contrib(v1, self._keras)
        self.tensorflow = self._make_tensorflow()
        self._modules: dict[str, ModuleType] = {"tensorflow": self.tensorflow, "keras": self._keras}

    def find(self, name: str) -> ModuleType | None:
        """The module of that full name for a user file; None leaves the import to Python."""
        if name in self._modules:
            return self._modules[name]
        parent_name, _, last = name.rpartition(".")
        if name.split(".")[0] not in ("tensorflow", "keras") or not parent_name:
            return None
        parts = name.split(".")
        if parts[:3] == ["tensorflow", "python", "keras"]:
            module = self.find(".".join(parts[2:]))
        elif parts[1] == "python":
            module = self._internals.find(name)
        elif parts[1] == "contrib" and "python" in parts[3:4]:
            module = self._contrib_source(parts)
        else:
            try:
                module = getattr(self.find(parent_name), last)
            except Unavailable as error:
                raise ModuleNotFoundError(f"No module named {name!r}: {error}", name=name) from None
        if module is None:
            raise ModuleNotFoundError(f"No module named {name!r}: TensorFlow has no such module any more", name=name)
        if not isinstance(module, ModuleType):
            raise ModuleNotFoundError(f"No module named {name!r}: it is not a module", name=name)
        self._modules[name] = module
        return module

    def _contrib_source(self, parts: list[str]) -> ModuleType | None:
        """``tensorflow.contrib.layers.python.layers.layers`` and the like: what contrib.layers exports from there."""
        module = self.find(".".join(parts[:3]))
        for part in parts[4:]:
            inner = getattr(module, part, None)
            if isinstance(inner, Shim):  # not what the real modules happen to import
                module = inner
        return module

    def _make_tensorflow(self) -> Shim:
        v1 = self._v1
        overrides: dict[str, Any] = {
            **removed.root_names(v1),
            "__version__": TF1_VERSION,
            "VERSION": TF1_VERSION,
            "nn": Shim("tensorflow.nn", removed.nn_names(v1) | self._contrib.legacy_nn_names(), (v1.nn,)),
            "train": Shim("tensorflow.train", removed.train_names(v1), (v1.train,)),
            "contrib": self._contrib.module,
            "examples": self._datasets.examples,
            "python": Lazy(lambda: self._internals.find("tensorflow.python")),
            "keras": self._keras,
            "compat": Shim("tensorflow.compat", {"v1": Lazy(lambda: self.tensorflow)}, (v1.compat,)),
            "disable_v2_behavior": lambda: None,
        }
        return Shim("tensorflow", overrides, (v1,), _GONE)

    def _make_keras(self) -> Shim:
        real = self._v1.keras
        overrides: dict[str, Any] = {"__version__": "2.3.1", "datasets": self._datasets.keras}
        for folder, parts in _KERAS_FOLDERS.items():
            base = getattr(real, folder, None) or Shim(f"keras.{folder}", bases=(real.layers, real.models, real))
            overrides[folder] = Shim(
                f"keras.{folder}", {part: _inner(f"keras.{folder}.{part}", base, part) for part in parts}, (base,)
            )
        return Shim("keras", overrides, (real,))


def _inner(name: str, base: Any, part: str) -> Shim:
    inner = getattr(base, part, None)
    return Shim(name, bases=(inner, base) if inner is not None else (base,))
