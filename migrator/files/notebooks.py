"""Notebooks: the code cells as one program for the engine, and the rewritten program back into the same cells.

Only the ``source`` of changed cells is replaced in the JSON text. Outputs, metadata, indentation, key order and every
other byte stay, so a diff shows the code and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.files import displayed, json_splice
from migrator.files.magics import Masks, split_lines

_BOUNDARY = re.compile(r'"__notebook_cell_(\d+)__"')


class NotebookProblem(Exception):
    """A notebook that cannot be read as a Python program, or a rewritten one that does not fit its cells."""


class OtherLanguage(NotebookProblem):
    """The notebook is not Python."""


@dataclass(frozen=True)
class _Cell:
    """A code cell: its number among all cells (from 1), its source, and where that lies in the JSON text."""

    number: int
    source: str
    begin: int
    end: int


class Notebook:
    """One notebook. ``script`` is the program in its code cells, with IPython lines masked."""

    def __init__(self, text: str, unseen: frozenset[int] = frozenset()) -> None:
        """``text`` is the JSON text. The cells ``unseen`` show no value. Raises NotebookProblem."""
        self._text = text
        self._masks = Masks()
        self._cells = _code_cells(text)
        self._segments: list[list[tuple[str, int]]] = [self._masks.mask(cell.source) for cell in self._cells]
        lines: list[str] = []
        self._places: list[tuple[int, int]] = []
        for cell, segment in zip(self._cells, self._segments, strict=True):
            code = [line for line, _ in segment]
            marked = None if cell.number in unseen else displayed.mark(code, cell.number)
            if lines or self._places:
                lines.append(_boundary(cell.number))
                self._places.append((cell.number, 1))
            lines.extend(code if marked is None else marked)
            self._places.extend((cell.number, number) for _, number in segment)
        self.script = "".join(line + "\n" for line in lines)

    def place(self, line: int) -> tuple[int, int]:
        """The cell number and the line within it (both from 1) of a line of the script."""
        if not self._places:
            return 1, 1
        return self._places[min(max(line, 1), len(self._places)) - 1]

    def lines(self) -> list[str]:
        """The lines of the script as they stand in the cells, but for IPython lines."""
        return split_lines(displayed.unmark(self.script))

    def column(self, line: int, column: int) -> int:
        """The column in the cell of a place in the script."""
        lines = split_lines(self.script)
        return column - displayed.columns_before(lines[line - 1], column) if 0 < line <= len(lines) else column

    def values_at(self, lines: Iterable[int]) -> frozenset[int]:
        """The cells whose value is marked on one of these lines of the script."""
        text = split_lines(self.script)
        marked = (displayed.marked_cells(text[line - 1]) for line in lines if 0 < line <= len(text))
        return frozenset(cell for cells in marked for cell in cells)

    def shown(self, script: str) -> str:
        """A script as people read it: IPython lines as they are written, cells marked by a comment."""
        readable = displayed.unmark(self._masks.unmask(script, lenient=True))
        return _BOUNDARY.sub(lambda match: f"# ----- cell {match[1]} -----", readable)

    def with_script(self, script: str) -> str:
        """The JSON text with a rewritten script; NotebookProblem when its cells cannot be told apart."""
        try:
            if displayed.marked_cells(script) != displayed.marked_cells(self.script):
                raise ValueError("a value that a cell shows would be lost")
            new = [_trimmed(part) for part in self._split(displayed.unmark(self._masks.unmask(script)))]
            old = [_trimmed(part) for part in self._split(displayed.unmark(self._masks.unmask(self.script)))]
        except ValueError as error:
            raise NotebookProblem(str(error)) from error
        text = self._text
        for cell, before, after in reversed(list(zip(self._cells, old, new, strict=True))):
            if before != after:
                if cell.source.endswith("\n") and after:
                    after += "\n"
                text = text[: cell.begin] + _encode(after, text[cell.begin : cell.end]) + text[cell.end :]
        return text

    def _split(self, script: str) -> list[str]:
        """The script's part for each code cell."""
        parts: list[list[str]] = [[]]
        numbers = []
        for line in split_lines(script):
            match = _BOUNDARY.fullmatch(line)
            if match:
                numbers.append(int(match[1]))
                parts.append([])
            else:
                parts[-1].append(line + "\n")
        first = next((index for index, segment in enumerate(self._segments) if segment), len(self._segments))
        if first == len(self._segments):
            parts = []
        elif numbers != [cell.number for cell in self._cells[first + 1 :]]:
            raise ValueError("code would move out of its cell")
        return [""] * first + ["".join(part) for part in parts]


def _boundary(number: int) -> str:
    return f'"__notebook_cell_{number}__"'


def _trimmed(source: str) -> str:
    """Without the blank lines around it, which separate functions from their neighbours in a script."""
    lines = split_lines(source)
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)


def _code_cells(text: str) -> list[_Cell]:
    start = 1 if text.startswith("\ufeff") else 0
    try:
        document = json.loads(text[start:], strict=False)
    except (ValueError, RecursionError) as error:
        raise NotebookProblem(f"not valid JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        raise NotebookProblem("JSON, but not a notebook")
    if document["nbformat"] < 4 or not isinstance(document.get("cells"), list):
        raise NotebookProblem(f"notebook format {document['nbformat']}: convert it with `jupyter nbconvert` first")
    language = _language(document)
    if language != "python":
        raise OtherLanguage(f"the notebook's language is {language}")
    cells = []
    begin = json_splice.member(text, start, "cells")
    assert begin is not None  # the document has cells
    for number, (place, cell) in enumerate(zip(json_splice.items(text, begin), document["cells"], strict=True), 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        where = json_splice.member(text, place, "source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if where is None or not isinstance(source, str):
            raise NotebookProblem(f"cell {number} has no readable source")
        cells.append(_Cell(number, source, *json_splice.value_span(text, where)))
    return cells


def _language(document: dict[str, object]) -> str:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return "python"
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(section)
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            return str(entry[key]).lower()
    return "python"


def _encode(source: str, old: str) -> str:
    """A source as JSON in the form that the old value had: string or list of lines, its layout and its escaping."""
    ascii_only = old.isascii() and re.search(r"\\u00[89a-f]|\\u0[1-9a-f]|\\u[1-9a-f]", old, re.IGNORECASE) is not None
    if not old.startswith("["):
        return json.dumps(source, ensure_ascii=ascii_only)
    lines = re.findall(r"[^\n]*\n|[^\n]+", source)
    if not lines:
        return "[]"
    begins = list(json_splice.items(old, 0))
    lead = old[1 : begins[0]] if begins else ""
    if len(begins) > 1:
        separator = old[json_splice.value_span(old, begins[0])[1] : begins[1]]
    else:
        separator = "," + (lead or " ")
    trail = old[json_splice.value_span(old, begins[-1])[1] : -1] if begins else ""
    return "[" + lead + separator.join(json.dumps(line, ensure_ascii=ascii_only) for line in lines) + trail + "]"
