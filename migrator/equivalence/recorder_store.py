"""The file format of recordings, writing side: arrays and JSON in one deterministic .npz.

Runs under a real TensorFlow 1.x too, so it keeps to Python 3.5 syntax and to NumPy (no f-strings, no variable
annotations, no dataclasses; annotations are strings). `migrator.equivalence.golden` is the reading side.

A recording is a zip of .npy members. ``index`` is the UTF-8 JSON document as a uint8 array; the others, ``a0``,
``a1``, ..., are the arrays that it refers to, in order of first use and without duplicates. In the JSON an array is
``{"array": "a3"}``, with a ``"dtype"`` beside it when the element type is not NumPy's own (bfloat16 and the like are
stored as unsigned integers of the same width). Small arrays stand in the JSON itself, as
``{"inline": base64, "type": "float32", "shape": [...]}``, and so do TensorFlow strings, as
``{"strings": [base64, ...], "shape": [...]}``. Nothing is ever pickled.
"""

import base64
import hashlib
import io
import json
import sys
import zipfile
import zlib
from typing import Any

import numpy as np

SCHEMA = 1
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_NATIVE_KINDS = "biufc"
_INLINE_BYTES = 64
_LARGE_BYTES = 1000000
_SAMPLE_BYTES = 65536
_MEMBER_BYTES = 250  # what a member costs in a zip file besides its data
_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


class Unstorable(Exception):
    """A value that has no place in a recording (a Python object, for instance)."""


def is_plain_dtype(dtype: "np.dtype[Any]") -> "bool":
    """True for element types that .npy holds by itself, without pickling and without loss."""
    return dtype.kind in _NATIVE_KINDS and dtype.isbuiltin == 1


class ArrayStore:
    """Collects arrays, each distinct content once; ``compressed`` is about how many bytes they will take."""

    def __init__(self) -> "None":
        self.members = []  # type: list[tuple[str, bytes]]
        self.compressed = 0
        self._names = {}  # type: dict[bytes, str]

    def add(self, value: "object") -> "dict[str, Any]":
        """Store one array or scalar; return its JSON reference.

        Raises Unstorable for values whose elements are neither numbers, booleans nor strings.
        """
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            return _encode_strings(array)
        if array.dtype.byteorder in "<>":  # "=" and "|" mean native or irrelevant
            array = array.astype(array.dtype.newbyteorder("="))
        reference = {}  # type: dict[str, Any]
        if not is_plain_dtype(array.dtype):
            if array.dtype.kind not in "Vf" or array.dtype.names or array.dtype.itemsize not in _UNSIGNED:
                raise Unstorable("arrays of dtype %s cannot be stored" % array.dtype)
            reference["dtype"] = array.dtype.name
            array = np.ascontiguousarray(array).reshape(array.shape).view(_UNSIGNED[array.dtype.itemsize])
        if array.nbytes <= _INLINE_BYTES:
            text = base64.b64encode(array.tobytes()).decode("ascii")
            self.compressed += len(text) // 2
            return dict(reference, inline=text, type=array.dtype.name, shape=list(array.shape))
        data = npy_bytes(array)
        digest = hashlib.sha256(data).digest()
        name = self._names.get(digest)
        if name is None:
            name = self._names[digest] = "a%d" % len(self.members)
            packed = _deflate(data)
            self.members.append((name, packed))
            self.compressed += len(packed) + _MEMBER_BYTES
        reference["array"] = name
        return reference

    def mark(self) -> "tuple[int, int]":
        """A point that `rollback` can return to."""
        return len(self.members), self.compressed

    def rollback(self, mark: "tuple[int, int]") -> "None":
        """Forget everything added since `mark`."""
        count, self.compressed = mark
        dropped = {name for name, _ in self.members[count:]}
        del self.members[count:]
        self._names = {digest: name for digest, name in self._names.items() if name not in dropped}


def _encode_strings(array: "np.ndarray[Any, Any]") -> "dict[str, Any]":
    strings = []
    for item in array.ravel().tolist():
        if not isinstance(item, (bytes, str)):
            raise Unstorable("an array of Python objects (%s) cannot be stored" % type(item).__name__)
        data = item.encode("utf-8") if isinstance(item, str) else item
        strings.append(base64.b64encode(data).decode("ascii"))
    return {"strings": strings, "shape": list(array.shape)}


def npy_bytes(array: "np.ndarray[Any, Any]") -> "bytes":
    """The .npy file of one array, in C order."""
    stream = io.BytesIO()
    contiguous = np.ascontiguousarray(array).reshape(array.shape)  # ascontiguousarray makes scalars 1-D
    np.lib.format.write_array(stream, contiguous, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _deflate(data: "bytes") -> "bytes":
    compressor = zlib.compressobj(_level(data), zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _level(data: "bytes") -> "int":
    """How hard to compress: large arrays are mostly weights, which hardly shrink."""
    if len(data) < _LARGE_BYTES:
        return 6
    middle = data[len(data) // 2 :][:_SAMPLE_BYTES]
    return 1 if len(zlib.compress(middle, 1)) < 0.8 * len(middle) else 0


def write_recording(path: "str", document: "dict[str, Any]", store: "ArrayStore") -> "None":
    """Write one recording; equal content gives equal bytes (with the same zlib)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    index = npy_bytes(np.frombuffer(text.encode("utf-8"), dtype=np.uint8))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _write_member(archive, "index", index)
        for name, packed in store.members:
            _write_member(archive, name, zlib.decompress(packed, -zlib.MAX_WBITS))


def _write_member(archive: "zipfile.ZipFile", name: "str", data: "bytes") -> "None":
    info = zipfile.ZipInfo(name + ".npy", _ZIP_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    if sys.version_info >= (3, 7):
        archive.writestr(info, data, zipfile.ZIP_DEFLATED, _level(data))
    else:
        archive.writestr(info, data)
