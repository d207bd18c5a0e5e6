"""Modules made of overrides over a real module, and the errors for what they do not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any


class Unavailable(AttributeError):
    """A TF1 symbol that cannot be provided on TensorFlow 2. Its text names the symbol and the reason."""


class Shim(ModuleType):
    """A module that looks a name up in ``overrides``, then in the modules ``bases``, in that order.

    An override that is `Lazy` is computed at first use. A name in ``gone`` raises `Unavailable` with that reason; any
    other missing name does so with a general one.
    """

    def __init__(
        self,
        name: str,
        overrides: Mapping[str, Any] | None = None,
        bases: tuple[Any, ...] = (),
        gone: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, f"{name} as TensorFlow 1 programs know it.")
        self.__dict__["_overrides"] = dict(overrides or {})
        self.__dict__["_bases"] = bases
        self.__dict__["_gone"] = dict(gone or {})
        self.__path__: list[str] = []  # a package, as far as `import a.b` cares

    def __getattr__(self, name: str) -> Any:
        overrides = self.__dict__["_overrides"]
        if name in overrides:
            value = overrides[name]
            if isinstance(value, Lazy):
                value = value.make()
            self.__dict__[name] = value
            return value
        if not name.startswith("__"):
            for base in self.__dict__["_bases"]:
                if hasattr(base, name):
                    return getattr(base, name)
        reason = self.__dict__["_gone"].get(name, "the legacy runtime has no stand-in for it")
        raise Unavailable(f"{self.__name__}.{name} is not available: {reason}")

    def __dir__(self) -> list[str]:
        return sorted(self._names())

    @property
    def __all__(self) -> list[str]:
        return [name for name in self._names() if not name.startswith("_")]

    def _names(self) -> Iterator[str]:
        names = set(self.__dict__["_overrides"])
        for base in self.__dict__["_bases"]:
            names.update(dir(base))
        return iter(sorted(names))


class Lazy:
    """An override that is made at its first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
