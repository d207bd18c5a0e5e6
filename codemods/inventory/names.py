"""How TF1 names things: unique names of ops, name scopes, variable scopes and their counters.

The rules are those of ``tf.Graph.unique_name`` and of ``variable_scope.py`` in TensorFlow 1.15. A ``?`` in a name
stands for what the text does not tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

AUTO = "auto"


@dataclass(eq=False)
class VariableScope:
    """A variable scope: its full name, and whether it reuses (False, True, `AUTO`, or None when not known)."""

    name: str
    reuse: Any = False
    initializer: str | None = None


class Names:
    """The names of one graph."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._unsure: set[str] = set()
        self.path = ""  # the current name scope, without a slash at its end
        self.scope = VariableScope("")
        self._counts: dict[str, int] = defaultdict(int)
        self.uncertain = 0  # inside branches and loops that may not run, or more than once

    def unique(self, name: str) -> tuple[str, bool]:
        """The name of a new op that asks for ``name``, and whether that is certain."""
        full = join(self.path, name)
        key = full.lower()
        certain = key not in self._unsure and "?" not in key
        if self.uncertain:
            self._unsure.add(key)
        count = self._used.get(key, 0)
        self._used[key] = count + 1
        if not count:
            return full, certain
        base = key
        while key in self._used:
            key = f"{base}_{count}"
            count += 1
        self._used[key] = 1
        return f"{full}_{count - 1}", certain

    def variable(self, name: str) -> tuple[str, bool]:
        """The name of a variable of a variable scope: its own, unless an op took it before."""
        path, self.path = self.path, ""
        try:
            return self.unique(name)
        finally:
            self.path = path

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Enter ``tf.name_scope(name)``; a name that ends in a slash is a path by itself, an empty one the root."""
        before = self.path
        if not name:
            self.path = ""
        elif name.endswith("/"):
            self.path = name[:-1]
        else:
            self.path = self.unique(name)[0]
        try:
            yield self.path
        finally:
            self.path = before

    @contextmanager
    def variable_scope(
        self, given: Any, default: str | None = None, reuse: Any = None, initializer: str | None = None,
        auxiliary: bool = True,
    ) -> Iterator[VariableScope]:  # fmt: skip
        """Enter ``tf.variable_scope``; ``given`` is a name, a scope, or None (then ``default`` is made unique)."""
        outer, counts = self.scope, dict(self._counts)
        if isinstance(given, VariableScope):
            scope = VariableScope(given.name, reuse if reuse else given.reuse, initializer or given.initializer)
            path: str | None = given.name.rpartition("/")[2]
        else:
            own = given if isinstance(given, str) else self._unique_scope(default or "?")
            scope = VariableScope(
                join(outer.name, own), reuse if reuse else outer.reuse, initializer or outer.initializer
            )
            path = own if isinstance(given, str) else default
        if reuse is None and not isinstance(given, VariableScope):
            scope.reuse = outer.reuse
        self._counts[scope.name] += 1
        self.scope = scope
        before = self.path
        if auxiliary and path:
            self.path = self.unique(path)[0]
        try:
            yield scope
        finally:
            self.path = before
            self.scope = outer
            if isinstance(given, VariableScope):
                self._counts = defaultdict(int, counts)
            else:
                for name in [name for name in self._counts if name.startswith(f"{scope.name}/")]:
                    self._counts[name] = 0

    def _unique_scope(self, prefix: str) -> str:
        name = join(self.scope.name, prefix)
        if self.uncertain:
            self._unsure.add(f"{name.lower()}#")
        if not self._counts[name]:
            return prefix
        index = 1
        while self._counts[f"{name}_{index}"]:
            index += 1
        return f"{prefix}_{index}"

    def scope_certain(self, name: str, default: str) -> bool:
        """Whether a scope ``name`` that was made unique from ``default`` surely has this name."""
        outer = name.rpartition("/")[0]
        return f"{join(outer, default).lower()}#" not in self._unsure


def join(path: str, name: str) -> str:
    """``path/name``."""
    return f"{path}/{name}" if path else name


def snake_case(name: str) -> str:
    """The name that ``tf.layers`` gives a layer of a class: ``Conv2DTranspose`` is ``conv2d_transpose``."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()
