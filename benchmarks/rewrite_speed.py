"""Lines per second of the engine, against the least that libcst can do on the same files: parse, and write back.

The files are the legacy programs under golden/ and what is generated from them: longer programs (each a prefix of other
code, then a program) and modules without TensorFlow. Both sides take turns file by file; the figures are from the
fastest of several rounds per file, summed, in processor time: other work on the machine disturbs it least.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from codemods.pipeline import rewrite_source
from codemods.result import Result

_GOLDEN = Path(__file__).resolve().parent.parent / "golden"

_PADDING = '''
class Reader{number}:
    """Reads records of a made-up format; plain Python, nothing to rewrite."""

    def __init__(self, path, limit=None):
        self.path = path
        self.limit = limit
        self.rows = []

    def read(self):
        with open(self.path) as stream:
            for number, line in enumerate(stream):
                if self.limit is not None and number >= self.limit:
                    break
                fields = [float(field) for field in line.strip().split(",") if field]
                if len(fields) > 1:
                    self.rows.append({{"key": fields[0], "values": fields[1:], "sum": sum(fields)}})
        return self.rows
'''


@dataclass(frozen=True)
class Corpus:
    """Named texts to measure."""

    name: str
    texts: tuple[str, ...]

    @property
    def lines(self) -> int:
        return sum(text.count("\n") for text in self.texts)


def corpora() -> list[Corpus]:
    """What is measured."""
    programs = tuple(path.read_text(encoding="utf-8") for path in sorted(_GOLDEN.glob("*/legacy.py")))
    padding = "".join(_PADDING.format(number=number) for number in range(40))
    return [
        Corpus("programs", programs),
        Corpus("programs in long files", tuple(program + "\n\n" + padding for program in programs)),
        Corpus("no TensorFlow", tuple(padding for _ in programs)),
    ]


def floor(text: str) -> str:
    """What no rewriter on libcst can avoid."""
    return cst.parse_module(text).code


def fastest(work: Sequence[Callable[[str], Result | str]], texts: Sequence[str], rounds: int) -> list[float]:
    """Seconds of each function over all texts, by its fastest round per text; the functions take turns."""
    totals = [0.0] * len(work)
    for text in texts:
        best = [float("inf")] * len(work)
        for _ in range(rounds):
            for index, function in enumerate(work):
                started = time.process_time()
                function(text)
                best[index] = min(best[index], time.process_time() - started)
        totals = [total + seconds for total, seconds in zip(totals, best, strict=True)]
    return totals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'files':<24}{'count':>6}{'lines':>8}{'floor, lines/s':>16}{'rewrite, lines/s':>18}{'times the floor':>17}")
    for corpus in corpora():
        base, ours = fastest([floor, rewrite_source], corpus.texts, rounds)
        print(
            f"{corpus.name:<24}{len(corpus.texts):>6}{corpus.lines:>8,}{corpus.lines / base:>16,.0f}"
            f"{corpus.lines / ours:>18,.0f}{ours / base:>17.2f}"
        )


if __name__ == "__main__":
    main()
