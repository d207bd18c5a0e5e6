"""What is noted of the calls of a file's own functions."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.analysis.variable_scopes import Reuse


@dataclass(eq=False)
class UserCall:
    """One call of a function of the file: the variable scope it stood in first, and whether in plain recorded code."""

    node: cst.Call
    definition: cst.FunctionDef
    scope: str | None
    reuse: Reuse
    plain: bool
