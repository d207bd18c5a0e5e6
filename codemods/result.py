"""What a rewrite returns: the new text, the findings, and the map that `check` replays by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from codemods.findings import Finding, Span, Status


@dataclass(frozen=True)
class Settings:
    """Choices of the user that change what is emitted.

    ``numerics`` is ``"default"`` (Keras where the difference is rounding, TF1 kernels elsewhere), ``"exact"``
    (TF1 kernels everywhere) or ``"keras"`` (Keras everywhere, each numeric change reported).
    """

    numerics: str = "default"


@dataclass(frozen=True)
class SiteMap:
    """One run site: where it was, where it went, and how its values correspond.

    ``outputs`` has one entry per flattened legacy fetch: the index into the flattened value of the migrated
    expression, or None where there is no value to compare (ops, discarded values). Empty for a run: its values are
    all those of the legacy fetch, in order, and how many is known only at run time.
    ``feeds`` maps the legacy feed (name of the placeholder variable) to the parameter of ``function``.
    ``migrated`` is None for a site whose statement was removed (initialisers).
    """

    legacy: Span
    migrated: Span | None
    kind: str  # "run" or "init"
    function: str | None
    outputs: tuple[int | None, ...]
    feeds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OptimizerMap:
    """The optimizer ``key`` of a checkpoint: what it was (``symbol``, its name in TF1), and what it is (``target``).

    ``target`` is a Keras class, or the name of an emitted one. ``variables`` are the names of TF1, in the order in
    which the optimizer was built; ``arguments`` holds the numbers that the program passes under their TF1 names.
    """

    key: str
    symbol: str
    name: str
    target: str
    variables: tuple[str, ...]
    arguments: Mapping[str, float] = field(default_factory=dict)
    schedule: bool = False  # whether the learning rate decays with the optimizer's own count


@dataclass(frozen=True)
class CheckpointMap:
    """What one saver (made on ``line`` of the legacy text) became: the keys of its checkpoint by TF1 names.

    ``unknown`` are keys of which the TF1 name is not known from the text, ``layers`` those that are Keras layers.
    """

    line: int
    variables: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    optimizers: tuple[OptimizerMap, ...] = ()
    layers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplayMap:
    """The link between the legacy text and the migrated text.

    ``lines`` maps each line of the migrated text on which a kept or moved statement starts to its legacy line.
    ``functions`` maps each emitted function to its parameter names.
    """

    sites: tuple[SiteMap, ...] = ()
    lines: Mapping[int, int] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checkpoints: tuple[CheckpointMap, ...] = ()


@dataclass(frozen=True)
class Result:
    """The outcome for one source text. ``text`` is the input, unchanged, when the file was refused.

    ``extra_files`` are modules to put beside the file (name to text), for example a data loader whose original
    was removed from TensorFlow. ``traceback`` is that of a bug of ours (TF900).
    """

    text: str
    changed: bool
    findings: tuple[Finding, ...] = ()
    map: ReplayMap = ReplayMap()
    extra_files: Mapping[str, str] = field(default_factory=dict)
    traceback: tuple[str, ...] = ()

    def count(self, status: Status) -> int:
        """Number of TF1 uses that ended in ``status``."""
        return sum(finding.status is status for finding in self.findings)
