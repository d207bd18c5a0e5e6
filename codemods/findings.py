"""What the engine says about places in the code: findings, statuses and spans."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Status(enum.StrEnum):
    """How a TF1 use ended; every use ends in exactly one status."""

    NATIVE = "native"
    COMPAT = "compat"
    REFUSED = "refused"


@dataclass(frozen=True, order=True)
class Span:
    """A place in a source text: 1-based lines, 0-based columns, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Code:
    """A kind of finding: a short title, why it matters, and what a person can do."""

    title: str
    explanation: str
    advice: str


@dataclass(frozen=True)
class Finding:
    """One statement about one place in the input.

    ``status`` is None for a note (something a reviewer should know that needs no action);
    otherwise it is the status of the TF1 use at ``span``.
    """

    code: str
    span: Span
    message: str
    status: Status | None = None
    symbol: str | None = None


class Refusal(Exception):
    """Raised inside the engine when a place cannot be rewritten exactly; becomes a finding."""

    def __init__(self, code: str, message: str, node: object = None, symbol: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.node = node
        self.symbol = symbol
