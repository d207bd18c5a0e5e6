"""The TF1 API table: what becomes of every public symbol, as data."""

from __future__ import annotations

from codemods.tables.binding import bind
from codemods.tables.entries import Change, Decision, Entry, group, homes, is_value, known, lookup

__all__ = ["Change", "Decision", "Entry", "bind", "group", "homes", "is_value", "known", "lookup"]
