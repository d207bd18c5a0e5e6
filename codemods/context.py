"""What every rewrite is given: the module, what its names mean, and where its nodes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from codemods import tree
from codemods.analysis.keras_records import Notes
from codemods.analysis.layer_records import MadeLayer
from codemods.analysis.symbols import Symbols
from codemods.findings import Span
from codemods.origins import Places
from codemods.positions import Positions
from codemods.result import Settings
from codemods.templates import Template


@dataclass
class Context:
    """One module on its way through the rewrites.

    ``extra_files`` collects the modules to put beside the file (see ``Result.extra_files``), ``templates`` the classes
    to emit into it. ``keras`` is what the analysis found out about layers, ``layer_makers`` the expressions that make
    the layers of ``tf.layers`` before the statements that call them, and ``layer_lines`` the statements that do.
    """

    module: cst.Module
    symbols: Symbols
    settings: Settings = field(default_factory=Settings)
    origins: Places | None = None  # the places in the user's text, where ``module`` is not that text any more
    builder_classes: Mapping[cst.ClassDef, str] = field(default_factory=dict)  # with the method that computes
    transparent: Set[cst.With] = frozenset()  # scopes in them that only give names to layers
    summary_tags: Mapping[Span, Sequence[str | None]] | None = None  # those of the program before it had classes
    extra_files: dict[str, str] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    keras: Notes = field(default_factory=Notes)
    layer_lines: dict[cst.Assign, MadeLayer] = field(default_factory=dict)
    added_lines: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)  # lines that make variables: for what
    read_lists: Mapping[cst.CSTNode, str] = field(default_factory=dict)  # calls that become the list of what they read
    fed: Set[cst.CSTNode] = frozenset()  # names that stand for placeholders where they are read
    layer_makers: dict[MadeLayer, cst.BaseExpression] = field(default_factory=dict)

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The parent of each syntax node of ``module``."""
        return tree.parents(self.module)

    @cached_property
    def places(self) -> Places:
        """The place of each node of ``module`` in the text that it came from."""
        return Positions(self.module) if self.origins is None else self.origins

    def span(self, node: cst.CSTNode) -> Span:
        """Where ``node`` is in the text that ``module`` came from."""
        return self.places[node]
