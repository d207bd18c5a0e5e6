"""What is known of layers only when the whole program was interpreted: the dtypes and ranks of their inputs."""

from __future__ import annotations

import libcst as cst

from codemods.analysis import dtypes, object_facts
from codemods.analysis.layer_records import MadeLayer
from codemods.analysis.staging import Staging
from codemods.analysis.static_shapes import rank


def settle(staging: Staging) -> None:
    """Complete the records of the layers of ``tf.layers``; those that one call makes for several objects agree."""
    layers: dict[cst.Call, list[MadeLayer]] = {}
    for made in dict.fromkeys([*staging.keras.of_objects.values(), *staging.keras.made.values()]):
        layers.setdefault(made.call, []).append(made)
    for same in layers.values():
        inputs = [call.inputs for made in same for call in made.calls]
        known = [node for node in inputs if node is None or not dtypes.leads_to_itself(staging, node)]
        found = {dtypes.dtype_of(staging, node) if node is not None else None for node in known}
        found = found or object_facts.given(staging, same[0].call) or ({None} if inputs else {"float32"})
        ranks = {rank(staging, node) for node in inputs}
        for made in same:
            made.dtype = next(iter(found)) if len(found) == 1 else None
            made.rank = next(iter(ranks)) if len(ranks) == 1 else None
