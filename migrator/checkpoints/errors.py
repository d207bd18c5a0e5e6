"""What is wrong with a checkpoint or a map, in one line."""

from __future__ import annotations

from migrator.errors import MigratorError


class CheckpointError(MigratorError):
    """A checkpoint, or a weight map, that cannot be used."""
