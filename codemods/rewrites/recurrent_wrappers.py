"""Wrappers of recurrent cells: the classes that they become, and which arguments these take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_names import Names
from codemods.tree import is_none

_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


@dataclass(frozen=True)
class Wrapper:
    """One wrapper: the emitted class, TF1's parameters, and those that say nothing or must not be given.

    ``neutral`` are parameters with the value at which they do nothing; those that are not in ``passed`` are refused
    where they have another value. ``is_idle`` where a wrapper with neutral arguments only is the cell itself.
    """

    name: str
    template: str
    parameters: tuple[str, ...]
    passed: tuple[str, ...]
    neutral: Mapping[str, object] = field(default_factory=dict)
    is_idle: bool = False

    def bind(self, node: cst.Call, symbol: str) -> dict[str, cst.Arg]:
        """The arguments by parameter. Raises Refusal (TF470)."""
        bound: dict[str, cst.Arg] = {}
        positional = [arg for arg in node.args if arg.keyword is None]
        for name, arg in zip(self.parameters, positional, strict=False):
            bound[name] = arg
        bound.update({arg.keyword.value: arg for arg in node.args if arg.keyword is not None})
        written = len(bound) == len(node.args) and not any(arg.star for arg in node.args)
        if not written or "cell" not in bound or not bound.keys() <= set(self.parameters):
            raise Refusal("TF470", f"{symbol} with arguments that are not written out", node, symbol)
        return bound

    def arguments(self, bound: Mapping[str, cst.Arg], symbol: str, symbols: Symbols) -> list[cst.Arg]:
        """The arguments of the class behind the cell. Raises Refusal (TF470)."""
        found = []
        for name, arg in bound.items():
            if name == "cell" or is_none(arg.value):
                continue
            value = literal_value(arg.value)
            if name in self.neutral and type(value) is type(self.neutral[name]) and value == self.neutral[name]:
                continue
            if name == "activation":
                known = symbols.of(arg.value)
                if known is None or not known.startswith("tf."):
                    raise Refusal("TF470", f"{symbol} with {name}=", arg, symbol)
            elif name not in self.passed:
                raise Refusal("TF470", f"{symbol} with {name}=", arg, symbol)
            keyword = None if name == self.passed[0] and self.required else cst.Name(name)
            equal = _TIGHT if keyword is not None else cst.MaybeSentinel.DEFAULT
            found.append(cst.Arg(arg.value, keyword, equal=equal))
        if self.required and not any(arg.keyword is None for arg in found):
            raise Refusal("TF470", f"{symbol} with arguments that are not written out", bound["cell"], symbol)
        return sorted(found, key=lambda arg: arg.keyword is not None)

    @property
    def required(self) -> bool:
        """Whether the first argument behind the cell has to be given."""
        return not self.is_idle and bool(self.passed)


_DROPOUT = Wrapper(
    "DropoutCell",
    "dropout_cell",
    (
        "cell", "input_keep_prob", "output_keep_prob", "state_keep_prob", "variational_recurrent", "input_size",
        "dtype", "seed", "dropout_state_filter_visitor",
    ),
    ("input_keep_prob", "output_keep_prob", "state_keep_prob"),
    {"input_keep_prob": 1.0, "output_keep_prob": 1.0, "state_keep_prob": 1.0, "variational_recurrent": False},
    is_idle=True,
)  # fmt: skip
_OUTPUT = Wrapper(
    "OutputProjectionCell",
    "output_projection_cell",
    ("cell", "output_size", "activation", "reuse"),
    ("output_size", "activation"),
    {"reuse": False},
)
_INPUT = Wrapper(
    "InputProjectionCell",
    "input_projection_cell",
    ("cell", "num_proj", "activation", "input_size", "reuse"),
    ("num_proj", "activation"),
    {"reuse": False},
)
_RESIDUAL = Wrapper("ResidualCell", "residual_cell", ("cell", "residual_fn"), ())

#: By the last part of the name in TF1.
WRAPPERS = {
    "DropoutWrapper": _DROPOUT,
    "OutputProjectionWrapper": _OUTPUT,
    "InputProjectionWrapper": _INPUT,
    "ResidualWrapper": _RESIDUAL,
}


def is_constant(node: cst.BaseExpression, names: Names) -> bool:
    """Whether a share of dropout is a number of the program: written out, or given to a name, once."""
    if isinstance(node, cst.Name) and names.reaching_once(node):
        bound = next(item for item in names.same(node) if names.binds(item))
        return names.is_assigned(bound) and isinstance(literal_value(names.given(bound)[1]), int | float)
    return isinstance(literal_value(node), int | float)
