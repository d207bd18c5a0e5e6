"""``tensorflow.python.*`` for user files: the real modules, with TF1 behaviour where a public TF1 symbol lives."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from migrator.equivalence.legacy.shim import Shim

_PUBLIC = ("", "nn", "math", "layers", "train", "losses", "metrics", "image", "linalg", "random", "strings", "sets")
#: modules that moved, or whose contents did
_MOVED = {
    "tensorflow.python.ops.rnn_cell": "nn.rnn_cell",
    "tensorflow.python.ops.rnn_cell_impl": "nn.rnn_cell",
    "tensorflow.python.layers.core": "layers",
    "tensorflow.python.layers.layers": "layers",
    "tensorflow.python.layers.convolutional": "layers",
    "tensorflow.python.layers.normalization": "layers",
    "tensorflow.python.layers.pooling": "layers",
    "tensorflow.python.ops.rnn": "nn",
    "tensorflow.python.platform.flags": "flags",
    "tensorflow.python.platform.app": "app",
    "tensorflow.python.platform.gfile": "gfile",
}


class Internals:
    """Finds ``tensorflow.python...`` modules; ``v1`` is the real ``tf.compat.v1``, ``keras`` what users get for it."""

    def __init__(self, v1: Any, keras: ModuleType) -> None:
        self._v1 = v1
        self._public: dict[tuple[str, str], Any] | None = None
        # TensorFlow 2 has another, unused Keras in that place.
        self._found: dict[str, ModuleType] = {"tensorflow.python.keras": keras}

    def find(self, name: str) -> ModuleType | None:
        """The module for a user file, or None when there is no such module."""
        if name not in self._found:
            module = self._make(name)
            if module is None:
                return None
            self._found[name] = module
        return self._found[name]

    def _make(self, name: str) -> ModuleType | None:
        if name in _MOVED:
            base: Any = self._v1
            for part in _MOVED[name].split("."):
                base = getattr(base, part)
            return Shim(name, bases=(base,))
        try:
            real = importlib.import_module(name)
        except ImportError:
            return None
        return Shim(name, overrides=self._legacy_names(name), bases=(_WithSubmodules(self, name, real),))

    def _legacy_names(self, module: str) -> dict[str, Any]:
        """Public TF1 symbols that are implemented in ``module``, by their public name."""
        if self._public is None:
            self._public = {}
            for part in _PUBLIC:
                namespace = getattr(self._v1, part) if part else self._v1
                for name in dir(namespace):
                    symbol = getattr(namespace, name)
                    home = getattr(symbol, "__module__", None)
                    if home is not None and not name.startswith("_"):
                        self._public.setdefault((home, name), symbol)
        return {name: symbol for (home, name), symbol in self._public.items() if home == module}


class _WithSubmodules:
    """A real module whose submodules are found through `Internals` again."""

    def __init__(self, internals: Internals, name: str, real: ModuleType) -> None:
        self._internals = internals
        self._name = name
        self._real = real

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name, None)
        if value is None or isinstance(value, ModuleType):
            module = self._internals.find(f"{self._name}.{name}")
            if module is not None:
                return module
            if value is None:
                raise AttributeError(name)
        return value

    def __dir__(self) -> list[str]:
        return dir(self._real)
