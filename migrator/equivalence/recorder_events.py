"""Notes which event files a program writes, and keeps what they hold.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax: no f-strings, annotations are strings).
"""

import hashlib
import os
import re
from collections import OrderedDict
from typing import Any

import numpy as np

from migrator.equivalence import event_files

# The first values of each tag; the same on both sides, so that they can be compared one by one.
MAX_VALUES = 5000
MAX_IMAGES = 20


class EventWatch:
    """The event files of one program, by the directory that it gave to its writers, in order of first use."""

    def __init__(self) -> "None":
        self._before = OrderedDict()  # type: OrderedDict[str, set[str]]
        self._paths = {}  # type: dict[str, str]
        self._writers = []  # type: list[Any]
        self._recorded = {}  # type: dict[bytes, frozenset[str]]
        self._racing = {}  # type: dict[tuple[Any, ...], frozenset[str]]
        self._loose = {}  # type: dict[str, list[bool]]
        self.dropped = False  # whether a run was not recorded

    # --- TF1 --------------------------------------------------------------------------------------------------

    def install(self) -> "None":
        """Watch TF1's writers."""
        from tensorflow.python.summary.writer import event_file_writer, writer

        watch = self
        make = event_file_writer.EventFileWriter.__init__
        transformer = writer.SummaryToEventTransformer
        add = transformer.add_summary

        def __init__(self, logdir, max_queue=10, flush_secs=120, filename_suffix=None):  # type: ignore[no-untyped-def]
            watch.opened(logdir)
            # Two writers of one second would write to one file, which TF2's do not.
            suffix = ".%d" % len(watch._writers) if filename_suffix is None else filename_suffix
            make(self, logdir, max_queue, flush_secs, suffix)
            watch._writers.append(self)

        def add_summary(self, summary, global_step=None):  # type: ignore[no-untyped-def]
            values = _parsed(summary).value
            if isinstance(summary, bytes):
                racing = watch._recorded.get(hashlib.sha256(summary).digest())
                loose = [racing is None or value.tag in racing for value in values]
            else:
                loose = [watch.dropped] * len(values)
            path = os.path.abspath(os.fsdecode(self.event_writer._ev_writer.FileName()))
            watch._loose.setdefault(path, []).extend(loose)
            return add(self, summary, global_step)

        event_file_writer.EventFileWriter.__init__ = __init__
        transformer.add_summary = add_summary

    def recorded(self, graph: "Any", fetches: "list[Any]", values: "list[Any]") -> "None":
        """Values that a recorded run gave: summaries among them were computed from a state that a check restores."""
        if not any(isinstance(value, bytes) for value in values):
            return
        names = tuple(fetch[0] for fetch in fetches)
        key = (id(graph), len(graph.get_operations()), names)
        if key not in self._racing:
            self._racing[key] = racing_tags(graph, names)
        for value in values:
            if isinstance(value, bytes):
                self._recorded[hashlib.sha256(value).digest()] = self._racing[key]

    # --- TF2 --------------------------------------------------------------------------------------------------

    def install_v2(self, tf: "Any") -> "None":
        """Watch the writers of ``tf.summary``."""
        make = tf.summary.create_file_writer

        def create_file_writer(logdir, *args, **kwargs):  # type: ignore[no-untyped-def]
            self.opened(logdir)
            writer = make(logdir, *args, **kwargs)
            self._writers.append(writer)
            return writer

        tf.summary.create_file_writer = create_file_writer

    # --- both -------------------------------------------------------------------------------------------------

    def opened(self, logdir: "Any") -> "None":
        """A writer for ``logdir`` is about to be made."""
        name = os.fsdecode(logdir) if isinstance(logdir, (bytes, str)) else str(logdir)
        if name not in self._before:
            self._paths[name] = os.path.abspath(name)  # the program may go elsewhere later
            self._before[name] = _event_files(self._paths[name])

    def document(self, store: "Any", limit: "float") -> "list[dict[str, Any]]":
        """What the files hold, in ``store``: one entry per directory, kind and tag. ``limit`` bounds the images."""
        for writer in self._writers:
            writer.flush()
        series = OrderedDict()  # type: OrderedDict[tuple[str, str, str], dict[str, Any]]
        for name, before in self._before.items():
            for path in sorted(_event_files(self._paths[name]) - before, key=_number):
                flags = iter(self._loose.get(path, ()))
                for entry in event_files.read(path):
                    loose = next(flags, True)
                    key = (name, entry.kind, entry.tag)
                    one = series.setdefault(key, {"steps": [], "values": [], "loose": []})
                    large = entry.kind in (event_files.IMAGE, event_files.AUDIO)
                    if len(one["steps"]) < (MAX_IMAGES if large else MAX_VALUES):
                        one["steps"].append(entry.step)
                        one["values"].append(entry.value)
                        one["loose"].append(loose)
        start = store.compressed
        found = []
        for (name, kind, tag), one in series.items():
            values = one["values"]
            plain = kind in (event_files.SCALAR, event_files.HISTOGRAM)
            arrays = [np.array(values)] if plain else values
            dropped = not plain and store.compressed - start > limit
            found.append(
                {
                    "writer": name,
                    "kind": kind,
                    "tag": tag,
                    "steps": store.add(np.array(one["steps"], np.int64)),
                    "loose": store.add(np.array(one["loose"], np.bool_)),
                    "values": None if dropped else [store.add(item) for item in arrays],
                }
            )
        return found


_SUMMARIES = ("ScalarSummary", "HistogramSummary", "ImageSummary", "TensorSummaryV2")
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_ALIASES = ("Identity", "ReadVariableOp", "Squeeze", "Reshape", "ExpandDims")


def racing_tags(graph: "Any", fetches: "tuple[str, ...]") -> "frozenset[str]":
    """The summaries of a run that read a variable before or after the run's own update of it, as it happens.

    What the update itself needs was surely computed before it; other values, and the variables themselves, were not.
    """
    roots = [_operation(graph, name) for name in fetches]
    operations = _ancestors([op for op in roots if op is not None], True)
    updates = [op for op in operations if "Apply" in op.type or op.type.startswith("Assign")]
    before = _ancestors([item.op for op in updates for item in op.inputs], False)
    racing = set()
    for op in operations if updates else ():
        if op.type not in _SUMMARIES or op.inputs[0].op.type != "Const":
            continue
        pending, seen = [op.inputs[1].op], set()  # type: list[Any], set[Any]
        while pending:
            current = pending.pop()
            if current.type in _VARIABLES:
                racing.add(_text(op.inputs[0].op))
                break
            if current not in seen and (current not in before or current.type in _ALIASES):
                pending.extend(item.op for item in current.inputs)
            seen.add(current)
    return frozenset(racing)


def _operation(graph: "Any", name: "str") -> "Any":
    try:
        return graph.get_operation_by_name(name.partition(":")[0])
    except (KeyError, ValueError):
        return None


def _ancestors(operations: "list[Any]", control: "bool") -> "set[Any]":
    pending, seen = list(operations), set()  # type: list[Any], set[Any]
    while pending:
        op = pending.pop()
        if op not in seen:
            seen.add(op)
            pending.extend(item.op for item in op.inputs)
            pending.extend(op.control_inputs if control else ())
    return seen


def _text(op: "Any") -> "str":
    from tensorflow.python.framework import tensor_util

    value = tensor_util.MakeNdarray(op.get_attr("value")).item()
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _parsed(summary: "Any") -> "Any":
    if not isinstance(summary, bytes):
        return summary
    from tensorflow.core.framework import summary_pb2

    parsed = summary_pb2.Summary()
    parsed.ParseFromString(summary)
    return parsed


def _event_files(folder: "str") -> "set[str]":
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {os.path.join(folder, name) for name in names if ".tfevents." in name}


def _number(path: "str") -> "list[int]":
    """The time and the numbers in the name of an event file: files in the order in which they were made."""
    return [int(digits) for digits in re.findall(r"\d+", os.path.basename(path))]
