"""Names for the default graph in helper functions that only tell a summary writer which graph to show.

``def save_graph(graph=None)`` asks ``tf.get_default_graph()`` where it is given none. There is no graph any more, and
a writer takes none: the question goes, and the parameter with it where no call gives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.summary_calls import IGNORED, WRITER_PARAMETERS, WRITERS
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.interpretation import Interpretation


@dataclass(eq=False)
class GraphHandles:
    """What goes with the graph: statements of helper functions, and parameters of these."""

    statements: dict[cst.SimpleStatementLine | cst.If, None] = field(default_factory=dict)
    parameters: dict[cst.Param, None] = field(default_factory=dict)


def note(evaluator: Interpretation, module: cst.Module, node: cst.CSTNode) -> bool:
    """Whether ``node`` is the default graph, kept under a name in a helper function for writers alone."""
    definition = evaluator.calling[-1] if evaluator.calling else None
    line = evaluator.helper_line
    if not isinstance(definition, cst.FunctionDef) or line is None or not isinstance(node, cst.Call):
        return False
    small = line.body[0] if len(line.body) == 1 else None
    if evaluator.symbols.of(node.func) != "tf.get_default_graph" or not isinstance(small, cst.Assign):
        return False
    target = small.targets[0].target
    if small.value is not node or len(small.targets) != 1 or not isinstance(target, cst.Name):
        return False
    test = next(
        (item for item in tree.walk(definition) if isinstance(item, cst.If) and _asks(item, target, line)), None
    )
    known: set[cst.CSTNode] = {target, *_given_to_writers(evaluator, definition)}
    if test is not None:
        known |= set(tree.walk(test.test))
    parameter = _parameter(definition, target.value)
    if parameter is not None:
        known |= {parameter.name}
        if test is None or parameter.default is None or _is_given(module, definition, parameter):
            return False
        evaluator.graph_handles.parameters[parameter] = None
    if any(item not in known for item in tree.names(definition, target.value)):
        return False
    evaluator.graph_handles.statements[test or line] = None
    return True


def _asks(node: cst.If, target: cst.Name, line: cst.SimpleStatementLine) -> bool:
    """``if graph is None:`` around the line alone."""
    test, body = node.test, node.body.body
    if not isinstance(test, cst.Comparison) or node.orelse is not None or list(body) != [line]:
        return False
    same = isinstance(test.left, cst.Name) and test.left.value == target.value and len(test.comparisons) == 1
    return same and isinstance(test.comparisons[0].operator, cst.Is) and is_none(test.comparisons[0].comparator)


def _given_to_writers(evaluator: Interpretation, definition: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    for call in tree.walk(definition):
        if isinstance(call, cst.Call) and evaluator.symbols.of(call.func) in WRITERS:
            for parameter, argument in zip(WRITER_PARAMETERS, call.args, strict=False):
                name = argument.keyword.value if argument.keyword is not None else parameter
                if name in IGNORED:
                    yield argument.value


def _parameter(definition: cst.FunctionDef, name: str) -> cst.Param | None:
    parameters = [*definition.params.params, *definition.params.kwonly_params]
    return next((item for item in parameters if item.name.value == name), None)


def _is_given(module: cst.Module, definition: cst.FunctionDef, parameter: cst.Param) -> bool:
    """Whether a call may give the parameter, or another one by its position behind it."""
    positional = [item.name.value for item in definition.params.params]
    name = parameter.name.value
    place = positional.index(name) if name in positional else len(positional)
    own = tree.plain_calls(module, definition)
    if own is None:
        return True
    return any(
        argument.star or (argument.keyword is None and index >= place)
        or (argument.keyword is not None and argument.keyword.value == name)
        for call in own
        for index, argument in enumerate(call.args)
    )  # fmt: skip
