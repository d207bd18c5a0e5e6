"""Stand-ins outside TensorFlow: NumPy names of old, plotting that never waits, Python 2 builtins."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from types import ModuleType
from typing import Any

_NUMPY_NAMES: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "object": object,
    "str": str,
    "long": int,
    "unicode": str,
    "float_": "float64",
    "complex_": "complex128",
    "int0": "intp",
    "string_": "bytes_",
    "unicode_": "str_",
    "Inf": "inf",
    "Infinity": "inf",
    "NaN": "nan",
    "alltrue": "all",
    "sometrue": "any",
    "product": "prod",
    "cumproduct": "cumprod",
    "row_stack": "vstack",
    "in1d": "isin",
    "trapz": "trapezoid",
}


def restore_numpy_names() -> None:
    """Give NumPy back the names that it has dropped since the days of TensorFlow 1."""
    import numpy as np

    for name, value in _NUMPY_NAMES.items():
        if name not in np.__dict__:
            setattr(np, name, getattr(np, value) if isinstance(value, str) else value)
    reshape = np.reshape

    def with_old_keyword(a: Any, shape: Any = None, order: Any = "C", *, newshape: Any = None, **new: Any) -> Any:
        return reshape(a, newshape if shape is None else shape, order, **new)

    np.reshape = with_old_keyword


def restore_builtins() -> None:
    """``xrange``, ``unicode``, ``raw_input``: programs that run on both Pythons may still reach for them."""
    for name, value in {"xrange": range, "unicode": str, "raw_input": input, "long": int}.items():
        if not hasattr(builtins, name):
            setattr(builtins, name, value)


def quiet_plotting() -> list[str]:
    """Make plotting harmless: draw into memory, never wait. Returns notes for the recording."""
    if importlib.util.find_spec("matplotlib") is None:
        for name in _PLOTTING_MODULES:
            sys.modules[name] = _Nothing(name)
        return ["matplotlib is not installed: plotting was skipped"]
    import matplotlib
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    for module, name in [(matplotlib, "use"), *((plt, name) for name in _WAITING)]:
        setattr(module, name, lambda *args, **kwargs: None)
    return []


#: functions of pyplot that wait for someone, or choose a backend that does
_WAITING = ("show", "pause", "waitforbuttonpress", "ginput", "switch_backend")
_PLOTTING_MODULES = (
    "matplotlib",
    "matplotlib.pyplot",
    "matplotlib.animation",
    "matplotlib.cm",
    "matplotlib.colors",
    "matplotlib.gridspec",
    "matplotlib.lines",
    "matplotlib.patches",
    "matplotlib.ticker",
    "mpl_toolkits",
    "mpl_toolkits.mplot3d",
    "pylab",
)


class _Nothing(ModuleType):
    """A module whose every attribute, call and element is nothing again; unpacks into two (``fig, ax = ...``)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{self.__name__}.{name}", self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __iter__(self) -> Any:
        return iter((self, self))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: Any) -> None:
        return None
