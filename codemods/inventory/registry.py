"""The tables by which calls of TensorFlow find what reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: By canonical symbol; by (kind of receiver, method); by kind of the object called.
SYMBOLS: dict[str, Callable[[Any, Any], Any]] = {}
METHODS: dict[tuple[str, str], Callable[[Any, Any, Any], Any]] = {}
SPECIAL_CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {}


def symbol(*names: str) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """Register what reads calls of these symbols."""

    def register(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        for name in names:
            SYMBOLS[name] = function
        return function

    return register


def method(kind: str, *names: str) -> Callable[[Callable[[Any, Any, Any], Any]], Callable[[Any, Any, Any], Any]]:
    """Register what reads calls of these methods on objects of a kind."""

    def register(function: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
        for name in names:
            METHODS[kind, name] = function
        return function

    return register


def called(kind: str) -> Callable[[Callable[[Any, Any, Any], Any]], Callable[[Any, Any, Any], Any]]:
    """Register what reads calls of objects of a kind."""

    def register(function: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
        SPECIAL_CALLS[kind] = function
        return function

    return register
