"""Storage of recordings.

`load` and `save` are the only ways to and from disk. A recording is data and nothing else: arrays are read with
pickling off, so a hostile file can at worst be refused. The file format is described in `recorder_store`.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from migrator.equivalence.recorder_store import SCHEMA, ArrayStore, Unstorable, is_plain_dtype, write_recording
from migrator.equivalence.recording import (
    Array,
    CallSite,
    EventSeries,
    Fetch,
    Frame,
    Placeholder,
    Recording,
    Run,
    SiteCount,
    Value,
    Variable,
)
from migrator.errors import UserError

__all__ = [
    "Array",
    "ArrayReader",
    "CallSite",
    "EventSeries",
    "Fetch",
    "Frame",
    "GoldenError",
    "Placeholder",
    "Recording",
    "Run",
    "SiteCount",
    "Value",
    "Variable",
    "load",
    "save",
]

#: Gives the array for a reference in the JSON document of a recording.
ArrayReader: TypeAlias = Callable[[Mapping[str, Any]], Array]

_MAX_BYTES = 4 << 30  # uncompressed; a larger file is refused before anything is unpacked


class GoldenError(UserError):
    """A recording that cannot be read or written."""


def save(recording: Recording, path: Path) -> None:
    """Write a recording; equal content gives equal bytes. The file appears complete or not at all."""
    store = ArrayStore()
    try:
        document = {
            "schema": SCHEMA,
            "metadata": dict(recording.metadata),
            "variables": [_place(v) | {"trainable": v.trainable} for v in recording.variables],
            "placeholders": [_place(p) | {"op": p.op} for p in recording.placeholders],
            "runs": [_run_document(run, store) for run in recording.runs],
            "sites": [
                {"site": _site_document(count.site), "kind": count.kind, "total": count.total, "kept": count.kept}
                for count in recording.sites
            ],
        }
        if recording.events is not None:
            document["events"] = [_events_document(series, store) for series in recording.events]
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        os.close(handle)
        try:
            write_recording(temporary, document, store)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, Unstorable, TypeError, ValueError) as error:
        raise GoldenError(f"cannot write the recording {path}: {error}") from error


def load(path: Path) -> Recording:
    """Read a recording. Raises GoldenError, in one line, for any file that is not an intact recording."""
    try:
        return _load(path)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise GoldenError(f"cannot read the recording {path}: {_first_line(error)}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, MemoryError) as error:
        raise GoldenError(
            f"{path} is not an intact recording ({type(error).__name__}: {_first_line(error)}); record it again"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def read_document(path: Path) -> tuple[dict[str, Any], ArrayReader]:
    """The JSON document of a file in the format of recordings, and the function from its references to arrays.

    Raises what reading a damaged file raises; `load` turns that into one line.
    """
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if "index.npy" not in infos or len(infos) != len(archive.infolist()):
            raise ValueError("the index is missing or a member is there twice")
        if sum(info.file_size for info in infos.values()) > _MAX_BYTES:
            raise ValueError("it unpacks to more than 4 GiB")
        document = json.loads(_read_npy(archive.read("index.npy")).tobytes().decode("utf-8"))
        if document["schema"] != SCHEMA:
            raise GoldenError(
                f"{path} has the recording format {document['schema']!r}, this version reads {SCHEMA}; record it again"
            )
        arrays = {name[:-4]: _read_npy(archive.read(name)) for name in infos if name != "index.npy"}
    return document, lambda item: _array(item, arrays)


def _load(path: Path) -> Recording:
    document, array = read_document(path)
    return Recording(
        metadata=_checked(document["metadata"], dict),
        variables=tuple(
            Variable(**_place_fields(item), trainable=_checked(item["trainable"], bool))
            for item in document["variables"]
        ),
        placeholders=tuple(
            Placeholder(**_place_fields(item), op=_checked(item["op"], str)) for item in document["placeholders"]
        ),
        runs=tuple(_run(item, array) for item in document["runs"]),
        sites=tuple(
            SiteCount(
                _site(item["site"]),
                _checked(item["total"], int),
                _checked(item["kept"], int),
                _checked(item["kind"], str),
            )
            for item in document["sites"]
        ),
        events=read_events(document["events"], array) if "events" in document else None,
    )


def read_events(items: Any, array: ArrayReader) -> tuple[EventSeries, ...]:
    """The event series in the JSON document of a recording or an observation."""
    return tuple(
        EventSeries(
            writer=_checked(item["writer"], str),
            kind=_checked(item["kind"], str),
            tag=_checked(item["tag"], str),
            steps=array(item["steps"]),
            loose=array(item["loose"]),
            values=None if item["values"] is None else tuple(array(value) for value in item["values"]),
        )
        for item in _checked(items, list)
    )


def _events_document(series: EventSeries, store: ArrayStore) -> dict[str, Any]:
    return {
        "writer": series.writer,
        "kind": series.kind,
        "tag": series.tag,
        "steps": store.add(series.steps),
        "loose": store.add(series.loose),
        "values": None if series.values is None else [store.add(value) for value in series.values],
    }


def _read_npy(data: bytes) -> Array:
    """The array in one .npy file; refuses objects and a header that does not fit the data."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array has an unknown version")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    if fortran_order or not is_plain_dtype(dtype):
        raise ValueError("an array has an unexpected layout")
    body = data[stream.tell() :]
    count = 1
    for size in shape:
        count *= size
    if any(size < 0 for size in shape) or count * dtype.itemsize != len(body):
        raise ValueError("an array has the wrong size")
    return np.frombuffer(body, dtype=dtype).reshape(shape)


def _checked(value: object, kind: type[Any]) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


# --- JSON document -> dataclasses -------------------------------------------------------------------------------


def _inline(item: Mapping[str, Any]) -> Array:
    dtype = np.dtype(_checked(item["type"], str))
    if not is_plain_dtype(dtype):
        raise ValueError(f"an array has the unexpected type {dtype}")
    return np.frombuffer(_base64(item["inline"]), dtype=dtype).reshape(_shape(item["shape"]))


def _shape(items: list[Any]) -> list[int]:
    if any(_checked(size, int) < 0 for size in items):
        raise ValueError("an array has the wrong size")
    return items


def _base64(text: object) -> bytes:
    try:
        return base64.b64decode(_checked(text, str), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _array(item: Mapping[str, Any], arrays: Mapping[str, Array]) -> Array:
    if "strings" in item:
        strings = [_base64(text) for text in item["strings"]]
        result = np.empty(len(strings), dtype=object)
        result[:] = strings
        return result.reshape(_shape(item["shape"]))
    array = _inline(item) if "inline" in item else arrays[item["array"]]
    if "dtype" not in item:
        return array
    import ml_dtypes  # comes with TensorFlow; only bfloat16 and smaller floats need it

    dtype = np.dtype(getattr(ml_dtypes, _checked(item["dtype"], str)))
    if dtype.itemsize != array.dtype.itemsize:
        raise ValueError(f"an array of dtype {dtype} has the wrong width")
    return array.view(dtype)


def _value(item: Mapping[str, Any] | None, array: ArrayReader) -> Value | None:
    if item is None:
        return None
    if "parts" in item:
        return _named_arrays(item["parts"], array)
    return array(item)


def _named_arrays(items: Mapping[str, Any], array: ArrayReader) -> dict[str, Array]:
    return {name: array(item) for name, item in items.items()}


def _frames(items: list[Any]) -> tuple[Frame, ...]:
    return tuple(Frame(_checked(file, str), _checked(line, int)) for file, line in items)


def _site(item: Mapping[str, Any]) -> CallSite:
    ends = [None if number is None else _checked(number, int) for number in item["ends"]]
    return CallSite(
        file=_checked(item["file"], str),
        line=_checked(item["line"], int),
        end_line=ends[0],
        column=ends[1],
        end_column=ends[2],
        outer=_frames(item["outer"]),
    )


def _place_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    shape = item["shape"]
    return {
        "name": _checked(item["name"], str),
        "graph": _checked(item["graph"], int),
        "dtype": _checked(item["dtype"], str),
        "shape": None if shape is None else tuple(None if s is None else _checked(s, int) for s in shape),
        "frames": _frames(item["frames"]),
    }


def _run(item: Mapping[str, Any], array: ArrayReader) -> Run:
    fetches = tuple(
        Fetch(_checked(name, str), _checked(kind, str), _checked(path, str), _frames(frames))
        for name, kind, path, frames in item["fetches"]
    )
    outputs = tuple(_value(value, array) for value in item["outputs"])
    error = item["error"]
    if len(outputs) != len(fetches):
        raise ValueError("a run has another number of outputs than fetches")
    return Run(
        ordinal=_checked(item["ordinal"], int),
        occurrence=_checked(item["occurrence"], int),
        site=_site(item["site"]),
        kind=_checked(item["kind"], str),
        session=_checked(item["session"], int),
        graph=_checked(item["graph"], int),
        fetches=fetches,
        outputs=outputs,
        feeds=_named_arrays(item["feeds"], array),
        before=_named_arrays(item["before"], array),
        changed=_named_arrays(item["changed"], array),
        error=None if error is None else _checked(error, str),
    )


# --- dataclasses -> JSON document -------------------------------------------------------------------------------


def _frames_document(frames: tuple[Frame, ...]) -> list[list[Any]]:
    return [[frame.file, frame.line] for frame in frames]


def _site_document(site: CallSite) -> dict[str, Any]:
    return {
        "file": site.file,
        "line": site.line,
        "ends": [site.end_line, site.column, site.end_column],
        "outer": _frames_document(site.outer),
    }


def _place(item: Variable | Placeholder) -> dict[str, Any]:
    return {
        "name": item.name,
        "graph": item.graph,
        "dtype": item.dtype,
        "shape": None if item.shape is None else list(item.shape),
        "frames": _frames_document(item.frames),
    }


def _run_document(run: Run, store: ArrayStore) -> dict[str, Any]:
    def named(values: Mapping[str, Array]) -> dict[str, Any]:
        return {name: store.add(values[name]) for name in sorted(values)}

    def output(value: Value | None) -> dict[str, Any] | None:
        if value is None:
            return None
        return {"parts": named(value)} if isinstance(value, Mapping) else store.add(value)

    return {
        "ordinal": run.ordinal,
        "occurrence": run.occurrence,
        "site": _site_document(run.site),
        "kind": run.kind,
        "session": run.session,
        "graph": run.graph,
        "fetches": [[fetch.name, fetch.kind, fetch.path, _frames_document(fetch.frames)] for fetch in run.fetches],
        "outputs": [output(value) for value in run.outputs],
        "feeds": named(run.feeds),
        "before": named(run.before),
        "changed": named(run.changed),
        "error": run.error,
    }
