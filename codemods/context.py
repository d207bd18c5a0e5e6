"""What every rewrite is given: the module, what its names mean, and where its nodes are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.findings import Span
from codemods.result import Settings
from codemods.templates import Template


@dataclass
class Context:
    """One module on its way through the rewrites.

    ``extra_files`` collects the modules to put beside the file (see ``Result.extra_files``), ``templates`` the classes
    to emit into it.
    """

    module: cst.Module
    symbols: Symbols
    settings: Settings = field(default_factory=Settings)
    extra_files: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)

    @cached_property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        """The parent of each syntax node of ``module``."""
        return tree.parents(self.module)

    @cached_property
    def _ranges(self) -> Mapping[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        return wrapper.resolve(PositionProvider)

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` is in the text of ``module``."""
        where = self._ranges[node]
        return Span(where.start.line, where.start.column, where.end.line, where.end.column)
