"""What comes before the list of passes: TF1 written as plainer TF1, which the other rewrites know.

Helper functions, tf.contrib, dicts of metrics, recurrent cells and lookups by name are written out, one after the
other. Each of these passes is imported only for a text that has one of its words: most programs need none or one of
them, and start sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.findings import Finding
from codemods.origins import Origins
from codemods.templates import Template

if TYPE_CHECKING:
    from codemods.rewrites.contrib_written import Written

# Words without which a pass has nothing to do: every TF1 name that it looks for has one of them in any spelling.
_AVERAGES = ("MovingAverage",)
_HELPERS = ("placeholder", "minimize", "_gradients", "global_step", "metrics", *_AVERAGES)
_CONTRIB = ("contrib", "slim", "layers")
_OPTIMIZE = ("optimize_loss",)
_METRICS = ("metrics",)
_RECURRENT = ("rnn", "static_", "bidirectional")


@dataclass
class Plainer:
    """The module that the other rewrites are given, where its nodes stood in the text, and what was said about it."""

    module: cst.Module
    origins: Origins | None = None
    templates: dict[str, Template] = field(default_factory=dict)
    written: Written | None = None  # None where there is nothing to say

    def say(self, found: list[Finding]) -> None:
        """Add findings."""
        if found and self.written is None:
            from codemods.rewrites.contrib_written import Written

            self.written = Written(self.module)
        if self.written is not None:
            self.written.findings += found


def write_out(module: cst.Module, text: str) -> Plainer:
    """``module``, which is ``text``, with everything that these passes know written out."""
    found = Plainer(module)
    said: list[Finding] = []
    if _has(text, _HELPERS):
        from codemods.inlining import writing

        inlined = writing.write_out(module)
        found.module, found.origins = inlined.module, inlined.origins
        said += inlined.findings
    if _has(text, _CONTRIB):
        from codemods.rewrites import contrib_layers

        written = contrib_layers.write_out(found.module, found.origins)
        found.module, found.origins, found.written = written.module, written.origins, written
    if _has(text, _OPTIMIZE):
        from codemods.rewrites import contrib_optimize_loss

        optimized = contrib_optimize_loss.write_out(found.module, found.origins)
        if optimized is not None:
            found.module, found.origins = optimized.module, optimized.origins
            if found.written is None:
                found.written = optimized
            else:
                said += optimized.findings
    if _has(text, _METRICS):
        from codemods.rewrites import metric_pairs

        paired = metric_pairs.write_out(found.module, found.origins)
        found.module, found.origins = paired.module, paired.origins
        said += paired.findings
    if _has(text, _RECURRENT):
        from codemods.rewrites import recurrent

        recurred = recurrent.write_out(found.module, found.origins)
        found.module, found.origins, found.templates = recurred.module, recurred.origins, recurred.templates
        said += recurred.findings
    if _has(text, _AVERAGES):
        from codemods.rewrites import tensor_averages

        found.module, found.origins, averaged = tensor_averages.write_out(found.module, found.origins)
        said += averaged
    from codemods.rewrites import lookups

    looked_up = lookups.write_out(found.module, found.origins, found.templates)
    found.module, found.origins = looked_up.module, looked_up.origins
    found.say(said + looked_up.findings)
    return found


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
