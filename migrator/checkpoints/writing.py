"""Writing a checkpoint of objects: whole or not at all, and read back before it takes its place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.checkpoints.conversion import Converted
from migrator.checkpoints.errors import CheckpointError
from migrator.checkpoints.reading import OBJECT_GRAPH, VALUE, Checkpoint, open_checkpoint
from migrator.equivalence.transforms import Array
from migrator.files import atomic

_SUFFIXES = (".data-00000-of-00001", ".index")  # the index last: without it there is no checkpoint


def write(converted: Converted, prefix: Path, like: Checkpoint | None, *, state: bool) -> None:
    """Write ``converted`` at ``prefix``; with ``state`` also the state file that makes it the latest of its directory.

    ``like`` is a checkpoint of the migrated program: its object graph is kept, with the values of ``converted``.
    Raises CheckpointError when the place is taken or cannot be written, and when reading back gives other values.
    """
    import tensorflow as tf

    taken = [path for suffix in _SUFFIXES if (path := Path(f"{prefix}{suffix}")).exists()]
    if taken:
        raise CheckpointError(f"{taken[0]} exists already")
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".migrator-", dir=prefix.parent) as folder:
            made = os.path.join(folder, "made")
            checkpoint = tf.train.Checkpoint(**converted.tree, **converted.optimizers)
            checkpoint.save_counter.assign(0)
            checkpoint.write(made)
            if like is not None:
                made = _as_in(open_checkpoint(Path(made)), like, os.path.join(folder, "like"))
            _verify(open_checkpoint(Path(made)), converted, like)
            for suffix in _SUFFIXES:
                os.replace(f"{made}{suffix}", f"{prefix}{suffix}")
        if state:
            text = f'model_checkpoint_path: "{prefix.name}"\nall_model_checkpoint_paths: "{prefix.name}"\n'
            atomic.write(prefix.parent / "checkpoint", text.encode())
    except (OSError, tf.errors.OpError, atomic.FileProblem) as error:
        raise CheckpointError(f"{prefix} cannot be written: {str(error).splitlines()[0][:200]}") from error


def missing_in(converted: Converted, like: Checkpoint) -> list[tuple[str, str]]:
    """The keys of ``like`` for which there is no value; CheckpointError for a key that it does not have."""
    keys = _Keys(like)
    known = {keys.find(key) for key in converted.values}
    optimizers = [keys.find_all(key) for key in converted.optimizers]
    left = set(like.entries) - known - set().union(*optimizers) - {OBJECT_GRAPH, f"save_counter{VALUE}"}
    return [(name.removesuffix(VALUE), "no rule gives it a value") for name in sorted(left)]


class _Keys:
    """Which tensor of a checkpoint a path of objects leads to: one object may be reached in several ways."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        if not checkpoint.by_object:
            raise CheckpointError(f"{checkpoint.prefix} was not written by tf.train.Checkpoint")
        self.prefix = checkpoint.prefix
        self._graph: Any = TrackableObjectGraph()
        try:
            self._graph.ParseFromString(checkpoint.value(OBJECT_GRAPH).item())
        except (DecodeError, TypeError, ValueError) as error:
            raise CheckpointError(f"{checkpoint.prefix}: its object graph is damaged") from error

    def find(self, path: str) -> str:
        """The key of the variable at ``path``."""
        node = self._walk(path)
        keys = [item.checkpoint_key for item in self._graph.nodes[node].attributes] if node is not None else []
        if len(keys) != 1:
            raise CheckpointError(f"{self.prefix} has no variable {path!r}")
        return str(keys[0])

    def find_all(self, path: str) -> set[str]:
        """The keys of everything in the object at ``path``."""
        start = self._walk(path)
        if start is None:
            raise CheckpointError(f"{self.prefix} has no object {path!r}")
        found: set[str] = set()
        stack, seen = [start], {start}
        while stack:
            node = self._graph.nodes[stack.pop()]
            found.update(str(part.checkpoint_key) for part in node.attributes)
            inside = {int(child.node_id) for child in node.children if child.node_id < len(self._graph.nodes)} - seen
            stack += inside
            seen |= inside
        return found

    def _walk(self, path: str) -> int | None:
        """The number of the object at ``path``."""
        node: int | None = 0 if self._graph.nodes else None
        for part in path.split("/"):
            children = self._graph.nodes[node].children if node is not None else ()
            node = next((int(child.node_id) for child in children if child.local_name == part), None)
        return node if node is not None and node < len(self._graph.nodes) else None


def _as_in(made: Checkpoint, like: Checkpoint, prefix: str) -> str:
    """Write the values of ``made`` under the keys and with the object graph of ``like``."""
    import tensorflow as tf

    keys = _Keys(like)
    values: dict[str, Any] = {name: like.value(name) for name in like.entries}
    for name, entry in made.entries.items():
        if name == OBJECT_GRAPH or name == f"save_counter{VALUE}":
            continue
        key = keys.find(name.removesuffix(VALUE))
        known = like.entries[key]
        if (known.dtype, known.shape) != (entry.dtype, entry.shape):
            raise CheckpointError(
                f"{name.removesuffix(VALUE)} is {entry.dtype}{list(entry.shape)}, and {like.prefix} has "
                f"{known.dtype}{list(known.shape)} there"
            )
        values[key] = made.value(name)
    tensors = [tf.constant(value, like.entries[name].dtype) for name, value in values.items()]
    tf.raw_ops.SaveV2(
        prefix=f"{prefix}-part", tensor_names=list(values), shape_and_slices=[""] * len(values), tensors=tensors
    )
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[f"{prefix}-part"], destination_prefix=prefix)
    return prefix


def _verify(written: Checkpoint, converted: Converted, like: Checkpoint | None) -> None:
    """Compare every value with what was read from the file again, bit for bit."""
    keys = _Keys(written)
    expected: dict[str, Array] = {keys.find(key): value for key, value in converted.values.items()}
    for name, optimizer in converted.optimizers.items():
        expected |= _state(keys, name, optimizer)
    for key, value in expected.items():
        found = written.value(key)
        if found.dtype != value.dtype or found.shape != value.shape or found.tobytes() != value.tobytes():
            raise CheckpointError(f"{key} was read back with another value than it was given")


def _state(keys: _Keys, name: str, optimizer: Any) -> Mapping[str, Array]:
    import numpy as np

    return {
        keys.find(f"{name}/_variables/{index}"): np.asarray(variable.numpy())
        for index, variable in enumerate(optimizer.variables)
    }
