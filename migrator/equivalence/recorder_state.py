"""The variables of a session as the recorder sees them: which there are, and what changed since last recorded.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax; annotations are strings).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from migrator.equivalence import recorder_names as names


class Variables:
    """All variables of all graphs of a program, and the last recorded value of each in each session."""

    def __init__(self, created_at: "Callable[[Any], list[list[Any]]]") -> "None":
        self._created_at = created_at
        self._described = OrderedDict()  # type: OrderedDict[tuple[int, str], dict[str, Any]]
        self._by_graph = {}  # type: dict[int, tuple[Any, list[Any], set[Any]]]
        self._recorded = {}  # type: dict[int, dict[str, Any]]

    def document(self) -> "list[dict[str, Any]]":
        """The JSON form of all variables seen, in order of first sight."""
        return list(self._described.values())

    def initialisers(self, graph: "Any") -> "set[Any]":
        """The initialiser ops of the variables of a graph."""
        return self._of_graph(graph)[2]

    def _of_graph(self, graph: "Any") -> "tuple[Any, list[Any], set[Any]]":
        cached = self._by_graph.get(id(graph))
        size = (graph.version, sum(len(graph.get_collection_ref(key)) for key in graph.get_all_collection_keys()))
        if cached is None or cached[0] != size:
            variables = names.graph_variables(graph)
            initialisers = {variable.initializer for variable in variables if variable.initializer is not None}
            cached = self._by_graph[id(graph)] = (size, variables, initialisers)
        return cached

    def changes(
        self,
        session: "Any",
        session_number: "int",
        graph_number: "int",
        fetch: "Callable[[Any, Any], Any]",
        pending: "dict[str, Any]",
    ) -> "dict[str, Any]":
        """The initialised variables whose value differs from the last recorded (or pending) one, by name.

        ``fetch(session, elements)`` is the unpatched ``BaseSession.run``.
        Registers variables at first sight. `commit` makes values the recorded ones.
        """
        graph = session.graph
        variables = self._of_graph(graph)[1]
        trainable = {id(item) for item in graph.get_collection_ref("trainable_variables")}
        recorded = dict(self._recorded.get(session_number, {}), **pending)
        changed = {}
        for variable, value in _read(session, variables, fetch):
            name = variable.op.name
            if (graph_number, name) not in self._described:
                self._described[graph_number, name] = {
                    "name": name,
                    "graph": graph_number,
                    "dtype": variable.dtype.base_dtype.name,
                    "shape": names.shape_document(variable.shape),
                    "trainable": id(variable) in trainable,
                    "frames": self._created_at(variable.op),
                }
            if name not in recorded or not _same(recorded[name], value):
                changed[name] = np.array(value)  # a copy: TensorFlow may lend its own buffer
        return changed

    def commit(self, session_number: "int", values: "dict[str, Any]") -> "None":
        """Remember values as recorded."""
        self._recorded.setdefault(session_number, {}).update(values)


def _read(session: "Any", variables: "list[Any]", fetch: "Callable[[Any, Any], Any]") -> "list[tuple[Any, Any]]":
    """Values of the variables that are initialised; no op is added to the graph."""
    if not variables:
        return []
    try:
        values = fetch(session, [variable._as_graph_element() for variable in variables])
        return list(zip(variables, values))
    except Exception as error:
        if type(error).__name__ not in ("FailedPreconditionError", "NotFoundError"):
            raise
    if len(variables) == 1:
        return []
    half = len(variables) // 2
    return _read(session, variables[:half], fetch) + _read(session, variables[half:], fetch)


def _same(old: "Any", new: "Any") -> "bool":
    """Equal type, shape and bits (NaN equals itself, -0 differs from 0)."""
    new = np.asarray(new)
    if old.dtype != new.dtype or old.shape != new.shape:
        return False
    if old.dtype.kind == "O":
        return bool(np.array_equal(old, new))
    return bool(old.tobytes() == new.tobytes())
