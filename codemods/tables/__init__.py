"""The TF1 API table: what becomes of every public symbol, as data.

``tf1.json`` has one line for each public name of TF 1.15 and the common ones of tf.contrib and TF 0.x: ``is`` (the
decision), ``to`` (the target), ``args`` (TF1's parameters), ``change`` (see `Change`), ``why`` (of a refusal), ``kind``
(functions if absent), ``v2`` (whether TF2 has a thing of this name; true if absent and ``to`` is the name itself).
``keras.json`` has the same for Keras 2, ``families.json`` for what is decided as a whole, ``tf2.json`` the names that
only TF2 has, ``private_paths.json`` the public homes of private modules, ``groups.json`` sets of symbols that share a
property.

Parameters and targets come from the signatures of TF 1.15 and TF 2.21, the decisions are made by hand; the tests
resolve every target and execute the changed calls on both sides.
"""

from __future__ import annotations

from codemods.tables.binding import bind
from codemods.tables.entries import Change, Decision, Entry, group, homes, is_value, known, lookup, names

__all__ = ["Change", "Decision", "Entry", "bind", "group", "homes", "is_value", "known", "lookup", "names"]
