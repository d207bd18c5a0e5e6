"""The source-to-source engine: TF1 text in, TF2 / Keras 3 text and findings out. Never imports TensorFlow."""

from __future__ import annotations

from codemods.findings import Finding, Span, Status
from codemods.pipeline import rewrite_source
from codemods.result import ReplayMap, Result, Settings, SiteMap

__all__ = ["Finding", "ReplayMap", "Result", "Settings", "SiteMap", "Span", "Status", "rewrite_source"]
