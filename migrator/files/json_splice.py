"""Where the values of a JSON text lie, so that one of them can be replaced and every other byte kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_DECODER = json.JSONDecoder(strict=False)
_BLANK = re.compile(r"[ \t\n\r]*")


def value_span(text: str, start: int) -> tuple[int, int]:
    """The bounds of the value at or after ``start``, without the blanks around it. Raises ValueError."""
    begin = _skip(text, start)
    return begin, _DECODER.raw_decode(text, begin)[1]


def members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at ``start`` and where their values begin. Raises ValueError for anything else."""
    position = _expect(text, start, "{")
    if text[position : position + 1] == "}":
        return
    while True:
        key, position = _DECODER.raw_decode(text, position)
        begin, end = value_span(text, _expect(text, position, ":"))
        yield key, begin
        position = _skip(text, end)
        if text[position : position + 1] != ",":
            return
        position = _skip(text, position + 1)


def items(text: str, start: int) -> Iterator[int]:
    """Where each item of the array at ``start`` begins. Raises ValueError for anything else."""
    position = _expect(text, start, "[")
    if text[position : position + 1] == "]":
        return
    while True:
        begin, end = value_span(text, position)
        yield begin
        position = _skip(text, end)
        if text[position : position + 1] != ",":
            return
        position = _skip(text, position + 1)


def member(text: str, start: int, key: str) -> int | None:
    """Where the value of ``key`` begins in the object at ``start``, or None."""
    return next((begin for name, begin in members(text, start) if name == key), None)


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    assert match is not None  # the pattern matches the empty text
    return match.end()


def _expect(text: str, position: int, character: str) -> int:
    """The position after ``character`` and the blanks that follow it."""
    position = _skip(text, position)
    if text[position : position + 1] != character:
        raise ValueError(f"expected {character!r} at offset {position}")
    return _skip(text, position + 1)
