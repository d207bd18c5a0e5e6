"""Parameters of functions that run graphs: sessions and graph objects that their callers pass to them.

A session has no counterpart, so its parameter goes. A tensor or operation passed under the name that it has in the
module means the same without the parameter, which goes too: the function reads the module's own name. A variable is an
object in TensorFlow 2 as well, and stays an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.frames import Frame
from codemods.analysis.values import Kind, Value

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

_MESSAGE = "graph objects are passed to a function that runs them under other names than they have in the module"


@dataclass(eq=False)
class Dropped:
    """The parameters of one function that go, with the arguments of its calls that go with them."""

    names: frozenset[str]
    calls: dict[cst.Call, tuple[cst.Arg, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class GraphParameters:
    """What the functions of a module are passed; ``dropped`` has those of which a parameter goes."""

    dropped: dict[cst.FunctionDef, Dropped] = field(default_factory=dict)
    refused: dict[cst.FunctionDef, None] = field(default_factory=dict)

    def enter(self, evaluator: EvaluatorBase, definition: cst.FunctionDef, inner: Frame, call: cst.Call | None) -> None:
        """A function that runs graphs is called; its parameters are bound in ``inner``, where dropped ones go."""
        symbolic = {name: found.value for name, found in inner.names.items() if found.value.symbolic}
        gone = {name: value for name, value in symbolic.items() if value.kind is not Kind.VARIABLE}
        known = self.dropped.get(definition)
        if not gone and known is None:
            return
        arguments = arguments_by_name(definition, call) if call is not None else None
        if call is None or arguments is None or (known is not None and set(gone) != known.names):
            self.refused[definition] = None
            return
        for name, value in gone.items():
            argument = arguments.get(name)
            if argument is None or not _is_certain(evaluator, name, value, argument):
                self.refused[definition] = None
                return
            if value.kind is not Kind.SESSION:
                del inner.names[name]
        found = self.dropped.setdefault(definition, Dropped(frozenset(gone)))
        found.calls[call] = tuple(arguments[name] for name in gone)

    def check(self, module: cst.Module) -> list[tuple[cst.FunctionDef, str]]:
        """Functions whose parameters cannot go, or that are used otherwise than by plain calls, and why."""
        refusals = [(definition, _MESSAGE) for definition in self.refused]
        if not self.dropped:
            return refusals
        nodes = list(tree.walk(module))
        labels = {node.attr for node in nodes if isinstance(node, cst.Attribute)}
        labels |= {node.keyword for node in nodes if isinstance(node, cst.Arg) and node.keyword is not None}
        names = [node for node in nodes if isinstance(node, cst.Name) and node not in labels]
        for definition, found in self.dropped.items():
            called = {call.func for call in found.calls} | {definition.name}
            uses = [node for node in names if node.value == definition.name.value]
            if definition not in self.refused and not all(node in called for node in uses):
                message = f"{definition.name.value}() takes a session or tensors, and is used in other ways, too"
                refusals.append((definition, message))
        return refusals


def arguments_by_name(definition: cst.FunctionDef, call: cst.Call) -> dict[str, cst.Arg] | None:
    """The argument for each parameter that is given one; None where arguments are starred."""
    if any(argument.star for argument in call.args):
        return None
    parameters = [item.name.value for item in [*definition.params.posonly_params, *definition.params.params]]
    found: dict[str, cst.Arg] = {}
    for position, argument in enumerate(call.args):
        if argument.keyword is not None:
            found[argument.keyword.value] = argument
        elif position < len(parameters):
            found[parameters[position]] = argument
    return found


def _is_certain(evaluator: EvaluatorBase, name: str, value: Value, argument: cst.Arg) -> bool:
    """Whether the parameter is a session, or has the value that its name has in the module."""
    if not isinstance(argument.value, cst.Name):
        return False
    if value.kind is Kind.SESSION:
        return True
    if argument.value.value != name:
        return False
    found = evaluator.frame.find(name)
    return found is not None and found[1] is evaluator.module_frame


def graph_object(evaluator: EvaluatorBase, node: cst.BaseExpression) -> bool:
    """Whether an argument is the name of a session or graph object: it goes with the parameter."""
    found = evaluator.frame.find(node.value) if isinstance(node, cst.Name) else None
    return found is not None and found[0].value.symbolic and found[0].value.kind is not Kind.VARIABLE
