"""What is known of layers only when the whole program was interpreted: the dtypes and ranks of their inputs."""

from __future__ import annotations

from codemods.analysis import dtypes
from codemods.analysis.staging import Staging
from codemods.analysis.static_shapes import rank


def settle(staging: Staging) -> None:
    """Complete the records of the layers of ``tf.layers``."""
    for made in staging.keras.made.values():
        inputs = [call.inputs for call in made.calls]
        found = {dtypes.dtype_of(staging, node) if node is not None else None for node in inputs} or {"float32"}
        made.dtype = found.pop() if len(found) == 1 else None
        ranks = {rank(staging, node) for node in inputs}
        made.rank = ranks.pop() if len(ranks) == 1 else None
