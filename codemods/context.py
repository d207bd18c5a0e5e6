"""What every rewrite is given: the module, what its names mean, and where its nodes are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.findings import Span
from codemods.positions import Positions
from codemods.result import Settings
from codemods.templates import Template


@dataclass
class Context:
    """One module on its way through the rewrites.

    ``extra_files`` collects the modules to put beside the file (see ``Result.extra_files``), ``templates`` the classes
    to emit into it, ``hoisted`` the last edit of a call of ``tf.layers`` whose layer is made before its statement.
    """

    module: cst.Module
    symbols: Symbols
    settings: Settings = field(default_factory=Settings)
    extra_files: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    hoisted: dict[cst.CSTNode, Callable[[cst.Call], cst.Call]] = field(default_factory=dict)

    @cached_property
    def parents(self) -> dict[cst.CSTNode, cst.CSTNode]:
        """The parent of each syntax node of ``module``."""
        return tree.parents(self.module)

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self.module)

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` is in the text of ``module``."""
        return self._positions[node]
