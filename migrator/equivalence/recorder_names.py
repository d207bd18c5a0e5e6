"""What the recorder calls things: user frames, call sites, fetched and fed tensors, variables.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax; annotations are strings). TensorFlow objects are told apart
by their attributes, because their classes differ from version to version.
"""

import itertools
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

_OWN = os.path.dirname(os.path.abspath(__file__))
_KERAS = (os.sep + "keras" + os.sep, os.sep + "tf_keras" + os.sep)
#: Between user code and the run there may be these methods (of sessions, tensors, operations) and decorators; anything
#: else is a library at work: a Saver, a hook, the creation of a MonitoredSession.
_RUN_METHODS = ("run", "eval", "_eval_using_default_session", "_run_using_default_session")
_DECORATORS = ("traceback_utils.py", "deprecation.py", "dispatch.py", "tf_decorator.py", "tf_should_use.py")


class UserFiles:
    """Which Python files are the user's, and how the recording names them."""

    def __init__(self, directory: "str") -> "None":
        self.directory = os.path.realpath(directory)
        library = [os.path.realpath(path) for path in (sysconfig.get_path("stdlib"), os.path.dirname(os.__file__))]
        self._foreign = tuple(os.path.join(path, "") for path in [*library, os.path.realpath(_OWN)])
        self._known = {}  # type: dict[str, str | None]
        self._positions = {}  # type: dict[tuple[Any, int], tuple[int, list[int | None]]]

    def name(self, filename: "str") -> "str | None":
        """The file relative to the program's directory, with forward slashes; None when it is not the user's."""
        if filename not in self._known:
            self._known[filename] = self._classify(filename)
        return self._known[filename]

    def _classify(self, filename: "str") -> "str | None":
        if filename.startswith("<") or "site-packages" in filename or "dist-packages" in filename:
            return None
        path = os.path.realpath(filename)
        if "site-packages" in path or path.startswith(self._foreign):
            return None
        try:
            return os.path.relpath(path, self.directory).replace(os.sep, "/")
        except ValueError:  # another drive on Windows
            return path.replace(os.sep, "/")

    def stack(self) -> "list[Any]":
        """The Python frames of user code on this thread's stack, innermost first."""
        frames = []
        frame = sys._getframe(1)  # type: Any
        while frame is not None:
            if self.name(frame.f_code.co_filename) is not None:
                frames.append(frame)
            frame = frame.f_back
        return frames

    def origin(self) -> "str":
        """Who started the run that is under way: user code itself (``run``), ``keras``, or another ``library``."""
        frame = sys._getframe(1)  # type: Any
        direct = True
        while frame is not None and self.name(frame.f_code.co_filename) is None:
            filename, function = frame.f_code.co_filename, frame.f_code.co_name
            if any(part in filename for part in _KERAS):
                return "keras"
            if not filename.startswith(_OWN) and not filename.endswith(_DECORATORS):
                direct = direct and function in _RUN_METHODS
            frame = frame.f_back
        return "run" if direct else "library"

    def site(self, frames: "list[Any]") -> "dict[str, Any]":
        """The JSON form of a call site: the innermost of ``frames`` in detail, the lines of the others."""
        inner = frames[0]
        filename = inner.f_code.co_filename
        place = (inner.f_code, inner.f_lasti)
        if place not in self._positions:
            self._positions[place] = _position(inner, filename)
        line, ends = self._positions[place]
        outer = [[self.name(frame.f_code.co_filename), frame.f_lineno] for frame in frames[1:]]
        return {"file": self.name(filename), "line": line, "ends": ends, "outer": outer}

    def created_at(self, op: "Any") -> "list[list[Any]]":
        """The user lines that created an op, innermost first."""
        found = []
        for frame in reversed(list(op.traceback or ())):
            filename, line = frame[:2] if isinstance(frame, tuple) else (frame.filename, frame.lineno)
            name = self.name(filename)
            if name is not None:
                found.append([name, line])
        return found


def _position(frame: "Any", filename: "str") -> "tuple[int, list[int | None]]":
    """Line and ``[end_line, column, end_column]`` of the expression that a frame is executing."""
    positions = getattr(frame.f_code, "co_positions", None)
    if positions is not None:  # Python 3.11
        found = next(itertools.islice(positions(), frame.f_lasti // 2, None), (None,) * 4)  # type: Any
        line, end_line, column, end_column = found
        if None not in found:
            return line, [
                end_line,
                _characters(filename, line, column),
                _characters(filename, end_line, end_column),
            ]
    return frame.f_lineno, [None, None, None]


def _characters(filename: "str", line: "int", column: "int") -> "int":
    """A column in UTF-8 bytes as a column in characters."""
    text = linecache.getline(filename, line)
    return len(text.encode("utf-8")[:column].decode("utf-8", "replace")) if text else column


def error_line(error: "BaseException") -> "str":
    """Type and message of an error in one line; of a failed run the message of the op that failed."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = lines[0]
    for number, line in enumerate(lines):
        if "[[{{node" in line:
            text = line.partition("[[")[0].strip() or lines[max(number - 1, 0)]
            break
    return type(error).__name__ + ": " + text[:300]


# --- fetches ----------------------------------------------------------------------------------------------------


def is_variable(item: "Any") -> "bool":
    """True for TF1 variables of either kind (not for partitioned ones, whose parts stand for themselves)."""
    return hasattr(item, "initializer") and hasattr(item, "_as_graph_element") and hasattr(item, "op")


def leaves(fetches: "Any", path: "str" = "") -> "list[tuple[str, Any]]":
    """The leaves of a fetch structure with their places, in the order in which Session.run takes them."""
    if isinstance(fetches, Mapping):
        items = [("[%r]" % (key,), value) for key, value in fetches.items()]
    elif _is_composite(fetches) or is_variable(fetches):
        return [(path, fetches)]
    elif isinstance(fetches, (list, tuple)):
        items = [("[%d]" % index, value) for index, value in enumerate(fetches)]
    else:
        return [(path, fetches)]
    return [leaf for place, value in items for leaf in leaves(value, path + place)]


def result_leaves(fetches: "Any", result: "Any") -> "list[Any]":
    """The values of a run, in the order of `leaves`."""
    if isinstance(fetches, Mapping):
        return [leaf for key in fetches for leaf in result_leaves(fetches[key], result[key])]
    if isinstance(fetches, (list, tuple)) and not _is_composite(fetches):
        return [leaf for item, value in zip(fetches, result) for leaf in result_leaves(item, value)]
    return [result]


def _is_composite(item: "Any") -> "bool":
    return hasattr(item, "values") and hasattr(item, "indices") and not isinstance(item, Mapping)


def describe_fetch(item: "Any", graph: "Any") -> "tuple[str, str, Any]":
    """Name, kind and op (None where there is no single one) of one fetched leaf."""
    if isinstance(item, bytes):
        item = item.decode("utf-8")
    if isinstance(item, str):
        item = graph.as_graph_element(item)
    if is_variable(item):
        return item.name, "variable", item.op
    if _is_composite(item):
        kind = "sparse" if type(item).__name__.startswith("SparseTensor") else "slices"
        return item.values.name, kind, item.values.op
    if hasattr(item, "op") and hasattr(item, "value_index"):
        return item.name, "tensor", item.op
    if hasattr(item, "outputs") and hasattr(item, "node_def"):
        return item.name, "op", item
    element = item._as_graph_element() if hasattr(item, "_as_graph_element") else None
    if element is not None and hasattr(element, "op"):
        return element.name, "tensor", element.op
    return str(getattr(item, "name", type(item).__name__)), "other", None


def value_document(value: "Any", add: "Callable[[Any], Any]") -> "Any":
    """The JSON form of one fetched value; ``add`` stores an array."""
    if value is None:
        return None
    if isinstance(value, (bytes, str)):
        return add(np.array(value, dtype=object))  # as bytes they would lose trailing zeros
    fields = getattr(value, "_fields", None)  # SparseTensorValue, IndexedSlicesValue
    if fields is not None:
        return {"parts": {name: add(getattr(value, name)) for name in fields if getattr(value, name) is not None}}
    return add(value)


# --- variables and placeholders ---------------------------------------------------------------------------------


def graph_variables(graph: "Any") -> "list[Any]":
    """All variables of a graph that are in one of its collections, each once; global ones in order of creation."""
    found = {}  # type: dict[int, Any]
    keys = sorted(graph.get_all_collection_keys(), key=lambda key: (key != "variables", str(key)))
    for key in keys:  # "variables" is the collection of the global ones
        for item in graph.get_collection_ref(key):
            if is_variable(item) and item.op.graph is graph:
                found.setdefault(id(item.op), item)
    return list(found.values())


def shape_document(shape: "Any") -> "list[int | None] | None":
    """A TensorShape as a list with None for unknown dimensions; None when the rank is unknown."""
    return None if shape.ndims is None else shape.as_list()


def only_initialises(ops: "list[Any]", initialisers: "set[Any]") -> "bool":
    """True when running ``ops`` does nothing but initialise: variables' own initialisers, tables, groups of them."""
    pending, seen = list(ops), set()  # type: list[Any], set[Any]
    while pending:
        op = pending.pop()
        if op in seen or op in initialisers:
            continue
        seen.add(op)
        if op.type == "NoOp":
            pending.extend(op.control_inputs)
        elif op.type not in ("InitializeTableV2", "InitializeTable", "LookupTableImportV2") and not _first_value(op):
            return False
    return bool(ops)


def _first_value(op: "Any") -> "bool":
    """True for a variable's own initialiser; those of Keras' metrics are in no collection."""
    return op.type in ("AssignVariableOp", "Assign") and op.name == op.inputs[0].op.name + "/Assign"
