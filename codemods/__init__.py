"""The source-to-source engine: TF1 text in, TF2 / Keras 3 text and findings out. Never imports TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codemods.findings import Finding, Span, Status
from codemods.result import ReplayMap, Result, Settings, SiteMap

if TYPE_CHECKING:
    from codemods.pipeline import rewrite_source

__all__ = ["Finding", "ReplayMap", "Result", "Settings", "SiteMap", "Span", "Status", "rewrite_source"]


def __getattr__(name: str) -> Any:
    """Load the pipeline, and libcst with it, when it is first asked for: commands that only read need neither."""
    if name == "rewrite_source":
        from codemods.pipeline import rewrite_source

        return rewrite_source
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
