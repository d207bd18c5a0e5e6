"""Reading checkpoint files: both formats of TF1, and those of TF2. A damaged file is an error of one line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.checkpoints.errors import CheckpointError
from migrator.equivalence.transforms import Array

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_STATE = "checkpoint"
_STATE_BYTES = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One tensor of a checkpoint."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class Checkpoint:
    """An open checkpoint. ``prefix`` is the path that a saver was given (with the number)."""

    def __init__(self, prefix: str, reader: Any) -> None:
        self.prefix = prefix
        self._reader = reader
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        self.entries: Mapping[str, Entry] = {
            name: Entry(name, dtypes[name].name, tuple(shapes[name])) for name in sorted(shapes)
        }

    @property
    def by_object(self) -> bool:
        """Whether `tf.train.Checkpoint` wrote it."""
        return OBJECT_GRAPH in self.entries

    def value(self, name: str) -> Array:
        """The array stored under ``name``; bytes for texts. Raises CheckpointError for damaged data."""
        import numpy as np
        import tensorflow as tf

        try:
            return np.asarray(self._reader.get_tensor(name))
        except (tf.errors.OpError, RuntimeError, ValueError, TypeError, MemoryError) as error:
            raise CheckpointError(f"{self.prefix}: {name} cannot be read ({_line(error)})") from error


def open_checkpoint(path: Path) -> Checkpoint:
    """Open the checkpoint that ``path`` means: its prefix, one of its files, or a directory (its latest one).

    Raises CheckpointError, in one line, when there is none or it is damaged.
    """
    import tensorflow as tf

    prefix = find_prefix(path)
    try:
        return Checkpoint(prefix, tf.train.load_checkpoint(prefix))
    except (tf.errors.OpError, RuntimeError, ValueError, TypeError, KeyError, MemoryError, UnicodeError) as error:
        raise CheckpointError(f"{prefix} cannot be read as a checkpoint ({_line(error)})") from error


def find_prefix(path: Path) -> str:
    """The prefix of the checkpoint that ``path`` means. Raises CheckpointError when there is none."""
    text = os.fspath(path)
    if path.is_dir():
        return _latest(path)
    plain = re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", text)
    if Path(f"{plain}.index").is_file():
        return plain
    if path.is_file():
        return text  # the first format: one file under the prefix itself
    if list(path.parent.glob(f"{_escaped(path.name)}-?????-of-?????")):
        return text  # the first format, in shards
    raise CheckpointError(f"there is no checkpoint {text}")


def _latest(directory: Path) -> str:
    state = directory / _STATE
    try:
        with state.open("rb") as stream:
            text = stream.read(_STATE_BYTES).decode("utf-8")
    except FileNotFoundError:
        raise CheckpointError(f"{directory} has no state file {_STATE!r}; name the checkpoint itself") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{state} cannot be read: {_line(error)}") from error
    found = re.search(r'^model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"\s*$', text, re.M)
    if found is None:
        raise CheckpointError(f"{state} names no checkpoint")
    named = Path(found.group(1).replace('\\"', '"').replace("\\\\", "\\"))
    for candidate in (directory / named, directory / named.name):  # the directory may have been moved since
        try:
            return find_prefix(candidate) if not candidate.is_dir() else os.fspath(candidate)
        except CheckpointError:
            continue
    raise CheckpointError(f"{state} names {named}, which is not there")


def _escaped(name: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", name)


def _line(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0][:200]}" if text else type(error).__name__
