"""Title and advice of a finding code, for reports."""

from __future__ import annotations

from codemods.registry import CODES


def title(code: str) -> str:
    """The short title of a code; the code itself if this version does not know it (stored reports may be older)."""
    return CODES[code].title if code in CODES else code


def advice(code: str) -> str:
    """What a person can do, or the empty text."""
    return CODES[code].advice if code in CODES else ""
