"""How TF1 makes default names of variable scopes unique."""

from __future__ import annotations


class ScopeCounts:
    """How often TF1 entered each variable scope: unnamed layers in one scope are ``dense``, ``dense_1`` and so on."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self.unknown = False  # a scope was entered whose name is not known

    def entered(self, name: str) -> None:
        """A scope of that full name is entered."""
        self._counts[name] = self._counts.get(name, 0) + 1

    def left(self, name: str) -> None:
        """A scope is left: names in it start anew when it is entered again."""
        for inner in self._counts:
            if inner.startswith(f"{name}/"):
                self._counts[inner] = 0

    def unique(self, name: str) -> str:
        """The name that TF1 gives a scope that has only a default name."""
        if not self._counts.get(name):
            return name
        count = 1
        while self._counts.get(f"{name}_{count}"):
            count += 1
        return f"{name}_{count}"
