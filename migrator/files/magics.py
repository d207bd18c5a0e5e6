"""Lines of notebook cells that fit no program (`%matplotlib inline`, `!ls`, `tf.nn?`): put aside and put back.

A masked line is a call that IPython itself might have made of it, so to the engine it is what it is: an unknown effect
on the host that has to stay where it stands.
"""

from __future__ import annotations

import ast
import re
import warnings

# Cell magics whose body is Python that runs in the notebook's own namespace.
_PYTHON_CELL_MAGICS = frozenset({"time", "timeit", "capture", "prun", "tensorflow_version"})

_MASK = re.compile(r'get_ipython\(\)\.run_line_magic\("__notebook_line_(\d+)__", ""\)')
_ASSIGNED = re.compile(r"(\s*[\w.,\[\]'\" ]+?\s*=\s*)([!%](?:[^=\s].*)?)$")
_HELP = re.compile(r"\s*(?:\?{1,2}\s*[\w.*]+|[\w.*%]+\s*\?{1,2})\s*;?\s*$")
_FUTURE = re.compile(r"\s*from\s+__future__\s+import\b")
_TOKEN = re.compile(
    r"""\#.* | (?P<triple>\"{3}|'{3}) | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?P<open>[([{]) | (?P<close>[)\]}])""",
    re.VERBOSE,
)


class Masks:
    """The lines put aside so far, in one notebook."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def mask(self, source: str) -> list[tuple[str, int]]:
        """The lines of a cell as Python, each with its number (from 1) in the cell."""
        lines = split_lines(source)
        first = next((number for number, line in enumerate(lines) if line.strip()), 0)
        start = 0
        if lines and lines[first].startswith("%%"):
            name = re.match(r"%%(\w*)", lines[first])
            if name is None or name[1] not in _PYTHON_CELL_MAGICS:
                return [(self._put_aside("\n".join(lines)), 1)]
            start = first + 1
        head = [(self._put_aside(line), number) for number, line in enumerate(lines[:start], 1) if line.strip()]
        ipython = start > 0 or not _is_python(source)
        if not ipython and "__future__" not in source:
            return [(line, number) for number, line in enumerate(lines, 1)]
        return head + self._mask_lines(lines, start, ipython)

    def _mask_lines(self, lines: list[str], start: int, ipython: bool) -> list[tuple[str, int]]:
        """Mask ``from __future__`` imports, and IPython lines where there can be any, from line ``start`` on."""
        masked: list[tuple[str, int]] = []
        scanner = _LogicalLines()
        number = start
        while number < len(lines):
            line = lines[number]
            end = None
            if scanner.at_start:
                end = _future_import(lines, number) or (_ipython_line(lines, number) if ipython else None)
            if end is None:
                scanner.feed(line)
                masked.append((line, number + 1))
                number += 1
                continue
            stripped = line.lstrip()
            assigned = None if stripped.startswith(("%", "!", "?", "from")) else _ASSIGNED.match(line)
            before = assigned[1] if assigned else line[: len(line) - len(stripped)]
            text = "\n".join([line[len(before) :], *lines[number + 1 : end]])
            masked.append((before + self._put_aside(text), number + 1))
            number = end
        return masked

    def _put_aside(self, text: str) -> str:
        self._lines.append(text)
        return f'get_ipython().run_line_magic("__notebook_line_{len(self._lines) - 1}__", "")'

    def unmask(self, text: str, lenient: bool = False) -> str:
        """Put the lines back. Unless ``lenient``, ValueError when not each is there exactly once, in the old order."""
        found = [int(match[1]) for match in _MASK.finditer(text)]
        if found != list(range(len(self._lines))) and not lenient:
            raise ValueError("an IPython line would be lost or moved")
        return _MASK.sub(lambda match: self._lines[int(match[1])], text)


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them (form feeds and the like end none), without their ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _is_python(source: str) -> bool:
    """Whether the cell is Python as it stands: then a line that starts with ``%`` continues an expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _future_import(lines: list[str], number: int) -> int | None:
    """The line after a ``from __future__`` import that starts here, or None.

    Cells are compiled one by one, so such an import may stand in any of them, which in one program is an error.
    """
    if not _FUTURE.match(lines[number]):
        return None
    scanner = _LogicalLines()
    for end in range(number, len(lines)):
        scanner.feed(lines[end])
        if scanner.at_start:
            return end + 1
    return len(lines)


def _ipython_line(lines: list[str], number: int) -> int | None:
    """The line after an IPython line that starts here, with its continuations, or None."""
    line = lines[number]
    if not (line.lstrip().startswith(("%", "!", "?")) or _HELP.match(line) or _ASSIGNED.match(line)):
        return None
    end = number + 1
    while lines[end - 1].endswith("\\") and end < len(lines):
        end += 1
    return end


class _LogicalLines:
    """Tells, line by line, whether the next physical line starts a statement."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote: str | None = None
        self._continued = False

    @property
    def at_start(self) -> bool:
        return not (self._depth or self._quote or self._continued)

    def feed(self, line: str) -> None:
        position = 0
        comment = False
        while position < len(line):
            if self._quote is not None:
                end = line.find(self._quote, position)
                if end < 0:
                    break
                position = end + 3
                self._quote = None
                continue
            match = _TOKEN.search(line, position)
            if match is None:
                break
            position = match.end()
            if match["triple"]:
                self._quote = match["triple"]
            elif match["open"]:
                self._depth += 1
            elif match["close"]:
                self._depth = max(0, self._depth - 1)
            comment = match[0].startswith("#")
        self._continued = self._quote is None and not comment and line.endswith("\\")
