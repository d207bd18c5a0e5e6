"""Recordings survive the disk exactly, and files that are not recordings are refused in one line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from migrator.equivalence.golden import (
    CallSite,
    Fetch,
    Frame,
    GoldenError,
    Placeholder,
    Recording,
    Run,
    SiteCount,
    Variable,
    load,
    save,
)

SITE = CallSite("train.py", 12, 12, 4, 40, (Frame("train.py", 30), Frame("lib/util.py", 2)))


def _run(ordinal: int, **changes: Any) -> Run:
    values: dict[str, Any] = {
        "ordinal": ordinal,
        "occurrence": ordinal,
        "site": SITE,
        "kind": "run",
        "session": 0,
        "graph": 0,
        "fetches": (Fetch("train", "op", "[0]"), Fetch("cost:0", "tensor", "[1]", (Frame("train.py", 9),))),
        "outputs": (None, np.float32(0.5)),
    }
    return Run(**(values | changes))


def _recording() -> Recording:
    import ml_dtypes

    text = np.empty((2, 1), dtype=object)
    text[:] = [[b"caf\xc3\xa9"], [b"\xff\x00"]]
    outputs = {
        "indices": np.array([[0, 1]], dtype=np.int64),
        "values": np.array([np.nan], dtype=np.float32),
        "dense_shape": np.array([2, 2], dtype=np.int64),
    }
    return Recording(
        metadata={"program": "train.py", "seed": 1},
        variables=(Variable("W", 0, "float32", (2, None), True, (Frame("train.py", 3),)),),
        placeholders=(Placeholder("x:0", 0, "float32", None, "Placeholder"),),
        runs=(
            _run(0, changed={"W": np.ones((2, 2), np.float32), "n": np.int64(3), "big": np.zeros((50, 4))}),
            _run(
                2,
                fetches=(Fetch("s", "sparse"), Fetch("t:0", "tensor")),
                outputs=(outputs, text),
                feeds={"x:0": np.zeros((0, 3), np.float16), "b:0": np.array([1.5], dtype=ml_dtypes.bfloat16)},
                before={"W": np.zeros((2, 2), np.float32)},
                changed={"W": np.full((2, 2), 2, np.float32)},
            ),
            _run(3, session=1, outputs=(None, None), error="InvalidArgumentError: bad"),
        ),
        sites=(SiteCount(SITE, 4, 3),),
    )


def test_a_recording_survives_the_disk(tmp_path: Path) -> None:
    original = _recording()
    save(original, tmp_path / "a.npz")
    loaded = load(tmp_path / "a.npz")
    save(loaded, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (loaded.variables, loaded.placeholders, loaded.sites) == (
        original.variables,
        original.placeholders,
        original.sites,
    )
    assert loaded.metadata == original.metadata
    second = loaded.runs[1]
    assert second.site == SITE and second.outputs[1].tolist() == [[b"caf\xc3\xa9"], [b"\xff\x00"]]  # type: ignore[union-attr]
    assert second.feeds["x:0"].shape == (0, 3) and second.feeds["b:0"].dtype.name == "bfloat16"
    assert np.isnan(second.outputs[0]["values"][0])  # type: ignore[index]
    assert loaded.runs[0].outputs[1].shape == ()  # type: ignore[union-attr]
    assert loaded.runs[2].error == "InvalidArgumentError: bad"


def test_state_follows_what_was_recorded() -> None:
    recording = _recording()
    first, second, other_session = recording.runs
    assert recording.state_before(first) == {}
    assert recording.state_before(second)["W"].tolist() == [[0, 0], [0, 0]]
    assert recording.state_before(second)["n"] == 3
    assert recording.state_after(second)["W"].tolist() == [[2, 2], [2, 2]]
    assert recording.state_before(other_session) == {}
    assert recording.initial_values()["W"].tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="run 9"):
        recording.state_before(_run(9))


def test_equal_arrays_are_stored_once(tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(size=10_000)
    one = Recording({}, runs=(_run(0, feeds={"x:0": data}),))
    many = Recording({}, runs=tuple(_run(i, feeds={"x:0": data.copy()}) for i in range(20)))
    save(one, tmp_path / "one.npz")
    save(many, tmp_path / "many.npz")
    assert (tmp_path / "many.npz").stat().st_size < 1.05 * (tmp_path / "one.npz").stat().st_size


def test_python_objects_are_not_stored(tmp_path: Path) -> None:
    target = tmp_path / "a.npz"
    with pytest.raises(GoldenError, match="Python objects"):
        save(Recording({}, runs=(_run(0, feeds={"x:0": np.array([{}, None], dtype=object)}),)), target)
    assert list(tmp_path.iterdir()) == []


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _rewrite(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _npy(array: np.ndarray[Any, Any], allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def _with_document(path: Path, change: Any) -> None:
    members = _members(path)
    document = json.loads(np.load(io.BytesIO(members["index.npy"])).tobytes())
    change(document)
    members["index.npy"] = _npy(np.frombuffer(json.dumps(document).encode(), np.uint8))
    _rewrite(path, members)


def _refused(path: Path, match: str) -> None:
    with pytest.raises(GoldenError, match=match) as caught:
        load(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_damaged_and_hostile_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    _refused(path, "No such file")
    save(_recording(), path)
    good = path.read_bytes()

    for size in (0, 10, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:size])
        _refused(path, "cannot read")
    flipped = bytearray(good)
    flipped[len(good) // 3] ^= 0xFF
    path.write_bytes(bytes(flipped))
    with pytest.raises(GoldenError):
        load(path)

    changes: list[tuple[Any, str]] = [
        (lambda d: d.update(schema=99), "format 99"),
        (lambda d: d.pop("runs"), "not an intact recording"),
        (lambda d: d["runs"][0].update(ordinal="0"), "expected int, found str"),
        (lambda d: d["runs"][0].update(outputs=[]), "another number of outputs"),
        (lambda d: d["runs"][1]["feeds"].update({"x:0": {"array": "a99"}}), "a99"),
        (lambda d: d["runs"][1]["feeds"].update({"x:0": {"strings": ["%"], "shape": [1]}}), "not an intact recording"),
        (lambda d: d["runs"][0]["outputs"][1].update(type="O"), "unexpected type"),
        (lambda d: d["runs"][0]["outputs"][1].update(shape=[2]), "not an intact recording"),
        (lambda d: d["runs"][0]["outputs"][1].update(shape=[-1]), "wrong size"),
        (lambda d: d.update(metadata=[]), "expected dict"),
    ]
    for change, match in changes:
        path.write_bytes(good)
        _with_document(path, change)
        _refused(path, match)

    bad_arrays = [
        _npy(np.array([print], dtype=object), allow_pickle=True),
        _npy(np.zeros(3))[:-1],
        _npy(np.zeros(3)).replace(b"(3,)", b"(9,)"),
        _npy(np.zeros(3)).replace(b"(3,), }   ", b"(10**9,)}"),
        b"not an array",
        b"",
    ]
    for data in bad_arrays:
        path.write_bytes(good)
        members = _members(path)
        members["a0.npy"] = data
        _rewrite(path, members)
        _refused(path, "not an intact recording")
