"""Which argument of a call is which TF1 parameter."""

from __future__ import annotations

import libcst as cst

from codemods.findings import Refusal
from codemods.tables.entries import Entry


def bind(call: cst.Call, entry: Entry) -> dict[str, cst.Arg]:
    """The call's arguments by TF1 parameter name, in the order in which they are written.

    Raises Refusal (TF102) for ``*args`` and ``**kwargs``, and for arguments that TF1 would not have taken.
    """
    bound: dict[str, cst.Arg] = {}
    for position, argument in enumerate(call.args):
        if argument.star:
            raise Refusal(
                "TF102", f"{entry.name}: arguments passed with {argument.star} cannot be told apart", argument
            )
        if argument.keyword is not None:
            name = argument.keyword.value
            if entry.parameters and name not in entry.parameters:
                raise Refusal("TF103", f"{entry.name} has no parameter {name!r} in TensorFlow 1.15", argument)
        elif position < len(entry.parameters):
            name = entry.parameters[position]
        else:
            raise Refusal("TF103", f"{entry.name} takes {len(entry.parameters)} arguments at most", argument)
        if name in bound:
            raise Refusal("TF103", f"{entry.name}: two values for {name!r}", argument)
        bound[name] = argument
    return bound
